"""A request up to its approval: submitted, verified, corrected, approved, without a server."""

from domain import commands as c
from domain.facts import Facts, OrganiserKind
from domain.roles import SYSTEM, Role
from state_machines.turn import Turn
from tests.support.programmes import (
    APPROVER,
    DIGEST,
    LSP,
    ORGANISER,
    VERIFIER,
    World,
    actor,
    participant,
    sealed,
)
from tests.support.stages import approved, offers, prepared, states, submitted, verified
from workflows.cases.programme.share import flag_share


def test_a_request_is_taken_in_and_waits_for_a_verifier() -> None:
    world = submitted(World())
    assert world.case.state == "SUBMITTED"
    assert [t.kind for t in world.open_tasks()] == ["verify_programme"]
    assert all(s.pair_taken for s in world.case.seats.values())


def test_the_first_claim_is_the_start_of_verification() -> None:
    world = submitted(World())
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    assert world.case.state == "VERIFYING"


def test_the_submitter_does_not_verify_whatever_the_hat() -> None:
    world = submitted(World())
    same_person = actor(Role.VERIFIER, ORGANISER.person)
    assert "R-SOD" in world.refused(same_person, c.ClaimTask(task=world.task("verify_programme").id))


def test_an_eighth_external_of_24_is_refused_with_the_numbers() -> None:
    world = World([participant(n, external=n <= 8) for n in range(1, 25)])
    assert "R-30" in world.refused(ORGANISER, world.submission())


def test_a_25th_main_participant_is_refused() -> None:
    world = World([participant(n) for n in range(1, 26)])
    assert "R-24" in world.refused(ORGANISER, world.submission())


def test_one_person_stands_once_in_a_request() -> None:
    people = [participant(1), participant(2, person="p1")]
    assert world_rules(World(people)) == ["R-DUP"]


def world_rules(world: World) -> list[str]:
    return world.refused(ORGANISER, world.submission())


def test_another_organiser_cannot_submit_this_request() -> None:
    stranger = actor(Role.ORGANISER, organisation="LSP-NUSA")
    world = World()
    assert "M-OWN" in world.refused(stranger, world.submission())


def test_recommending_waits_until_every_seat_is_judged() -> None:
    world = submitted(World())
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    task = world.task("verify_programme")
    assert "M-SEATS" in world.refused(VERIFIER, c.CompleteTask(task=task.id, decision="recommend"))


def test_a_school_leaver_needs_a_person_and_an_accepted_equivalence_lets_the_seat_be_verified() -> None:
    world = submitted(World([participant(1, qualification="SMA"), participant(2)]))
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    assert "M-RESOLVE" in world.refused(VERIFIER, c.VerifySeats(seats=("s1",)))
    task = world.task("resolve_equivalence", "s1")
    assert "T-REASON" in world.refused(VERIFIER, c.CompleteTask(task=task.id, decision="accept"))
    world.complete(
        VERIFIER, "resolve_equivalence", "accept", subject="s1", reason=sealed("setara"), evidence=(DIGEST,)
    )
    world.send(VERIFIER, c.VerifySeats(seats=("s1",)))
    assert world.case.seats["s1"].facts.equivalence == "accepted"


def test_a_refused_equivalence_rejects_the_seat_and_gives_the_pair_back() -> None:
    world = submitted(World([participant(1, qualification="SMA"), participant(2)]))
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.complete(VERIFIER, "resolve_equivalence", "refuse", subject="s1", reason=sealed("tidak setara"))
    assert states(world)["s1"] == "REJECTED"
    assert [e.kind for e in world.case.errands.values() if e.state == "ASKED"] == ["release"]


def test_a_pair_that_another_request_holds_rejects_the_seat_by_r_dup() -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    errand = next(e for e in world.case.errands.values() if e.kind == "reserve")
    keys = errand.body["keys"]
    event = world.answer("reserve", errand.subject, {"taken": keys[1:], "refused": keys[:1]})
    assert states(world)["s1"] == "REJECTED"
    assert event.payload["rules"] == ["R-DUP"]


