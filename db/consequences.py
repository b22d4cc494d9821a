"""What a case's event says of a person beyond the case: kept with the person, in the event's transaction."""

from collections.abc import Iterator

from sqlmodel.ext.asyncio.session import AsyncSession

from db import registry
from db.people_tables import Person
from domain.cases import Case
from domain.clock import local_day
from domain.events import Event
from domain.facts import Facts, ParticipantFacts
from domain.policy import policy
from domain.rules.book import RULES
from domain.rules.questions import asked

ANSWERED = frozenset({"equivalence_accepted", "equivalence_refused", "documents_accepted"})
"""Events by which somebody answers for a participant what a rule left open."""


async def keep(session: AsyncSession, event: Event, before: Case, after: Case) -> None:
    """Keep the answers and the consent that the event holds; a person who is not known keeps nothing."""
    if event.type in ANSWERED:
        for was, now in _judged(event, before, after):
            await _answers(session, event, after, was, now)
    if after.entities["journey"] and before.entities["journey"]:
        version, journey = after.journey.consent_version, after.journey
        if version != before.journey.consent_version and await _known(session, journey.person):
            await registry.record_consent(session, journey.person, version, by=event.actor, at=event.at)


def _judged(event: Event, before: Case, after: Case) -> Iterator[tuple[ParticipantFacts, ParticipantFacts]]:
    """The participants whose facts the event changed, before and after."""
    for change in event.changes:
        if (
            change.kind in ("seat", "journey")
            and "facts" in change.fields
            and change.id in before.bag(change.kind)
        ):
            yield before.bag(change.kind)[change.id].facts, after.bag(change.kind)[change.id].facts


async def _answers(
    session: AsyncSession, event: Event, case: Case, was: ParticipantFacts, now: ParticipantFacts
) -> None:
    main = case.programme if case.kind == "programme" else case.journey
    facts = Facts(
        policy=policy(case.policy_version),
        submitted_on=local_day(main.submitted_at) if main.submitted_at else None,
        participants=(was,),
    )
    # Only what was in question: the answer must not speak for a field that nobody looked at.
    questions = asked(v for rule in ("R-Q3", "R-TECH") for v in RULES[rule].over(facts))
    for question in sorted(questions):
        answer = getattr(now, question)
        if answer is not None and await _known(session, now.person):
            await registry.record_answer(
                session,
                person=now.person,
                scheme=main.scheme,
                policy_version=case.policy_version,
                question=question,
                answer=answer,
                decided_in=event.stream,
                at=event.at,
            )


async def _known(session: AsyncSession, person: str) -> bool:
    return await session.get(Person, person) is not None
