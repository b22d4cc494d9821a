"""A request that comes again: corrected after it was sent back, or submitted anew after it was taken back."""

from typing import Any

from domain import commands as c
from tests.support.programmes import (
    DIGEST,
    ORGANISER,
    VERIFIER,
    World,
    participant,
    sealed,
)


def class_request(world: World, id_: str) -> c.ClassRequest:
    return world.submission().classes[0].model_copy(update={"id": id_, "label": id_[-1].upper()})


def sent_back(world: World, *more: str, verify: tuple[str, ...] = ()) -> World:
    """A request with further classes of these ids, returned to its organiser; `verify`: seats accepted."""
    submission = world.submission()
    classes = (*submission.classes, *(class_request(world, id_) for id_ in more))
    world.send(ORGANISER, submission.model_copy(update={"classes": classes}))
    world.answer_all()
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    if verify:
        world.send(VERIFIER, c.VerifySeats(seats=verify))
    return returned(world)


def returned(world: World) -> World:
    world.complete(VERIFIER, "verify_programme", "send_back", form=c.PointsForm(points=(sealed("x"),)))
    return world


def form(world: World, *classes: str, **changes: Any) -> c.ResubmitProgrammeForm:
    """The corrected request with the classes of these ids; every participant in the first one."""
    submission = world.submission()
    given: dict[str, Any] = {
        "classes": tuple(class_request(world, id_) for id_ in classes),
        "seats": tuple(s.model_copy(update={"class_id": classes[0]}) for s in submission.seats),
        "masters": tuple(m.model_copy(update={"class_id": classes[0]}) for m in submission.masters),
        "request_digest": DIGEST,
    }
    return c.ResubmitProgrammeForm(**{**given, **changes})


def resubmit(world: World, corrected: c.ResubmitProgrammeForm, **changes: Any) -> Any:
    event = world.complete(
        ORGANISER, "correct_programme", "resubmit", form=corrected, facts=world.facts(**changes)
    )
    world.answer_all()
    return event


def test_classes_are_taken_out_in_the_order_of_the_case() -> None:
    """Their order stands in the event: that of a set would give another hash in every process."""
    more = [f"class-{letter}" for letter in "bcdefghij"]
    world = sent_back(World([participant(1)]), *more)
    event = resubmit(world, form(world, "class-a"))
    assert [m.subject for m in event.moves if m.machine == "class"] == more
