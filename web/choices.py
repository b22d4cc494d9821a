"""What can be chosen in the forms of a case: its persons, seats, units and documents."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api import listings, sight, views
from api.programmes import names
from api.runtime import Runtime
from api.views import People
from db.identity import Access
from db.people_tables import Document
from domain.cases import Case, Task
from domain.document_names import document_name
from domain.policy import policy
from domain.roles import Role
from domain.rules.book import RULES
from domain.text import Text
from web.forms import Choices, Option
from web.times import day

DIGESTS = ("apl01", "apl02", "mapa", "mapa02", "ak02", "ak05", "report", "document", "evidence")
"""Fields that name an uploaded document."""
FORM_CODES = {
    "apl01": "FR.APL.01",
    "apl02": "FR.APL.02",
    "mapa": "FR.MAPA.01",
    "mapa02": "FR.MAPA.02",
    "ak02": "FR.AK.02",
    "ak05": "FR.AK.05",
}
"""Fields that ask for one certain form: what was uploaded as that form is offered alone, if there is any."""


TO_CHOOSE_FROM = 40
"""Documents of participants that one list offers."""


def plain(value: str, label: str, hint: Text | None = None) -> Option:
    """A choice that is called the same in both languages."""
    return Option(value, Text(id=label, en=label), hint)


async def choices_of(runtime: Runtime, access: Access, case: Case, task: Task | None = None) -> Choices:
    """Everything that a form of this case may offer to the one who asks."""
    async with runtime.db.read() as session:
        options: dict[str, Sequence[Option]] = {}
        rows: dict[str, Sequence[dict[str, Any]]] = {}
        documents = await listings.documents_of(session, [case.stream])
        several = {d.person for d in documents if d.person} if case.kind == "programme" else set()
        called = await names(session, runtime, access, several)
        seen = _about(task, case, [d for d in documents if sight.sees_file(access, d, case)])
        for field in DIGESTS:
            fitting = [d for d in seen if d.requirement == FORM_CODES.get(field)]
            options[field] = _documents(fitting or seen, called)
        options |= await _people(session, runtime, access)
        if case.kind == "programme":
            options |= await _programme(session, runtime, access, case)
        elif case.kind == "journey":
            options |= _journey(case)
            rows |= _journey_rows(case, task)
    return Choices(options, rows)


def _about(task: Task | None, case: Case, documents: list[Document]) -> list[Document]:
    """Documents that a decision of this task may name: of one participant when it is about one; of a whole
    request those of the request itself, once there are too many to choose from."""
    if task is None or case.kind != "programme":
        return documents
    seat = case.seats.get(task.subject)
    if seat is not None:
        return [d for d in documents if d.person in ("", seat.person)]
    return documents if len(documents) <= TO_CHOOSE_FROM else [d for d in documents if not d.person]


def _documents(documents: Iterable[Document], called: People) -> tuple[Option, ...]:
    """One choice for each file, with whose it is where there are several people."""
    kept: dict[str, Option] = {}
    for d in documents:
        hint = Text(
            id=f"{d.media_type}, {d.size // 1024 or 1} KiB", en=f"{d.media_type}, {d.size // 1024 or 1} KiB"
        )
        name = document_name(d.requirement)
        whose = called.get(d.person, {}).get("name", d.digest[:8])
        label = Text(id=f"{name.id} · {whose}", en=f"{name.en} · {whose}")
        kept.setdefault(d.digest, Option(d.digest, label, hint))
    return tuple(kept.values())


async def _people(session: AsyncSession, runtime: Runtime, access: Access) -> dict[str, tuple[Option, ...]]:
    """Reviewers, committee and master assessors, by name where the asker may know it."""
    found: dict[str, tuple[Option, ...]] = {}
    if access.hat.role is Role.CANDIDATE:
        return found
    masters = [row.person for row in await listings.all_master_assessors(session)]
    groups: dict[str, list[str]] = {"assessor": masters, "assignments.person": masters}
    if sight.staff(access):
        groups |= {
            "reviewer": await listings.persons_in_role(session, Role.REVIEWER),
            "members": await listings.persons_in_role(session, Role.COMMITTEE),
        }
    everybody = {p for group in groups.values() for p in group}
    known = await views.people(session, runtime.vault, everybody, access)
    for field, persons in groups.items():
        called = sorted((known.get(p, {}).get("name", p), p) for p in persons)
        found[field] = tuple(plain(p, name) for name, p in called)
    if "members" in found:
        found["chair"] = found["votes.person"] = found["members"]
    return found


async def _programme(
    session: AsyncSession, runtime: Runtime, access: Access, case: Case
) -> dict[str, tuple[Option, ...]]:
    seats = list(case.seats.values())
    called = await names(session, runtime, access, {s.person for s in seats})
    classes = tuple(plain(c.id, c.label) for c in case.classes.values())
    people = tuple(plain(s.id, called.get(s.person, {}).get("name", s.id)) for s in seats)
    committee = {p for c in case.classes.values() for p in c.committee}
    known = await names(session, runtime, access, committee)
    days = sorted({d for c in case.classes.values() for d in c.days})
    return {
        "class_id": classes,
        "seat": people,
        "seats": people,
        "committee": tuple(plain(p, known.get(p, {}).get("name", p)) for p in sorted(committee)),
        "kit": tuple(plain(one, one.replace("_", " ")) for one in policy(case.policy_version).kit),
        "form.attended": tuple(o for o, s in zip(people, seats, strict=True) if s.state == "CONFIRMED"),
        "form.attended.*": tuple(Option(d.isoformat(), Text(id=day(d, "id"), en=day(d, "en"))) for d in days),
    }


def _journey(case: Case) -> dict[str, tuple[Option, ...]]:
    journey, consent = case.journey, policy(case.policy_version).consent_version
    left = [f.requirement for f in journey.findings if f.outcome == "needs_human"]
    return {
        "consent_version": (
            Option(
                consent,
                Text(
                    id=f"Saya setuju data pribadi saya diproses untuk sertifikasi ini (versi {consent})",
                    en=f"I consent to the processing of my personal data for this (version {consent})",
                ),
            ),
        ),
        "resolved": tuple(Option(rule, RULES[rule].title) for rule in left if rule in RULES),
        "assignments.class_id": (Option(case.stream, Text(id="permohonan ini", en="this application")),),
        "results.unit": tuple(plain(u.id, f"{u.code or u.id} {u.title}".strip()) for u in journey.units),
    }


def _journey_rows(case: Case, task: Task | None) -> dict[str, Sequence[dict[str, Any]]]:
    journey = case.journey
    if task is None:
        return {}
    return {
        "form.results": [{"unit": id_} for id_ in journey.to_assess],
        "form.votes": [{"person": person} for person in journey.members],
    }
