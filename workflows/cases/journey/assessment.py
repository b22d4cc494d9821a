"""Step 3: the assessment is scheduled, agreed, held and filed."""

from datetime import date

from domain.cases import Deadline, DocumentFinding, DutyOverride, Journey, Task
from domain.clock import end_of_day, local_day
from domain.commands import (
    BeginForm,
    CompleteTask,
    InterruptAssessment,
    OverrideSeparation,
    RescheduleAssessment,
    ScheduleForm,
    UnitsForm,
)
from domain.roles import Role
from domain.rules.matrix import Moment, run
from domain.verdict import Outcome
from state_machines.journey_facts import LAPSES, delayed_by, facts_of, form_of, schedule_verdicts
from state_machines.table import check, refusal
from state_machines.tables import TABLES
from state_machines.turn import Turn
from workflows.cases.journey.assignment import end_assignments, free_day, take_day, take_place
from workflows.cases.journey.forms import need

ON_THE_DAY = ("sign_agreement", "begin_assessment")
"""Tasks that belong to one schedule and go with it."""
LAPSE = "technical_lapse"
"""Kind of the deadline at which an eligible candidate's technical certificate is over."""


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


def rescheduled(turn: Turn, command: RescheduleAssessment) -> str:
    """The organiser moves a schedule that stands; every date rule runs again and both sign again."""
    turn.payload["reason"] = command.reason
    j = turn.case.journey
    if command.asked_by_candidate:
        turn.set("journey", j.id, candidate_delayed=True)
    if exception_asked(turn, "reschedule"):
        return "schedule_needs_exception"
    turn.fire("journey", j.id, "reschedule")
    turn.settle_task("schedule_assessment")
    hold(turn, command.form, j.to_assess)
    return "assessment_rescheduled"


def hold(turn: Turn, form: ScheduleForm, to_assess: tuple[str, ...]) -> None:
    """The new schedule: who, where, when and which units; both sign FR.AK.01, the assessor begins."""
    j = turn.case.journey
    free_day(turn)
    turn.cancel_tasks(*ON_THE_DAY)
    turn.stop_waiting(LAPSE)
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
        take_day(turn, form)
    elif turn.case.revision >= 1:  # journeys of before took neither place nor day
        take_place(turn, form)
    for person in (j.person, form.assessor):
        turn.open_task("sign_agreement", j.id, person=person, day=form.day)
    turn.open_task("begin_assessment", j.id, person=form.assessor, day=form.day)
    turn.notify(f"person:{j.person}", "assessment_scheduled", day=form.day)


def assessor_lost(turn: Turn) -> None:
    """The scheduled assessor cannot come, or cannot go on: the organiser names another, or another day (a
    reschedule)."""
    j = turn.case.journey
    turn.cancel_tasks(*ON_THE_DAY)
    turn.set("journey", j.id, assessor="", assessment_day=None, signed=())
    free_day(turn)
    turn.open_task("schedule_assessment", j.id, organisation=j.organiser)
    if turn.case.revision >= 2:  # before, a lapse was noticed in ELIGIBLE alone
        watch_certificate(turn)


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
    form = form_of(situation, ScheduleForm)
    if turn.case.revision >= 1 and form is not None:  # journeys of before were excused for every later day
        turn.set("journey", j.id, exception_day=form.day)
    turn.open_task("resolve_exception", j.id)
    turn.notify(f"organisation:{j.organiser}", "exception_asked")
    return True


def exception_decided(turn: Turn, task: Task, command: CompleteTask) -> str:
    """accept: schedule again, up to the day that was asked for; refuse: back to the documents, for a
    certificate that lasts, unless an earlier exception still holds or a schedule stands."""
    from workflows.cases.journey.decision import open_reassessment

    j = turn.case.journey
    accepted = command.decision == "accept"
    answer = "accepted" if accepted else "refused"
    # What was excused before stays excused up to its day: the refusal was about a later one.
    holds = turn.case.revision >= 1 and _still_excused(turn)
    if accepted or not holds:
        turn.set("journey", j.id, facts=j.facts.model_copy(update={"exception": answer}))
    asked = j.exception_day
    if asked is None and accepted and turn.case.revision >= 3:  # it lapsed before anybody named a day
        asked = _time_to_schedule(turn)
    if asked is not None:
        until = asked if accepted else j.exception_until
        turn.set("journey", j.id, exception_day=None, exception_until=until)
    # Journeys of before kept a schedule that had fallen away open, whatever was answered.
    fallen = turn.case.revision >= 1 and _unscheduled(turn)
    if (j.state == "ELIGIBLE" or fallen) and not accepted and not holds:
        _back_to_documents(turn)
    elif j.state == "NOT_YET_COMPETENT":
        open_reassessment(turn)
    elif j.state == "ELIGIBLE":
        open_scheduling(turn)
        watch_certificate(turn)
    elif j.state == "SCHEDULED":
        turn.open_task("schedule_assessment", j.id, organisation=j.organiser)
        watch_certificate(turn)
    return f"exception_{answer}"


def _time_to_schedule(turn: Turn) -> date:
    """The last day on which the assessment can be held when the organiser has the whole time to schedule it,
    counted from now; never before the class is over."""
    j = turn.case.journey
    due = turn.due(turn.policy.task("schedule_assessment"))
    return max(local_day(due, j.zone), *j.class_days)


