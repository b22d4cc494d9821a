"""An application's answers, part by part, and the forms that are made of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from activities import filled_form
from api import listings, views
from api.runtime import Runtime
from db import answers, registry
from db.answers import Kept
from db.identity import Access
from domain.application_parts import BY_KEY, FEEDBACK, PARTS, Part, PartKind
from domain.cases import Case, Journey
from domain.clock import format_wib
from domain.errors import NotFound, Refused
from domain.facts import UnitFacts
from domain.policy import policy
from domain.reference import ABILITIES
from domain.text import Text
from domain.verdict import Violation
from state_machines.task import OPEN_TASK

APPLYING = frozenset({"submit_application", "correct_application"})
"""Tasks during which the candidate fills the application in."""
WORDS: dict[str, Text] = {
    "address": Text(id="Alamat", en="Address"),
    "phone": Text(id="Nomor telepon", en="Phone number"),
    "email": Text(id="Email", en="E-mail"),
    "employer": Text(id="Tempat bekerja", en="Employer"),
    "position": Text(id="Jabatan", en="Position"),
    "office_address": Text(id="Alamat tempat bekerja", en="Employer's address"),
    "purpose": Text(id="Tujuan asesmen", en="Purpose of the assessment"),
    "certification": Text(id="Sertifikasi", en="Certification"),
    "recertification": Text(id="Sertifikasi ulang (RCC)", en="Recertification"),
    "recognition": Text(id="Pengakuan kompetensi terkini (RCC/RPL)", en="Recognition of current competency"),
    "it_declared": Text(id="Mampu mengoperasikan komputer", en="Able to use a computer"),
    "K": Text(id="K – kompeten", en="K – competent"),
    "BK": Text(id="BK – belum kompeten", en="BK – not yet competent"),
    "informed": Text(
        id="Saya mendapat penjelasan yang cukup tentang jalannya asesmen",
        en="I was told well enough how the assessment would go",
    ),
    "prepared": Text(
        id="Saya sempat mempelajari unit dan menilai diri sendiri",
        en="I had time to study the units and to assess myself",
    ),
    "agreed": Text(
        id="Metode dan jadwal dibicarakan dengan saya", en="Methods and dates were discussed with me"
    ),
    "heard": Text(
        id="Asesor menggali bukti yang saya punya", en="The assessor looked for the evidence that I have"
    ),
    "fair": Text(
        id="Saya mendapat kesempatan penuh untuk menunjukkan kemampuan saya",
        en="I had every chance to show what I can do",
    ),
    "told": Text(
        id="Hasil dan tindak lanjutnya dijelaskan kepada saya",
        en="The result and what follows were explained to me",
    ),
    "remarks": Text(id="Catatan", en="Remarks"),
    "name": Text(id="Nama", en="Name"),
    "scheme": Text(id="Skema", en="Scheme"),
    "yes": Text(id="ya", en="yes"),
    "no": Text(id="tidak", en="no"),
}
"""What stands on the printed form beside an answer, and for an answer that is a choice."""


def applying(case: Case) -> bool:
    """Is the application the candidate's to fill in now?"""
    return any(t.kind in APPLYING and t.state in OPEN_TASK for t in case.tasks.values())


def require_applying(case: Case) -> None:
    """Refused (A-APPLIED) once it is with BNSP."""
    if not applying(case):
        raise Refused.because(
            "A-APPLIED",
            "Permohonan ini sudah dikirim; isinya hanya dapat diubah bila dikembalikan untuk diperbaiki.",
            "This application has been sent; it can be changed only when it is returned for correction.",
            remedy=Text(
                id="Lihat halaman permohonan Anda: di sana tertulis siapa yang memegangnya sekarang.",
                en="See your application's page: it says who has it now.",
            ),
            state=case.journey.state,
        )


async def kept(runtime: Runtime, case: Case) -> dict[str, Kept]:
    """The parts that were saved."""
    async with runtime.db.read() as session:
        return await answers.kept(session, runtime.vault, case.stream)


def parts_json(found: Mapping[str, Kept]) -> list[dict[str, Any]]:
    """Every part with what was answered, if anything was."""
    lines = []
    for part in PARTS:
        one = found.get(part.key)
        lines.append(
            {
                "part": part.key,
                "form": part.form,
                **views.both(part.label),
                **views.both(part.help, "help"),
                "citation": part.citation,
                "answered": one is not None,
                "answers": dict(one.answers) if one else None,
                "version": one.version if one else 0,
                "saved_at": views.moment(one.saved_at) if one else None,
            }
        )
    return lines


async def save(
    session: AsyncSession, runtime: Runtime, access: Access, case: Case, part: str, given: Part
) -> Kept:
    """Keep one part. Refused (A-APPLIED, A-FEEDBACK), (P-UNITS) for units that are not this application's."""
    if part == FEEDBACK.key:
        require_assessed(case)
    else:
        require_applying(case)
    units = getattr(given, "units", None)
    if units is not None and [u.unit for u in units] != [u.id for u in case.journey.units]:
        raise Refused.because(
            "P-UNITS",
            "Asesmen mandiri harus menjawab setiap unit skema ini, satu kali.",
            "The self-assessment answers every unit of this scheme, once.",
            units=[u.id for u in case.journey.units],
        )
    return await answers.keep(
        session,
        runtime.vault,
        application=case.stream,
        part=part,
        person=case.journey.person,
        answers=given.model_dump(mode="json"),
        by=access.actor,
        at=runtime.now(),
    )


