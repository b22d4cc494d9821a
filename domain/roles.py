"""Who acts: the roles of the programme and the person behind an account."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from domain.text import Text


class Role(StrEnum):
    """The hats of the programme. Nobody signs in as `system`: it is timers and messages."""

    ORGANISER = "organiser"
    VERIFIER = "verifier"
    APPROVER = "approver"
    REVIEWER = "reviewer"
    MASTER_ASSESSOR = "master_assessor"
    CANDIDATE = "candidate"
    COMMITTEE = "committee"
    APPEAL_PANEL = "appeal_panel"
    OPERATIONS = "operations"
    AUDITOR = "auditor"
    SYSTEM = "system"


LABELS: dict[Role, Text] = {
    Role.ORGANISER: Text(id="Penyelenggara", en="Organiser"),
    Role.VERIFIER: Text(id="Verifikator", en="Verifier"),
    Role.APPROVER: Text(id="Penyetuju", en="Approver"),
    Role.REVIEWER: Text(id="Penelaah", en="Document reviewer"),
    Role.MASTER_ASSESSOR: Text(id="Master Asesor", en="Master assessor"),
    Role.CANDIDATE: Text(id="Calon asesor", en="Candidate"),
    Role.COMMITTEE: Text(id="Komite keputusan", en="Decision committee"),
    Role.APPEAL_PANEL: Text(id="Tim banding", en="Appeal panel"),
    Role.OPERATIONS: Text(id="Petugas BNSP", en="BNSP operations"),
    Role.AUDITOR: Text(id="Auditor", en="Auditor"),
    Role.SYSTEM: Text(id="Sistem", en="System"),
}


class Actor(BaseModel):
    """The one who acts, by opaque ids, in the hat worn for this act.

    `person` is what separation of duties compares (R-SOD: persons, not accounts); `on_behalf_of`
    is the person for whom it is done, and counts alike. `organisation` is set for organisers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: str
    person: str
    role: Role
    organisation: str = ""
    on_behalf_of: str = ""

    @property
    def hands(self) -> frozenset[str]:
        """Every person whose hand this act is, for R-SOD."""
        return frozenset(p for p in (self.person, self.on_behalf_of) if p)


SYSTEM = Actor(account="system", person="", role=Role.SYSTEM)
