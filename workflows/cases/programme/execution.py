"""Stage 4, Pelaksanaan: the class starts, attendance, journeys' news, the report."""

from typing import Any

from domain.cases import Class, Deadline, Seat, Task
from domain.commands import (
    AttendanceForm,
    CheckIn,
    CompleteTask,
    InterruptClass,
    ReportForm,
    RescheduleClassForm,
    ResumeClass,
)
from domain.errors import Malformed
from domain.rules.matrix import Moment, run
from state_machines.class_ import PREPARED
from state_machines.programme import LOST_JOURNEY
from state_machines.seat import WAITING
from state_machines.task import ATTENDANCE
from state_machines.turn import Turn
from workflows.cases.programme.ending import close_seat, end_class, tell_journey
from workflows.cases.programme.preparation import release_days, rescheduled
from workflows.cases.programme.seats import ENDED, accepted, give_up, tell_training
from workflows.cases.programme.settling import open_attendance


def class_hour_came(turn: Turn, deadline: Deadline) -> str:
    """The first session's hour: a READY class starts; any other asks its organiser what to do."""
    class_: Class = turn.get("class", deadline.subject)
    turn.found(run(Moment.class_start, turn.facts))
    if turn.would("class", class_.id, "start", as_system=True):
        return _start(turn, class_)
    task = turn.open_task("resolve_class_day", class_.id, organisation=turn.case.programme.organiser)
    turn.wait("class_unresolved", class_.id, task.due_at)
    return "class_not_ready_on_its_day"


def _start(turn: Turn, class_: Class) -> str:
    turn.fire("class", class_.id, "start", as_system=True)
    if turn.case.programme.state in ("PREPARATION", "READY"):
        turn.fire("programme", turn.case.programme.id, "start", as_system=True)
    for seat in list(turn.case.seats.values()):
        if seat.class_id == class_.id and seat.state in WAITING:
            turn.fire("seat", seat.id, "release", as_system=True)
            close_seat(turn, turn.get("seat", seat.id))
    trainers = accepted(turn, class_, "trainer")
    for person in trainers:
        turn.hand("trainer", person)
    if turn.case.revision < 1:  # attendance was one trainer's alone
        open_attendance(turn, class_, person=trainers[0] if trainers else "")
        return "class_started"
    for person in trainers:
        open_attendance(turn, class_, person=person)
    open_attendance(turn, class_, organisation=turn.case.programme.organiser)
    return "class_started"


def interrupt(turn: Turn, command: InterruptClass) -> str:
    """The class cannot go on for now; attendance and results stay (§ 6)."""
    turn.payload["reason"] = command.reason
    turn.fire("class", command.class_id, "interrupt")
    for person in _expected(turn, command.class_id):
        turn.notify(f"person:{person}", "class_interrupted", class_id=command.class_id)
    return "class_interrupted"


def resume(turn: Turn, command: ResumeClass) -> str:
    turn.fire("class", command.class_id, "resume_class")
    for person in _expected(turn, command.class_id):
        turn.notify(f"person:{person}", "class_resumed", class_id=command.class_id)
    return "class_resumed"


def _expected(turn: Turn, class_id: str) -> tuple[str, ...]:
    """Everybody who is expected in the class: participants and trainers."""
    seats = turn.case.seats.values()
    coming = (s.person for s in seats if s.class_id == class_id and s.state == "CONFIRMED")
    return (*coming, *accepted(turn, turn.case.classes[class_id], "trainer"))


def check_in(turn: Turn, command: CheckIn) -> str:
    """What a participant brought (R-KIT). What is missing becomes the participant's task, never a refusal;
    the task is done when nothing is missing any more."""
    seat: Seat = turn.get("seat", command.seat)
    kit = tuple(dict.fromkeys(command.kit))
    unknown = [item for item in kit if item not in turn.policy.kit]
    if unknown:
        listed = ", ".join(turn.policy.kit)
        raise Malformed.because(
            "R-KIT",
            f"Yang dicatat tidak ada dalam daftar kelengkapan. Catat dari daftar ini: {listed}.",
            f"What was recorded is not on the list of the kit. Record from this list: {listed}.",
            subject=seat.id,
            unknown=unknown,
        )
    turn.fire("seat", seat.id, "check_in", facts=seat.facts.model_copy(update={"kit": kit}))
    participant = turn.get("seat", seat.id).facts
    facts = turn.facts.model_copy(update={"policy": turn.policy, "participants": (participant,)})
    verdicts = [v for v in run(Moment.check_in, facts) if v.rule == "R-KIT"]
    turn.found(verdicts)
    if all(v.ok for v in verdicts):
        turn.settle_task("complete_kit", seat.id)
        return "checked_in"
    class_ = turn.case.classes[seat.class_id]
    turn.open_task("complete_kit", seat.id, person=seat.person, day=max(class_.days))
    return "checked_in_kit_incomplete"


def class_unresolved(turn: Turn, deadline: Deadline) -> str:
    """No answer in time: the class is cancelled."""
    turn.fire("class", deadline.subject, "cancel", as_system=True)
    end_class(turn, turn.get("class", deadline.subject), "cancelled")
    return "class_cancelled"


