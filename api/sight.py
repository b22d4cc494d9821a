"""Who may see what. Each function is a question; a stranger is told that there is nothing (404), and the
refusal is recorded all the same."""

from collections.abc import Collection
from typing import ClassVar

from api.deps import STAFF
from db.identity import Access
from db.people_tables import Document, Draft
from db.tables import TaskRow
from domain.cases import Case, Programme, Seat
from domain.errors import NotFound
from domain.roles import Role
from state_machines.class_facts import BOUND

HIDDEN = "•••"


class Stranger(NotFound):
    """Somebody asked for what is not theirs: answered like what does not exist, and recorded."""

    records: ClassVar[bool] = True


def missing(what: str = "A-NONE-SUCH") -> NotFound:
    """The one answer for what is not there."""
    error = NotFound.because(what, "Tidak ada, atau bukan untuk Anda.", "There is no such thing for you.")
    assert isinstance(error, NotFound)
    return error


def stranger() -> Stranger:
    error = Stranger.because(
        "A-NONE-SUCH", "Tidak ada, atau bukan untuk Anda.", "There is no such thing for you."
    )
    assert isinstance(error, Stranger)
    return error


def staff(access: Access) -> bool:
    """Is this one of BNSP's own roles?"""
    return access.hat.role in STAFF


def sees_masked(access: Access) -> bool:
    """Are names, NIK and e-mail masked, and documents closed, until a reason is recorded? An auditor's job
    is how it went, not with whom."""
    return access.hat.role is Role.AUDITOR


def mask_name(name: str) -> str:
    """`B••• S•••`: the first letter of each word, and as many dots whatever the word's length."""
    return " ".join(word[0] + HIDDEN for word in name.split())


PRIVATE = frozenset({Role.CANDIDATE, Role.MASTER_ASSESSOR})
"""Hats in which somebody acts for themselves. Their user names may be their e-mail addresses, and are masked
where names are; those of BNSP and of organisers answer for what was done."""


def private(roles: Collection[str]) -> bool:
    """Is an account with these roles one that has private hats alone?"""
    return bool(roles) and set(roles) <= PRIVATE


def mask_nik(last4: str) -> str:
    """Twelve asterisks and the last four digits, as everywhere; empty without any."""
    return f"{'*' * 12}{last4}" if last4 else ""


def sees_draft(access: Access, draft: Draft) -> bool:
    """May the draft be seen: by its organiser, its candidate, BNSP's operations and auditors?"""
    role = access.hat.role
    if role is Role.ORGANISER:
        return bool(draft.organiser) and draft.organiser == access.hat.organisation
    if role is Role.CANDIDATE:
        return bool(draft.person) and draft.person == access.person
    return role in (Role.OPERATIONS, Role.AUDITOR)


def sees_programme(access: Access, case: Case) -> bool:
    """May the programme be seen: by BNSP, its organiser, its master assessors and its participants?"""
    programme: Programme | None = next(iter(case.bag("programme").values()), None)
    if programme is None:
        return staff(access)
    role = access.hat.role
    if role is Role.ORGANISER:
        return programme.organiser == access.hat.organisation
    if role is Role.MASTER_ASSESSOR:
        return any(a.person == access.person for a in case.assignments.values())
    if role is Role.CANDIDATE:
        return any(s.person == access.person for s in case.seats.values())
    return staff(access)


def sees_names(access: Access, case: Case) -> bool:
    """May the participants' names be seen: by the organiser of the case, BNSP, and the master assessors
    who are engaged for it (they record who was there)?"""
    if access.hat.role is Role.MASTER_ASSESSOR:
        return any(a.person == access.person and a.state in BOUND for a in case.assignments.values())
    if access.hat.role is Role.CANDIDATE:
        return False
    return sees_programme(access, case)


def sees_journey(access: Access, case: Case) -> bool:
    """May the application be seen: by its candidate, BNSP, its organiser and its assessors?"""
    journey = case.journey
    role = access.hat.role
    if role is Role.CANDIDATE:
        return journey.person == access.person
    if role is Role.ORGANISER:
        return journey.organiser == access.hat.organisation
    if role is Role.MASTER_ASSESSOR:
        return access.person in (journey.assessor, *journey.assessors, *journey.trainers)
    return staff(access)


def sees_application_of(access: Access, case: Case, seat: Seat) -> bool:
    """May the application behind this seat of a programme be seen (`sees_journey`, told from the seat)? It
    gets its trainers and assessors with the record of the training, and who was not there has none."""
    role = access.hat.role
    if role is Role.CANDIDATE:
        return seat.person == access.person
    if role is Role.MASTER_ASSESSOR:
        return seat.state == "ATTENDED" and any(
            a.person == access.person and a.class_id == seat.class_id and a.state in ("ACCEPTED", "DONE")
            for a in case.assignments.values()
        )
    return sees_programme(access, case)


def sees_certificate(access: Access, case: Case) -> bool:
    """May the certificate be seen: by its holder and BNSP? (Anybody else checks it by its code.)"""
    if access.hat.role in (Role.CANDIDATE, Role.MASTER_ASSESSOR):
        return case.certificate.person == access.person
    return staff(access)


def sees_case(access: Access, case: Case) -> bool:
    """May this case be seen, whatever its kind?"""
    if case.main is None:
        return staff(access)
    return {"programme": sees_programme, "journey": sees_journey, "certificate": sees_certificate}[case.kind](
        access, case
    )


def sees_task(access: Access, row: TaskRow) -> bool:
    """May the task be seen: by whom it is for, who holds or completed it, a group that it escalated to,
    and BNSP's operations and auditors?"""
    role = access.hat.role
    if role in (Role.OPERATIONS, Role.AUDITOR):
        return True
    if access.person in (row.for_person, row.holder, row.completed_by):
        return True
    if f",{role.value}," in row.seen_by and row.level > 0:
        return True
    if row.for_person:
        return False
    if row.for_organisation:
        return role is Role.ORGANISER and row.for_organisation == access.hat.organisation
    return row.group_role == role.value


def sees_file(access: Access, document: Document, case: Case | None) -> bool:
    """May the document itself be opened: by its person, who uploaded it, BNSP, and the candidate's
    assessor?"""
    if access.account == document.uploaded_by or (document.person and access.person == document.person):
        return True
    if access.hat.role is Role.MASTER_ASSESSOR and case is not None and case.kind == "journey":
        return case.journey.assessor == access.person
    return staff(access)
