"""Step 3: the assessment is scheduled, agreed, held and filed."""

from domain.cases import DocumentFinding, Journey, Task
from domain.clock import at
from domain.commands import BeginForm, CompleteTask, ScheduleForm, UnitsForm
from domain.ids import day_key
from domain.roles import Role
from domain.verdict import Outcome
from state_machines.journey_facts import LAPSES, schedule_verdicts
from state_machines.table import check, refusal
from state_machines.tables import TABLES
from state_machines.turn import Turn
from workflows.cases.journey.forms import need

ON_THE_DAY = ("sign_agreement", "begin_assessment")
"""Tasks that belong to one schedule and go with it."""


def open_scheduling(turn: Turn) -> None:
    """The organiser is to schedule as soon as the candidate is eligible and the training, where there is
    one, is recorded: whichever comes second."""
    j = turn.case.journey
    if j.state == "ELIGIBLE" and (j.training_recorded or not j.class_id):
        turn.open_task("schedule_assessment", j.id, organisation=j.organiser)


def scheduled(turn: Turn, task: Task, command: CompleteTask) -> str:
    """schedule(assessor, venue, day); for a schedule whose assessor fell away, the reschedule."""
    form = need(command, ScheduleForm)
    j = turn.case.journey
    again = j.state == "SCHEDULED"
    if exception_asked(turn, "reschedule" if again else "schedule"):
        return "schedule_needs_exception"
    turn.fire("journey", j.id, "reschedule" if again else "schedule")
    # after a no-show at a re-assessment the failing units stay the ones to assess
    hold(turn, form, j.to_assess if j.reassessments else tuple(u.id for u in j.units))
    return "assessment_rescheduled" if again else "assessment_scheduled"


def hold(turn: Turn, form: ScheduleForm, to_assess: tuple[str, ...]) -> None:
    """The new schedule: who, where, when and which units; both sign FR.AK.01, the assessor begins."""
    j = turn.case.journey
    free_day(turn)
    turn.cancel_tasks(*ON_THE_DAY)
    turn.set(
        "journey",
        j.id,
        assessor=form.assessor,
        venue=form.venue,
        assessment_day=form.day,
        signed=(),
        to_assess=to_assess,
    )
    turn.hand("assessor", form.assessor)
    if j.reassessments or not j.class_id:
        _take_day(turn, form)
    due = at(form.day, turn.case.calendar.closes_hour)
    for person in (j.person, form.assessor):
        turn.open_task("sign_agreement", j.id, person=person, due_at=due)
    turn.open_task("begin_assessment", j.id, person=form.assessor, due_at=due)
    turn.notify(f"person:{j.person}", "assessment_scheduled", day=form.day)


def _take_day(turn: Turn, form: ScheduleForm) -> None:
    """A re-assessment, or a journey without a class, makes its own assignment and takes the day for it.

    The class's days are the class's own: its first assessments take nothing more [D § 2].
    """
    assignment = turn.new_id("assignment")
    turn.add("assignment", assignment, person=form.assessor, kind="assessor")
    turn.ask(
        "reserve",
        turn.case.journey.id,
        holder=_holder(turn, assignment),
        keys=[{"kind": "master_day", "key": day_key(form.assessor, form.day)}],
    )


def assignment_of(turn: Turn, holder: str) -> str:
    """The journey's own assignment that took a day under this name; empty for any other holder."""
    return next((a for a in turn.case.assignments if _holder(turn, a) == holder), "")


def _holder(turn: Turn, assignment: str) -> str:
    return f"{turn.case.stream}/{assignment}"


def free_day(turn: Turn) -> None:
    """Give back the days that the journey's own assignments took.

    Both errands are about the journey, so they go in order: a day is free before it is taken again.
    """
    for a in list(turn.case.assignments.values()):
        if a.state == "PROPOSED":
            turn.fire("assignment", a.id, "drop", as_system=True)
            turn.ask("release", turn.case.journey.id, holder=_holder(turn, a.id))


def assessor_lost(turn: Turn) -> None:
    """The scheduled assessor cannot come: the organiser names another, or another day (a reschedule)."""
    j = turn.case.journey
    turn.cancel_tasks(*ON_THE_DAY)
    turn.set("journey", j.id, assessor="", assessment_day=None, signed=())
    free_day(turn)
    turn.open_task("schedule_assessment", j.id, organisation=j.organiser)


