"""Facts for each kind of act, gathered from case, command and rows; and signals, judged with them."""

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.testing import ActivityEnvironment

from activities import contracts
from activities.authorise import AuthoriseActivities
from activities.facts import FactsActivities
from activities.messages import sign
from activities.review import ReviewActivities
from db import identity, registry
from db.facts import facts_for, purpose_of
from db.identity import Hat
from db.people_tables import Draft
from db.registry import OrganisationData, ParticipantData
from db.session import Database
from db.tables import AssignmentRow, CaseRow, DenialRow, ReservationRow, StreamRow
from db.vault import PersonData, Vault, case_owner
from domain import commands as c
from domain.calendar import Calendar
from domain.cases import (
    Assignment,
    Case,
    Class,
    Journey,
    Programme,
    Renewal,
    Sealed,
    Seat,
    Task,
    UnitResult,
    Vote,
)
from domain.clock import end_of_day
from domain.errors import DomainError
from domain.events import digest
from domain.facts import (
    CALENDAR_ALONE,
    Facts,
    OrganiserKind,
    ParticipantFacts,
    PeriodFacts,
    RecommendationFacts,
    TechnicalCertificateFacts,
    UnitFacts,
)
from domain.ids import command_id
from domain.policy import default
from domain.roles import SYSTEM, Actor, Role
from state_machines.journey_facts import failing
from tests.support.journeys import APPLICATION, CANDIDATE, REASON, REVIEWER, JourneyWorld, send_back
from tests.support.programmes import VERIFIER, participant
from workflows.cases.journey import open_journey

NOW = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
"""01:30 WIB on 3 March: the day in WIB is not the day in UTC."""
TODAY = date(2026, 3, 3)
DAYS = (date(2026, 5, 4), date(2026, 5, 5))
LATER = (date(2026, 5, 11), date(2026, 5, 12))
SHARED = date(2026, 5, 13)
SCHEME = registry.DEFAULT_SCHEME
ORGANISER = Actor(account="a1", person="po", role=Role.ORGANISER, organisation="LSP-TIK")
DIGEST = "d" * 64


@pytest.fixture
def vault() -> Vault:
    return Vault(secrets.token_bytes(32))


@pytest.fixture(autouse=True)
async def filled(db: Database, vault: Vault) -> None:
    """Two LSPs, two participants with evidence, two master assessors, and days that others took."""
    async with db.write() as session:
        await registry.seed(session, years=[2025, 2026, 2027, 2028], at=NOW)
        for id_ in ("LSP-TIK", "LSP-LAIN"):
            await registry.put_organisation(
                session,
                OrganisationData(
                    id=id_, kind=OrganiserKind.LSP, name=id_, licence="ACTIVE", licensed_schemes=("TIK",)
                ),
                by=SYSTEM,
                at=NOW,
            )
        for person in ("p1", "p2", "m1", "m2", "v1"):
            await vault.seal_person(session, person, PersonData(full_name=person), by="seed", at=NOW)
        for person, qualification in (("p1", "S1"), ("p2", "SMA")):
            data = ParticipantData(
                person=person,
                scheme=SCHEME,
                draft="prog",
                qualification=qualification,
                technical=(TechnicalCertificateFacts(field="TIK", valid_until=date(2027, 1, 1)),),
                experience=(PeriodFacts(field="TIK", first=date(2020, 1, 1)),),
                recommending="LSP-TIK",
                it_declared=True,
            )
            await registry.put_participant(session, vault, data, by=ORGANISER, at=NOW)
        await registry.put_master_assessor(
            session, person="m1", fields=["asesmen-kompetensi"], certificate_state="ACTIVE",
            certificate_valid_until=date(2027, 1, 1), by=SYSTEM, at=NOW,
        )  # fmt: skip
        _take(session, "master_day", "m1", DAYS[0], "else/x")
        _take(session, "committee_day", "c1", DAYS[1], "else/k")


def _take(session: AsyncSession, kind: str, person: str, day: date, holder: str) -> None:
    session.add(
        ReservationRow(
            kind=kind, key=f"{person}/{day}", holder=holder, stream=holder.split("/")[0], taken_at=NOW
        )
    )


async def gather(
    db: Database, vault: Vault, case: Case | None, command: c.Model | None, **more: Any
) -> Facts:
    given: dict[str, Any] = {
        "purpose": purpose_of(command, case) if command else "class_start",
        "actor": ORGANISER,
        "now": NOW,
        **more,
    }
    async with db.read() as session:
        return await facts_for(session, vault, case=case, command=command, **given)


def request(id_: str = "k1", days: tuple[date, ...] = DAYS) -> c.ClassRequest:
    return c.ClassRequest(id=id_, label="A", days=days, venue="tuk", committee=("c1", "c2"))


def seat_request(id_: str, person: str, recommending: str = "LSP-TIK") -> c.SeatRequest:
    return c.SeatRequest(id=id_, class_id="k1", person=person, kind="main", recommending=recommending)


