"""Which list somebody works through: its filters, as the address holds them, and the tasks in it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, get_args
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Query

from api.routers import organisations
from api.routers import tasks as api
from api.runtime import Runtime
from api.schemas.common import Cursor
from api.sight import staff
from db.identity import Access
from domain.policy import CURRENT
from domain.roles import Role
from domain.text import Text
from web.forms import Option

View = Literal["mine", "groups", "done", "all"]
Sort = Literal["due", "age", "priority"]
VIEWS: tuple[View, ...] = get_args(View)
SORTS: tuple[Sort, ...] = get_args(Sort)
BESIDE = 25
"""Tasks of the list that stand beside an open one."""


@dataclass(frozen=True)
class Shelf:
    """A list of tasks: whose, in which order, narrowed to what."""

    view: View = "mine"
    sort: Sort = "due"
    kind: str = ""
    late: bool | None = None
    organiser: str = ""
    number: str = ""

    @property
    def query(self) -> dict[str, str]:
        """What the address says of it; what is as usual is left out."""
        usual = asdict(Shelf())
        return {k: "true" if v is True else str(v) for k, v in asdict(self).items() if v != usual[k]}

    @property
    def address(self) -> str:
        """The same as one text, for a form to carry along."""
        return urlencode(self.query)

    @property
    def narrowed(self) -> bool:
        """Is anything filtered out?"""
        return bool(self.kind or self.late or self.organiser or self.number)


def shelf(
    view: View = "mine",
    sort: Sort = "due",
    kind: Annotated[str, Query(max_length=40)] = "",
    late: bool | None = None,
    organiser: Annotated[str, Query(max_length=80)] = "",
    number: Annotated[str, Query(max_length=80)] = "",
) -> Shelf:
    return Shelf(view, sort, kind, late or None, organiser, number.strip().lower())


OnShelf = Annotated[Shelf, Depends(shelf)]


def carried(text: str) -> Shelf:
    """The list that a form carried along; the usual one where it is none of ours."""
    given = dict(parse_qsl(text[:500]))
    view: View = next((v for v in VIEWS if v == given.get("view")), "mine")
    sort: Sort = next((s for s in SORTS if s == given.get("sort")), "due")
    return shelf(
        view,
        sort,
        given.get("kind", "")[:40],
        given.get("late") == "true" or None,
        given.get("organiser", "")[:80],
        given.get("number", "")[:80],
    )


async def listed(
    access: Access, runtime: Runtime, shelf: Shelf, *, cursor: Cursor = "", limit: int = 50
) -> dict[str, Any]:
    """The tasks of the list, as the API shows them to the one who asks."""
    view = shelf.view
    if view == "all" and access.hat.role not in (Role.OPERATIONS, Role.AUDITOR):
        view = "mine"  # a shared address, opened by somebody else
    return await api.inbox(
        access,
        runtime,
        view=view,
        kind=shelf.kind,
        late=shelf.late,
        organiser=shelf.organiser,
        number=shelf.number,
        sort=shelf.sort,
        cursor=cursor,
        limit=limit,
    )


def kinds_of(access: Access) -> tuple[Option, ...]:
    """The kinds of tasks that this hat can meet: its group's, and for those who watch every one."""
    role = access.hat.role
    watching = role in (Role.OPERATIONS, Role.AUDITOR)
    return tuple(
        Option(entry.kind, entry.label)
        for entry in sorted(CURRENT.tasks, key=lambda t: t.label.id)
        if watching or role in (entry.group, *entry.also, *entry.chain)
    )


async def organisers_of(access: Access, runtime: Runtime) -> tuple[Option, ...]:
    """Organisers to narrow a list to; for BNSP, who sees those of several."""
    if not staff(access):
        return ()
    items = (await organisations.organisations(access, runtime))["items"]
    return tuple(Option(o["id"], Text(id=o["name"], en=o["name"])) for o in items)


def following(items: list[Mapping[str, Any]], task: str, stream: str = "") -> str:
    """The task after this one in the list (the first one, where this one is not in it), of another case."""
    ids = [t["id"] for t in items]
    after = ids.index(task) + 1 if task in ids else 0
    order = [*items[after:], *items[:after]]
    return next((str(t["id"]) for t in order if t["id"] != task and t["stream"] != stream), "")
