"""What is typed for a task before it is done: kept as a draft, helped by phrases, shown by evidence."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from api.deps import Run
from api.routers import desk
from api.tasks import find
from db.identity import Access
from domain.cases import Task
from domain.errors import DomainError
from web import acts
from web.deciding import model_of, place_for, places, sentence_in, typed, values_of
from web.deps import Anybody, go
from web.desk import carried
from web.forms import form_of, parse
from web.pages.tasks import Tried, shown
from web.task_uploads import upload
from web.uploads import file_form, require_file

router = APIRouter(include_in_schema=False)


def _back(task: str, sent: FormData, **more: str) -> Response:
    """To the form that was typed into, in the list that is worked through."""
    query = {**carried(str(sent.get("list", ""))).query, "decide": str(sent.get("decision", "")), **more}
    return go(f"/tasks/{task}?{urlencode(query)}#decide")


def _sentences(entry: Task, sent: FormData) -> list[str]:
    """Names of the fields for sentences that the form had."""
    model = model_of(entry.kind, str(sent.get("decision", "")))
    return [name for name in places(form_of(model, values=parse(model, sent)).fields) if name in sent]


@router.post("/tasks/{task}/draft")
async def save(task: str, request: Request, access: Anybody, runtime: Run) -> Response:
    """Keep what is typed."""
    return await _kept(task, request, access, runtime)


@router.post("/tasks/{task}/insert")
async def insert(task: str, request: Request, access: Anybody, runtime: Run) -> Response:
    """A phrase into the first sentence that is empty (else after the first one); the rest stays as typed."""
    sent = await request.form()
    _, _, entry = await find(runtime, access, task)
    known = (await desk.phrases(access, runtime, entry.kind))["items"]
    text = next((p["text"] for p in known if p["id"] == sent.get("phrase")), "")
    fields = typed(sent)
    place = place_for(_sentences(entry, sent), fields)
    if text and place:
        before = "".join(fields.get(place, ())).strip()
        fields[place] = [f"{before}\n{text}" if before else text]
    return await _kept(task, request, access, runtime, fields)


@router.post("/tasks/{task}/keep")
async def keep(task: str, request: Request, access: Anybody, runtime: Run) -> Response:
    """The sentence that was written last becomes a phrase of one's own; what is typed is kept, too."""
    sent = await request.form()
    _, _, entry = await find(runtime, access, task)
    sentence = sentence_in(_sentences(entry, sent), typed(sent))
    try:
        body = acts.validated(desk.NewPhrase, {"kind": entry.kind, "text": sentence})
        await desk.keep_phrase(body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _refused(task, request, access, runtime, sent, entry, error)
    return await _kept(task, request, access, runtime)


async def _kept(
    task: str,
    request: Request,
    access: Access,
    runtime: Run,
    fields: dict[str, list[str]] | None = None,
) -> Response:
    sent = await request.form()
    _, _, entry = await find(runtime, access, task)
    try:
        values = {"decision": str(sent.get("decision", "")), "fields": fields or typed(sent)}
        body = acts.validated(desk.DraftOf, values)
        await desk.keep_draft(task, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _refused(task, request, access, runtime, sent, entry, error)
    return _back(task, sent)


async def _refused(
    task: str,
    request: Request,
    access: Access,
    runtime: Run,
    sent: FormData,
    entry: Task,
    error: DomainError,
) -> Response:
    tried = Tried(values_of(entry.kind, sent), str(sent.get("decision", "")), error)
    on = carried(str(sent.get("list", "")))
    return await shown(request, access, runtime, task, on=on, tried=tried)


@router.post("/tasks/{task}/discard")
async def discard(task: str, request: Request, access: Anybody, runtime: Run) -> Response:
    """Throw the draft away."""
    sent = await request.form()
    await desk.drop_draft(task, access, acts.key_of(sent), runtime)
    return _back(task, sent)


@router.post("/tasks/{task}/forget")
async def forget(task: str, request: Request, access: Anybody, runtime: Run) -> Response:
    """Delete a phrase."""
    sent = await request.form()
    await find(runtime, access, task)
    await desk.drop_phrase(str(sent.get("phrase", "")), access, acts.key_of(sent), runtime)
    return _back(task, sent)


@router.post("/tasks/{task}/evidence")
async def hand_in(task: str, request: Request, access: Anybody, runtime: Run) -> Response:
    """A document for the case; the decisions' forms then offer it."""
    _, case, _ = await find(runtime, access, task)
    try:
        async with file_form(request) as sent:
            require_file(sent)
            await upload(request, access, runtime, case, acts.key_of(sent))
            return _back(task, sent, done="1")
    except DomainError as error:
        return await shown(request, access, runtime, task, tried=Tried({}, error=error))
