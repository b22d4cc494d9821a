"""Journey, certificate and task under any sequence of acts, answers, messages and time: no forbidden state,
no stuck case, no lost event, no task about what is over."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import commands as c
from domain.cases import Case, Task
from domain.clock import end_of_day
from domain.errors import DomainError
from domain.facts import Facts
from domain.policy import default, policy
from domain.roles import SYSTEM, Actor, Role
from state_machines.evolve import fold
from state_machines.moments import moments
from state_machines.table import Situation, Table, fire
from state_machines.tables import TABLES
from tests.support.journeys import (
    APPLICATION,
    CANDIDATE,
    CHAIR,
    MEMBERS,
    PLANS,
    REASON,
    REVIEWER,
    UNITS,
    JourneyWorld,
    votes,
)
from tests.support.programmes import (
    DIGEST,
    OPERATIONS,
    ORGANISER,
    START,
    VERIFIER,
    World,
    actor,
    participant,
    sealed,
)
from tests.support.rows import Rows
from tests.support.stages import submitted
from tests.support.walks import answers, asked, tasks_hold
from tests.unit.test_case_certificate import CertificateWorld
from tests.unit.test_machine_journey import CERTIFICATE_ROWS, JOURNEY_ROWS, certificate
from tests.unit.test_machine_rows import TASK_MORE, TASK_ROWS

WALK = settings(deadline=None, suppress_health_check=list(HealthCheck))
STRANGER = actor(Role.ORGANISER, "stranger", "LSP-NUSA")
ASSESSORS = [actor(Role.MASTER_ASSESSOR, f"m{n}") for n in (1, 2, 3, 4, 5)]
PEOPLE = [
    CANDIDATE,
    ORGANISER,
    OPERATIONS,
    REVIEWER,
    VERIFIER,
    CHAIR,
    STRANGER,
    *ASSESSORS,
    actor(Role.REVIEWER, "reviewer-2"),
    actor(Role.REVIEWER, "recommender-1"),
    actor(Role.COMMITTEE, "k2"),
    actor(Role.COMMITTEE, "m1"),
]
ROLES_OF: dict[str, tuple[str, ...]] = {}
for _one in PEOPLE:
    ROLES_OF[_one.person] = (*ROLES_OF.get(_one.person, ()), _one.role.value)


# ---- the journey -------------------------------------------------------------------------------------


def form_for(world: JourneyWorld, task: Task, decision: str, data: st.DataObject) -> Any:
    day = data.draw(st.integers(1, 12))
    assessor = data.draw(st.sampled_from(["m3", "m4", "m4", "m5", "m1"]))
    match decision:
        case "submit" | "resubmit":
            return APPLICATION
        case "assign_reviewer":
            named = data.draw(st.sampled_from(["reviewer-1", "reviewer-1", "reviewer-2", "recommender-1"]))
            return c.ReviewerForm(reviewer=named)
        case "send_back":
            return c.PointsForm(points=(sealed("butir"),))
        case "schedule" | "reassess":
            return world.form(assessor, day)
        case "begin":
            return PLANS
        case "recommend":
            units = world.journey.to_assess or UNITS
            results = [data.draw(st.sampled_from(["K", "K", "BK"])) for _ in units]
            return c.UnitsForm.model_validate(
                {
                    "results": [{"unit": u, "result": r} for u, r in zip(units, results, strict=True)],
                    "ak02": DIGEST,
                    "ak05": DIGEST,
                }
            )
        case "convene":
            members = data.draw(st.sampled_from([MEMBERS, MEMBERS, ("k1", "k2"), ("k1", "k2", "m1")]))
            return c.ConveneForm(members=members, chair="k1")
        case "decide_competent":
            return votes(True, True, data.draw(st.booleans()))
        case "decide_not_yet":
            return votes(False, False, data.draw(st.booleans()))
        case "issue":
            return c.NumbersForm(certificate_number="S 1", registration_number="MET 1", blank_number="BL 1")
        case "assign":
            letter = c.Letter(
                class_id="class-a",
                person=world.journey.assessor or "m4",
                kind="assessor",
                letter_number="ST/9",
                letter_date=date(2026, 3, 2),
            )
            return c.LettersForm(assignments=(letter,))
    return None


def attempt(world: World, who: Actor, command: Any, facts: Facts) -> None:
    """A refusal changes nothing."""
    before = world.case
    try:
        world.send(who, command, facts)
    except DomainError as error:
        assert error.violations
        assert world.case is before


def about_tasks(task: Task, data: st.DataObject) -> Any:
    return data.draw(
        st.sampled_from(
            [
                c.ClaimTask(task=task.id),
                c.ReleaseTask(task=task.id),
                c.CommentTask(task=task.id, text=sealed("x")),
                *(
                    c.ReassignTask(task=task.id, to_person=person, reason=sealed("x"))
                    for person in (None, *sorted(ROLES_OF))
                ),
            ]
        )
    )


def message(world: JourneyWorld, data: st.DataObject) -> None:
    """News from the programme: doubled, late, about another application, in any order."""
    days = [d.isoformat() for d in world.days]
    told: list[tuple[str, dict[str, Any]]] = [
        (
            "training_recorded",
            {
                "attended": days,
                "trainers": ["m1", "m2"],
                "assessors": ["m3", "m4"],
                "class_days": days,
            },
        ),
        ("assignment_changed", {"trainers": ["m1", "m2"], "assessors": ["m4"]}),
        ("assignment_changed", {"trainers": ["m1", "reviewer-1"], "assessors": ["m3", "m4"]}),
        ("class_moved", {"class_days": days}),
        *(("seat_closed", {"reason": r}) for r in ("no_show", "withdrawn", "cancelled", "unknown")),
        ("journey_moved", {"state": "CLOSED"}),
    ]
    type_, body = data.draw(st.sampled_from(told))
    application = data.draw(st.sampled_from(["application-1"] * 4 + ["application-0"]))
    world.hear(type_, application=application, **body)


def journey_act(world: JourneyWorld, data: st.DataObject) -> None:
    facts = world.facts(roles_of=ROLES_OF)
    open_ = world.open_tasks()
    kind = data.draw(st.sampled_from(["task"] * 8 + ["other", "about", "news", "time"]))
    if kind == "time":
        world.pass_time(world.now + timedelta(hours=data.draw(st.sampled_from([1, 25, 24 * 5, 24 * 40]))))
    elif kind == "news":
        message(world, data)
    elif kind == "about" and world.case.tasks:
        task = data.draw(st.sampled_from(list(world.case.tasks.values())))
        who = data.draw(st.sampled_from([OPERATIONS, *PEOPLE]))
        attempt(world, who, about_tasks(task, data), facts)
    elif kind == "task" and world.case.tasks:
        late = not open_ or data.draw(st.integers(0, 9)) == 0
        among = list(world.case.tasks.values()) if late else open_
        task = data.draw(st.sampled_from(among))
        decisions = policy(world.case.policy_version).task(task.kind).decisions
        if not decisions:
            return
        decision = data.draw(st.sampled_from((*decisions[:1] * 3, *decisions)))
        if decision in ("begin", "no_show") and data.draw(st.booleans()) and world.journey.assessment_day:
            world.to_the_day()
        holders = [
            a
            for a in PEOPLE
            if a.person == (task.holder or task.for_person)
            or (not task.holder and not task.for_person and a.role.value == task.group)
        ]
        who = data.draw(st.sampled_from(holders * 4 + PEOPLE))
        form = form_for(world, task, decision, data)
        done = c.CompleteTask(task=task.id, decision=decision, reason=REASON, evidence=(DIGEST,), form=form)
        attempt(world, who, done, facts)
    else:
        who = data.draw(st.sampled_from(PEOPLE))
        to = world.form(data.draw(st.sampled_from(["m3", "m4"])), data.draw(st.integers(1, 9)))
        command = data.draw(
            st.sampled_from(
                [
                    c.WithdrawJourney(),
                    c.InterruptAssessment(reason=REASON),
                    c.RescheduleAssessment(form=to, reason=REASON),
                    c.OverrideSeparation(person="m1", reason=REASON),
                ]
            )
        )
        attempt(world, who, command, facts)


def journey_holds(world: JourneyWorld, before: dict[str, Task]) -> None:
    case, j = world.case, world.journey
    tasks_hold(case, before)
    if j.state in TABLES["journey"].terminal:
        assert not world.open_tasks()
        assert not moments(case)
    else:
        waits_for_the_class = not j.training_recorded and j.state == "ELIGIBLE"
        assert world.open_tasks() or moments(case) or asked(case) or waits_for_the_class, (
            f"{j.state} waits for nothing and nobody"
        )
    limits = default()
    assert j.send_backs <= limits.send_backs_maximum
    assert j.reassessments <= 2
    assert j.no_shows <= 3
    if j.state in ("COMPETENT", "CERTIFIED"):
        assert all(r.result == "K" for r in j.results), "a committee never turns BK into K"
    if j.state == "CERTIFIED":
        assert set(j.numbers)
    hands = {step: set(persons) for step, persons in case.hands.items()}
    for one, other in (("candidate", "reviewer"), ("recommender", "reviewer"), ("candidate", "assessor")):
        assert not hands.get(one, set()) & hands.get(other, set()), (one, other)


STAGES: list[Callable[[], JourneyWorld]] = [
    JourneyWorld,
    lambda: JourneyWorld().in_review(),
    lambda: JourneyWorld().eligible(),
    lambda: JourneyWorld().ready(),
    lambda: JourneyWorld().scheduled(),
    lambda: JourneyWorld().scheduled().begun(),
    lambda: JourneyWorld().in_decision(),
    lambda: JourneyWorld().in_decision(plan="BK").not_yet(),
    lambda: JourneyWorld().in_decision(plan="BK").not_yet().reassessed(),
]


@settings(WALK, max_examples=80)
@given(st.data())
def test_no_sequence_of_acts_breaks_what_a_journey_promises(data: st.DataObject) -> None:
    world = data.draw(st.sampled_from(STAGES))()
    for _ in range(data.draw(st.integers(5, 30))):
        before = dict(world.case.tasks)
        journey_act(world, data)
        answers(world, data)
        journey_holds(world, before)
    assert fold(world.opening, world.events) == world.case


# ---- the certificate ---------------------------------------------------------------------------------


@settings(WALK, max_examples=60)
@given(st.data())
def test_no_sequence_of_moments_and_answers_breaks_what_a_certificate_promises(data: st.DataObject) -> None:
    """Days of any length pass, its document comes whenever it comes, and commands and news mean nothing."""
    last = data.draw(st.dates(START.date(), date(2031, 12, 31)))
    world = CertificateWorld(last)
    for _ in range(data.draw(st.integers(1, 12))):
        act = data.draw(st.sampled_from(["time", "time", "document", "command", "news"]))
        before, prints = world.case, asked(world.case)
        if act == "time":
            world.pass_time(world.now + timedelta(days=data.draw(st.integers(0, 500))))
        elif act == "document" and prints:
            world.answer(prints[0].kind, "", {"digest": DIGEST, "check_code": "ABC"})
            world.pass_time(world.now)  # what was due before it was made is due now
        elif act == "command":
            attempt(world, data.draw(st.sampled_from(PEOPLE)), c.WithdrawJourney(), Facts())
            assert world.case is before
        elif act == "news":
            with pytest.raises(DomainError):
                world.system(lambda turn: world.logic.message(turn, object()))
            assert world.case is before
        document = world.case.certificate
        match world.case.state:
            case "PREPARED":
                assert asked(world.case)
            case "ACTIVE":
                assert document.pdf_digest
                assert world.now < end_of_day(document.valid_until)
                assert moments(world.case)
            case state:
                assert state == "EXPIRED"
                assert world.now >= end_of_day(document.valid_until)
                assert not moments(world.case)
        assert len(set(document.reminded)) == len(document.reminded), "nothing is told twice"
    assert fold(world.opening, world.events) == world.case


# ---- tasks -------------------------------------------------------------------------------------------


@settings(WALK, max_examples=60)
@given(st.data())
def test_no_sequence_of_claims_and_gifts_breaks_what_a_task_promises(data: st.DataObject) -> None:
    """A programme under verification, its tasks taken, given back, given on, commented and completed by
    whoever tries."""
    world = submitted(World([participant(1, qualification="SMA"), participant(2)]))
    people = [
        ORGANISER,
        OPERATIONS,
        *(actor(role, f"b{n}") for n in (1, 2) for role in (Role.VERIFIER, Role.APPROVER)),
        actor(Role.VERIFIER, ORGANISER.person),
        actor(Role.AUDITOR),
        STRANGER,
    ]
    roles = {p.person: tuple(q.role.value for q in people if q.person == p.person) for p in people}
    for _ in range(data.draw(st.integers(5, 40))):
        before = dict(world.case.tasks)
        who = data.draw(st.sampled_from(people))
        task = data.draw(st.sampled_from(list(world.case.tasks.values())))
        decision = data.draw(
            st.sampled_from(["accept", "refuse", "recommend", "approve", "reject", "cancel"])
        )
        to = data.draw(st.sampled_from([None, *roles]))
        command: Any = data.draw(
            st.sampled_from(
                [
                    c.ClaimTask(task=task.id),
                    c.ReleaseTask(task=task.id),
                    c.ReassignTask(task=task.id, to_person=to, reason=sealed("x")),
                    c.CommentTask(task=task.id, text=sealed("x")),
                    c.CompleteTask(task=task.id, decision=decision, reason=REASON, evidence=(DIGEST,)),
                    c.VerifySeats(seats=("s1", "s2")),
                ]
            )
        )
        if data.draw(st.integers(0, 9)) == 0:
            world.pass_time(world.now + timedelta(days=data.draw(st.integers(0, 9))))
        attempt(world, who, command, world.facts(roles_of=roles))
        world.answer_all()
        tasks_hold(world.case, before)
        for held in world.open_tasks():
            entry = policy(world.case.policy_version).task(held.kind)
            if held.holder and entry.bound == "group":
                assert held.group in roles[held.holder]
                barred = {p for step in entry.barred for p in world.case.hands.get(step, ())}
                assert held.holder not in barred
    assert fold(world.opening, world.events) == world.case


# ---- the tables themselves, every state, trigger and role --------------------------------------------


def journey_subject(state: str) -> tuple[Case, Any]:
    case = JourneyWorld().case
    return case, case.journey.model_copy(update={"state": state})


def certificate_subject(state: str) -> tuple[Case, Any]:
    return CertificateWorld().case, certificate(state=state)


def task_subject(state: str) -> tuple[Case, Any]:
    world = submitted(World([participant(1, qualification="SMA"), participant(2)]))
    holder = VERIFIER.person if state == "CLAIMED" else ""
    task = world.task("resolve_equivalence")
    return world.case, task.model_copy(update={"state": state, "holder": holder})


@pytest.mark.parametrize(
    ("table", "subject", "specified"),
    [
        (TABLES["journey"], journey_subject, JOURNEY_ROWS),
        (TABLES["certificate"], certificate_subject, CERTIFICATE_ROWS),
        (TABLES["task"], task_subject, TASK_ROWS.union(*TASK_MORE.values())),
    ],
    ids=["journey", "certificate", "task"],
)
def test_nobody_makes_a_move_that_the_specification_does_not_name(
    table: Table, subject: Callable[[str], tuple[Case, Any]], specified: Rows
) -> None:
    made = 0
    for state in table.states:
        case, entity = subject(state.name)
        for trigger in sorted({r.trigger for r in table.rows}):
            for who in (*PEOPLE, actor(Role.AUDITOR), SYSTEM):
                one = entity.model_copy()
                situation = Situation(
                    case=case, subject=one, actor=who, now=START, facts=Facts(), policy=default()
                )
                try:
                    fire(table, situation, trigger)
                except DomainError as error:
                    assert one == entity
                    assert error.violations
                else:
                    made += 1
                    rows = [r for r in specified if r[:3] == (state.name, trigger, one.state)]
                    assert [r for r in rows if who.role.value in r[3].split()]
    assert made