def test_the_request_is_sent_back_three_times_and_not_a_fourth() -> None:
    world = verified(World())
    for _ in range(3):
        world.complete(
            VERIFIER, "verify_programme", "send_back", form=c.PointsForm(points=(sealed("perbaiki surat"),))
        )
        assert world.case.state == "CORRECTION"
        form = c.ResubmitProgrammeForm(
            **world.submission().model_dump(include={"classes", "seats", "masters", "request_digest"})
        )
        world.complete(ORGANISER, "correct_programme", "resubmit", form=form)
        world.answer_all()
        assert world.case.state == "VERIFYING"
    task = world.task("verify_programme")
    points = c.PointsForm(points=(sealed("lagi"),))
    assert "M-SENDBACK" in world.refused(
        VERIFIER, c.CompleteTask(task=task.id, decision="send_back", form=points)
    )


def test_a_correction_that_never_comes_expires_after_five_working_days_with_reminders_before() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "send_back", form=c.PointsForm(points=(sealed("perbaiki"),)))
    types = world.days_later(5)
    assert types[-1] == "programme_expired"
    assert types.count("task_remind") == 2
    assert "task_escalate" not in types
    assert world.case.state == "EXPIRED"
    assert not world.open_tasks()
    assert set(states(world).values()) == {"WITHDRAWN"}


def test_a_rejection_needs_a_reason_and_ends_everything() -> None:
    world = verified(World())
    task = world.task("verify_programme")
    assert "T-REASON" in world.refused(VERIFIER, c.CompleteTask(task=task.id, decision="reject"))
    world.complete(VERIFIER, "verify_programme", "reject", reason=sealed("tidak lengkap"))
    assert world.case.state == "REJECTED"
    assert {x.state for x in world.case.classes.values()} == {"CANCELLED"}


def test_the_verifier_does_not_approve() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    same = actor(Role.APPROVER, VERIFIER.person)
    task = world.task("approve_programme")
    assert "R-SOD" in world.refused(same, c.CompleteTask(task=task.id, decision="approve"))


def test_approval_opens_a_journey_for_each_verified_main_and_lists_the_reserves() -> None:
    world = approved(World([participant(1), participant(2), participant(3, kind="reserve")]))
    assert world.case.state == "PREPARATION"
    assert states(world) == {"s1": "VERIFIED", "s2": "VERIFIED", "s3": "WAITLISTED"}
    assert {s.id for s in world.case.seats.values() if s.journey} == {"s1", "s2"}
    assert sorted(t.kind for t in world.open_tasks()) == [
        "assign_master_assessors",
        "complete_class",
        "confirm_seat",
        "confirm_seat",
    ]


def approved_without(world: World, *seats: str) -> World:
    verified(world)
    world.complete(VERIFIER, "verify_programme", "recommend")
    world.complete(
        APPROVER,
        "approve_programme",
        "approve_without",
        reason=sealed("dokumen"),
        form=c.ApproveWithoutForm(seats=seats),
    )
    return world


def test_approving_without_a_participant_flags_a_share_above_the_limit() -> None:
    world = approved_without(World([participant(n, external=n <= 3) for n in range(1, 11)]), "s10")
    assert states(world)["s10"] == "REJECTED"
    assert world.case.programme.share_flagged


def test_each_participant_left_out_has_a_reason_of_the_own() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    task = world.task("approve_programme")
    reasons = tuple(c.SeatReason(seat=id_, reason=sealed(id_)) for id_ in ("s1", "s2"))

    def without(*seats: str, told: tuple[c.SeatReason, ...] = reasons) -> c.CompleteTask:
        form = c.ApproveWithoutForm(seats=seats, reasons=told)
        return c.CompleteTask(task=task.id, decision="approve_without", reason=sealed("x"), form=form)

    assert world.refused(APPROVER, without("s1")) == ["T-REASON"]
    assert world.refused(APPROVER, without("s1", "s2", told=(*reasons, reasons[0]))) == ["T-REASON"]
    world.send(APPROVER, without("s1", "s2", "s3"))
    told = {s.id: s.reason for s in world.case.seats.values()}
    assert told == {"s1": sealed("s1"), "s2": sealed("s2"), "s3": None, "s4": None}


def test_a_command_of_before_reasons_has_the_digest_that_it_had() -> None:
    """The digest stands in the event; a field of later days must not change it."""
    form = c.ApproveWithoutForm(seats=("s1",))
    assert form.model_dump(mode="json") == {"form": "approve_without", "seats": ["s1"]}


