"""Every kind of case by its name, and how a case that another one opens begins."""

from datetime import datetime
from typing import Any

from domain.cases import Case
from domain.facts import Facts
from domain.roles import SYSTEM
from state_machines.evolve import evolve
from state_machines.turn import Turn
from workflows.cases.certificate import CERTIFICATE_LOGIC
from workflows.cases.journey import JOURNEY_LOGIC
from workflows.cases.logic import CaseLogic
from workflows.cases.programme import PROGRAMME_LOGIC

LOGIC: dict[str, CaseLogic] = {
    logic.kind: logic for logic in (PROGRAMME_LOGIC, JOURNEY_LOGIC, CERTIFICATE_LOGIC)
}


def opened(case: Case, opening: Any, now: datetime) -> Case:
    """The empty case after its first event, opened at `now` (UTC) with a JourneyOpening or a
    CertificateOpening."""
    logic = LOGIC[case.kind]
    if logic.open is None:
        raise AssertionError(f"nobody opens a {case.kind}")
    turn = Turn(case, actor=SYSTEM, now=now, facts=Facts())
    return evolve(case, turn.close(logic.open(turn, opening), now))
