"""FR.AK.02 and FR.AK.05, made of the sheet that the assessor filled in."""

from collections.abc import Mapping
from typing import Any

from activities.papers import Fact, Paper
from api.assessment import EVIDENCE, RESULTS, Sheet, unit_title
from domain.cases import Case
from domain.clock import local_day
from domain.notices import day_in_words
from domain.policy import Policy, policy
from domain.text import Text


def forms(
    sheet: Sheet, candidate: str, assessor: str, scheme: Text, documents: Mapping[str, Any]
) -> dict[str, Paper]:
    """FR.AK.02 and FR.AK.05 as the sheet says them, by their code."""
    j, rules = sheet.case.journey, policy(sheet.case.policy_version)
    units = [u for u in j.units if u.id in j.to_assess]
    last = max(c.at for c in sheet.cells.values())  # of the sheet, not of now: a retry makes the same file
    written = local_day(last, j.zone)
    refused = bool(sheet.value("", "refused"))
    facts = (
        Fact(label=Text(id="Calon", en="Candidate"), value=candidate),
        Fact(label=Text(id="Skema", en="Scheme"), value=f"{scheme.id} ({j.scheme_version})"),
        Fact(
            label=Text(id="Hari asesmen", en="Day of the assessment"),
            value=day_in_words(j.assessment_day).id if j.assessment_day else "–",
        ),
        Fact(label=Text(id="Tempat", en="Venue"), value=j.venue or "–"),
        Fact(label=Text(id="Asesor", en="Assessor"), value=assessor),
    )
    summary = str(sheet.value("", "summary") or "–")
    ak02 = _paper(
        rules,
        "FR.AK.02",
        facts,
        (
            Text(id="Unit", en="Unit"),
            Text(id="Hasil", en="Result"),
            Text(id="Bukti", en="Evidence"),
            Text(id="Tindak lanjut", en="Follow-up"),
        ),
        tuple(
            (
                f"{u.code or ''} {unit_title(u).id}".strip(),
                sheet.value(u.id, "result"),
                _evidence(sheet, u.id, documents),
                str(sheet.value(u.id, "follow_up") or "–"),
            )
            for u in units
        ),
        (),
        assessor,
        sheet.case,
        written,
    )
    ak05 = _paper(
        rules,
        "FR.AK.05",
        facts,
        (Text(id="Unit", en="Unit"), Text(id="Rekomendasi", en="Recommendation")),
        tuple(
            (
                f"{u.code or ''} {unit_title(u).id}".strip(),
                f"{sheet.value(u.id, 'result')} – {RESULTS[sheet.value(u.id, 'result')].id}",
            )
            for u in units
        ),
        (
            Fact(label=Text(id="Catatan asesor", en="Assessor's remarks"), value=summary),
            Fact(
                label=Text(id="Calon menolak menandatangani hasil", en="The candidate refused to sign"),
                value="ya" if refused else "tidak",
            ),
        ),
        assessor,
        sheet.case,
        written,
    )
    return {"FR.AK.02": ak02, "FR.AK.05": ak05}


def _evidence(sheet: Sheet, unit: str, documents: Mapping[str, Any]) -> str:
    kinds = [EVIDENCE[kind].id for kind in sheet.value(unit, "evidence") or ()]
    named = [
        f"{documents[d]['label']} {d[:8]}" for d in sheet.value(unit, "documents") or () if d in documents
    ]
    note = sheet.value(unit, "note")
    return "; ".join([*kinds, *named, *([str(note)] if note else [])])


def _paper(
    rules: Policy,
    code: str,
    facts: tuple[Fact, ...],
    columns: tuple[Text, ...],
    rows: tuple[tuple[str, ...], ...],
    notes: tuple[Fact, ...],
    assessor: str,
    case: Case,
    day: Any,
) -> Paper:
    form = rules.form(code)
    return Paper(
        code=code,
        template_version=form.template_version,
        title=form.title,
        facts=facts,
        columns=columns,
        rows=rows,
        notes=notes,
        signature=Fact(label=Text(id="Diajukan oleh asesor", en="Filed by the assessor"), value=assessor),
        simulation=case.clock == "simulation",
        day=(day.year, day.month, day.day),
    )
