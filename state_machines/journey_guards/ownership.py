"""Whose journey is it, and who may act on it?"""

from domain.roles import Role
from domain.verdict import Violation
from state_machines.guards import no, own_organisation
from state_machines.journey_facts import journey_of, sod
from state_machines.table import Guard, Situation


def is_candidate(s: Situation) -> list[Violation]:
    """Is it the candidate who acts, or somebody on the candidate's behalf?"""
    if journey_of(s).person in s.actor.hands:
        return []
    return no(
        "M-OWN",
        "Permohonan ini milik orang lain.",
        "This application is another person's.",
        subject=s.subject.id,
    )


def candidate_or_organiser(s: Situation) -> list[Violation]:
    """Is it the candidate, or somebody of the organiser on the candidate's behalf?"""
    if s.actor.role is Role.ORGANISER and s.actor.organisation == journey_of(s).organiser:
        return []
    return is_candidate(s)


def is_assessor(s: Situation) -> list[Violation]:
    """Is it the assessor whom the schedule names?"""
    if journey_of(s).assessor and journey_of(s).assessor == s.actor.person:
        return []
    return no(
        "M-OWN",
        "Hanya asesor yang dijadwalkan yang dapat melakukannya.",
        "Only the assessor who is scheduled can do this.",
        subject=s.subject.id,
    )


def is_chair(s: Situation) -> list[Violation]:
    """Is it the chair of the committee that was convened?"""
    if journey_of(s).chair and journey_of(s).chair == s.actor.person:
        return []
    return no(
        "M-OWN",
        "Hanya ketua komite yang mencatat keputusan.",
        "Only the committee's chair records the decision.",
        subject=s.subject.id,
    )


def apart(step: str) -> Guard:
    """Has the one who acts taken no step that is kept apart from this one (R-SOD)?"""
    return Guard(f"R-SOD:{step}", lambda s: sod(s, step, s.actor.hands))


CANDIDATE = Guard("M-OWN:candidate", is_candidate)
CANDIDATE_OR_ORGANISER = Guard("M-OWN:candidate", candidate_or_organiser)
ORGANISER = own_organisation(lambda s: journey_of(s).organiser)
ASSESSOR = Guard("M-OWN:assessor", is_assessor)
CHAIR = Guard("M-OWN:chair", is_chair)
