"""Row truth on real databases: nothing known is overwritten in silence, and every change is on record."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.upkeep import run_policies
from db import reads, registry
from db.drafts import expire_idle
from db.facts import facts_for
from db.ledger import commit
from db.people_tables import Account, Document, ParticipantRecord, Person, RosterConflict, StoredPolicy
from db.registry import BNSP, SCHEME, HolidayData, OrganisationData, ParticipantData
from db.session import Database
from db.streams import events_of
from db.tables import EventRow, ReservationRow
from db.vault import PersonData, Vault, case_owner
from domain.cases import Case
from domain.errors import Conflict, Forbidden, Malformed, NotFound
from domain.facts import OrganiserKind
from domain.policy import CURRENT, POLICIES, Policy, policy
from domain.roles import SYSTEM, Actor, Role
from domain.roster.model import Experience, RosterRow
from examples.synthetic import synthetic
from tests.db.cases import Chain, opening
from tests.support.patience import eventually

T = TypeVar("T")
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
BORN = date(1990, 1, 1)
NIK = synthetic("317101", BORN, "P", 9001)
SCHEME_ID = registry.DEFAULT_SCHEME
ORGANISER = Actor(account="a1", person="po", role=Role.ORGANISER, organisation="LSP-TIK")
OPERATIONS = Actor(account="a2", person="pb", role=Role.OPERATIONS)
OTHER = Actor(account="a3", person="px", role=Role.OPERATIONS)


def row(**changes: object) -> RosterRow:
    given: dict[str, object] = {
        "row": 2,
        "full_name": "Siti Contoh",
        "nik": NIK,
        "sex": "P",
        "birth_date": BORN,
        "email": "siti@example.org",
        "phone": "+6281200000001",
        "recommending": "LSP-TIK",
        "letter_number": "012/LSP-TIK/II/2026",
        "letter_date": date(2026, 2, 16),
        "signatory": "Budi Contoh",
        "qualification": "S1",
        "technical_field": "TIK",
        "certificate_number": "62010 2512 0000001 2024",
        "certificate_valid_until": date(2027, 12, 31),
        "experience": (Experience(field="TIK", first=date(2019, 7, 1), last=None),),
        "computer_declaration": True,
        "class_label": "A",
        "kind": "main",
        **changes,
    }
    return RosterRow.model_validate(given)


@pytest.fixture
def vault() -> Vault:
    return Vault(secrets.token_bytes(32))


async def write(db: Database, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    return await db.retrying(work)


async def roster(
    db: Database, vault: Vault, by: Actor = ORGANISER, **changes: object
) -> registry.RosterPerson:
    return await write(
        db,
        lambda s: registry.upsert_person_from_roster(s, vault, row(**changes), by=by, at=AT, source="d1"),
    )


async def types(db: Database, stream: str) -> list[str]:
    async with db.read() as session:
        return [e.type for e in await events_of(session, stream)]


# ---- persons ------------------------------------------------------------------------------------


async def test_a_roster_makes_a_person_once(db: Database, vault: Vault) -> None:
    first, second = await roster(db, vault), await roster(db, vault)
    assert first.created and not second.created and not second.differs
    assert first.person == second.person
    assert await types(db, f"person-{first.person}") == ["person_registered"]


async def test_two_rosters_at_once_make_one_person(db: Database, vault: Vault) -> None:
    found = await asyncio.gather(*(roster(db, vault) for _ in range(6)))
    assert len({f.person for f in found}) == 1 and sum(f.created for f in found) == 1
    async with db.read() as session:
        assert len(list(await session.exec(select(Person)))) == 1


async def test_differing_data_is_kept_and_reported_never_taken_over(db: Database, vault: Vault) -> None:
    made = await roster(db, vault)
    other = await roster(db, vault, full_name="Siti Lain", email="thief@example.org")
    again = await roster(db, vault, full_name="Siti Lain", email="thief@example.org")
    assert other.differs == again.differs == ("email", "full_name")
    async with db.read() as session:
        known = await vault.open_person(session, made.person)
        conflicts = list(await session.exec(select(RosterConflict)))
        stored = " ".join(e.body for e in await session.exec(select(EventRow)))
    assert known.full_name == "Siti Contoh" and known.email == "siti@example.org"
    assert [c.fields for c in conflicts] == [["email", "full_name"]]
    for secret in ("Siti", "thief", NIK):
        assert secret not in stored


async def test_only_case_and_spacing_are_no_difference(db: Database, vault: Vault) -> None:
    await roster(db, vault)
    assert (await roster(db, vault, full_name=" SITI   contoh ")).differs == ()


async def test_an_address_that_was_missing_is_not_filled_by_a_roster(db: Database, vault: Vault) -> None:
    data = PersonData(full_name="Siti Contoh", nik=NIK)
    await write(db, lambda s: registry.create_person(s, vault, data, by=OPERATIONS, at=AT, id="p1"))
    found = await roster(db, vault)
    assert found.person == "p1" and "email" in found.differs
    async with db.read() as session:
        assert (await vault.open_person(session, "p1")).email == ""


async def test_a_correction_takes_two_people(db: Database, vault: Vault) -> None:
    made = await roster(db, vault)
    await roster(db, vault, by=OPERATIONS, full_name="Siti Benar")
    async with db.read() as session:
        [conflict] = [c.id for c in await session.exec(select(RosterConflict))]

    def resolve(by: Actor, accept: bool = True) -> Awaitable[None]:
        return write(db, lambda s: registry.resolve_conflict(s, vault, conflict, accept=accept, by=by, at=AT))

    for wrong in (OPERATIONS, ORGANISER):
        with pytest.raises(Forbidden):
            await resolve(wrong)
    await resolve(OTHER)
    with pytest.raises(Conflict):
        await resolve(OTHER)
    async with db.read() as session:
        assert (await vault.open_person(session, made.person)).full_name == "Siti Benar"
    assert (await types(db, f"person-{made.person}"))[-1] == "person_data_corrected"


async def test_an_impossible_nik_is_refused_without_repeating_it(db: Database, vault: Vault) -> None:
    with pytest.raises(Malformed) as error:
        await roster(db, vault, nik=NIK[:12] + "0000")
    assert NIK[:12] not in str(error.value) + repr(error.value.violations)


async def test_revealing_a_nik_takes_a_role_a_reason_and_leaves_a_trace(db: Database, vault: Vault) -> None:
    made = await roster(db, vault)

    def reveal(actor: Actor, reason: str) -> Awaitable[str]:
        return write(
            db,
            lambda s: registry.reveal_nik(s, vault, actor=actor, person=made.person, reason=reason, at=AT),
        )

    with pytest.raises(Forbidden):
        await reveal(ORGANISER, "ingin tahu saja")
    with pytest.raises(Malformed):
        await reveal(OPERATIONS, "  ok ")
    assert await types(db, "access-2026-03-02") == []
    assert await reveal(OPERATIONS, "Cocokkan dengan KTP asli") == NIK
    async with db.read() as session:
        [event] = await events_of(session, "access-2026-03-02")
        assert event.type == "nik_revealed" and event.actor == OPERATIONS
        assert event.payload["person"] == made.person
        assert await vault.open_text(session, event.payload["reason"]["id"]) == "Cocokkan dengan KTP asli"
        assert "Cocokkan" not in event.model_dump_json() and NIK not in event.model_dump_json()


async def test_forgetting_a_person(db: Database, vault: Vault) -> None:
    made = await roster(db, vault)

    async def prepare(session: AsyncSession) -> None:
        for person, digest in ((made.person, "a" * 64), (made.person, "b" * 64), ("p9", "b" * 64)):
            await registry.add_document(
                session, digest=digest, media_type="image/png", size=1, requirement="diploma",
                person=person, application="d1", dated=None, by=ORGANISER, at=AT,
            )  # fmt: skip
        session.add(Account(id="acc", person=made.person, username="siti", password_hash="x", created_at=AT))

    await write(db, prepare)

    async def forget(session: AsyncSession, actor: Actor = OPERATIONS) -> tuple[str, ...]:
        reason = await vault.seal_text(session, case_owner("erasures"), "diminta", "a2", at=AT)
        return await registry.forget_person(
            session, vault, actor=actor, person=made.person, reason=reason, at=AT
        )

    with pytest.raises(Forbidden):
        await write(db, lambda s: forget(s, ORGANISER))
    assert await write(db, forget) == ("a" * 64,), "what another person handed in too stays"
    async with db.read() as session:
        account = (await session.exec(select(Account))).one()
        assert account.disabled_at == AT and "siti" not in account.username
        assert [d.person for d in await session.exec(select(Document))] == ["p9"]
        assert all(e.intact() for e in await events_of(session, f"person-{made.person}"))
    again = await roster(db, vault)
    assert again.created and again.person != made.person


async def test_consent_is_recorded_once(db: Database, vault: Vault) -> None:
    made = await roster(db, vault)
    for _ in range(2):
        await write(db, lambda s: registry.record_consent(s, made.person, "2026-1", by=ORGANISER, at=AT))
    assert await types(db, f"person-{made.person}") == ["person_registered", "consent_given"]
    with pytest.raises(NotFound):
        await write(db, lambda s: registry.record_consent(s, "nobody", "2026-1", by=ORGANISER, at=AT))


# ---- organisations, schemes, policies -----------------------------------------------------------

LSP = OrganisationData(
    id="LSP-TIK",
    kind=OrganiserKind.LSP,
    name="LSP Contoh TIK",
    licence="ACTIVE",
    licence_valid_until=date(2028, 1, 1),
    licensed_schemes=("TIK-1", "TIK-2"),
    verified_schemes=("TIK-2",),
)


async def test_an_organisation_is_kept_and_its_changes_recorded(db: Database) -> None:
    for data in (LSP, LSP, LSP.model_copy(update={"licence": "SUSPENDED", "licensed_schemes": ("TIK-1",)})):
        await write(db, lambda s, d=data: registry.put_organisation(s, d, by=OPERATIONS, at=AT))  # type: ignore[misc]  # a loop's default
    assert await types(db, "org-LSP-TIK") == ["organisation_registered", "organisation_changed"]
    async with db.read() as session:
        found = await registry.organisations(session, ["LSP-TIK", "nobody", ""])
        assert (await registry.organisation_names(session, ["LSP-TIK"])) == {"LSP-TIK": "LSP Contoh TIK"}
        with pytest.raises(NotFound):
            await registry.organisation_data(session, "nobody")
    assert list(found) == ["LSP-TIK"]
    facts = found["LSP-TIK"]
    assert (facts.licence, facts.licensed_schemes, facts.verified_schemes) == (
        "SUSPENDED",
        ("TIK-1",),
        ("TIK-2",),
    )


async def test_of_two_editors_the_second_is_told(db: Database) -> None:
    await write(db, lambda s: registry.put_organisation(s, LSP, by=OPERATIONS, at=AT, expected=0))
    changed = LSP.model_copy(update={"name": "LSP Lain"})
    await write(db, lambda s: registry.put_organisation(s, changed, by=OPERATIONS, at=AT, expected=1))
    with pytest.raises(Conflict):
        await write(db, lambda s: registry.put_organisation(s, LSP, by=OTHER, at=AT, expected=1))


async def test_a_scheme_version_never_changes(db: Database) -> None:
    await write(db, lambda s: registry.put_scheme(s, SCHEME, by=OPERATIONS, at=AT))
    await write(db, lambda s: registry.put_scheme(s, SCHEME, by=OPERATIONS, at=AT))
    with pytest.raises(Conflict):
        other = SCHEME.model_copy(update={"field": "lain"})
        await write(db, lambda s: registry.put_scheme(s, other, by=OPERATIONS, at=AT))
    newer = SCHEME.model_copy(update={"version": "2", "licensed": True})
    await write(db, lambda s: registry.put_scheme(s, newer, by=OPERATIONS, at=AT))
    async with db.read() as session:
        now = await registry.scheme_facts(session, SCHEME_ID)
        old = await registry.scheme_facts(session, SCHEME_ID, "1")
        assert await registry.scheme_facts(session, "nothing") is None
    assert now is not None and old is not None
    assert (now.version, now.licensed, old.version, old.licensed) == ("2", True, "1", False)
    assert [u.ability for u in now.units] == ["plan", "conduct", "validate"]


async def test_policies_are_kept_and_made_known(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    new = CURRENT.model_copy(update={"version": "test-2"})
    await write(db, lambda s: registry.put_policy(s, new, by=OPERATIONS, at=AT))
    await write(db, lambda s: registry.put_policy(s, new, by=OPERATIONS, at=AT))
    with pytest.raises(Conflict):
        other = new.model_copy(update={"note": "lain"})
        await write(db, lambda s: registry.put_policy(s, other, by=OPERATIONS, at=AT))
    for version in list(POLICIES):
        monkeypatch.setitem(POLICIES, version, POLICIES[version])
    async with db.read() as session:
        assert await registry.load_policies(session) == 1
    assert POLICIES.pop("test-2") == new
    assert await types(db, "policy-test-2") == ["policy_added"]


@pytest.fixture
def only_our_own_policies() -> Iterator[None]:
    """What a test makes known is forgotten after it."""
    before = dict(POLICIES)
    yield
    POLICIES.clear()
    POLICIES.update(before)


async def test_a_policy_counts_for_new_cases_from_its_day_and_old_ones_keep_theirs(
    db: Database, vault: Vault, only_our_own_policies: None
) -> None:
    changes = {"version": "2027-01", "effective": date(2027, 1, 1), "class_maximum": 12}
    new = CURRENT.model_copy(update=changes)
    stop = asyncio.Event()
    learning = asyncio.create_task(run_policies(db, stop, every=0.02))
    await write(db, lambda s: registry.put_policy(s, new, by=OPERATIONS, at=AT))
    await eventually(lambda: "2027-01" in POLICIES)
    stop.set()
    await learning
    old = opening(policy_version=CURRENT.version)

    async def judged_by(now: datetime, case: Case | None) -> Policy:
        async with db.read() as session:
            facts = await facts_for(
                session, vault, purpose="class_start", case=case, command=None, actor=SYSTEM, now=now
            )
        return facts.policy

    eve = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)  # 23:59 in Jakarta
    assert await judged_by(eve, None) == CURRENT
    assert await judged_by(eve + timedelta(minutes=1), None) == new
    assert await judged_by(eve + timedelta(days=90), old) == CURRENT
    assert await judged_by(eve, opening(policy_version="2027-01")) == new


async def test_a_policy_that_another_process_just_stored_is_read_before_anything_is_refused(
    db: Database, vault: Vault, only_our_own_policies: None
) -> None:
    """A process looks for new policies every so often only, and cases begin under one at once."""
    new = CURRENT.model_copy(update={"version": "2027-02"})
    await write(db, lambda s: registry.put_policy(s, new, by=OPERATIONS, at=AT))
    POLICIES["2027-02"] = new  # whoever begins the case knows it
    chain = Chain("case-1")
    chain.opening = chain.case = opening("case-1", policy_version="2027-02")
    chain.submit()
    await commit(db, chain.request())
    for forgotten in range(2):
        POLICIES.pop("2027-02", None)
        async with db.read() as session:
            if forgotten:
                case = await reads.case_by_workflow(session, "programme-case-1")
            else:
                case = await reads.case(session, "case-1")
        assert case is not None
        assert policy(case.policy_version) == new
    POLICIES.pop("2027-02")
    async with db.read() as session:
        facts = await facts_for(
            session, vault, purpose="class_start", case=case, command=None, actor=SYSTEM, now=AT
        )
        assert facts.policy == new
        with pytest.raises(NotFound):
            await registry.known_policy(session, "2027-03")


async def test_a_policy_stored_in_the_first_shape_still_serves_its_cases(
    db: Database, only_our_own_policies: None
) -> None:
    new = CURRENT.model_copy(update={"version": "test-5"})
    await write(db, lambda s: registry.put_policy(s, new, by=OPERATIONS, at=AT))
    term = {"length": 3, "unit": "wd", "mark": "D", "reason": "test"}
    async with db.write() as session:
        row = await session.get_one(StoredPolicy, "test-5")
        former = {k: v for k, v in row.content.items() if k != "requirements"}
        former["terms"] = {**former["terms"], "class_completion_before": term}
        former["sources"] = {**former["sources"], "offer_hours": {"mark": "D", "reason": "test"}}
        row.content = {**former, "offer_hours": 24}
    async with db.read() as session:
        await registry.load_policies(session, but=[CURRENT.version])
    assert POLICIES["test-5"] == new
    await write(db, lambda s: registry.put_policy(s, new, by=OPERATIONS, at=AT))  # the same again


async def test_a_policy_of_a_newer_version_of_the_product_keeps_nobody_from_the_others(
    db: Database, only_our_own_policies: None
) -> None:
    for version in ("test-3", "test-4"):
        made = CURRENT.model_copy(update={"version": version})
        await write(db, lambda s, p=made: registry.put_policy(s, p, by=OPERATIONS, at=AT))  # type: ignore[misc]  # a loop's default
    async with db.write() as session:
        row = await session.get_one(StoredPolicy, "test-3")
        row.content = {**row.content, "of_tomorrow": 1}
    async with db.read() as session:
        assert await registry.load_policies(session, but=[CURRENT.version]) == 1
    assert "test-4" in POLICIES and "test-3" not in POLICIES


async def test_a_stored_policy_without_a_term_that_is_asked_for_stops_nobody(
    db: Database, only_our_own_policies: None
) -> None:
    """It is in force for drafts at once: the sweep of every worker would ask it for a term it has not."""
    made = CURRENT.model_copy(update={"version": "test-6", "effective": AT.date()})
    await write(db, lambda s: registry.put_policy(s, made, by=OPERATIONS, at=AT))
    async with db.write() as session:
        row = await session.get_one(StoredPolicy, "test-6")
        row.content = {**row.content, "terms": {"appeal": row.content["terms"]["appeal"]}}
    async with db.read() as session:
        assert await registry.load_policies(session, but=[CURRENT.version]) == 0
    assert await write(db, lambda s: expire_idle(s, now=AT, at=AT)) == 0


# ---- participants -------------------------------------------------------------------------------


async def participant(db: Database, vault: Vault, draft: str = "d1", **changes: object) -> tuple[str, str]:
    person = (await roster(db, vault, ORGANISER, **changes)).person
    data = ParticipantData.from_roster(row(**changes), person=person, scheme=SCHEME_ID, draft=draft)
    record = await write(db, lambda s: registry.put_participant(s, vault, data, by=ORGANISER, at=AT))
    return person, record


async def test_rules_see_a_participants_evidence_and_no_names(db: Database, vault: Vault) -> None:
    person, record = await participant(db, vault)
    async with db.read() as session:
        facts = (await registry.participants(session, [person], scheme=SCHEME_ID, drafts=["d1"]))[person]
        details = await registry.participant_details(session, vault, record)
        stored = (await session.exec(select(ParticipantRecord))).one()
    assert (facts.qualification, facts.recommending, facts.it_declared) == ("S1", "LSP-TIK", True)
    assert facts.technical[0].valid_until == date(2027, 12, 31)
    assert facts.experience[0].first == date(2019, 7, 1) and facts.experience[0].last is None
    assert facts.recommendation is not None
    assert facts.recommendation.number_given and facts.recommendation.signatory_given
    assert facts.recommendation.day == date(2026, 2, 16) and not facts.recommendation.file_digest
    assert facts.active_elsewhere is False
    assert details["signatory"] == "Budi Contoh"
    for secret in ("Budi", "012/LSP", "62010"):
        assert secret not in str(stored.model_dump()) and secret not in facts.model_dump_json()


async def test_the_best_record_counts_and_unknown_people_are_unknown(db: Database, vault: Vault) -> None:
    person, _ = await participant(db, vault, draft="")
    await participant(db, vault, draft="d1", qualification="S2")
    await participant(db, vault, draft="d2", qualification="S3")
    async with db.read() as session:
        for drafts, expected in ((["d1"], "S2"), (["d2", "d1"], "S3"), ([], "S1"), (["d9"], "S1")):
            found = await registry.participants(
                session, [person, "stranger"], scheme=SCHEME_ID, drafts=drafts
            )
            assert found[person].qualification == expected
            assert found["stranger"].qualification is None


async def test_a_record_is_put_in_place_of_the_former(db: Database, vault: Vault) -> None:
    _, first = await participant(db, vault)
    person, second = await participant(db, vault, qualification="S2")
    assert first == second
    async with db.read() as session:
        facts = (await registry.participants(session, [person], scheme=SCHEME_ID, drafts=["d1"]))[person]
    assert facts.qualification == "S2"


async def test_the_letters_file_comes_from_the_documents(db: Database, vault: Vault) -> None:
    person, _ = await participant(db, vault)
    for _ in range(2):
        await write(
            db,
            lambda s: registry.add_document(
                s, digest="c" * 64, media_type="application/pdf", size=9, requirement=registry.LETTER,
                person=person, application="d1", dated=None, by=ORGANISER, at=AT,
            ),
        )  # fmt: skip
    async with db.read() as session:
        facts = (await registry.participants(session, [person], scheme=SCHEME_ID, drafts=["d1"]))[person]
        assert len(list(await session.exec(select(Document)))) == 1
    assert facts.recommendation is not None and facts.recommendation.file_digest == "c" * 64


async def test_the_same_bytes_of_another_person_are_a_duplicate(db: Database) -> None:
    def add(person: str) -> Awaitable[Document]:
        return write(
            db,
            lambda s: registry.add_document(
                s, digest="c" * 64, media_type="application/pdf", size=9, requirement="diploma",
                person=person, application="d1", dated=None, by=ORGANISER, at=AT,
            ),
        )  # fmt: skip

    first, second = await add("p1"), await add("p2")
    assert first.duplicate_of == "" and second.duplicate_of == first.id


async def test_another_application_shows_as_one_bit(db: Database, vault: Vault) -> None:
    person, _ = await participant(db, vault)

    async def taken(session: AsyncSession) -> None:
        session.add(
            ReservationRow(kind="pair", key=f"{person}/{SCHEME_ID}", holder="s1", stream="s1", taken_at=AT)
        )

    await write(db, taken)
    async with db.read() as session:
        for own, expected in (([], True), (["s1"], False)):
            facts = await registry.participants(session, [person], scheme=SCHEME_ID, own_streams=own)
            assert facts[person].active_elsewhere is expected


async def test_an_equivalence_belongs_to_person_scheme_and_policy(db: Database, vault: Vault) -> None:
    person, _ = await participant(db, vault, qualification="SMA")
    await write(
        db,
        lambda s: registry.record_answer(
            s, person=person, scheme=SCHEME_ID, policy_version="1", question="equivalence",
            answer="accepted", decided_in="s1", at=AT,
        ),
    )  # fmt: skip
    async with db.read() as session:
        for version, expected in (("1", "accepted"), ("2", None)):
            facts = await registry.participants(
                session, [person], scheme=SCHEME_ID, drafts=["d1"], policy_version=version
            )
            assert facts[person].equivalence == expected


async def test_busy_days_leave_out_ones_own(db: Database) -> None:
    day = date(2026, 5, 4)

    async def take(session: AsyncSession) -> None:
        for stream, holder, on in (("s1", "s1/x", 4), ("s2", "s2/y", 5)):
            key = f"p1/{date(2026, 5, on)}"
            session.add(ReservationRow(kind="master_day", key=key, holder=holder, stream=stream, taken_at=AT))

    await write(db, take)
    days = [day, date(2026, 5, 5), date(2026, 5, 6)]
    async with db.read() as session:
        find = registry.busy_days
        assert await find(session, "master_day", ["p1", "p2"], days) == {"p1": tuple(days[:2]), "p2": ()}
        assert (await find(session, "master_day", ["p1"], days, not_holders=["s1/x"]))["p1"] == (days[1],)
        assert (await find(session, "master_day", ["p1"], days, not_streams=["s2"]))["p1"] == (days[0],)
        assert await find(session, "committee_day", ["p1"], days) == {"p1": ()}
        assert await find(session, "master_day", [], days) == {}


async def test_master_assessors(db: Database, vault: Vault) -> None:
    person = (await roster(db, vault)).person
    for state in ("ACTIVE", "SUSPENDED"):
        await write(
            db,
            lambda s, state=state: registry.put_master_assessor(  # type: ignore[misc]  # a loop's default
                s, person=person, fields=["TIK", "TIK", "K3"], certificate_state=state,
                certificate_valid_until=date(2027, 1, 1), by=OPERATIONS, at=AT,
            ),
        )  # fmt: skip
    async with db.read() as session:
        found = await registry.master_assessors(session, [person, "nobody"])
    assert list(found) == [person]
    assert found[person].fields == ["K3", "TIK"] and found[person].certificate_state == "SUSPENDED"


# ---- calendars ----------------------------------------------------------------------------------


async def test_a_new_calendar_version_takes_over_and_old_ones_stay(db: Database) -> None:
    for version, day in (("v1", date(2026, 1, 1)), ("v2", date(2026, 1, 2)), ("v1", date(2026, 1, 5))):
        holidays = [HolidayData(day=day, name="Libur", category=k) for k in ("public", "government")]
        await write(
            db,
            lambda s, v=version, h=holidays: registry.put_calendar(  # type: ignore[misc]  # a loop's default
                s, version=v, years=[2026, 2027], holidays=h, by=OPERATIONS, at=AT
            ),
        )
    async with db.read() as session:
        newest = await registry.calendar(session)
        first = await registry.calendar(session, version="v1")
        cut = await registry.calendar(session, years=[2027, 2028])
        with pytest.raises(NotFound):
            await registry.calendar(session, version="v9")
    assert (newest.version, newest.non_working) == ("v2", (date(2026, 1, 2),))
    assert first.non_working == (date(2026, 1, 1),)
    assert (cut.years, cut.non_working) == ((2027,), ())
    assert await types(db, "calendar-id") == ["calendar_version_added"] * 2


async def test_a_holiday_outside_the_tables_years_is_refused(db: Database) -> None:
    stray = [HolidayData(day=date(2030, 1, 1), name="Libur")]
    with pytest.raises(Malformed):
        await write(
            db,
            lambda s: registry.put_calendar(
                s, version="v1", years=[2026], holidays=stray, by=OPERATIONS, at=AT
            ),
        )
    async with db.read() as session:
        with pytest.raises(NotFound):
            await registry.calendar(session)


async def test_the_first_filling_is_harmless_again(db: Database) -> None:
    for _ in range(2):
        await write(db, lambda s: registry.seed(s, years=[2025, 2026, 2027], at=AT))
    async with db.read() as session:
        calendar = await registry.calendar(session)
        scheme = await registry.scheme_facts(session, SCHEME_ID)
        assert await registry.organisation_data(session, "BNSP") == BNSP
    assert calendar.years == (2025, 2026, 2027)
    assert not calendar.is_working_day(date(2026, 8, 17))
    assert scheme is not None and len(scheme.units) == 3 and not any(u.verified for u in scheme.units)
    assert await types(db, "org-BNSP") == ["organisation_registered"]