def _still_excused(turn: Turn) -> bool:
    """Has a verifier excused a lapse up to today, or to a later day?"""
    j = turn.case.journey
    until = j.exception_until
    return j.facts.exception == "accepted" and until is not None and until >= local_day(turn.now, j.zone)


def _unscheduled(turn: Turn) -> bool:
    """Has a schedule fallen away, with another yet to be made?"""
    j = turn.case.journey
    return j.state == "SCHEDULED" and turn.would("journey", j.id, "lapse", as_system=True)


def watch_certificate(turn: Turn) -> None:
    """While the candidate is eligible, or a schedule has fallen away, the end of the technical certificate
    (or of what a verifier excused) takes the journey back to its documents."""
    j = turn.case.journey
    until = [c.valid_until for c in j.facts.technical]
    # journeys of before found out when they were scheduled
    if turn.case.revision < 1 or not until or not (j.state == "ELIGIBLE" or _unscheduled(turn)):
        return
    if j.facts.exception == "accepted" and j.exception_until is not None:
        until.append(j.exception_until)
    turn.wait(LAPSE, j.id, end_of_day(max(until)))


def lapsed(turn: Turn, deadline: Deadline) -> str:
    """The technical certificate ended before an assessment was scheduled. By the candidate's own delay a
    newer one is needed (R-TECH); by the organiser's or BNSP's a verifier decides first (§ 6). (Before
    revision 3 every lapse led back to the documents.)"""
    j = turn.case.journey
    if turn.case.revision >= 3 and delayed_by(turn.situation("journey", j.id)) != "candidate":
        turn.cancel_tasks("schedule_assessment")
        turn.open_task("resolve_exception", j.id)
        for concerned in (f"person:{j.person}", f"organisation:{j.organiser}"):
            turn.notify(concerned, "lapse_being_decided")
        return "lapse_needs_exception"
    _back_to_documents(turn)
    turn.notify(f"person:{j.person}", "technical_certificate_lapsed")
    return "technical_certificate_lapsed"


def _back_to_documents(turn: Turn) -> None:
    from workflows.cases.journey.application import give_to_reviewer

    j = turn.case.journey
    if turn.case.revision >= 1:  # before, nothing but this question could be open here
        turn.cancel_tasks("schedule_assessment", "resolve_exception")
    turn.fire("journey", j.id, "lapse", as_system=True)
    turn.stop_waiting(LAPSE)
    fault = DocumentFinding(requirement="R-TECH", outcome=Outcome.FAIL.value)
    rest = tuple(f for f in j.findings if f.requirement != "R-TECH")
    turn.set("journey", j.id, findings=(*rest, fault))
    # The documents had been accepted: this review is a new one. (Before revision 3 it went on counting, and
    # who had been sent back as often as may be could only be rejected.)
    if turn.case.revision >= 3 and j.send_backs:
        turn.set("journey", j.id, send_backs=0)
    give_to_reviewer(turn)


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
    plans = {turn.policy.form("FR.MAPA.01").key: form.mapa}
    if form.mapa02:
        plans[turn.policy.form("FR.MAPA.02").key] = form.mapa02
    turn.set("journey", j.id, forms={**j.forms, **plans})
    # a move that was asked for and never made is over, too
    turn.cancel_tasks(*ON_THE_DAY, "schedule_assessment", "resolve_exception")
    turn.open_task("file_assessment", j.id, person=j.assessor)
    return "assessment_begun"


def _no_show(turn: Turn, j: Journey) -> str:
    turn.fire("journey", j.id, "no_show")
    turn.set("journey", j.id, no_shows=j.no_shows + 1, assessor="", assessment_day=None, signed=())
    turn.cancel_tasks(*ON_THE_DAY)
    free_day(turn)
    open_scheduling(turn)
    watch_certificate(turn)
    return "candidate_did_not_come"


def separation_overridden(turn: Turn, command: OverrideSeparation) -> str:
    """BNSP lets a trainer of the candidate assess them, too (R-SOD): the organiser may schedule them now."""
    j: Journey = turn.require("journey", turn.case.journey.id, "override_separation")
    turn.payload["reason"] = command.reason
    leave = DutyOverride(person=command.person, reason=command.reason, by=turn.actor.person)
    kept = tuple(o for o in j.overrides if o.person != command.person)
    turn.set("journey", j.id, overrides=(*kept, leave))
    facts = facts_of(turn.situation("journey", j.id), step="assessor", persons=(command.person,))
    turn.found(run(Moment.act, facts))
    return "separation_overridden"


def interrupted(turn: Turn, command: InterruptAssessment) -> str:
    """The assessor stops the assessment: what was filed stays, the organiser schedules it again."""
    turn.payload["reason"] = command.reason
    j = turn.case.journey
    turn.fire("journey", j.id, "interrupt")
    turn.cancel_tasks("file_assessment")
    assessor_lost(turn)
    turn.notify(f"person:{j.person}", "assessment_interrupted")
    turn.notify(f"organisation:{j.organiser}", "assessment_interrupted")
    return "assessment_interrupted"


def filed(turn: Turn, task: Task, command: CompleteTask) -> str:
    """FR.AK.02 and FR.AK.05: K or BK for each unit under assessment; the latest result of a unit counts."""
    form = need(command, UnitsForm)
    j = turn.case.journey
    turn.fire("journey", j.id, "recommend")
    end_assignments(turn)
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
