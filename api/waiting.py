"""What a case waits for by itself: its deadlines, with what happens when they pass, and its errands."""

from typing import Any

from api import sight, views
from db.identity import Access
from domain.cases import Case
from domain.roles import Role
from domain.wait_labels import errand_label, remedy_of, trouble_label, wait_of

WATCHERS = (Role.OPERATIONS, Role.AUDITOR)


def of_case(case: Case, access: Access) -> dict[str, Any]:
    """`waits` with the nearest first, of whatever this reader may read of the case; `errands` without an
    answer yet for BNSP; and for those who watch the workflow's id, by which Temporal's own pages find it."""
    own = views.own_parts(case, access)
    waits = sorted(
        (d for d in case.deadlines.values() if d.state == "WAITING" and (own is None or d.subject in own)),
        key=lambda d: (d.at, d.kind, d.id),
    )
    body: dict[str, Any] = {
        "waits": [
            {
                "kind": d.kind,
                **views.both(wait_of(d.kind).label),
                **views.both(wait_of(d.kind).then, "then"),
                "subject": d.subject,
                "at": views.moment(d.at),
            }
            for d in waits
        ]
    }
    if sight.staff(access):
        asked = [e for e in case.errands.values() if e.state == "ASKED"]
        body["errands"] = [
            {"kind": e.kind, **views.both(errand_label(e.kind)), "subject": e.subject} for e in asked
        ]
    if access.hat.role in WATCHERS:
        body["workflow"] = case.workflow_id
    return body


def trouble_json(attention: str) -> dict[str, Any]:
    """Why a case needs somebody and how that is mended, in words where there are some."""
    found, remedy = trouble_label(attention), remedy_of(attention)
    return {
        "attention": attention,
        **(views.both(found, "trouble") if found else {}),
        **(views.both(remedy, "remedy") if remedy else {}),
    }
