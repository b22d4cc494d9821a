"""Forms of a journey as they are recorded: what the ledger holds, and who signed or filed it when."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api import assessment, listings, programmes, sight, views
from api.runtime import Runtime
from api.sight import missing
from db import reads, registry
from db.identity import Access
from domain.cases import Case
from domain.events import Event
from domain.policy import policy
from domain.roles import Role
from domain.text import Text

SCHEDULES = ("assessment_scheduled", "assessment_rescheduled", "reassessment_scheduled")
"""Events after which FR.AK.01 is signed anew."""
SIGNED, BEGUN, FILED = "agreement_signed", "assessment_begun", "assessment_filed"
OF_FORM: Mapping[str, tuple[str, ...]] = {
    "FR.AK.01": (*SCHEDULES, SIGNED),
    "FR.MAPA.01": (BEGUN,),
    "FR.MAPA.02": (BEGUN,),
    "FR.AK.02": (FILED,),
    "FR.AK.05": (FILED,),
}
"""The forms that are shown, and the events that tell of them."""


async def view(
    session: AsyncSession, runtime: Runtime, access: Access, case: Case, code: str
) -> dict[str, Any]:
    """One form for this asker. NotFound for a form that is not one of an assessment."""
    if code not in OF_FORM:
        raise missing("P-FORM")
    j, kind = case.journey, policy(case.policy_version).form(code)
    events = _latest(await reads.chain(session, case.stream, types=OF_FORM[code]))
    sheet = await _sheet(session, runtime, access, case) if code in ("FR.AK.02", "FR.AK.05") else None
    persons = {j.person, j.assessor, *(e.actor.person for e in events)}
    known = await programmes.names(session, runtime, access, persons)
    scheme = await registry.scheme_data(session, j.scheme, j.scheme_version)
    documents = await listings.documents_of(session, [case.stream])
    filed = j.forms.get(kind.key, "")
    file = next((d for d in documents if d.digest == filed and sight.sees_file(access, d, case)), None)
    return {
        "stream": case.stream,
        "code": code,
        "template_version": kind.template_version,
        **views.both(kind.title, "title"),
        "verified": kind.verified,
        "simulation": case.clock == "simulation",
        "candidate": views.person_json(j.person, known),
        "assessor": views.person_json(j.assessor, known) if j.assessor else None,
        "scheme": {"id": j.scheme, "version": j.scheme_version, **views.both(_scheme(scheme), "name")},
        "organiser": j.organiser,
        "day": j.assessment_day.isoformat() if j.assessment_day else None,
        "venue": j.venue,
        "units": [
            {
                "id": u.id,
                "code": u.code or "",
                **views.both(assessment.unit_title(u), "title"),
                "assessed": u.id in j.to_assess,
                "result": _result(events, u.id) if code in ("FR.AK.02", "FR.AK.05") else None,
                **(_written(sheet, u.id) if sheet else {}),
            }
            for u in j.units
        ],
        "summary": sheet.value("", "summary") if sheet else None,
        "evidence": [{"id": id_, **views.both(label)} for id_, label in assessment.EVIDENCE.items()],
        "refused": _refused(events),
        "filed": filed,
        "document": views.document_json(file, whole=False) if file else None,
        "signatures": [_signature(e, known, case) for e in events if e.type in (SIGNED, BEGUN, FILED)],
        "head": {"seq": case.seq, "hash": case.head},
    }


def _scheme(scheme: registry.SchemeData) -> Text:
    return Text(id=scheme.name_id, en=scheme.name_en)


def _latest(events: Sequence[Event]) -> list[Event]:
    """What is of the present schedule, or the latest filing."""
    last = max((n for n, e in enumerate(events) if e.type in SCHEDULES), default=None)
    if last is not None:
        return list(events[last:])
    return list(events[-1:]) if events and events[-1].type != SIGNED else list(events)


async def _sheet(
    session: AsyncSession, runtime: Runtime, access: Access, case: Case
) -> assessment.Sheet | None:
    """What the assessor wrote, for who may read it, and only where the filed form was made of it."""
    if access.hat.role in (Role.CANDIDATE, Role.ORGANISER):
        return None
    if access.hat.role is Role.MASTER_ASSESSOR and access.person != case.journey.assessor:
        return None
    return await assessment.filed(session, runtime, case)


def _result(events: Sequence[Event], unit: str) -> str | None:
    """The unit's result as the latest filing recorded it."""
    for event in reversed(events):
        for change in event.changes:
            for one in change.fields.get("results", ()) if change.kind == "journey" else ():
                if one["unit"] == unit:
                    return str(one["result"])
    return None


def _refused(events: Sequence[Event]) -> bool | None:
    """Did the candidate refuse to sign the result? None where nothing says."""
    return next(
        (
            bool(e.payload["candidate_refused_to_sign"])
            for e in reversed(events)
            if "candidate_refused_to_sign" in e.payload
        ),
        None,
    )


def _written(sheet: assessment.Sheet, unit: str) -> dict[str, Any]:
    return {part: sheet.value(unit, part) for part in ("evidence", "documents", "note", "follow_up")}


def _signature(event: Event, known: views.People, case: Case) -> dict[str, Any]:
    return {
        "type": event.type,
        "role": event.actor.role.value,
        "as_candidate": event.actor.person == case.journey.person,
        **views.person_json(event.actor.person, known),
        "at": views.moment(event.business_at),
        "seq": event.seq,
        "hash": event.hash,
    }
