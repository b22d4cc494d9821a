"""A page from its template and its context: language, hat, times and states are the same on every one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.assets import stamped
from api.deps import hat_json
from api.runtime import DATABASE_DOWN, Runtime
from db.identity import Access
from domain.clock import UTC
from domain.decisions import DECISIONS
from domain.document_names import document_name
from domain.errors import DomainError, Unknown
from domain.roles import LABELS, Role
from domain.text import Text
from domain.verdict import Violation
from state_machines.tables import TABLES
from web import acts, i18n, said, times
from web.forms import without_path
from web.i18n import Language
from web.labels import label_of
from web.nav import Entry, entries

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Frame:
    """What every page says around its own: who is here in which hat, where, and by which clock."""

    language: Language
    path: str
    query: Mapping[str, str]
    hat: dict[str, str] | None
    hats: tuple[dict[str, str], ...]
    nav: tuple[Entry, ...]
    simulation: bool
    now: datetime
    """Business time (UTC)."""
    now_known: bool
    """False while a simulation's clock cannot be read: `now` is then real time."""
    request_id: str
    flash: str = ""
    tag: str = ""
    """Of a page with live regions: what its script asks with whether there is anything new (web/live.py)."""


class _Stamping(FileSystemLoader):
    """Templates name files plainly; once, when a template is read, their versions are put in."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, file, current = super().get_source(environment, template)
        return stamped(source), file, current


@cache
def environment(language: Language) -> Environment:
    """The templates in one language."""
    env = Environment(
        loader=_Stamping(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # The extension adds these two; its stubs do not know them.
    env.install_gettext_callables(  # type: ignore[attr-defined]
        partial(i18n.gettext, language), partial(i18n.ngettext, language), newstyle=True
    )
    env.globals["lang"] = language
    env.filters |= _filters(language)
    return env


def _filters(language: Language) -> dict[str, Callable[..., Any]]:
    def say(value: Any, name: str = "label") -> str:
        """A domain Text, or the sentence that JSON holds in both languages (`label`, `label_en`)."""
        if isinstance(value, Text):
            return i18n.say(language, value)
        if value is None:
            return ""
        return str(value.get(f"{name}_en" if language == "en" else name) or "")

    def when(value: Any, now: datetime) -> Markup:
        moment = times.parse(value)
        if moment is None:
            return Markup("–")
        machine, said = moment.astimezone(UTC).isoformat(), times.exact(moment, language)
        # Numbers and names of months and units: there is nothing to escape.
        return Markup(  # noqa: S704
            f'<time datetime="{machine}" title="{said}">{times.relative(moment, now, language)}</time>'
            f'<span class="exact"> ({said})</span>'
        )

    def exact(value: Any) -> Markup:
        moment = times.parse(value)
        if moment is None:
            return Markup("–")
        return Markup('<time datetime="{}">{}</time>').format(
            moment.astimezone(UTC).isoformat(), times.exact(moment, language)
        )

    def day(value: Any) -> str:
        if not value:
            return "–"
        return times.day(date.fromisoformat(value) if isinstance(value, str) else value, language)

    def month(value: date) -> str:
        return times.month(value, language)

    def weekday(value: date, long: bool = False) -> str:
        return times.weekday(value, language, long=long)

    def state(name: str, machine: str) -> str:
        """A state by what its machine calls it."""
        return i18n.say(language, TABLES[machine].state(name).label)

    def move(walked: Mapping[str, str]) -> str:
        """What happened, as the row that was walked calls it: `Program: Setujui → disetujui`."""
        table = TABLES[walked["machine"]]
        row = next(
            (r for r in table.by_trigger[walked["source"], walked["trigger"]] if r.dest == walked["dest"]),
            None,
        )
        said = i18n.say(language, row.label) if row else walked["trigger"]
        return f"{i18n.say(language, table.label)}: {said} → {state(walked['dest'], table.name)}"

    def told(violation: Violation) -> str:
        """A refusal in a summary: the field as people call it, and what is wrong with it."""
        field = str(violation.facts.get("field", "")).replace("[", ".").replace("]", "")
        said = i18n.say(language, without_path(violation))
        return f"{i18n.say(language, label_of(field))}: {said}" if field else said

    def document(name: str) -> str:
        return i18n.say(language, document_name(name))

    def decision(sitting: Mapping[str, Any]) -> str:
        """What a task was completed with, in words."""
        return i18n.say(language, DECISIONS[sitting["decision"]])

    def role(name: str) -> str:
        return i18n.say(language, LABELS[Role(name)])

    return {
        "state": state,
        "move": move,
        "role": role,
        "decision": decision,
        "field": lambda name: i18n.say(language, said.field(name)),
        "said": lambda value, name: said.said(language, name, value),
        "told": told,
        "document": document,
        "size": lambda size: f"{size // 1024 or 1} KiB",
        "say": say,
        "when": when,
        "exact": exact,
        "day": day,
        "month": month,
        "weekday": weekday,
        "with_query": with_query,
    }


def with_query(query: Mapping[str, str], **changed: Any) -> str:
    """`?…` with some values changed; None takes one away. The first page again, unless a cursor is given."""
    values = {**query, **changed}
    if "cursor" not in changed:
        values.pop("cursor", None)
    kept = {k: v for k, v in values.items() if v not in (None, "") and k not in ("lang", "min_seq")}
    return f"?{urlencode(kept)}" if kept else "?"


async def frame(request: Request, runtime: Runtime, access: Access | None, tag: str = "") -> Frame:
    """The frame for who asks (None: nobody is signed in)."""
    settings = runtime.settings
    simulation = settings.clock == "simulation"
    try:
        now, told = await runtime.gateway.business_now(), True
    except (DomainError, *DATABASE_DOWN):  # what runs, and what does not, is said all the same
        now, told = runtime.now(), not simulation
    return Frame(
        language=i18n.language_of(request),
        path=request.url.path,
        query=dict(request.query_params),
        hat=hat_json(access.hat) if access else None,
        hats=tuple(hat_json(h) for h in access.hats) if access else (),
        nav=entries(access) if access else (),
        simulation=simulation,
        now=now,
        now_known=told,
        request_id=getattr(request.state, "request_id", ""),
        flash=request.query_params.get("done", ""),
        tag=tag,
    )


async def _same_key(request: Request) -> str:
    """The key that the page had whose form was sent: nobody knows what became of it, and sent again under the
    same key it is not done twice. Empty when nothing was sent."""
    key = (await request.form()).get("key") if request.method == "POST" else None
    return acts.pages_key(key) if isinstance(key, str) else ""


async def page(
    request: Request,
    runtime: Runtime,
    access: Access | None,
    template: str,
    context: Any,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    tag: str = "",
) -> HTMLResponse:
    """One page. `context` is the dataclass of this page; its fields are the template's names. `tag` is given
    by pages with live regions (web/live.py)."""
    around = await frame(request, runtime, access, tag)
    values = {field.name: getattr(context, field.name) for field in fields(context)}
    if status == Unknown.status and "key" in values:
        values["key"] = await _same_key(request) or values["key"]
    body = environment(around.language).get_template(template).render(frame=around, **values)
    response = HTMLResponse(
        body, status, {"Cache-Control": "no-store", **({"ETag": tag} if tag else {}), **(headers or {})}
    )
    i18n.remember(request, response)
    return response