# ---- a technical certificate that lapses by another's delay ---------------------------------------


def exception_asked(turn: Turn, trigger: str) -> bool:
    """Keep the rules' verdicts; when all that stands in the way is a lapse that was not the candidate's
    delay (or nobody knows whose), ask a verifier instead of refusing (§ 6). Raises any other refusal."""
    j = turn.case.journey
    situation = turn.situation("journey", j.id)
    turn.found(schedule_verdicts(situation))
    violations = check(TABLES["journey"], situation, trigger)
    others = [v for v in violations if v.facts.get("sentence") not in LAPSES]
    if others:
        raise refusal(others)
    if not violations:
        return False
    turn.open_task("resolve_exception", j.id)
    turn.notify(f"organisation:{j.organiser}", "exception_asked")
    return True


def exception_decided(turn: Turn, task: Task, command: CompleteTask) -> str:
    """accept: schedule again; refuse: back to the documents, for a certificate that lasts."""
    from workflows.cases.journey.application import give_to_reviewer
    from workflows.cases.journey.decision import open_reassessment

    j = turn.case.journey
    accepted = command.decision == "accept"
    answer = "accepted" if accepted else "refused"
    turn.set("journey", j.id, facts=j.facts.model_copy(update={"exception": answer}))
    if j.state == "ELIGIBLE" and not accepted:
        turn.fire("journey", j.id, "lapse", as_system=True)
        fault = DocumentFinding(requirement="R-TECH", outcome=Outcome.FAIL.value)
        rest = tuple(f for f in j.findings if f.requirement != "R-TECH")
        turn.set("journey", j.id, findings=(*rest, fault))
        give_to_reviewer(turn)
    elif j.state == "NOT_YET_COMPETENT":
        open_reassessment(turn)
    elif j.state in ("ELIGIBLE", "SCHEDULED"):
        turn.open_task("schedule_assessment", j.id, organisation=j.organiser)
    return f"exception_{answer}"


# ---- on the day -----------------------------------------------------------------------------------


def signed(turn: Turn, task: Task, command: CompleteTask) -> str:
    """FR.AK.01, signed by the person whose task it is."""
    j = turn.case.journey
    turn.set("journey", j.id, signed=tuple(dict.fromkeys([*j.signed, task.for_person])))
    return "agreement_signed"


def begun(turn: Turn, task: Task, command: CompleteTask) -> str:
    """begin, with FR.MAPA; or the candidate did not come."""
    j = turn.case.journey
    if command.decision == "no_show":
        return _no_show(turn, j)
    form = need(command, BeginForm)
    turn.fire("journey", j.id, "begin")
    turn.set("journey", j.id, forms={**j.forms, turn.policy.form("FR.MAPA.01").key: form.mapa})
    turn.cancel_tasks(*ON_THE_DAY)
    turn.open_task("file_assessment", j.id, person=j.assessor)
    return "assessment_begun"


def _no_show(turn: Turn, j: Journey) -> str:
    turn.fire("journey", j.id, "no_show")
    turn.set("journey", j.id, no_shows=j.no_shows + 1, assessor="", assessment_day=None, signed=())
    turn.cancel_tasks(*ON_THE_DAY)
    free_day(turn)
    open_scheduling(turn)
    return "candidate_did_not_come"


def filed(turn: Turn, task: Task, command: CompleteTask) -> str:
    """FR.AK.02 and FR.AK.05: K or BK for each unit under assessment; the latest result of a unit counts."""
    form = need(command, UnitsForm)
    j = turn.case.journey
    turn.fire("journey", j.id, "recommend")
    merged = {r.unit: r for r in (*j.results, *form.results)}
    turn.set(
        "journey",
        j.id,
        results=tuple(merged.values()),
        forms={
            **j.forms,
            turn.policy.form("FR.AK.02").key: form.ak02,
            turn.policy.form("FR.AK.05").key: form.ak05,
        },
    )
    turn.payload["candidate_refused_to_sign"] = form.candidate_refused_to_sign
    turn.open_task("convene", j.id)
    turn.notify(f"role:{Role.OPERATIONS.value}", "assessment_filed")
    return "assessment_filed"
