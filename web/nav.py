"""Where each hat goes every day."""

from dataclasses import dataclass

from db.identity import Access
from domain.roles import Role
from domain.text import Text


@dataclass(frozen=True)
class Entry:
    """One link of the navigation; `roles` empty: everybody who is signed in."""

    path: str
    label: Text
    roles: frozenset[Role] = frozenset()


WORKERS = frozenset(Role) - {Role.CANDIDATE, Role.SYSTEM}
"""Whose work comes as tasks of an inbox. What a candidate owes stands on the own applications' page."""
INBOX = Entry("/inbox", Text(id="Tugas", en="Tasks"), WORKERS)
PROGRAMMES = Entry("/programmes", Text(id="Program", en="Programmes"), frozenset({Role.ORGANISER}))
ASSESSORS = Entry("/assessors", Text(id="Asesor saya", en="My assessors"), frozenset({Role.ORGANISER}))
TOKENS = Entry("/tokens", Text(id="Token API", en="API tokens"), frozenset({Role.ORGANISER}))
APPLICATIONS = Entry(
    "/applications", Text(id="Permohonan saya", en="My applications"), frozenset({Role.CANDIDATE})
)
ASSIGNMENTS = Entry("/assignments", Text(id="Penugasan", en="Assignments"), frozenset({Role.MASTER_ASSESSOR}))
ASSESSMENTS = Entry("/assessments", Text(id="Asesmen", en="Assessments"), frozenset({Role.MASTER_ASSESSOR}))
DECISIONS = Entry("/decisions", Text(id="Keputusan", en="Decisions"), frozenset({Role.COMMITTEE}))
HOMES = {
    Role.OPERATIONS: "/monitor",
    Role.AUDITOR: "/audit",
    Role.ORGANISER: PROGRAMMES.path,
    Role.CANDIDATE: APPLICATIONS.path,
    Role.MASTER_ASSESSOR: ASSIGNMENTS.path,
    Role.COMMITTEE: DECISIONS.path,
}
"""The first page of a hat; of any other it is the inbox."""
MENU: tuple[Entry, ...] = (
    PROGRAMMES,
    APPLICATIONS,
    ASSIGNMENTS,
    ASSESSMENTS,
    DECISIONS,
    INBOX,
    ASSESSORS,
    TOKENS,
    Entry(
        "/monitor",
        Text(id="Pemantauan", en="Monitor"),
        frozenset({Role.OPERATIONS, Role.AUDITOR}),
    ),
    Entry("/audit", Text(id="Audit", en="Audit"), frozenset({Role.OPERATIONS, Role.AUDITOR})),
    Entry("/admin", Text(id="Administrasi", en="Administration"), frozenset({Role.OPERATIONS, Role.AUDITOR})),
    Entry("/account", Text(id="Akun saya", en="My account")),
)


def entries(access: Access) -> tuple[Entry, ...]:
    """The links for the hat that is worn."""
    return tuple(e for e in MENU if not e.roles or access.hat.role in e.roles)


def home(access: Access) -> str:
    """The first page of the hat that is worn."""
    return HOMES.get(access.hat.role, INBOX.path)
