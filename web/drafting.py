"""What every page of a request that is being written shows around its own: where it stands, its parts, and
what rules say of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import Request

from api.routers import organisations, participants, programmes, tasks
from api.runtime import Runtime
from api.sight import missing
from db.identity import Access
from domain.reference import STAGES
from domain.rules.book import RULES
from domain.text import Text
from web.draft_forms import Mapped
from web.reading import body_of, caught_up
from web.stages import Stage, stages_of

PartName = Literal["basis", "classes", "participants", "documents", "check"]
PartState = Literal["todo", "wrong", "done"]
BASIS_RULES = ("R-ORG",)
CLASS_RULES = ("R-NOTICE", "R-2", "R-MA", "R-24")


@dataclass(frozen=True)
class Part:
    """One part of the request in the list of what there is to do."""

    name: PartName
    state: PartState
    count: int | None = None
    """How many classes, participants or documents it has."""


@dataclass(frozen=True)
class PersonRule:
    """A rule about participants, of whom some do not meet it, or need a person's decision."""

    rule: str
    title: Text
    outcome: str
    count: int


@dataclass(frozen=True)
class Panel:
    """What rules say now: each rule about the request and its classes, and in sum those about persons."""

    of_request: tuple[Mapped, ...]
    of_persons: tuple[PersonRule, ...]
    called: Mapping[str, str]
    """Labels of the classes, by id."""


@dataclass(frozen=True)
class Around:
    """What the pages of one request share."""

    id: str
    head: Mapped
    """State and version, as the API shows them."""
    name: Text
    """Its scheme, which is what people call it by."""
    stages: tuple[Stage, ...]
    content: Mapped
    people: tuple[Mapped, ...]
    """The participants, each with `violations`."""
    removed: tuple[Mapped, ...]
    waiting: bool
    """Does a roster wait to be mended?"""
    documents: Sequence[Mapped]
    correction: str
    """The task by which a returned request is sent in again."""
    points: tuple[str, ...]
    """What BNSP wants mended."""
    violations: tuple[Mapped, ...]
    """All that a submit would be refused for."""
    panel: Panel
    parts: tuple[Part, ...]

    @property
    def version(self) -> int:
        return int(self.content["version"])

    def of(self, subject: str) -> tuple[Mapped, ...]:
        """What a submit would be refused for because of this class or participant."""
        return about(self.violations, subject)


def about(violations: Iterable[Mapped], id_: str) -> tuple[Mapped, ...]:
    return tuple(v for v in violations if v["subject"] == id_)


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


async def around(request: Request, access: Access, runtime: Runtime, programme: str) -> Around:
    """Everything about a request that is being written. NotFound for one that is with BNSP, or is over."""
    body, content = await draft_of(request, access, runtime, programme)
    if content is None:
        raise missing()
    return await around_of(request, access, runtime, body, content)


async def around_of(
    request: Request, access: Access, runtime: Runtime, body: Mapped, content: Mapped
) -> Around:
    programme = body["id"]
    listed = body_of(await participants.participants(programme, request, access, runtime))
    told = await programmes.forecast(programme, access, runtime)
    documents = (await participants.uploaded(programme, access, runtime))["items"]
    violations = tuple(told["violations"])
    correction = next((t for t in body["tasks"] if t["kind"] == "correct_programme" and not t["ended"]), None)
    points: list[str | None] = []
    if correction is not None:
        points = body_of(await tasks.task(correction["id"], request, access, runtime))["points"]
    return Around(
        id=programme,
        head=body,
        name=await scheme_name(access, runtime, body["scheme"]),
        stages=stages_of(STAGES, body["stage"], ended=body["ended"]),
        content=content,
        people=tuple({**p, "violations": about(violations, p["id"])} for p in listed["items"]),
        removed=tuple(listed["removed"]),
        waiting=listed["waiting"],
        documents=documents,
        correction=correction["id"] if correction else "",
        points=tuple(point for point in points if point),
        violations=violations,
        panel=panel_of(told["verdicts"], content["classes"]),
        parts=_parts(content, listed, documents, violations),
    )


async def scheme_name(access: Access, runtime: Runtime, scheme: str) -> Text:
    items = (await organisations.schemes(access, runtime))["items"]
    found = next((s for s in items if s["id"] == scheme), None)
    return Text(id=found["name_id"], en=found["name_en"]) if found else Text(id=scheme, en=scheme)


def panel_of(verdicts: Sequence[Mapped], classes: Iterable[Mapped]) -> Panel:
    """The verdicts as the panel shows them; a class's label stands beside what is about it."""
    persons: dict[tuple[str, str], int] = {}
    for v in verdicts:
        # A verdict about nobody only says that there is no participant yet.
        if RULES[v["rule"]].per == "participant" and v["subject"] and v["outcome"] in ("fail", "needs_human"):
            persons[v["rule"], v["outcome"]] = persons.get((v["rule"], v["outcome"]), 0) + 1
    rest = [v for v in verdicts if RULES[v["rule"]].per != "participant"]
    rest = [v for v in rest if v["outcome"] != "not_applicable"]
    return Panel(
        tuple(rest),
        tuple(PersonRule(rule, RULES[rule].title, outcome, n) for (rule, outcome), n in persons.items()),
        {c["id"]: c["label"] for c in classes},
    )


def _parts(
    content: Mapped, listed: Mapped, documents: Sequence[Mapped], violations: Sequence[Mapped]
) -> tuple[Part, ...]:
    """The state of each part; of a request without classes or participants no rule has spoken yet."""
    classes, people = content["classes"], listed["items"]
    seats = {p["id"] for p in people}
    letters = any(v["subject"] in seats and v["rule"] == "R-REC" for v in violations)
    persons_wrong = listed["waiting"] or any(v["subject"] in seats for v in violations)
    judged = bool(classes and people)

    def state(there: bool, wrong: bool) -> PartState:
        return "todo" if not there else "wrong" if wrong else "done"

    basis = any(v["rule"] in BASIS_RULES for v in violations)
    of_classes = any(v["rule"] in CLASS_RULES for v in violations)
    return (
        Part("basis", state(bool(content["scheme"]), basis)),
        Part("classes", state(bool(classes), of_classes), len(classes)),
        Part("participants", state(bool(people), persons_wrong), len(people)),
        Part("documents", state(bool(documents), letters), len(documents)),
        Part("check", "todo" if not judged else "wrong" if violations else "done"),
    )
