"""The page of a request that is being written: its parts, their forms, and what stands in the way of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import create_model

from api.drafts import ClassWish, Label
from api.evidence import Dated, Requirement
from api.routers import organisations, participants, persons, programmes
from api.runtime import Runtime
from api.schemas.common import Body
from api.schemas.people import NewPerson
from api.schemas.programmes import NewProgramme
from db.identity import Access
from domain.document_names import document_name
from domain.errors import DomainError
from domain.policy import CURRENT
from domain.reference import STAGES
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.choices import plain
from web.forms import Choices, Form, Option, form_of, prefixed
from web.reading import body_of, caught_up
from web.render import page
from web.stages import Stage, stages_of

Part = Literal["basis", "classes", "committee", "participants", "documents", "submit"]
Mapped = Mapping[str, Any]
NEW = ""
"""Stands for the label of a class that is not there yet."""

Member = create_model("Member", __base__=NewPerson, class_label=(Label, ...))
"""Somebody named as a member of a class's committee."""
DocumentOf = create_model(
    "DocumentOf",
    __base__=Body,
    requirement=(Requirement, ...),
    dated=(Dated, None),
    seats=(tuple[str, ...], ()),
)
"""What is said of a document that is handed in with the request."""


@dataclass(frozen=True)
class Tried:
    """A part that was sent and refused: what was typed, and why."""

    part: Part
    error: DomainError
    values: Mapped
    about: str = NEW
    """The label that the class had."""
    rows: tuple[Mapped, ...] = ()
    """A roster's rows that are not in order, cell by cell."""


@dataclass(frozen=True)
class ClassPart:
    id: str
    label: str
    days: tuple[str, ...]
    committee: tuple[str, ...]
    """Their names."""
    masters: int
    seats: int
    form: Form
    prefix: str
    """Keeps the ids of its fields apart from those of the other classes."""
    violations: tuple[Mapped, ...]


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


def wishes_of(content: Mapped) -> list[dict[str, Any]]:
    """The classes of a draft, in the shape in which they are sent."""
    return [
        {
            **{name: one[name] for name in ("label", "days", "start_hour", "venue", "zone")},
            "committee": [p["person"] for p in one["committee"]],
            "masters": [{"person": m["person"], "kind": m["kind"]} for m in one["masters"]],
        }
        for one in content["classes"]
    ]


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
    forms = _Forms(content, schemes, await _masters(access, runtime), listed, tried)
    classes = tuple(forms.of_class(n, one, foretold) for n, one in enumerate(content["classes"], start=1))
    people = tuple({**p, "violations": _about(foretold, p["id"])} for p in listed)
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


def _about(violations: Iterable[Mapped], id_: str) -> tuple[Mapped, ...]:
    return tuple(v for v in violations if v["subject"] == id_)


async def _masters(access: Access, runtime: Runtime) -> tuple[Option, ...]:
    """Whom an organiser may propose, by name, with what a class must know of each."""
    found = (await persons.master_assessors(access, runtime))["items"]
    return tuple(
        plain(m["person"], f"{m['name'] or m['person'][:8]} ({', '.join(m['fields'])})")
        for m in sorted(found, key=lambda m: m["name"] or "")
    )


class _Forms:
    """The forms of one draft; the one that was refused holds what was typed."""

    def __init__(
        self,
        content: Mapped,
        schemes: Sequence[Mapped],
        masters: tuple[Option, ...],
        listed: Sequence[Mapped],
        tried: Tried | None,
    ) -> None:
        self.content, self.tried, self.listed = content, tried, listed
        self.schemes, self.masters = schemes, masters
        self.errors: Sequence[Violation] = ()
        if tried is not None:
            prefix = PREFIXES.get(tried.part, "")
            self.errors = prefixed(tried.error.violations, prefix)

    def _typed(self, part: Part, about: str = NEW) -> tuple[Mapped | None, Sequence[Violation]]:
        if self.tried is None or self.tried.part != part or self.tried.about != about:
            return None, ()
        return self.tried.values, self.errors

    def basis(self) -> Form:
        values, errors = self._typed("basis")
        return basis_form(self.schemes, values or self.content, errors)

    def _class(self, values: Mapped | None, errors: Sequence[Violation], *, new: bool) -> Form:
        named = {
            p["person"]: p.get("name", p["person"][:8])
            for c in self.content["classes"]
            for p in c["committee"]
        }
        committee = tuple(plain(id_, name) for id_, name in sorted(named.items(), key=lambda pair: pair[1]))
        return form_of(
            ClassWish,
            choices=Choices({"committee": committee, f"{PREFIXES['classes']}masters.person": self.masters}),
            values=values,
            violations=errors,
            prefix=PREFIXES["classes"],
            leave_out=("committee", "zone") if new or not committee else ("zone",),
        )

    def of_class(self, number: int, one: Mapped, foretold: Sequence[Mapped]) -> ClassPart:
        """One class as it stands, or as its change was typed."""
        values, errors = self._typed("classes", one["label"])
        wish = next(w for w in wishes_of(self.content) if w["label"] == one["label"])
        return ClassPart(
            id=one["id"],
            label=one["label"],
            days=tuple(one["days"]),
            committee=tuple(p.get("name", p["person"][:8]) for p in one["committee"]),
            masters=len(one["masters"]),
            seats=sum(1 for p in self.listed if p["class_id"] == one["id"]),
            form=self._class(values or wish, errors, new=False),
            prefix="" if errors else f"k{number}-",
            violations=_about(foretold, one["id"]),
        )

    def new_class(self) -> Form:
        values, errors = self._typed("classes")
        return self._class(values, errors, new=True)

    def _labels(self) -> tuple[Option, ...]:
        return tuple(plain(c["label"], c["label"]) for c in self.content["classes"])

    def member(self) -> Form:
        values, errors = self._typed("committee")
        choices = Choices({"class_label": self._labels()})
        return form_of(
            Member, choices=choices, values=values, violations=errors, prefix=PREFIXES["committee"]
        )

    def document(self) -> Form:
        values, errors = self._typed("documents")
        asked = dict.fromkeys(name for r in CURRENT.requirements for name in r.documents)
        people = tuple(plain(p["id"], p.get("name", p["id"][:8])) for p in self.listed)
        choices = Choices(
            {"requirement": tuple(Option(name, document_name(name)) for name in asked), "seats": people}
        )
        return form_of(
            DocumentOf, choices=choices, values=values, violations=errors, prefix=PREFIXES["documents"]
        )


PREFIXES: dict[str, str] = {
    "basis": "basis.",
    "classes": "classes.",
    "committee": "member.",
    "documents": "document.",
}
"""What the names of a part's fields begin with."""


def basis_form(schemes: Sequence[Mapped], values: Mapped | None, errors: Sequence[Violation]) -> Form:
    """Scheme, track, venue and time zone of a request."""
    options = tuple(
        Option(
            s["id"],
            Text(id=s["name_id"], en=s["name_en"]),
            Text(id=f"v{s['version']}", en=f"v{s['version']}"),
        )
        for s in schemes
    )
    return form_of(
        NewProgramme,
        choices=Choices({"scheme": options}),
        values=values,
        violations=errors,
        prefix=PREFIXES["basis"],
        leave_out=("classes", "scheme_version"),
    )
