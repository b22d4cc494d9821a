"""A rule that runs at no moment is no rule: each moment of the matrix is one at which some act asks it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from domain import commands as c
from domain.rules import matrix
from domain.rules.matrix import Moment
from state_machines.class_ import starts_at
from tests.support.journeys import APPLICATION, CANDIDATE, CHAIR, JourneyWorld, votes
from tests.support.programmes import (
    APPROVER,
    CALENDAR,
    OPERATIONS,
    ORGANISER,
    VERIFIER,
    World,
    actor,
    participant,
    sealed,
)
from tests.support.stages import approved, letters, prepared, running, submitted, verified

LATER = {
    Moment.addition: "a list changes by correction alone, which is a resubmit",
    Moment.substitution: "a list changes by correction alone, which is a resubmit",
    Moment.choose_track: "an application of recertification without a programme is yet to be offered",
}
"""Moments that no act asks yet, and why that leaves no hole."""


def in_correction() -> World:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "send_back", form=c.PointsForm(points=(sealed("perbaiki"),)))
    return world


def awaiting_approval() -> World:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    return world


def with_a_reserve() -> World:
    return prepared(World([participant(1), participant(2), participant(3, kind="reserve")]))


def corrected(world: World) -> Any:
    fields = world.submission().model_dump(include={"classes", "seats", "masters", "request_digest"})
    form = c.ResubmitProgrammeForm(**fields)
    return world.complete(ORGANISER, "correct_programme", "resubmit", form=form)


def moved(world: World) -> Any:
    days = tuple(CALENDAR.add_working_days(world.days[-1], n) for n in (5, 6, 7))
    return world.send(ORGANISER, c.RescheduleClass(class_id="class-a", days=days, reason=sealed("banjir")))


Act = tuple[Callable[[], Any], Callable[[Any], Any]]
"""How the case comes to stand there, and the act that asks the rules."""

ACTS: dict[Moment, Act] = {
    Moment.programme_submit: (World, submitted),
    Moment.programme_resubmit: (in_correction, corrected),
    Moment.programme_approve: (
        awaiting_approval,
        lambda world: world.complete(APPROVER, "approve_programme", "approve"),
    ),
    Moment.promotion: (
        with_a_reserve,
        lambda world: world.send(ORGANISER, c.WithdrawSeat(seat="s1")),
    ),
    Moment.seat_move: (
        lambda: approved(World()),
        lambda world: world.complete(actor(CANDIDATE.role, "p1"), "confirm_seat", "confirm", subject="s1"),
    ),
    Moment.class_ready: (
        lambda: approved(World()),
        lambda world: world.send(ORGANISER, c.ConfirmVenue(class_id="class-a")),
    ),
    Moment.class_start: (
        lambda: prepared(World()),
        lambda world: world.pass_time(starts_at(world.case.classes["class-a"])),
    ),
    Moment.committee_removal: (
        lambda: approved(World()),
        lambda world: world.send(
            ORGANISER, c.SetCommittee(class_id="class-a", committee=("panitia-2", "panitia-3"))
        ),
    ),
    Moment.assign: (
        lambda: approved(World()),
        lambda world: world.complete(OPERATIONS, "assign_master_assessors", "assign", form=letters()),
    ),
    Moment.reschedule: (lambda: prepared(World()), moved),
    Moment.check_in: (
        lambda: running(World()),
        lambda world: world.send(ORGANISER, c.CheckIn(seat="s1", kit=("laptop",))),
    ),
    Moment.application_submit: (
        JourneyWorld,
        lambda world: world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION),
    ),
    Moment.schedule: (
        lambda: JourneyWorld().ready(),
        lambda world: world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form()),
    ),
    Moment.decide: (
        lambda: JourneyWorld().in_decision(),
        lambda world: world.complete(CHAIR, "decide", "decide_competent", form=votes(True, True, True)),
    ),
    Moment.reassess: (
        lambda: JourneyWorld().in_decision(plan="BK").not_yet(),
        lambda world: world.complete(ORGANISER, "reassess", "reassess", form=world.form("m4")),
    ),
    Moment.act: (lambda: JourneyWorld().scheduled(), lambda world: world.begun()),
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Moment]]:
    """Every moment at which rules were run, in order, whoever asked and however it imported `run`."""
    seen: list[Moment] = []
    ids = matrix.rules_at

    def noted(moment: Moment) -> tuple[str, ...]:
        seen.append(moment)
        return ids(moment)

    monkeypatch.setattr(matrix, "rules_at", noted)
    yield seen


def test_every_moment_is_asked_by_some_act_or_says_why_not() -> None:
    assert set(ACTS) | set(LATER) == set(Moment)
    assert not set(ACTS) & set(LATER)


@pytest.mark.parametrize("moment", ACTS, ids=str)
def test_the_act_asks_the_rules_of_its_moment(moment: Moment, asked: list[Moment]) -> None:
    arrange, act = ACTS[moment]
    world = arrange()
    asked.clear()
    act(world)
    assert moment in asked
    assert not set(asked) & set(LATER)
