"""What a case says of a person beyond the case is kept with the person, in the event's transaction."""

import secrets
from collections.abc import AsyncIterator

import pytest
from sqlmodel import select

from activities.contracts import AppendRequest
from db import ledger, registry, streams
from db.people_tables import Person, PersonAnswer
from db.repair import repair
from db.session import Database
from db.vault import PersonData, Vault
from db.verify import Witness
from domain import commands as c
from domain.facts import ParticipantFacts, PeriodFacts
from domain.policy import default
from tests.support.journeys import APPLICATION, CANDIDATE, REASON, REVIEWER, JourneyWorld
from tests.support.programmes import DIGEST, ORGANISER, SCHEME, START, VERIFIER, World, participant


@pytest.fixture(autouse=True)
async def known(db: Database) -> None:
    vault = Vault(secrets.token_bytes(32))
    async with db.write() as session:
        await vault.seal_person(session, "p1", PersonData(full_name="Nama p1"), by="seed", at=START)


async def written(db: Database, world: World, times: int = 1) -> None:
    request = AppendRequest(
        stream=world.case.stream,
        workflow_id=world.case.workflow_id,
        events=tuple(world.events),
        opening=world.opening,
    )
    for _ in range(times):
        await ledger.commit(db, request)


async def answers(db: Database) -> dict[str, tuple[str, str]]:
    async with db.read() as session:
        return {r.question: (r.answer, r.decided_in) for r in await session.exec(select(PersonAnswer))}


async def read_again(db: Database, policy_version: str) -> ParticipantFacts:
    """The participant as a second programme sees them."""
    async with db.read() as session:
        found = await registry.participants(
            session, ["p1"], scheme=SCHEME.id, drafts=["programme-2"], policy_version=policy_version
        )
    return found["p1"]


@pytest.mark.parametrize(("decision", "answer"), [("accept", "accepted"), ("refuse", "refused")])
async def test_a_verifiers_answer_serves_the_next_programme_under_that_policy(
    db: Database, decision: str, answer: str
) -> None:
    world = World([participant(1, qualification="SMA"), participant(2)])
    world.send(ORGANISER, world.submission())
    world.complete(VERIFIER, "resolve_equivalence", decision, subject="s1", reason=REASON, evidence=(DIGEST,))
    await written(db, world, times=2)
    # the field was never in question, so nothing is said of it
    assert await answers(db) == {"equivalence": (answer, "programme-1")}
    assert (await read_again(db, default().version)).equivalence == answer
    assert (await read_again(db, "another")).equivalence is None


async def test_a_reviewers_answer_is_kept_too(db: Database) -> None:
    other = (PeriodFacts(field="lain", first=START.date().replace(year=2018)),)
    world = JourneyWorld(participant(1, experience=other)).in_review()
    world.complete(
        REVIEWER,
        "review_documents",
        "accept",
        form=c.ReviewForm(resolved=("R-TECH",)),
        reason=REASON,
        evidence=(DIGEST,),
    )
    await written(db, world)
    assert await answers(db) == {"field_accepted": ("accepted", "application-1")}


async def test_a_review_without_questions_answers_none(db: Database) -> None:
    await written(db, JourneyWorld().eligible())
    assert await answers(db) == {}


async def test_the_consent_of_a_submission_is_the_persons(db: Database) -> None:
    world = JourneyWorld()
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    await written(db, world, times=2)
    async with db.read() as session:
        person = await session.get(Person, "p1")
        assert person is not None
        assert (person.consent_version, person.consent_at) == ("2026-01", world.events[-1].at)
        types = [e.type for e in await streams.events_of(session, "person-p1")]
    assert types.count("consent_given") == 1


async def test_of_a_person_who_is_not_known_nothing_is_kept(db: Database) -> None:
    world = World([participant(7, qualification="SMA")])
    world.send(ORGANISER, world.submission())
    world.complete(VERIFIER, "resolve_equivalence", "accept", subject="s7", reason=REASON, evidence=(DIGEST,))
    await written(db, world)
    assert await answers(db) == {}


async def test_an_event_that_is_put_back_says_it_again(db: Database) -> None:
    """A database from an old backup: the event comes back from its history, and with it the answer."""
    world = World([participant(1, qualification="SMA")])
    world.send(ORGANISER, world.submission())
    await written(db, world)
    asked = len(world.events)
    world.complete(VERIFIER, "resolve_equivalence", "accept", subject="s1", reason=REASON, evidence=(DIGEST,))
    whole = AppendRequest(
        stream=world.case.stream,
        workflow_id=world.case.workflow_id,
        events=tuple(world.events),
        opening=world.opening,
    )

    async def histories() -> AsyncIterator[Witness]:
        yield Witness(whole.workflow_id, "run-1", (whole,), ())

    result = await repair(db, histories)
    assert result.events == len(world.events) - asked == 1
    assert await answers(db) == {"equivalence": ("accepted", "programme-1")}
