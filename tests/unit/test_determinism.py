"""What a workflow runs must give the same answer in every replay. The sandbox does not look into modules
that it shares with the outside, so this looks instead: no clock, no chance, no order that Python may change,
no I/O, in domain, state_machines and workflows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(p for room in ("domain", "state_machines", "workflows") for p in (ROOT / room).rglob("*.py"))

CALLS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.sleep",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid4",
    "os.urandom",
    "open",
    "input",
    "id",
    "hash",
}
MODULES = {
    "random",
    "secrets",
    "time",
    "threading",
    "multiprocessing",
    "subprocess",
    "socket",
    "os",
    "requests",
}


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def is_set(node: ast.AST) -> bool:
    """A set made on the spot, whose order differs from one process to the next."""
    return isinstance(node, ast.Set | ast.SetComp) or (
        isinstance(node, ast.Call) and dotted(node.func) in ("set", "frozenset")
    )


def faults(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) of everything in the source that may differ in a replay."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names if a.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield node.lineno, str(node.module)
        elif isinstance(node, ast.Call) and dotted(node.func) in CALLS:
            yield node.lineno, dotted(node.func)
        elif isinstance(node, ast.For | ast.comprehension) and is_set(node.iter):
            yield node.iter.lineno, "iterates over a set"
        elif (
            isinstance(node, ast.Call)
            and dotted(node.func) in ("tuple", "list")
            and node.args
            and is_set(node.args[0])
        ):
            yield node.lineno, "takes the order of a set"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_here_differs_in_a_replay(path: Path) -> None:
    assert list(faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from secrets import token_hex",
        "import datetime\nx = datetime.datetime.now()".replace("datetime.datetime", "datetime"),
        "for x in {1, 2}: pass",
        "y = [x for x in set(z)]",
        "y = tuple(set(z))",
        "y = uuid4()",
    ],
)
def test_the_look_finds_what_it_looks_for(source: str) -> None:
    assert list(faults(source))
