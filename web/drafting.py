"""The page of a request that is being written: its parts, their forms, and what stands in the way of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.routers import organisations, participants, persons, programmes
from api.runtime import Runtime
from db.identity import Access
from domain.policy import CURRENT
from domain.reference import STAGES
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.choices import plain
from web.draft_forms import ClassPart, Forms, Mapped, Tried, about
from web.forms import Form, Option
from web.reading import body_of, caught_up
from web.render import page
from web.stages import Stage, stages_of


@dataclass(frozen=True)
class DraftPage:
    id: str
    head: Mapped
    """State and version, as the API shows them."""
    stages: tuple[Stage, ...]
    waiting: Sequence[Mapped]
    """Whose turn it is, once it was submitted."""
    correction: str
    """The task by which a returned request is sent in again."""
    writing: bool
    """Can it be changed?"""
    scheme: Text | None
    content: Mapped
    basis: Form | None
    classes: tuple[ClassPart, ...]
    new_class: Form | None
    member: Form | None
    people: tuple[Mapped, ...]
    document: Form | None
    documents: Sequence[Mapped]
    called: Mapping[str, str]
    """What people call a participant, by person."""
    violations: tuple[Mapped, ...]
    """Of all that a submit would be refused for, what is about no class or participant."""
    wrong: Mapping[str, int]
    """part → how many refusals are about it."""
    judged: bool
    """Was it judged? What has no class or no participant is not."""
    accept: str
    tried: Tried | None
    errors: tuple[Violation, ...]
    key: str


async def draft_of(
    request: Request, access: Access, runtime: Runtime, programme: str
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The programme as the API shows it, and of it the request that can still be changed."""
    await caught_up(request, runtime)
    body = body_of(await programmes.programme(programme, request, access, runtime))
    content: dict[str, Any] | None = body if body["kind"] == "draft" else body.get("draft")
    if body["state"] == "EXPIRED":
        content = None
    return body, content


async def shown(
    request: Request, access: Access, runtime: Runtime, programme: str, tried: Tried | None = None
) -> HTMLResponse:
    """The page of one request; with `tried`, what was refused on top and everything typed in its place."""
    body, content = await draft_of(request, access, runtime, programme)
    context = await _context(request, access, runtime, programme, body, content, tried)
    status = tried.error.status if tried else 200
    return await page(request, runtime, access, "draft.html", context, status=status)


async def _context(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    body: Mapped,
    content: Mapped | None,
    tried: Tried | None,
) -> DraftPage:
    schemes = (await organisations.schemes(access, runtime))["items"]
    scheme = next((s for s in schemes if s["id"] == body["scheme"]), None)
    whole: dict[str, Any] = {
        "id": programme,
        "head": body,
        "stages": stages_of(STAGES, body["stage"], ended=body["ended"]),
        "waiting": body.get("waiting", ()),
        "correction": next((t["id"] for t in body["tasks"] if t["kind"] == "correct_programme"), ""),
        "writing": content is not None,
        "scheme": Text(id=scheme["name_id"], en=scheme["name_en"]) if scheme else None,
        "content": content or body,
        "accept": ",".join(CURRENT.upload_types),
        "tried": tried,
        "key": acts.new_key(),
    }
    if content is None:
        nothing: dict[str, Any] = {
            **dict.fromkeys(("basis", "new_class", "member", "document")),
            **dict.fromkeys(("classes", "people", "documents", "violations"), ()),
            "called": {},
            "wrong": {},
            "judged": False,
        }
        return DraftPage(**whole, **nothing, errors=tuple(tried.error.violations) if tried else ())
    listed = body_of(await participants.participants(programme, request, access, runtime))["items"]
    foretold = (await programmes.forecast(programme, access, runtime))["violations"]
    forms = Forms(content, schemes, await _masters(access, runtime), listed, tried)
    classes = tuple(forms.of_class(n, one, foretold) for n, one in enumerate(content["classes"], start=1))
    people = tuple({**p, "violations": about(foretold, p["id"])} for p in listed)
    known = {one["id"] for one in (*content["classes"], *listed)}
    return DraftPage(
        **whole,
        basis=forms.basis(),
        classes=classes,
        new_class=forms.new_class(),
        member=forms.member(),
        people=people,
        document=forms.document(),
        documents=(await participants.uploaded(programme, access, runtime))["items"],
        called={p["person"]: p.get("name", p["person"][:8]) for p in listed},
        violations=tuple(v for v in foretold if v["subject"] not in known),
        wrong={
            "classes": sum(len(c.violations) for c in classes),
            "participants": sum(len(p["violations"]) for p in people),
            "submit": len(foretold),
        },
        judged=bool(classes and people),
        errors=tuple(forms.errors),
    )


async def _masters(access: Access, runtime: Runtime) -> tuple[Option, ...]:
    """Whom an organiser may propose, by name, with what a class must know of each."""
    found = (await persons.master_assessors(access, runtime))["items"]
    return tuple(
        plain(m["person"], f"{m['name'] or m['person'][:8]} ({', '.join(m['fields'])})")
        for m in sorted(found, key=lambda m: m["name"] or "")
    )