def class_day_resolved(turn: Turn, task: Task, command: CompleteTask) -> str:
    turn.stop_waiting("class_unresolved", task.subject)
    if command.decision == "cancel":
        turn.fire("class", task.subject, "cancel")
        end_class(turn, turn.get("class", task.subject), "cancelled")
        return "class_cancelled"
    if not isinstance(command.form, RescheduleClassForm):
        raise Malformed.because("T-FORM", "Sebutkan tanggal yang baru.", "Give the new dates.")
    return rescheduled(turn, task.subject, command.form)


def attendance_recorded(turn: Turn, task: Task, command: CompleteTask) -> str:
    """One act for the whole class: who was there on every day has attended; the class is done; journeys
    get their training record with the trainers (R-SOD)."""
    form = command.form
    if not isinstance(form, AttendanceForm):
        raise Malformed.because("T-FORM", "Daftar hadir tidak disertakan.", "The attendance is missing.")
    class_: Class = turn.get("class", task.subject)
    here = [s for s in turn.case.seats.values() if s.class_id == class_.id and s.state == "CONFIRMED"]
    strangers = sorted(set(form.attended) - {s.id for s in here})
    wrong_days = sorted(
        {d.isoformat() for days in form.attended.values() for d in days if d not in class_.days}
    )
    if strangers or wrong_days:
        raise Malformed.because(
            "X-ATTEND",
            "Daftar hadir memuat kursi atau hari yang bukan milik kelas ini.",
            "The attendance names seats or days that are not this class's.",
            seats=strangers,
            days=wrong_days,
        )
    turn.set("class", class_.id, attendance_recorded=True)
    for seat in here:
        days = tuple(sorted(set(form.attended.get(seat.id, ()))))
        turn.set("seat", seat.id, attended=days)
        turn.cancel_tasks("complete_kit", subject=seat.id)
        if set(days) >= set(class_.days):
            turn.fire("seat", seat.id, "attend", as_system=True)
            tell_training(turn, turn.get("seat", seat.id))
        else:
            turn.fire("seat", seat.id, "miss", as_system=True)
            closed = turn.get("seat", seat.id)
            close_seat(turn, closed)
            tell_journey(turn, closed, "seat_closed", reason="no_show")
    turn.fire("class", class_.id, "finish")
    turn.cancel_tasks(ATTENDANCE, subject=class_.id)  # the other trainers', and the organiser's
    turn.hand("trainer", *accepted(turn, class_, "trainer"))
    for a in list(turn.case.assignments.values()):
        if a.class_id != class_.id or a.kind != "trainer":
            continue
        if a.state == "ACCEPTED":
            turn.fire("assignment", a.id, "finish", as_system=True)
        elif a.state == "ASSIGNED" and turn.case.revision >= 1:  # before, they outlived the class
            turn.cancel_tasks("answer_assignment", subject=a.id)
            turn.stop_waiting("assignment", a.id)
            turn.fire("assignment", a.id, "replace", as_system=True)
            release_days(turn, a)
    return "attendance_recorded"


def journey_message(turn: Turn, message: Any) -> str:
    """journey_moved(state): the seat knows where its journey is; one that ended before the class start
    gives the seat up."""
    seat: Seat | None = next((s for s in turn.case.seats.values() if s.journey == message.application), None)
    if seat is None:
        return "message_had_no_effect"
    if turn.case.revision >= 1 and seat.journey_state in ENDED:
        return "message_had_no_effect"  # sent before the journey's end, come after it
    state = str(message.body["state"])
    turn.set(
        "seat",
        seat.id,
        journey_state=state,
        first_decision=seat.first_decision or bool(message.body.get("first_decision")),
    )
    class_ = turn.case.classes[seat.class_id]
    if state in LOST_JOURNEY and class_.state in PREPARED and seat.state in ("VERIFIED", "CONFIRMED"):
        give_up(turn, seat.id, as_system=True)
    return "journey_moved"


def report_submitted(turn: Turn, task: Task, command: CompleteTask) -> str:
    if not isinstance(command.form, ReportForm):
        raise Malformed.because("T-FORM", "Laporan tidak disertakan.", "The report is missing.")
    programme = turn.case.programme
    turn.fire("programme", programme.id, "submit_report", report_digest=command.form.report)
    turn.open_task("accept_report", programme.id)
    return "report_submitted"


def report_judged(turn: Turn, task: Task, command: CompleteTask) -> str:
    programme = turn.case.programme
    turn.fire("programme", programme.id, command.decision)
    if command.decision == "return_report":
        turn.set("programme", programme.id, report_digest="")
        turn.open_task("submit_report", programme.id, organisation=programme.organiser)
        return "report_returned"
    for a in list(turn.case.assignments.values()):
        if a.state == "ACCEPTED":
            turn.fire("assignment", a.id, "finish", as_system=True)
    turn.cancel_tasks()
    turn.stop_waiting()
    turn.notify(f"organisation:{programme.organiser}", "programme_completed", programme=programme.id)
    return "programme_completed"
