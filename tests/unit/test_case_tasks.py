"""What people do with a task besides doing it: give it back, give it to another, comment; and what is
refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest

from domain import commands as c
from domain.calendar import CalendarYearMissing
from domain.cases import Task
from domain.clock import at
from domain.errors import IllegalMove
from domain.facts import Facts
from domain.policy import POLICIES, Policy, default
from domain.roles import SYSTEM, Actor, Role
from state_machines.evolve import fold
from state_machines.moments import moments, pass_moment
from state_machines.turn import Turn
from tests.support.journeys import APPLICATION, CANDIDATE, JourneyWorld
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
from tests.support.stages import approved, submitted, verified


def holding(world: World, **roles: tuple[str, ...]) -> Facts:
    """The world's facts, with these people's roles."""
    return world.facts(roles_of=roles)


def reassign(world: World, kind: str, to: str | None) -> c.ReassignTask:
    return c.ReassignTask(task=world.task(kind).id, to_person=to, reason=sealed("beban kerja"))


def test_a_groups_task_goes_to_one_of_the_group_and_stays_the_groups() -> None:
    world = submitted(World())
    move = reassign(world, "verify_programme", "v2")
    world.send(OPERATIONS, move, holding(world, v2=("organiser", "verifier")))
    task = world.task("verify_programme")
    as_organiser = actor(Role.ORGANISER, "v2", "LSP-NUSA")
    assert world.refused(as_organiser, c.ClaimTask(task=task.id)) == ["M-OWN"]
    assert world.refused(VERIFIER, c.ClaimTask(task=task.id)) == ["M-OWN"]
    world.send(actor(Role.VERIFIER, "v2"), c.ClaimTask(task=task.id))
    assert world.case.tasks[task.id].holder == "v2"


@pytest.mark.parametrize("roles", [{}, {"v2": ()}, {"v2": ("approver",)}], ids=["unknown", "none", "another"])
def test_who_does_not_hold_the_role_gets_no_task(roles: dict[str, tuple[str, ...]]) -> None:
    world = submitted(World())
    assert world.refused(OPERATIONS, reassign(world, "verify_programme", "v2"), holding(world, **roles)) == [
        "T-ROLE"
    ]


def test_nobody_is_given_the_question_about_oneself() -> None:
    world = submitted(World([participant(1, qualification="SMA"), participant(2)]))
    facts = holding(world, p1=("candidate", "verifier"), v2=("verifier",))
    assert world.refused(OPERATIONS, reassign(world, "resolve_equivalence", "p1"), facts) == ["R-SOD"]
    world.send(OPERATIONS, reassign(world, "resolve_equivalence", "v2"), facts)
    assert world.task("resolve_equivalence").for_person == "v2"


def test_without_a_name_the_task_is_the_groups_again() -> None:
    world = submitted(World())
    world.send(OPERATIONS, reassign(world, "verify_programme", "v2"), holding(world, v2=("verifier",)))
    world.send(OPERATIONS, reassign(world, "verify_programme", None))
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))


def test_a_task_of_a_case_from_before_is_given_as_it_was() -> None:
    world = World()
    world.case = world.opening = world.case.model_copy(update={"revision": 0})
    submitted(world)
    world.send(OPERATIONS, reassign(world, "verify_programme", "v2"))
    assert world.task("verify_programme").for_person == "v2"


def test_an_organisers_task_is_nobody_elses() -> None:
    world = verified(World())
    points = c.PointsForm(points=(sealed("perbaiki"),))
    world.complete(VERIFIER, "verify_programme", "send_back", form=points)
    facts = holding(world, x=("organiser",))
    assert world.refused(OPERATIONS, reassign(world, "correct_programme", "x"), facts) == ["T-BOUND"]


def test_who_holds_a_groups_task_completes_it_in_the_groups_role() -> None:
    world = submitted(World([participant(1, qualification="SMA"), participant(2)]))
    task = world.task("resolve_equivalence")
    world.send(VERIFIER, c.ClaimTask(task=task.id))
    answer = c.CompleteTask(task=task.id, decision="accept", reason=sealed("setara"), evidence=(DIGEST,))
    assert world.refused(actor(Role.OPERATIONS, VERIFIER.person), answer) == ["M-ROLE"]
    world.send(VERIFIER, answer)
    assert world.case.tasks[task.id].state == "COMPLETED"


# ---- give back ---------------------------------------------------------------------------------------

OTHER = actor(Role.VERIFIER, "v2")


def claimed() -> tuple[World, Task]:
    world = submitted(World([participant(1, qualification="SMA"), participant(2)]))
    task = world.task("resolve_equivalence")
    world.send(VERIFIER, c.ClaimTask(task=task.id))
    return world, world.case.tasks[task.id]


@pytest.mark.parametrize("who", [VERIFIER, OPERATIONS], ids=["holder", "operations"])
def test_a_task_that_is_given_back_is_the_groups_again_and_nothing_else_changes(who: Actor) -> None:
    world, task = claimed()
    assert world.refused(OTHER, c.ClaimTask(task=task.id)) == ["M-STATE"]
    event = world.send(who, c.ReleaseTask(task=task.id))
    assert event.type == "task_released"
    assert world.case.tasks[task.id] == task.model_copy(update={"state": "OFFERED", "holder": ""})
    world.send(OTHER, c.ClaimTask(task=task.id))
    assert world.case.tasks[task.id].holder == "v2"


def test_nobody_gives_back_what_another_holds_or_nobody_has() -> None:
    world, task = claimed()
    release = c.ReleaseTask(task=task.id)
    assert world.refused(OTHER, release) == ["T-HOLDER"]
    assert world.refused(actor(Role.AUDITOR), release)[0] == "M-ROLE"
    world.send(VERIFIER, release)
    assert world.refused(VERIFIER, release) == ["M-STATE"]


def test_who_gave_it_back_completes_it_no_more_while_another_holds_it() -> None:
    world, task = claimed()
    world.send(VERIFIER, c.ReleaseTask(task=task.id))
    world.send(OTHER, c.ClaimTask(task=task.id))
    answer = c.CompleteTask(task=task.id, decision="refuse", reason=sealed("tidak setara"))
    assert world.refused(VERIFIER, answer) == ["T-HOLDER"]


def test_giving_the_verification_back_leaves_the_programme_where_it_is() -> None:
    world = verified(World())
    world.send(VERIFIER, c.ReleaseTask(task=world.task("verify_programme").id))
    assert world.case.state == "VERIFYING"
    # R-SOD looks at what was begun, too
    assert world.case.hands["verifier"] == (VERIFIER.person,)


# ---- give to another ---------------------------------------------------------------------------------


def test_a_task_that_is_held_goes_to_another_and_the_holder_has_it_no_more() -> None:
    world, task = claimed()
    world.send(OPERATIONS, reassign(world, "resolve_equivalence", "v2"), holding(world, v2=("verifier",)))
    now = world.case.tasks[task.id]
    assert (now.state, now.holder, now.for_person) == ("OFFERED", "", "v2")
    assert now.due_at == task.due_at
    answer = c.CompleteTask(task=task.id, decision="accept", reason=sealed("setara"), evidence=(DIGEST,))
    assert world.refused(VERIFIER, answer) == ["M-OWN"]
    world.send(OTHER, answer)


@pytest.mark.parametrize("who", [VERIFIER, ORGANISER, actor(Role.AUDITOR)], ids=lambda a: a.role.value)
def test_only_operations_give_a_task_to_another(who: Actor) -> None:
    world, _ = claimed()
    facts = holding(world, v2=("verifier",))
    assert world.refused(who, reassign(world, "resolve_equivalence", "v2"), facts) == ["M-ROLE"]


def test_who_verified_is_not_given_the_approval() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    facts = holding(world, **{VERIFIER.person: ("verifier", "approver"), "a2": ("approver",)})
    assert world.refused(OPERATIONS, reassign(world, "approve_programme", VERIFIER.person), facts) == [
        "R-SOD"
    ]
    world.send(OPERATIONS, reassign(world, "approve_programme", "a2"), facts)
    assert world.refused(APPROVER, c.ClaimTask(task=world.task("approve_programme").id)) == ["M-OWN"]


def test_what_is_a_persons_own_goes_to_nobody_else() -> None:
    world = approved(World())
    facts = holding(world, p2=("candidate",))
    assert world.refused(OPERATIONS, reassign(world, "confirm_seat", "p2"), facts) == ["T-BOUND"]
    assert world.refused(OPERATIONS, reassign(world, "confirm_seat", None), facts) == ["T-BOUND"]


def test_a_review_goes_to_another_reviewer_by_name_and_corrections_come_back_to_that_one() -> None:
    world = JourneyWorld().in_review()
    facts = world.facts(roles_of={"reviewer-2": ("reviewer",)})
    assert world.refused(OPERATIONS, reassign(world, "review_documents", None), facts) == ["T-BOUND"]
    assert world.refused(OPERATIONS, reassign(world, "review_documents", "recommender-1"), facts) == ["R-SOD"]
    world.send(OPERATIONS, reassign(world, "review_documents", "reviewer-2"), facts)
    second = actor(Role.REVIEWER, "reviewer-2")
    points = c.PointsForm(points=(sealed("butir"),))
    world.complete(second, "review_documents", "send_back", form=points)
    world.complete(CANDIDATE, "correct_application", "resubmit", form=APPLICATION)
    assert world.task("review_documents").for_person == "reviewer-2"


# ---- comment -----------------------------------------------------------------------------------------


def test_a_comment_adds_itself_and_nothing_else() -> None:
    world, task = claimed()
    event = world.send(OTHER, c.CommentTask(task=task.id, text=sealed("lihat lampiran 2")))
    assert event.type == "task_commented"
    after = world.case.tasks[task.id]
    assert after == task.model_copy(update={"comments": (sealed("lihat lampiran 2"),)})
    world.send(VERIFIER, c.CommentTask(task=task.id, text=sealed("sudah")))
    assert world.case.tasks[task.id].comments == (sealed("lihat lampiran 2"), sealed("sudah"))


def test_who_could_not_do_the_task_does_not_comment_on_it() -> None:
    world, task = claimed()
    comment = c.CommentTask(task=task.id, text=sealed("x"))
    assert world.refused(ORGANISER, comment) == ["M-OWN"]
    assert world.refused(actor(Role.AUDITOR), comment) == ["M-ROLE", "M-OWN"]


# ---- what is over, and what needs evidence -----------------------------------------------------------


def test_an_accepted_equivalence_needs_its_evidence_and_any_answer_its_reason() -> None:
    world, task = claimed()
    accept = c.CompleteTask(task=task.id, decision="accept", reason=sealed("setara"))
    assert world.refused(VERIFIER, accept) == ["T-EVIDENCE"]
    assert world.refused(VERIFIER, accept.model_copy(update={"reason": None, "evidence": (DIGEST,)})) == [
        "T-REASON"
    ]
    assert world.case.tasks[task.id] == task
    world.send(VERIFIER, accept.model_copy(update={"evidence": (DIGEST,)}))


def ended(how: str) -> tuple[World, str]:
    world, task = claimed()
    if how == "COMPLETED":
        refuse = c.CompleteTask(task=task.id, decision="refuse", reason=sealed("tidak setara"))
        world.send(VERIFIER, refuse)
    else:
        world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
        world.send(ORGANISER, c.CancelProgramme(reason=sealed("batal")))
    assert world.case.tasks[task.id].state == how
    return world, task.id


@pytest.mark.parametrize("how", ["COMPLETED", "CANCELLED"])
def test_what_is_over_gets_a_conflict_and_changes_nothing(how: str) -> None:
    world, id_ = ended(how)
    before, events = world.case, len(world.events)
    for who, command in (
        (VERIFIER, c.CompleteTask(task=id_, decision="accept", reason=sealed("x"), evidence=(DIGEST,))),
        (VERIFIER, c.ClaimTask(task=id_)),
        (VERIFIER, c.ReleaseTask(task=id_)),
        (VERIFIER, c.CommentTask(task=id_, text=sealed("x"))),
        (OPERATIONS, c.ReassignTask(task=id_, to_person=None, reason=sealed("x"))),
    ):
        with pytest.raises(IllegalMove) as refusal:
            world.send(who, command)
        assert [v.rule for v in refusal.value.violations] == ["M-STATE"]
        assert refusal.value.status == 409
    assert world.case is before
    assert len(world.events) == events


# ---- a calendar that ends ----------------------------------------------------------------------------


def short(world: World) -> World:
    """The same request, its case knowing the holidays of one year only."""
    calendar = CALENDAR.model_copy(
        update={"years": (2026,), "non_working": tuple(d for d in CALENDAR.non_working if d.year == 2026)}
    )
    world.opening = world.case = world.case.model_copy(update={"calendar": calendar})
    return world


def test_a_command_for_which_the_calendar_lacks_a_year_takes_it_from_the_newer_table() -> None:
    world = submitted(short(World()))
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.now = datetime(2026, 12, 30, 3, 0, tzinfo=UTC)
    points = c.PointsForm(points=(sealed("Surat belum terbaca."),))
    task = world.task("verify_programme")
    back = c.CompleteTask(task=task.id, decision="send_back", form=points)
    bare = world.facts().model_copy(update={"calendar": None})
    assert world.refused(VERIFIER, back, bare) == ["C-YEAR"]
    event = world.send(VERIFIER, back, world.facts())
    assert world.case.calendar == CALENDAR
    assert [ch.kind for ch in event.changes if "calendar" in ch.fields] == ["case"]
    assert fold(world.opening, world.events) == world.case
    (due,) = [t.due_at for t in world.open_tasks() if t.kind == "correct_programme"]
    assert due == CALENDAR.due(world.now, 5)


def test_a_case_whose_calendar_ends_still_says_what_comes_next() -> None:
    world = submitted(short(World()))
    task = world.task("verify_programme")
    chain = default().task("verify_programme").chain
    late = task.model_copy(update={"level": 1, "due_at": at(date(2026, 12, 31), 16)})
    world.case.entities["task"][task.id] = late
    longer = default().task("verify_programme").model_copy(update={"chain": (*chain, Role.OPERATIONS)})
    tasks = tuple(longer if t.kind == longer.kind else t for t in default().tasks)
    with known_policy(default().model_copy(update={"version": "longer", "tasks": tasks})) as policy:
        world.case = world.case.model_copy(update={"policy_version": policy.version})
        found = [m for m in moments(world.case) if m[2] == "escalate"]
        assert found == [(at(date(2027, 1, 1), 0), 2, "escalate", task.id)]
        turn = Turn(world.case, actor=SYSTEM, now=at(date(2027, 1, 1), 0), facts=Facts())
        with pytest.raises(CalendarYearMissing):
            pass_moment(turn, "escalate", task.id)


@contextmanager
def known_policy(policy: Policy) -> Iterator[Policy]:
    POLICIES[policy.version] = policy
    try:
        yield policy
    finally:
        del POLICIES[policy.version]