def test_the_flag_of_a_share_is_not_for_bnsp_as_organiser() -> None:
    world = World([participant(n, external=True) for n in range(1, 4)])
    bnsp = LSP.model_copy(update={"kind": OrganiserKind.BNSP})
    world.send(ORGANISER, world.submission(), world.facts(organiser=bnsp))
    world.answer_all()
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.send(VERIFIER, c.VerifySeats(seats=tuple(world.case.seats)))
    world.complete(VERIFIER, "verify_programme", "recommend")
    form = c.ApproveWithoutForm(seats=("s3",))
    world.complete(APPROVER, "approve_programme", "approve_without", reason=sealed("x"), form=form)
    assert not world.case.programme.share_flagged


def test_the_share_counts_who_still_takes_part() -> None:
    people = [participant(n, external=n <= 3) for n in range(1, 11)]
    people.append(participant(11, kind="reserve"))
    world = prepared(World(people))
    turn = Turn(world.case, actor=SYSTEM, now=world.now, facts=Facts())
    for id_, flagged in (("s10", True), ("s1", False)):
        turn.fire("seat", id_, "withdraw")
        flag_share(turn)
        assert turn.case.programme.share_flagged is flagged


def test_returning_to_the_verifier_opens_verification_again() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    world.complete(APPROVER, "approve_programme", "return_to_verifier", reason=sealed("periksa lagi"))
    assert world.case.state == "VERIFYING"
    assert world.task("verify_programme")


def test_a_withdrawn_request_is_a_draft_again_and_can_be_submitted_on_the_same_chain() -> None:
    world = submitted(World())
    world.send(ORGANISER, c.WithdrawProgramme())
    assert world.case.state == "DRAFT"
    world.answer_all()
    again = world.submission()
    again = again.model_copy(
        update={
            "classes": tuple(k.model_copy(update={"id": "class-b"}) for k in again.classes),
            "seats": tuple(
                s.model_copy(update={"id": f"{s.id}b", "class_id": "class-b"}) for s in again.seats
            ),
            "masters": (),
        }
    )
    facts = world.facts(
        classes=tuple(k.model_copy(update={"id": "class-b"}) for k in world.classes()),
        participants=tuple(
            p.model_copy(update={"seat": f"{p.seat}b", "class_id": "class-b"}) for p in world.people
        ),
        assessors=tuple(a.model_copy(update={"class_id": "class-b"}) for a in world.facts().assessors),
    )
    world.send(ORGANISER, again, facts)
    assert world.case.state == "SUBMITTED"


def test_a_pair_that_is_taken_for_a_seat_that_has_ended_meanwhile_is_given_back() -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    errand = next(e for e in world.case.errands.values() if e.kind == "reserve")
    world.send(ORGANISER, c.WithdrawProgramme())
    world.answer("reserve", errand.subject, {"taken": errand.body["keys"], "refused": []})
    released = [e for e in world.case.errands.values() if e.kind == "release" and e.state == "ASKED"]
    assert [len(e.body["keys"]) for e in released if "keys" in e.body] == [4]
    assert not any(s.pair_taken for s in world.case.seats.values())


def test_the_submitter_judges_no_participant_whatever_the_hat() -> None:
    world = submitted(World())
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    same_person = actor(Role.VERIFIER, ORGANISER.person)
    assert "R-SOD" in world.refused(same_person, c.VerifySeats(seats=("s1",)))
    assert "R-SOD" in world.refused(same_person, c.RefuseSeat(seat="s1", reason=sealed("x")))
    world.send(VERIFIER, c.RefuseSeat(seat="s1", reason=sealed("x")))
    assert world.case.seats["s1"].reason == sealed("x")


def test_participants_are_judged_while_the_request_is_verified_and_not_before_or_after() -> None:
    world = submitted(World())
    assert "M-STATE" in world.refused(VERIFIER, c.VerifySeats(seats=("s1",)))
    world = approved(World())
    assert world.refused(VERIFIER, c.RefuseSeat(seat="s1", reason=sealed("x")))
    assert "M-ROLE" in world.refused(APPROVER, c.RefuseSeat(seat="s1", reason=sealed("x")))


def test_an_approver_is_not_offered_to_refuse_a_single_participant() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    assert offers(world, APPROVER, "seat", "s1")["refuse"] == ["M-ROLE"]
    assert world.refused(APPROVER, c.RefuseSeat(seat="s1", reason=sealed("x"))) == ["M-ROLE"]
    form = c.ApproveWithoutForm(seats=("s1",))
    world.complete(APPROVER, "approve_programme", "approve_without", form=form, reason=sealed("x"))
    assert world.case.seats["s1"].state == "REJECTED"
