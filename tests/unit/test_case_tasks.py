"""A task that operations give to somebody else: who may have it, and in which hat."""

import pytest

from domain import commands as c
from domain.facts import Facts
from domain.roles import Role
from tests.support.programmes import DIGEST, OPERATIONS, VERIFIER, World, actor, participant, sealed
from tests.unit.test_case_programme import submitted, verified


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
