"""Step 4: the committee decides; a negative decision leaves a re-assessment and an appeal."""

from domain.cases import Task
from domain.clock import end_of_day, local_day
from domain.commands import CompleteTask, ConveneForm, ScheduleForm, VotesForm
from domain.months import add_months
from state_machines.journey_facts import failing, reassess_verdicts, vote_verdicts
from state_machines.journey_guards.decision import reassessment_left
from state_machines.turn import Turn
from workflows.cases.journey.assessment import exception_asked, hold
from workflows.cases.journey.forms import need


def convened(turn: Turn, task: Task, command: CompleteTask) -> str:
    form = need(command, ConveneForm)
    turn.fire("journey", task.subject, "convene", members=form.members, chair=form.chair, votes=())
    turn.open_task("decide", task.subject, person=form.chair)
    for member in form.members:
        if member != form.chair:
            turn.notify(f"person:{member}", "committee_convened")
    return "committee_convened"


def decided(turn: Turn, task: Task, command: CompleteTask) -> str:
    """decide_competent, decide_not_yet or clarify, entered by the chair with the members' votes."""
    j = turn.case.journey
    if command.decision == "clarify":
        turn.fire("journey", j.id, "clarify")
        turn.open_task("file_assessment", j.id, person=j.assessor)
        return "clarification_asked"
    form = need(command, VotesForm)
    turn.found(vote_verdicts(turn.situation("journey", j.id)))
    turn.fire("journey", j.id, command.decision)
    turn.hand("decision", *(v.person for v in form.votes))
    turn.set(
        "journey",
        j.id,
        votes=form.votes,
        minutes_number=form.minutes_number,
        decided_at=turn.now,
        first_decided_at=j.first_decided_at or turn.now,
    )
    if command.decision == "decide_competent":
        turn.open_task("issue_certificate", j.id)
        turn.notify(f"person:{j.person}", "decided_competent")
        return "decided_competent"
    _not_yet(turn)
    return "decided_not_yet_competent"


def _not_yet(turn: Turn) -> None:
    """The failing units are named; the candidate may appeal, and be assessed again while that is possible."""
    j = turn.case.journey
    turn.payload["failing"] = list(failing(j))
    until = turn.wait_days("appeal", j.id, turn.policy.term("appeal"))
    open_reassessment(turn)
    turn.notify(f"person:{j.person}", "decided_not_yet_competent", appeal_until=until)


def open_reassessment(turn: Turn) -> None:
    """While R-BK leaves one: the organiser's task, and the day after which none is left."""
    j = turn.case.journey
    if j.first_decided_at is None or reassessment_left(turn.situation("journey", j.id, as_system=True)):
        return
    last = add_months(local_day(j.first_decided_at), turn.policy.reassessment_months)
    turn.open_task("reassess", j.id, organisation=j.organiser, day=last)
    turn.wait("reassessment_window", j.id, end_of_day(last))


def reassessed(turn: Turn, task: Task, command: CompleteTask) -> str:
    """A schedule for the failing units only; it uses one of the re-assessments."""
    form = need(command, ScheduleForm)
    j = turn.case.journey
    turn.found(reassess_verdicts(turn.situation("journey", j.id)))
    if exception_asked(turn, "reassess"):
        return "schedule_needs_exception"
    units = failing(j)
    turn.fire("journey", j.id, "reassess")
    turn.stop_waiting("appeal")
    turn.stop_waiting("reassessment_window")
    turn.set("journey", j.id, reassessments=j.reassessments + 1)
    hold(turn, form, units)
    return "reassessment_scheduled"