ASSESSED = frozenset({"ASSESSMENT", "RECOMMENDED", "DECISION", "COMPETENT", "NOT_YET_COMPETENT", "APPEAL"})
"""States in which a candidate may give feedback: from the assessment's beginning to the end of the case."""


def require_assessed(case: Case) -> None:
    """Refused (A-FEEDBACK) before the assessment has begun and after the case has ended."""
    if case.journey.state not in ASSESSED:
        raise Refused.because(
            "A-FEEDBACK",
            "Umpan balik (FR.AK.03) diberikan setelah asesmen dimulai dan sebelum perkara berakhir.",
            "Feedback (FR.AK.03) is given once the assessment has begun and before the case has ended.",
            state=case.journey.state,
        )


def missing(found: Mapping[str, Kept], form: str) -> list[PartKind]:
    """Parts of that form that nobody has answered yet."""
    return [p for p in (*PARTS, FEEDBACK) if p.form == form and p.key not in found]


def not_answered(parts: list[PartKind]) -> list[Violation]:
    """Why a form cannot be made yet, part by part."""
    return [
        Violation(
            rule="P-PART",
            text=Text(
                id=f"Bagian “{p.label.id}” belum diisi.", en=f"The part “{p.label.en}” is not filled in."
            ),
            citation=p.citation,
            remedy=Text(id="Isi bagian itu, lalu simpan.", en="Fill it in and save it."),
            subject=p.key,
            facts={"part": p.key},
        )
        for p in parts
    ]


async def make_form(
    runtime: Runtime, access: Access, case: Case, form: str, found: Mapping[str, Kept]
) -> str:
    """The form as a PDF among the application's documents; gives its digest. The same answers give the same
    document. Refused (P-PART) while a part of it is not answered."""
    if lacking := missing(found, form):
        raise Refused(not_answered(lacking))
    asked = policy(case.policy_version)
    kind = asked.form(form)
    async with runtime.db.read() as session:
        person = await runtime.vault.open_person(session, case.journey.person)
        scheme = await _scheme(session, case.journey)
    parts = [p for p in (*PARTS, FEEDBACK) if p.form == form]
    at = max(found[p.key].saved_at for p in parts)
    head = filled_form.Group(
        label=Text(id="Pemohon", en="Applicant"),
        lines=(
            filled_form.Line(label=WORDS["name"], value=person.full_name),
            filled_form.Line(label=WORDS["scheme"], value=scheme),
        ),
    )
    printed = filled_form.FilledForm(
        code=kind.code,
        template_version=kind.template_version,
        title=kind.title,
        application=case.stream,
        groups=(head, *(_group(p, found[p.key], case.journey) for p in parts)),
        saved=format_wib(at),
        simulation=case.clock == "simulation",
    )
    pdf = await asyncio.to_thread(filled_form.typeset, printed, at)
    stored = await runtime.store.put(_once(pdf), asked)

    async def note(session: AsyncSession) -> None:
        await registry.add_document(
            session,
            digest=stored.digest,
            media_type=stored.media_type,
            size=stored.size,
            requirement=form,
            person=case.journey.person,
            application=case.stream,
            dated=None,
            by=access.actor,
            at=runtime.now(),
        )

    await runtime.db.retrying(note)
    return stored.digest


async def _scheme(session: AsyncSession, journey: Journey) -> str:
    """The scheme's name; its id where that version is not in the register."""
    try:
        return (await registry.scheme_data(session, journey.scheme, journey.scheme_version)).name_id
    except NotFound:
        return journey.scheme


def _group(part: PartKind, kept: Kept, journey: Journey) -> filled_form.Group:
    return filled_form.Group(label=part.label, lines=tuple(lines_of(part.key, kept.answers, journey)))


def unit_name(unit: UnitFacts) -> Text:
    """What a unit is called: its code and title, or where it has none the title of its ability."""
    known = next((a.unit_title for a in ABILITIES if a.id == unit.ability), None)
    title = Text(id=unit.title, en=unit.title) if unit.title else known or Text(id=unit.id, en=unit.id)
    return Text(id=f"{unit.code or ''} {title.id}".strip(), en=f"{unit.code or ''} {title.en}".strip())


def lines_of(part: str, given: Mapping[str, Any], journey: Journey) -> list[filled_form.Line]:
    """A part's answers, one line each, as people read them."""
    if part == "self_assessment":
        called = {u.id: unit_name(u) for u in journey.units}
        return [
            filled_form.Line(label=called[one["unit"]], value=f"{WORDS[one['result']].id}. {one['shown_by']}")
            for one in given["units"]
            if one["unit"] in called
        ]
    return [
        filled_form.Line(label=WORDS[name], value=_said(given[name]))
        for name in {**BY_KEY, FEEDBACK.key: FEEDBACK}[part].model.model_fields
        if given.get(name) not in (None, "")
    ]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return WORDS["yes" if value else "no"].id
    return WORDS[value].id if value in WORDS else str(value)


async def latest(runtime: Runtime, case: Case, form: str) -> str:
    """The digest of the form that the candidate handed in as a file last; empty when there is none."""
    async with runtime.db.read() as session:
        rows = await listings.documents_of(session, [case.stream])
    mine = [d for d in rows if d.requirement == form and d.person == case.journey.person]
    newest: datetime | None = max((d.uploaded_at for d in mine), default=None)
    return next((d.digest for d in mine if d.uploaded_at == newest), "")


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
