"""Whatever people and time do, in whatever order: no forbidden state, no stuck case, no lost event."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.contracts import Message
from domain import commands as c
from domain.cases import Task
from domain.errors import DomainError
from domain.roles import Actor, Role
from state_machines.evolve import fold
from state_machines.moments import moments
from state_machines.tables import TABLES
from tests.support.programmes import (
    APPROVER,
    CALENDAR,
    DIGEST,
    OPERATIONS,
    ORGANISER,
    VERIFIER,
    World,
    actor,
    participant,
    sealed,
)
from tests.support.walks import answers, tasks_hold
from workflows.cases.programme import PROGRAMME_LOGIC

STRANGER = actor(Role.ORGANISER, "stranger", "LSP-NUSA")
PEOPLE: list[Actor] = [
    ORGANISER,
    VERIFIER,
    APPROVER,
    OPERATIONS,
    STRANGER,
    actor(Role.VERIFIER, ORGANISER.person),
    *(actor(Role.CANDIDATE, f"p{n}") for n in range(1, 6)),
    *(actor(Role.MASTER_ASSESSOR, f"m{n}") for n in range(1, 5)),
]


def _form(world: World, kind: str, decision: str) -> Any:
    if decision == "send_back":
        return c.PointsForm(points=(sealed("butir"),))
    if decision == "resubmit":
        fields = world.submission().model_dump(include={"classes", "seats", "masters", "request_digest"})
        return c.ResubmitProgrammeForm(**fields)
    if decision == "approve_without":
        return c.ApproveWithoutForm(seats=("s1",))
    if decision == "assign":
        return c.LettersForm(
            assignments=tuple(
                c.Letter(
                    class_id="class-a",
                    person=f"m{n}",
                    kind="trainer" if n <= 2 else "assessor",
                    letter_number=f"ST/{n}",
                    letter_date=world.days[0],
                )
                for n in (1, 2, 3, 4)
            )
        )
    if decision == "finish":
        return c.AttendanceForm(
            attended={s.id: world.days for s in world.case.seats.values() if s.state == "CONFIRMED"}
        )
    if decision == "reschedule":
        last = max(world.case.classes["class-a"].days)
        return c.RescheduleClassForm(days=tuple(CALENDAR.add_working_days(last, n) for n in (3, 4, 5)))
    if decision == "submit_report":
        return c.ReportForm(report=DIGEST)
    return None


def _move(world: World) -> c.RescheduleClass:
    last = (
        max(k for x in world.case.classes.values() for k in x.days) if world.case.classes else world.days[0]
    )
    days = tuple(CALENDAR.add_working_days(last, n) for n in (3, 4, 5))
    return c.RescheduleClass(class_id="class-a", days=days, reason=sealed("x"))


def _replacements(world: World) -> list[c.ReplaceAssignment]:
    """Each assignment in turn goes to whichever of the four master assessors comes next."""
    return [
        c.ReplaceAssignment(
            assignment=a.id,
            person=f"m{int(a.person[1:]) % 4 + 1}",
            letter_number="ST/9",
            letter_date=world.days[0],
            reason=sealed("x"),
        )
        for a in world.case.assignments.values()
    ]


def _act(world: World, data: st.DataObject) -> None:
    """One thing that somebody might do; refusals change nothing."""
    who = data.draw(st.sampled_from(PEOPLE))
    kind = data.draw(st.sampled_from(["task"] * 5 + ["seat", "class", "programme", "time", "news", "again"]))
    command: Any
    if kind == "time":
        hours = data.draw(st.sampled_from([1, 25, 24 * 4, 24 * 12]))
        world.pass_time(world.now + timedelta(hours=hours))
        return
    if kind == "news" and world.case.seats:
        _news(world, data)
        return
    if kind == "task" and world.case.tasks:
        task = data.draw(st.sampled_from(list(world.case.tasks.values())))
        decisions = decisions_of(world, task.kind)
        if not decisions:
            return
        decision = data.draw(st.sampled_from(decisions))
        holders = [a for a in PEOPLE if a.role.value == task.group or a.person == task.for_person]
        who = data.draw(st.sampled_from(holders or PEOPLE))
        command = c.CompleteTask(
            task=task.id,
            decision=decision,
            reason=sealed("alasan"),
            evidence=(DIGEST,),
            form=_form(world, task.kind, decision),
        )
    elif kind == "seat" and world.case.seats:
        seat = data.draw(st.sampled_from(list(world.case.seats)))
        command = data.draw(
            st.sampled_from(
                [
                    c.VerifySeats(seats=(seat,)),
                    c.RefuseSeat(seat=seat, reason=sealed("x")),
                    c.WithdrawSeat(seat=seat),
                    c.CheckIn(seat=seat, kit=("laptop",)),
                ]
            )
        )
    elif kind == "class":
        command = data.draw(
            st.sampled_from(
                [
                    c.ConfirmVenue(class_id="class-a"),
                    c.SetCommittee(class_id="class-a", committee=("panitia-1", "panitia-2")),
                    c.CancelClass(class_id="class-a", reason=sealed("x")),
                    c.InterruptClass(class_id="class-a", reason=sealed("x")),
                    c.ResumeClass(class_id="class-a"),
                    _move(world),
                    *_replacements(world),
                ]
            )
        )
    elif kind == "again" or world.case.state == "DRAFT":
        who, command = ORGANISER, world.submission()
    else:
        command = data.draw(st.sampled_from([c.WithdrawProgramme(), c.CancelProgramme(reason=sealed("x"))]))
    before = world.case
    try:
        world.send(who, command)
    except DomainError:
        assert world.case is before


def _news(world: World, data: st.DataObject) -> None:
    """A journey tells how it stands: doubled, out of order, of another application, after its end."""
    seat = data.draw(st.sampled_from(list(world.case.seats.values())))
    told = data.draw(st.sampled_from([s.name for s in TABLES["journey"].states]))
    message = Message(
        id=f"message-{world.count}-{len(world.events)}",
        type="journey_moved",
        sender=seat.journey or "journey-0",
        sender_workflow="journey-p0",
        to_workflow=world.case.workflow_id,
        application=data.draw(st.sampled_from([seat.journey or "journey-0"] * 3 + ["journey-0"])),
        body={"seat": seat.id, "state": told, "first_decision": data.draw(st.booleans())},
    )
    world.system(lambda turn: PROGRAMME_LOGIC.message(turn, message))


def decisions_of(world: World, kind: str) -> tuple[str, ...]:
    from domain.policy import policy

    return policy(world.case.policy_version).task(kind).decisions


def _holds(world: World, before: dict[str, Task]) -> None:
    case = world.case
    tasks_hold(case, before)
    for class_ in case.classes.values():
        held = [
            s for s in case.seats.values() if s.class_id == class_.id and s.state in ("CONFIRMED", "OFFERED")
        ]
        assert len(held) <= 24
    ended = case.state in TABLES["programme"].terminal or case.state == "DRAFT"
    if ended:
        assert not world.open_tasks()
        assert not moments(case)
        return
    waits = world.open_tasks() or moments(case) or any(e.state == "ASKED" for e in case.errands.values())
    journeys = any(s.journey and not s.first_decision for s in case.seats.values())
    assert waits or journeys or case.state == "READY", f"{case.state} waits for nothing and nobody"
    # A person never has two hands that separation of duties keeps apart.
    assert not set(case.hands.get("verifier", ())) & set(case.hands.get("approver", ()))
    assert not set(case.hands.get("submitter", ())) & set(case.hands.get("verifier", ()))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
@pytest.mark.parametrize("late", [False, True], ids=["answered", "late"])
def test_no_sequence_of_acts_breaks_what_the_tables_promise(late: bool, data: st.DataObject) -> None:
    """`late`: what the programme asks of the world is answered in any order, later, or badly."""
    world = World(
        [
            *(participant(n) for n in range(1, 4)),
            participant(4, kind="reserve"),
            participant(5, kind="reserve"),
        ]
    )
    world.send(ORGANISER, world.submission())
    world.answer_all()
    for _ in range(data.draw(st.integers(5, 40))):
        before = dict(world.case.tasks)
        _act(world, data)
        if late:
            answers(world, data)
        else:
            world.answer_all()
        _holds(world, before)
    assert fold(world.opening, world.events) == world.case
