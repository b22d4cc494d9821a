"""What a verification found."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """Something that cannot be true. `kind` is one of:

    in a chain: body, columns, gap, link, head, kind, command, frozen; in tables: fold, snapshot, projection;
    in checkpoints: signature, root, sequence, removed, rewound; against histories: ghost, lost, differs,
    opening, history, irregular.
    """

    kind: str
    stream: str
    seq: int
    detail: str


@dataclass
class Report:
    """What a verification looked at, and everything that it found wrong."""

    streams: int = 0
    events: int = 0
    checkpoints: int = 0
    witnessed: int = 0
    """Events of cases that a history confirms."""
    pending: int = 0
    """Events that a history knows and that may still be on their way to the ledger."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def first_broken(self) -> dict[str, Problem]:
        """The first broken link of each stream."""
        found: dict[str, Problem] = {}
        for problem in sorted(self.problems, key=lambda p: (p.stream, p.seq)):
            found.setdefault(problem.stream, problem)
        return found

    def kinds(self) -> set[str]:
        return {p.kind for p in self.problems}

    def add(self, kind: str, stream: str, seq: int, detail: str) -> None:
        self.problems.append(Problem(kind, stream, seq, detail))


Hashes = dict[str, dict[int, str]]
"""stream → seq → hash, as the ledger has them."""