MASTERS = (
    c.MasterProposal(class_id="k1", person="m1", kind="trainer"),
    c.MasterProposal(class_id="k1", person="m2", kind="assessor"),
)
SUBMIT = c.SubmitProgramme(
    programme="prog",
    organiser="LSP-TIK",
    classes=(request(),),
    seats=(seat_request("s1", "p1"), seat_request("s2", "p2", "LSP-LAIN"), seat_request("s3", "new")),
    masters=MASTERS,
    request_digest=DIGEST,
)


def case(kind: str = "programme", **entities: dict[str, Any]) -> Case:
    return Case.model_validate(
        {
            "stream": "prog" if kind == "programme" else "app",
            "kind": kind,
            "workflow_id": f"{kind}-1",
            "head": "",
            "policy_version": default().version,
            "calendar": Calendar(version="v", years=(2026,), non_working=()),
            "business_at": NOW,
            "hands": {"submitter": ("po",)},
            "entities": entities,
        }
    )


def seat(id_: str, person: str, class_id: str = "k1", state: str = "CONFIRMED", **more: Any) -> Seat:
    known = ParticipantFacts(person=person, qualification="S2", equivalence="accepted")
    return Seat(
        id=id_, state=state, class_id=class_id, person=person, kind="main", recommending="LSP-TIK",
        external=False, facts=known, **more,
    )  # fmt: skip


def class_(id_: str, days: tuple[date, ...], state: str = "SCHEDULED") -> Class:
    return Class.model_validate(
        {"id": id_, "state": state, "label": id_, "days": days, "start_hour": 8, "zone": "WITA",
         "venue": "tuk", "committee": ("c1",)}
    )  # fmt: skip


def task(id_: str, kind: str, subject: str) -> Task:
    return Task(
        id=id_, state="OFFERED", kind=kind, subject=subject, group="organiser", opened_at=NOW,
        due_at=NOW + timedelta(days=5),
    )  # fmt: skip


def programme(**more: Any) -> Case:
    entities: dict[str, Any] = {
        "programme": {
            "prog": Programme(
                id="prog", state="PREPARATION", organiser="LSP-TIK", organiser_kind="LSP", track="new",
                scheme=SCHEME, scheme_version="1", field="asesmen-kompetensi",
                submitted_at=NOW - timedelta(days=30),
            )
        },
        "class": {"k1": class_("k1", DAYS), "k2": class_("k2", LATER), "k3": class_("k3", DAYS, "CANCELLED")},
        "seat": {
            "s1": seat("s1", "p1"),
            "s2": seat("s2", "p2", state="OFFERED"),
            "s4": seat("s4", "p4", class_id="k2"),
            "s5": seat("s5", "p5", state="WITHDRAWN"),
        },
        "assignment": {
            "x1": Assignment(
                id="x1", state="ACCEPTED", person="m1", kind="trainer", class_id="k1", letter_number="1"
            ),
            "x2": Assignment(id="x2", state="PROPOSED", person="m2", kind="assessor", class_id="k1"),
            "x3": Assignment(id="x3", state="DECLINED", person="m9", kind="trainer", class_id="k1"),
            "x4": Assignment(id="x4", state="PROPOSED", person="m2", kind="trainer", class_id="k2"),
        },
        "task": {
            "t1": task("t1", "confirm_seat", "s1"),
            "t2": task("t2", "approve_programme", "prog"),
            "t3": task("t3", "assign_master_assessors", "prog"),
            "t4": task("t4", "resolve_class_day", "k1"),
            "t5": task("t5", "correct_programme", "prog"),
            "t6": task("t6", "answer_assignment", "x2"),
        },
        **more,
    }  # fmt: skip
    return case(**entities)


# ---- a programme's request --------------------------------------------------------------------------


async def test_a_first_submit_gets_all_that_its_rules_ask_for(db: Database, vault: Vault) -> None:
    facts = await gather(db, vault, None, SUBMIT)
    assert facts.today == TODAY and facts.submitted_on is None and facts.track == "new"
    assert facts.organiser is not None and facts.organiser.id == "LSP-TIK"
    assert set(facts.organisations) == {"LSP-LAIN"}
    assert facts.scheme is not None and (facts.scheme.id, facts.scheme.version) == (SCHEME, "1")
    assert facts.calendar is not None and facts.calendar.years == (2025, 2026, 2027, 2028)
    [k1] = facts.classes
    assert (k1.trainers, k1.assessors, k1.committee) == (("m1",), ("m2",), ("c1", "c2"))
    by_seat = {p.seat: p for p in facts.participants}
    assert [by_seat[s].qualification for s in ("s1", "s2", "s3")] == ["S1", "SMA", None]
    assert by_seat["s2"].recommending == "LSP-LAIN"
    masters = {a.person: a for a in facts.assessors}
    assert masters["m1"].busy == (DAYS[0],) and masters["m1"].certificate_state == "ACTIVE"
    assert masters["m2"].certificate_state == "" and not masters["m2"].letter_issued
    assert {b.person: b.busy for b in facts.committee_busy} == {"c1": (DAYS[1],), "c2": ()}
    assert facts.actor_hands == ("po",) and facts.hands == {}


