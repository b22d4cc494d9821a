"""The classes of a request: their days, venue and masters, and the members of their committees."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from api.deps import Organiser, Run
from api.drafts import ClassWish
from api.routers import persons
from api.routers import programmes as api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.people import NewPerson
from api.schemas.programmes import ProgrammeChange
from db.identity import Access
from domain.errors import DomainError
from web import acts
from web.deps import go
from web.draft_forms import PREFIXES, Member, Tried, wishes_of
from web.drafting import draft_of, shown
from web.forms import parse
from web.pages.programmes import version_of

router = APIRouter(include_in_schema=False)
Wishes = list[dict[str, Any]]


@router.post("/programmes/{programme}/classes")
async def put_class(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """A new class, or one that is changed (`was` names it)."""
    sent = await request.form()
    was = str(sent.get("was", ""))
    values = parse(ClassWish, sent, PREFIXES["classes"])
    try:
        wish = acts.validated(ClassWish, values).model_dump(mode="json")
        classes = await _classes(request, access, runtime, programme)
        if not was:
            classes.append(wish)
        # The zone is the request's: the form does not ask for it, and a class of another one keeps it.
        changed = [{**wish, "zone": c["zone"]} if was and c["label"] == was else c for c in classes]
        await _put(access, runtime, programme, sent, changed, acts.key_of(sent))
    except DomainError as error:
        return await shown(request, access, runtime, programme, Tried("classes", error, values, was))
    return go(f"/programmes/{programme}?done=1#classes")


@router.post("/programmes/{programme}/classes/remove")
async def remove_class(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """One class less; refused while it has participants."""
    sent = await request.form()
    try:
        classes = await _classes(request, access, runtime, programme)
        left = [c for c in classes if c["label"] != sent.get("was")]
        await _put(access, runtime, programme, sent, left, acts.key_of(sent))
    except DomainError as error:
        return await shown(request, access, runtime, programme, Tried("submit", error, {}))
    return go(f"/programmes/{programme}?done=1#classes")


@router.post("/programmes/{programme}/committee")
async def add_member(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Somebody is named, and joins the committee of a class."""
    sent = await request.form()
    values = parse(Member, sent, PREFIXES["committee"])
    try:
        body, key = acts.validated(Member, values), acts.key_of(sent)
        given = body.model_dump(exclude={"class_label"}, exclude_unset=True)
        named = await persons.name(NewPerson(**given), Response(), access, f"{key}n", runtime)
        classes = await _classes(request, access, runtime, programme)
        for one in classes:
            if one["label"] == values["class_label"] and named["person"] not in one["committee"]:
                one["committee"] = [*one["committee"], named["person"]]
        await _put(access, runtime, programme, sent, classes, f"{key}c")
    except DomainError as error:
        return await shown(request, access, runtime, programme, Tried("committee", error, values))
    return go(f"/programmes/{programme}?done=1#committee")


async def _classes(request: Request, access: Access, runtime: Runtime, programme: str) -> Wishes:
    """All classes as the draft has them now (whoever changed them meanwhile is noticed by the version); none
    of a request that cannot be changed, which the API then says."""
    _, content = await draft_of(request, access, runtime, programme)
    return wishes_of(content) if content is not None else []


async def _put(
    access: Access, runtime: Runtime, programme: str, sent: FormData, classes: Wishes, key: str
) -> None:
    given = {"version": version_of(sent.get("version")), "classes": classes}
    body = acts.validated(ProgrammeChange, given)
    await api.change(programme, body, Response(), access, key, runtime)
