"""What the candidate's pages share: who may open them, what an application needs, and what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends

from api import evidence
from api.answers import APPLYING, ASSESSED
from api.deps import Allow
from api.routers import answers
from api.routers import applications as api
from api.runtime import Runtime
from db.identity import Access
from domain.document_names import document_name
from domain.policy import policy
from domain.roles import Role
from domain.text import Text

Candidate = Annotated[Access, Depends(Allow(Role.CANDIDATE))]
Mapped = Mapping[str, Any]
FILLED_IN = ("FR.APL.01", "FR.APL.02")
"""Forms that are answered on screen, and may be handed in as a file instead."""
AFTERWARDS: dict[str, frozenset[str]] = {
    "FR.AK.03": ASSESSED,
    "FR.AK.04": frozenset({"NOT_YET_COMPETENT", "REJECTED"}),
}
"""Forms that a candidate may hand in once the application stands there: feedback, and an appeal."""


@dataclass(frozen=True)
class Wanted:
    """One document that the application needs, or may have."""

    requirement: str
    label: Text
    why: Text | None
    """The requirement that it shows."""
    rule: str
    citation: str
    uploaded: tuple[Mapped, ...]
    by_organiser: bool
    """It came with the programme's request."""
    finding: Mapped | None = None
    """What the machine's review found for that requirement."""

    @property
    def missing(self) -> bool:
        return not self.uploaded and not self.by_organiser


def named(known: Mapping[str, Text], id_: str) -> Text:
    return known.get(id_, Text(id=id_, en=id_))


def applying(body: Mapped) -> Mapped | None:
    """The task by which the candidate hands the application in, while it is the candidate's turn."""
    open_ = (t for t in body["tasks"] if t["kind"] in APPLYING and not t["ended"])
    return next(open_, None)


async def documents(access: Access, runtime: Runtime, body: Mapped) -> tuple[Wanted, ...]:
    """The documents of the application's requirements, and which of them there are."""
    uploaded = (await api.uploaded(body["stream"], access, runtime))["items"]
    given: set[str] = set()
    if body["programme"]:
        listed = await evidence.listed(runtime, access, body["programme"], person=access.person)
        given = {d["requirement"] for d in listed["items"]}
    return tuple(
        Wanted(
            requirement=d["requirement"],
            label=document_name(d["requirement"]),
            why=Text(id=line["title"], en=line["title_en"]) if line.get("title") else None,
            rule=line["requirement"],
            citation=line["citation"],
            uploaded=tuple(u for u in uploaded if u["requirement"] == d["requirement"]),
            by_organiser=d["requirement"] in given,
            finding=line["finding"],
        )
        for line in body["requirements"]
        for d in line["documents"]
    )


async def forms(access: Access, runtime: Runtime, body: Mapped) -> tuple[Wanted, ...]:
    """Forms that may be handed in as a file as things stand."""
    uploaded = (await api.uploaded(body["stream"], access, runtime))["items"]
    open_ = {code for code, states in AFTERWARDS.items() if body["state"] in states}
    if applying(body):
        open_ |= set(FILLED_IN)
    return tuple(
        Wanted(
            requirement=f.code,
            label=Text(id=f"{f.code} {f.title.id}", en=f"{f.code} {f.title.en}"),
            why=None,
            rule="",
            citation="[P]",
            uploaded=tuple(u for u in uploaded if u["requirement"] == f.code),
            by_organiser=False,
        )
        for f in policy(body["policy_version"]).forms
        if f.code in open_
    )


async def parts(
    access: Access, runtime: Runtime, application: str, given: Sequence[Wanted]
) -> list[dict[str, Any]]:
    """The parts of the application; `filed`: its form was handed in as a file, so it need not be answered."""
    files = {w.requirement for w in given if w.uploaded}
    items = (await answers.parts(application, access, runtime))["items"]
    return [{**one, "filed": one["form"] in files} for one in items]


def next_step(application: str, items: Sequence[Mapped], wanted: Sequence[Wanted], after: str = "") -> str:
    """Where to go on: the next part that is not answered, then the next document that is missing, then the
    check before sending. `after` names the part or document that was just done."""
    base = f"/applications/{application}"
    left = [(p["part"], f"{base}/apply/{p['part']}") for p in items if not p["answered"] and not p["filed"]]
    left += [(w.requirement, f"{base}/evidence?requirement={w.requirement}") for w in wanted if w.missing]
    return next((path for name, path in left if name != after), f"{base}/check")


def door(task: Mapped) -> str:
    """The page on which the candidate does this task."""
    if task["kind"] in APPLYING:
        return f"/applications/{task['stream']}/apply"
    return f"/my-turn/{task['id']}"