async def test_the_drafts_scheme_counts(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        other = registry.SCHEME.model_copy(update={"id": "asesor-lain"})
        await registry.put_scheme(session, other, by=SYSTEM, at=NOW)
        session.add(
            Draft(
                id="prog",
                organiser="LSP-TIK",
                content={"scheme": "asesor-lain"},
                created_by="a1",
                updated_at=NOW,
            )
        )
    facts = await gather(db, vault, None, SUBMIT)
    assert facts.scheme is not None and facts.scheme.id == "asesor-lain"


async def test_another_application_is_seen_but_not_ones_own(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        for person, stream in (("p1", "prog"), ("p2", "else")):
            session.add(
                ReservationRow(
                    kind="pair", key=f"{person}/{SCHEME}", holder=stream, stream=stream, taken_at=NOW
                )
            )
    facts = await gather(db, vault, None, SUBMIT)
    assert {p.person: p.active_elsewhere for p in facts.participants} == {
        "p1": False,
        "p2": True,
        "new": False,
    }


async def test_a_resubmit_keeps_what_people_decided(db: Database, vault: Vault) -> None:
    form = c.ResubmitProgrammeForm(
        classes=(request(days=LATER),),
        seats=(seat_request("s1", "p1"), seat_request("s9", "p2")),
        masters=MASTERS,
        request_digest=DIGEST,
    )
    command = c.CompleteTask(task="t5", decision="resubmit", form=form)
    case = programme(seat={"s1": seat("s1", "p1", state="PROPOSED")})
    facts = await gather(db, vault, case, command)
    assert [k.id for k in facts.classes] == ["k1"] and facts.classes[0].days == LATER
    first, second = facts.participants
    assert (first.qualification, first.equivalence) == ("S1", "accepted")
    assert (second.seat, second.qualification, second.equivalence) == ("s9", "SMA", None)
    assert facts.submitted_on == date(2026, 2, 1)
    assert facts.hands == {"submitter": ("po",)}


async def corrected(db: Database, vault: Vault, case: Case, *seats: c.SeatRequest) -> Facts:
    form = c.ResubmitProgrammeForm(
        classes=(request(), request("k3")), seats=seats, masters=MASTERS, request_digest=DIGEST
    )
    command = c.CompleteTask(task="t5", decision="resubmit", form=form)
    return await gather(db, vault, case, command)


async def test_a_correction_is_judged_by_the_places_that_were_judged(db: Database, vault: Vault) -> None:
    """Nobody turns a verified participant into a reserve, or counts one who has left, to keep a limit."""
    seats = {"s1": seat("s1", "p1", state="VERIFIED"), "s5": seat("s5", "p5", state="REJECTED")}
    changed = {"kind": "reserve", "recommending": "LSP-LAIN", "class_id": "k3"}
    facts = await corrected(
        db,
        vault,
        programme(seat=seats),
        seat_request("s1", "p1").model_copy(update=changed),
        seat_request("s5", "p5"),
        seat_request("s9", "p2").model_copy(update=changed),
    )
    told = {p.seat: (p.kind, p.recommending, p.class_id) for p in facts.participants}
    assert told == {"s1": ("main", "LSP-TIK", "k1"), "s9": ("reserve", "LSP-LAIN", "k3")}
    assert [k.id for k in facts.classes] == ["k1"], "a cancelled class is not held"
    first, second = facts.participants
    assert (first.qualification, second.qualification) == ("S2", "SMA"), "the case's facts, then the rows'"
    assert first.active_elsewhere is False, "R-DUP asks the rows of everybody"


async def test_who_was_verified_goes_along_when_the_class_is_taken_out(db: Database, vault: Vault) -> None:
    seats = {"s1": seat("s1", "p1", class_id="k2", state="VERIFIED")}
    facts = await corrected(db, vault, programme(seat=seats), seat_request("s1", "p1"))
    assert facts.participants[0].class_id == "k1"


async def test_a_recommendation_taken_before_is_known_by_its_institution(db: Database, vault: Vault) -> None:
    seats = {}
    for id_, person, organisation in (("s1", "p1", "LSP-TIK"), ("s2", "p2", "LSP-LAIN")):
        known = seat(id_, person, state="PROPOSED")
        letter = RecommendationFacts(organisation=organisation)
        update = {"recommendation": letter, "recommendation_accepted": "accepted"}
        seats[id_] = known.model_copy(update={"facts": known.facts.model_copy(update=update)})
    facts = await corrected(
        db, vault, programme(seat=seats), seat_request("s1", "p1"), seat_request("s2", "p2")
    )
    assert facts.recommended_before == ("s1",)
    assert [p.recommendation_accepted for p in facts.participants] == ["accepted", None]


@pytest.mark.parametrize(
    ("answer", "approving", "correcting"),
    [("", None, None), ("accepted", True, True), ("refused", False, None)],
)
async def test_what_a_verifier_answered_about_the_organiser_is_a_fact(
    db: Database, vault: Vault, answer: str, approving: bool | None, correcting: bool | None
) -> None:
    case = programme()
    case.entities["programme"]["prog"].organiser_answer = answer
    facts = await gather(db, vault, case, c.CompleteTask(task="t2", decision="approve"))
    assert facts.organiser is not None and facts.organiser.bnsp_confirmed is approving
    facts = await corrected(db, vault, case, seat_request("s1", "p1"))
    assert facts.organiser is not None and facts.organiser.bnsp_confirmed is correcting


async def test_an_approval_judges_what_was_submitted(db: Database, vault: Vault) -> None:
    command = c.CompleteTask(task="t2", decision="approve")
    facts = await gather(db, vault, programme(), command)
    assert facts.step == "approver"
    assert {k.id for k in facts.classes} == {"k1", "k2"}, "a cancelled class is no matter any more"
    assert {p.seat for p in facts.participants} == {"s1", "s2", "s4"}
    assert all(p.qualification == "S2" for p in facts.participants), "the case's facts, not the rows'"
    letters = {(a.person, a.kind): (a.letter_issued, a.accepted) for a in facts.assessors}
    assert letters[("m1", "trainer")] == (True, True) and letters[("m2", "assessor")] == (False, False)
    assert ("m9", "trainer") not in letters


async def test_who_is_left_out_is_not_judged(db: Database, vault: Vault) -> None:
    command = c.CompleteTask(task="t2", decision="approve_without", form=c.ApproveWithoutForm(seats=("s2",)))
    facts = await gather(db, vault, programme(), command)
    assert {p.seat for p in facts.participants} == {"s1", "s4"}


async def test_letters_replace_who_was_only_proposed(db: Database, vault: Vault) -> None:
    letter = c.Letter(class_id="k1", person="m3", kind="assessor", letter_number="7", letter_date=TODAY)
    command = c.CompleteTask(task="t3", decision="assign", form=c.LettersForm(assignments=(letter,)))
    facts = await gather(db, vault, programme(), command)
    k1 = next(k for k in facts.classes if k.id == "k1")
    assert (k1.trainers, k1.assessors) == (("m1",), ("m3",))
    assert {(a.person, a.class_id, a.letter_issued) for a in facts.assessors} == {
        ("m1", "k1", True),
        ("m3", "k1", True),
        ("m2", "k2", False),
    }


# ---- an act about one class ------------------------------------------------------------------------


async def test_who_takes_over_an_assignment_is_known_by_rows(db: Database, vault: Vault) -> None:
    command = c.ReplaceAssignment(
        assignment="x2",
        person="m1",
        letter_number="9",
        letter_date=TODAY,
        reason=Sealed(id="r", commitment=DIGEST),
    )
    facts = await gather(db, vault, programme(), command)
    assert [k.id for k in facts.classes] == ["k1"]
    [new] = [a for a in facts.assessors if a.kind == "assessor" and a.person == "m1"]
    assert (new.class_id, new.certificate_state, new.busy) == ("k1", "ACTIVE", (DAYS[0],))


async def test_roles_of_whoever_a_task_goes_to_are_those_of_accounts_in_use(
    db: Database, vault: Vault
) -> None:
    command = c.ReassignTask(task="t2", to_person="v1", reason=Sealed(id="r", commitment=DIGEST))
    assert (await gather(db, vault, programme(), command)).roles_of == {"v1": ()}
    async with db.write() as session:
        for number, role in enumerate((Role.VERIFIER, Role.APPROVER)):
            account = await identity.create_account(
                session,
                person="v1",
                username=f"v1-{number}",
                password="kata-sandi-panjang-1",
                hats=[Hat(role)],
                by=SYSTEM,
                at=NOW,
            )
    assert (await gather(db, vault, programme(), command)).roles_of == {"v1": ("approver", "verifier")}
    async with db.write() as session:
        await identity.disable_account(session, account, by=SYSTEM, at=NOW)
    assert (await gather(db, vault, programme(), command)).roles_of == {"v1": ("verifier",)}
    release = c.ReleaseTask(task="t2")
    assert (await gather(db, vault, programme(), release)).roles_of == {}


async def test_an_act_about_one_class_sees_that_class(db: Database, vault: Vault) -> None:
    facts = await gather(db, vault, programme(), c.SetCommittee(class_id="k1", committee=("c1", "c9")))
    assert [k.id for k in facts.classes] == ["k1"] and facts.class_id == "k1"
    assert facts.classes[0].committee == ("c1", "c9")
    assert {p.seat for p in facts.participants} == {"s1", "s2"}
    assert (facts.seats_main, facts.seats_confirmed, facts.seats_offered) == (2, 1, 1)


async def test_new_days_are_judged_and_ones_own_are_free(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        _take(session, "master_day", "m1", LATER[0], "prog/x1")
        _take(session, "master_day", "m2", LATER[1], "prog/x4")
        _take(session, "committee_day", "c1", LATER[0], "prog/k1")
        _take(session, "committee_day", "c1", LATER[1], "prog/k2")
    reason = Sealed(id="t", commitment="x")
    facts = await gather(db, vault, programme(), c.RescheduleClass(class_id="k1", days=LATER, reason=reason))
    assert facts.classes[0].days == LATER
    assert {a.person: a.busy for a in facts.assessors} == {"m1": (), "m2": (LATER[1],)}
    assert {b.person: b.busy for b in facts.committee_busy} == {"c1": (LATER[1],)}
    form = c.RescheduleClassForm(days=LATER)
    command = c.CompleteTask(task="t4", decision="reschedule", form=form)
    same = await gather(db, vault, programme(), command)
    assert same.classes == facts.classes and same.assessors == facts.assessors


async def test_the_systems_move_is_about_its_subject(db: Database, vault: Vault) -> None:
    facts = await gather(db, vault, programme(), None, actor=SYSTEM, subject="k2")
    assert [k.id for k in facts.classes] == ["k2"] and facts.actor_hands == ()


@pytest.mark.parametrize(
    "command",
    [
        c.ClaimTask(task="t2"),
        c.CompleteTask(task="t2", decision="return_to_verifier"),
        c.CompleteTask(task="t1", decision="confirm"),
        c.CompleteTask(task="t6", decision="accept"),
    ],
)
async def test_what_no_rule_about_people_judges_carries_none_of_them(
    db: Database, vault: Vault, command: c.Model
) -> None:
    facts = await gather(db, vault, programme(), command)
    assert facts.organiser is None and not facts.participants and not facts.assessors
    assert facts.today == TODAY and facts.actor_hands == ("po",) and facts.hands == {"submitter": ("po",)}


# ---- journeys --------------------------------------------------------------------------------------


def journey(**more: Any) -> Case:
    units = tuple(UnitFacts(id=u, ability=u) for u in ("plan", "conduct"))
    known = ParticipantFacts(person="p1", qualification="S2", equivalence="accepted", recommending="LSP-TIK")
    given: dict[str, Any] = {
        "id": "app", "state": "ELIGIBLE", "person": "p1", "scheme": SCHEME, "scheme_version": "1",
        "field": "asesmen-kompetensi", "units": units, "track": "new", "organiser": "LSP-TIK",
        "programme": "prog", "class_id": "k1", "seat": "s1", "facts": known, "class_days": DAYS,
        "trainers": ("m1",), "assessors": ("m2",), **more,
    }  # fmt: skip
    tasks = {
        "t1": task("t1", "submit_application", "app"),
        "t2": task("t2", "schedule_assessment", "app"),
        "t3": task("t3", "decide", "app"),
    }
    return case("journey", journey={"app": Journey(**given)}, task=tasks)


async def test_an_application_reads_the_evidence_again(db: Database, vault: Vault) -> None:
    form = c.ApplicationForm(apl01=DIGEST, apl02=DIGEST, consent_version="1", it_declared=False)
    facts = await gather(db, vault, journey(), c.CompleteTask(task="t1", decision="submit", form=form))
    [person] = facts.participants
    assert (person.qualification, person.equivalence, person.it_declared) == ("S1", "accepted", False)
    assert (person.seat, person.recommending) == ("s1", "LSP-TIK")
    assert facts.classes[0].trainers == ("m1",) and facts.submitted_on is None


async def test_one_assessment_is_judged_by_its_assessor_and_day(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        for id_, class_id, day in (("x2", "k1", LATER[0]), ("x3", "k2", LATER[1])):
            _take(session, "master_day", "m1", day, f"prog/{id_}")
            session.add(
                AssignmentRow(
                    stream="prog", id=id_, workflow_id="programme-prog", organiser="LSP-TIK",
                    state="ACCEPTED", scheme=SCHEME, person="m1", kind="assessor", class_id=class_id,
                    letter_number="ST/1", days_taken=True,
                )
            )  # fmt: skip
        _take(session, "master_day", "m1", SHARED, "prog/k1/m1")  # by another journey of the class
    # days of this class are shared; those of another class, of the same programme too, are taken
    for day, busy in ((LATER[0], ()), (SHARED, ()), (LATER[1], (LATER[1],)), (DAYS[0], (DAYS[0],))):
        form = c.ScheduleForm(assessor="m1", venue="tuk", day=day)
        facts = await gather(db, vault, journey(), c.CompleteTask(task="t2", decision="schedule", form=form))
        assert facts.classes == () and facts.assessment_day == day
        [assessor] = facts.assessors
        assert (assessor.person, assessor.class_id, assessor.busy) == ("m1", "", busy)


async def test_a_re_assessment_is_nobody_elses_assignment(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        _take(session, "master_day", "m1", SHARED, "prog/k1/m1")
    form = c.ScheduleForm(assessor="m1", venue="tuk", day=SHARED)
    command = c.RescheduleAssessment(form=form, reason=Sealed(id="t", commitment="x"))
    facts = await gather(db, vault, journey(state="SCHEDULED", reassessments=1), command)
    assert [a.busy for a in facts.assessors] == [(SHARED,)]
    assert (facts.places_taken, facts.assessment_day) == (None, SHARED)


async def test_an_assessors_other_candidates_of_the_class_are_counted(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        for n, holder in enumerate(("app/k1", "app-2/k1", "app-3/k1"), 1):
            session.add(
                ReservationRow(
                    kind="assessor_place", key=f"prog/k1/m1/{n}", holder=holder, stream="app", taken_at=NOW
                )
            )
    form = c.ScheduleForm(assessor="m1", venue="tuk", day=LATER[0])
    command = c.CompleteTask(task="t2", decision="schedule", form=form)
    case_ = journey()
    assert (await gather(db, vault, case_, command)).places_taken is None  # of before
    newer = case_.model_copy(update={"revision": 1})
    assert (await gather(db, vault, newer, command)).places_taken == 2


async def test_who_belongs_to_the_recommending_institution_is_known_at_the_review(
    db: Database, vault: Vault
) -> None:
    async with db.write() as session:
        for person, organisation in (("v1", "LSP-TIK"), ("m2", "LSP-LAIN")):
            await identity.create_account(
                session, person=person, username=f"nama.{person}", password="gajah-terbang-7",
                hats=(Hat(Role.REVIEWER), Hat(Role.ORGANISER, organisation)), by=SYSTEM, at=NOW,
            )  # fmt: skip
    case_ = journey()
    tasks = {"t8": task("t8", "assign_reviewer", "app"), "t9": task("t9", "review_documents", "app")}
    case_ = case_.model_copy(update={"entities": {**case_.entities, "task": tasks}})
    for person, found in (("v1", ("v1",)), ("m2", ()), ("nobody", ())):
        form = c.ReviewerForm(reviewer=person)
        naming = c.CompleteTask(task="t8", decision="assign_reviewer", form=form)
        assert (await gather(db, vault, case_, naming)).recommenders == found
        who = Actor(account="a", person=person, role=Role.REVIEWER)
        for decision in ("accept", "send_back", "reject"):
            review = c.CompleteTask(task="t9", decision=decision)
            assert (await gather(db, vault, case_, review, actor=who)).recommenders == found


async def test_a_decision_sees_votes_results_and_members(db: Database, vault: Vault) -> None:
    decided = journey(
        state="DECISION",
        members=("c1", "c2", "c3"),
        chair="c1",
        first_decided_at=NOW,
        reassessments=1,
        results=(UnitResult(unit="plan", result="K"), UnitResult(unit="conduct", result="BK")),
    )
    votes = tuple(Vote(person=p, competent=p != "c3") for p in ("c1", "c2", "c3"))
    form = c.VotesForm(votes=votes, minutes_number="BA-1")
    command = c.CompleteTask(task="t3", decision="decide_not_yet", form=form)
    facts = await gather(db, vault, decided, command)
    assert (facts.recommendation, facts.failing_units, facts.chair) == ("BK", ("conduct",), "c1")
    assert [v.competent for v in facts.votes] == [True, True, False]
    assert (facts.first_decision_on, facts.reassessments, facts.decision) == (TODAY, 1, "decide_not_yet")
    assert facts.step == "decision"


async def test_a_committee_that_turned_down_k_leaves_the_assessed_units_to_assess_again(
    db: Database, vault: Vault
) -> None:
    turned_down = journey(
        state="DECISION",
        to_assess=("plan", "conduct"),
        results=(UnitResult(unit="plan", result="K"), UnitResult(unit="conduct", result="K")),
    )
    votes = (Vote(person="c1", competent=False),)
    form = c.VotesForm(votes=votes, minutes_number="BA-1")
    command = c.CompleteTask(task="t3", decision="decide_not_yet", form=form)
    facts = await gather(db, vault, turned_down, command)
    assert facts.failing_units == failing(turned_down.journey) == ("plan", "conduct")


async def test_the_holiday_table_is_asked_for_alone_and_comes_when_the_cases_own_runs_out(
    db: Database, vault: Vault
) -> None:
    every = await gather(db, vault, programme(), None, purpose=CALENDAR_ALONE)
    async with db.read() as session:
        whole = await registry.calendar(session)
    assert (every.calendar, every.participants) == (whole, ())
    year = TODAY.year
    for years, comes in (((year, year + 1), False), ((year,), True), ((year - 1, year), True)):
        short = Calendar(version="short", years=years, non_working=())
        case = programme().model_copy(update={"calendar": short})
        facts = await gather(db, vault, case, c.ClaimTask(task="t"))
        assert facts.calendar == (whole if comes else None), years


async def test_an_empty_case_has_no_facts_of_its_own(db: Database, vault: Vault) -> None:
    facts = await gather(db, vault, case(), c.WithdrawProgramme())
    assert facts.organiser is None and facts.calendar is None  # nothing of this act is counted in days


# ---- activities ------------------------------------------------------------------------------------


async def project(db: Database, case_: Case) -> None:
    """Put the case where the ledger would: at its first event."""
    common: dict[str, Any] = {"stream": case_.stream, "kind": case_.kind, "workflow_id": case_.workflow_id}
    async with db.write() as session:
        session.add(StreamRow(**common, head_seq=1, head_hash="h"))
        session.add(
            CaseRow(
                **common, state=case_.state, stage=0, organiser="LSP-TIK", track="new",
                policy_version=case_.policy_version, clock=case_.clock, seq=1, hash="h",
                snapshot=case_.model_dump_json(), pending_errands=0, opened_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip


async def test_the_facts_activity_reads_the_case_as_projected(db: Database, vault: Vault) -> None:
    await project(db, programme())
    request_ = contracts.FactsRequest(
        stream="prog", kind="programme", purpose="class_start", subject="k1", seq=1
    )
    answer = await ActivityEnvironment().run(FactsActivities(db, vault).read_facts, request_)
    assert answer.facts.class_id == "k1"
    assert contracts.FactsAnswer.model_validate_json(answer.model_dump_json()) == answer


async def test_the_review_activity(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        for person in ("p2", "p1"):
            await registry.add_document(
                session, digest="e" * 64, media_type="application/pdf", size=10, requirement="diploma",
                person=person, application="prog", dated=None, by=ORGANISER, at=NOW,
            )  # fmt: skip
    request_ = contracts.ReviewRequest(
        stream="app",
        application="app",
        person="p1",
        facts=ParticipantFacts(person="p1", qualification="S1"),
        policy_version=default().version,
    )
    answer = await ActivityEnvironment().run(ReviewActivities(db).review, request_)
    found = {f.requirement: f for f in answer.findings}
    assert found["R-Q3"].outcome == "needs_human", "another person handed in the same bytes"
    assert found["R-Q3"].facts["documents"] == {"diploma": "e" * 64}
    assert found["R-TECH"].facts["missing"] == ["technical_certificate", "experience_letter"]
    assert found["D-IDENTITY"].outcome == "fail"


async def test_a_lapsed_certificate_is_renewed_though_the_organisers_record_stays_as_it_was(
    db: Database, vault: Vault
) -> None:
    """From the rows to the reviewer: facts and the machine's check are the real ones."""
    ends, until = date(2026, 4, 20), date(2029, 4, 20)
    experience = (PeriodFacts(field="TIK", first=date(2018, 1, 1)),)
    said = ParticipantData(
        person="p1", scheme=SCHEME, draft="programme-1", qualification="S1", experience=experience,
        technical=(TechnicalCertificateFacts(field="TIK", valid_until=ends),), recommending="LSP-TIK",
        letter_number="1", letter_day=date(2026, 2, 1), signatory="x", letter_digest=DIGEST,
    )  # fmt: skip
    async with db.write() as session:
        await registry.put_participant(session, vault, said, by=ORGANISER, at=NOW)
        for name in (d for r in default().requirements for d in r.documents):
            await registry.add_document(
                session, digest=digest(name), media_type="image/jpeg", size=10, requirement=name,
                person="p1", application="application-1", dated=None, by=ORGANISER, at=NOW,
            )  # fmt: skip
    known = participant(1, technical=said.technical)
    world = JourneyWorld(known, opened=False)
    world.system(lambda turn: open_journey(turn, world.start(scheme=SCHEME, facts=known)))
    world.eligible()
    assert world.pass_time(end_of_day(ends))[-1] == "lapse_needs_exception"
    world.complete(VERIFIER, "resolve_exception", "refuse", reason=REASON)
    send_back(world)

    async def resubmit(form: c.ApplicationForm | None) -> list[str]:
        command = c.CompleteTask(task=world.task("correct_application").id, decision="resubmit", form=form)
        facts = await gather(db, vault, world.case, command, actor=CANDIDATE, now=world.now)
        [row] = facts.participants
        assert [t.valid_until for t in row.technical] == [ends]
        try:
            world.send(CANDIDATE, command, facts)
        except DomainError as error:
            return [v.rule for v in error.violations]
        return []

    assert await resubmit(APPLICATION) == ["R-TECH"]
    renewal = Renewal(renews=ends, valid_until=until, document=digest("technical_certificate"))
    assert await resubmit(APPLICATION.model_copy(update={"renewed": renewal})) == []
    body = {"stream": world.case.stream, **world.asked("review_documents")[-1]}
    answer = await ActivityEnvironment().run(
        ReviewActivities(db).review, contracts.ReviewRequest.model_validate(body)
    )
    world.answer("review_documents", "", answer.model_dump(mode="json"))
    left = [(f.requirement, f.outcome) for f in world.journey.findings if f.outcome != "pass"]
    assert left == [("R-TECH", "needs_human")]
    resolved = c.ReviewForm(resolved=("R-TECH",))
    judged: dict[str, Any] = {"form": resolved, "reason": REASON, "evidence": (renewal.document,)}
    world.complete(REVIEWER, "review_documents", "accept", **judged)
    assert world.case.state == "ELIGIBLE"


# ---- signals ---------------------------------------------------------------------------------------


async def judge(
    db: Database, vault: Vault, name: str, body: Any, problem: str = ""
) -> tuple[contracts.Authorised, list[DenialRow]]:
    request_ = contracts.AuthoriseRequest(
        workflow_id="programme-1",
        stream="prog",
        kind="programme",
        name=name,
        body=body,
        problem=problem,
        seq=1,
    )
    answer = await ActivityEnvironment().run(AuthoriseActivities(db, vault).authorise, request_)
    async with db.read() as session:
        return answer, list(await session.exec(select(DenialRow)))


async def token(db: Database, scopes: tuple[str, ...] = ("read", "write")) -> tuple[str, str]:
    async with db.write() as session:
        account = await identity.create_account(
            session, person="v1", username="sistem.lain", password="gajah-terbang-7",
            hats=(Hat(Role.VERIFIER),), by=SYSTEM, at=NOW,
        )  # fmt: skip
        now = datetime.now(UTC)
        made = await identity.create_token(
            session, account=account, label="SIM", scopes=scopes, hat=Hat(Role.VERIFIER),
            expires_at=now + timedelta(days=1), by=SYSTEM, at=now,
        )  # fmt: skip
    return account, made.secret


def completion(secret: str, **changes: Any) -> dict[str, Any]:
    command = {"type": "complete_task", "task": "t2", "decision": "approve", **changes}
    return {"token": secret, "command_id": "key-1", "command": command}


async def test_a_token_completes_a_task_by_signal(db: Database, vault: Vault) -> None:
    await project(db, programme())
    account, secret = await token(db)
    answer, denials = await judge(db, vault, "complete_task", completion(secret))
    assert answer.envelope is not None and not denials
    assert answer.envelope.actor.person == "v1" and answer.envelope.actor.role is Role.VERIFIER
    assert answer.envelope.command_id == command_id(account, "prog", "key-1")
    assert answer.envelope.facts.organiser is not None and answer.envelope.business_at is None
    assert secret not in answer.model_dump_json()


async def test_a_reason_in_a_signal_must_be_kept_for_that_very_case(db: Database, vault: Vault) -> None:
    await project(db, programme())
    _, secret = await token(db)
    async with db.write() as session:
        mine = await vault.seal_text(session, case_owner("prog"), "alasan", "a", at=NOW)
        other = await vault.seal_text(session, case_owner("else"), "alasan", "a", at=NOW)
    good, _ = await judge(db, vault, "complete_task", completion(secret, reason=mine.model_dump()))
    assert good.envelope is not None
    forged = {**mine.model_dump(), "commitment": other.commitment}
    for reason in (other.model_dump(), forged):
        answer, _ = await judge(db, vault, "complete_task", completion(secret, reason=reason))
        assert answer.refused == "A-TEXT"
        form = {"form": "approve_without", "seats": ["s1"], "reasons": [{"seat": "s1", "reason": reason}]}
        answer, _ = await judge(db, vault, "complete_task", completion(secret, form=form))
        assert answer.refused == "A-TEXT"
        letter = {
            "class_id": "k1", "person": "m1", "kind": "trainer", "letter_number": "1",
            "letter_date": "2026-03-03", "override": reason,
        }  # fmt: skip
        letters = {"form": "letters", "assignments": [letter]}
        answer, _ = await judge(db, vault, "complete_task", completion(secret, form=letters))
        assert answer.refused == "A-TEXT"


async def test_a_signal_with_a_nul_in_it_is_refused_and_recorded(db: Database, vault: Vault) -> None:
    await project(db, programme())
    _, secret = await token(db)
    reason = {"id": "a\x00b", "commitment": "c"}
    answer, denials = await judge(db, vault, "complete_task", completion(secret, reason=reason))
    assert (answer.refused, len(denials)) == ("A-SIGNAL", 1)


async def test_a_message_of_another_case(db: Database, vault: Vault) -> None:
    message = contracts.Message(
        id="m1", type="journey_moved", sender="app", sender_workflow="journey-p1-s",
        to_workflow="programme-1", application="app", body={"state": "RECEIVED"},
    )  # fmt: skip
    signed = sign(vault, message)
    answer, denials = await judge(db, vault, "message", signed.model_dump(mode="json"))
    assert answer.message == message and not denials
    elsewhere = sign(vault, message.model_copy(update={"to_workflow": "programme-2"}))
    stranger = sign(Vault(secrets.token_bytes(32)), message)
    for bad in (elsewhere, stranger, signed.model_copy(update={"token": ""})):
        answer, denials = await judge(db, vault, "message", bad.model_dump(mode="json"))
        assert answer.refused == "A-FORGED" and answer.message is None
    assert denials and all(d.rules == ["A-FORGED"] for d in denials)


async def test_what_is_malformed_is_recorded_and_refused(db: Database, vault: Vault) -> None:
    _, secret = await token(db, scopes=("read",))
    claim = {"type": "claim_task", "task": "t"}
    cases: list[tuple[str, Any, str, str]] = [
        ("complete_task", None, "undecodable", "A-SIGNAL"),
        ("complete_task", None, "arguments", "A-SIGNAL"),
        ("Siti Contoh", {"x": 1}, "", "A-SIGNAL"),
        ("message", "text", "", "A-SIGNAL"),
        ("message", {"message": {}}, "", "A-SIGNAL"),
        ("complete_task", [1, 2], "", "A-SIGNAL"),
        ("complete_task", {"token": "asr_x"}, "", "A-SIGNAL"),
        ("complete_task", completion("asr_guess"), "", "A-TOKEN"),
        ("complete_task", completion(secret), "", "A-SCOPE"),
        ("complete_task", {**completion(secret), "command": claim}, "", "A-SIGNAL"),
    ]  # fmt: skip
    for name, body, problem, rule in cases:
        answer, denials = await judge(db, vault, name, body, problem)
        assert answer == contracts.Authorised(refused=rule), (name, body)
    assert denials
    for denial in denials:
        written = denial.model_dump_json()
        assert "Siti" not in written and "asr_" not in written
