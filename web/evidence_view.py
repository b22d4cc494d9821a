"""Evidence beside its requirement: which document is looked at, which page of it, how it is turned."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api import evidence
from api.pictures import WIDTHS
from api.runtime import Runtime
from db.identity import Access
from domain.cases import Case
from domain.errors import DomainError
from domain.verdict import Violation

Mapped = Mapping[str, Any]
CLOSEST = len(WIDTHS)


@dataclass(frozen=True)
class Look:
    """What the address says of how a document is looked at."""

    subject: str = ""
    """Whose requirements; empty: what the task is about."""
    doc: str = ""
    page: int = 1
    turn: int = 0
    zoom: int = 1


@dataclass(frozen=True)
class Viewer:
    """One page of one document."""

    document: Mapped
    page: int
    pages: int
    turn: int
    zoom: int
    image: str
    """Address of the page as a picture; empty when it cannot be shown."""
    ahead: str
    """Address of the page after it, to be fetched ahead; empty at the end."""
    original: str
    problems: tuple[Violation, ...] = ()

    @property
    def left(self) -> int:
        return (self.turn - 90) % 360

    @property
    def right(self) -> int:
        return (self.turn + 90) % 360

    @property
    def closer(self) -> int:
        """Zoom one step in; the same at the end."""
        return min(self.zoom + 1, CLOSEST)


async def viewer_of(
    runtime: Runtime, access: Access, case: Case, review: Mapped, look: Look
) -> Viewer | None:
    """The document that is asked for; else the first one that a person has to look at. None without any.

    A candidate's documents of the programme's request have the programme's address.
    """
    documents = list(_documents(review))
    chosen = next((d for d in documents if d["id"] == look.doc), documents[0] if documents else None)
    if chosen is None:
        return None
    of = "programmes" if case.kind == "programme" or chosen["application"] != case.stream else "applications"
    original = f"/v1/{of}/{chosen['application']}/evidence/{chosen['id']}"
    # The way it is turned is one document's; another one begins upright.
    same = chosen["id"] == look.doc
    number, turn, zoom = (look.page, look.turn, look.zoom) if same else (1, 0, 1)
    try:
        drawn = await evidence.drawn(
            runtime,
            access,
            chosen["application"],
            chosen["id"],
            case,
            page=number,
            turn=turn,
            zoom=zoom,
        )
    except DomainError as error:
        return Viewer(chosen, number, 0, turn, zoom, "", "", original, tuple(error.violations))
    image = f"{original}/pages/{{}}?turn={turn}&zoom={zoom}"
    return Viewer(
        document=chosen,
        page=number,
        pages=drawn.pages,
        turn=turn,
        zoom=zoom,
        image=image.format(number),
        ahead=image.format(number + 1) if number < drawn.pages else "",
        original=original,
    )


def _documents(review: Mapped) -> Iterable[Mapped]:
    """What there is to look at: first what a person must decide on, then what failed, then the rest."""
    order = {"needs_human": 0, "fail": 1}
    for line in sorted(review["lines"], key=lambda one: order.get(one["outcome"], 2)):
        for renewal in line["renewals"]:
            if renewal["document"]:
                yield renewal["document"]
        for wanted in line["documents"]:
            yield from wanted["uploaded"]
    yield from review["other"]
