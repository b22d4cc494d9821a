"""What a machine can check of a candidate's evidence: is it there, of the right kind, dated, and its own.

It never judges content: whatever is not plainly in order is left to the reviewer, who sees why.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities import contracts as c
from db import reads, registry
from db.people_tables import Document
from db.session import Database
from domain.cases import DocumentFinding
from domain.clock import local_day
from domain.facts import ParticipantFacts
from domain.policy import Policy, Requirement
from domain.verdict import Outcome


class ReviewActivities:
    """`review_documents`: one finding a requirement."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @activity.defn(name=c.REVIEW_DOCUMENTS)
    async def review(self, request: c.ReviewRequest) -> c.ReviewAnswer:
        """`pass`, `fail` (missing or plainly wrong) or `needs_human`, with the reasons as facts."""
        async with self._db.read() as session:
            policy = await registry.known_policy(session, request.policy_version)
            clock = await reads.sim_clock(session)
            today = local_day(clock.now if clock else datetime.now(UTC))
            documents = await _documents(session, request)
            others = await _of_others(session, request.person, documents)
        return c.ReviewAnswer(
            findings=tuple(
                judge(requirement, documents, others, request.facts, policy, today)
                for requirement in policy.requirements
            )
        )


def judge(
    requirement: Requirement,
    documents: Mapping[str, Document],
    others: Mapping[str, int],
    facts: ParticipantFacts,
    policy: Policy,
    today: date,
) -> DocumentFinding:
    """Is this requirement shown by its documents, as far as a machine can see?

    `others` counts, by digest, the other persons who handed in the same bytes. Reasons are words; no
    person, name or content is in a finding.
    """
    wrong: dict[str, list[str]] = {}
    unsure: dict[str, list[str]] = {}
    seen: dict[str, str] = {}
    for name in requirement.documents:
        document = documents.get(name)
        if document is None:
            wrong.setdefault("missing", []).append(name)
            continue
        seen[name] = document.digest
        if not _kind_fits(document, requirement, policy):
            wrong.setdefault("kind", []).append(name)
        if document.dated is not None and document.dated > today:
            wrong.setdefault("dated_ahead", []).append(name)
        if others.get(document.digest):
            unsure.setdefault("handed_in_by_others", []).append(name)
    for reason, sure in _said(requirement.rule, documents, facts, today):
        (wrong if sure else unsure).setdefault(reason, []).append(requirement.rule)
    outcome = Outcome.FAIL if wrong else Outcome.NEEDS_HUMAN if unsure else Outcome.PASS
    found: dict[str, Any] = {"documents": seen, **wrong, **unsure}
    return DocumentFinding(requirement=requirement.rule, outcome=outcome.value, facts=found)


def _kind_fits(document: Document, requirement: Requirement, policy: Policy) -> bool:
    if document.size > policy.upload_bytes or document.media_type not in policy.upload_types:
        return False
    return document.requirement not in requirement.pictures or document.media_type.startswith("image/")


def _said(
    rule: str, documents: Mapping[str, Document], facts: ParticipantFacts, today: date
) -> Sequence[tuple[str, bool]]:
    """What the application says beside its documents: (reason, plainly wrong)."""
    found: list[tuple[str, bool]] = []
    if rule == "R-Q3" and facts.qualification is None:
        found.append(("qualification_not_given", True))
    if rule == "R-TECH":
        if not facts.technical:
            found.append(("certificate_not_given", True))
        elif max(t.valid_until for t in facts.technical) < today:
            found.append(("certificate_over", True))
        if not facts.experience:
            found.append(("experience_not_given", True))
    if rule == "R-REC":
        said = facts.recommendation
        letter = documents.get("recommendation_letter")
        if said is None:
            found.append(("recommendation_not_given", True))
        elif letter is not None and letter.dated and said.day and letter.dated != said.day:
            found.append(("letter_date_differs", False))
    if rule == "R-IT" and not facts.it_declared:
        found.append(("not_declared", True))
    return found


async def _documents(session: AsyncSession, request: c.ReviewRequest) -> dict[str, Document]:
    """The person's newest document of each kind; those of this application go first.

    Evidence of an earlier application counts too: it can be used again (domain specification, § 6).
    """
    mine = (request.application, request.stream)
    rows = await session.exec(
        select(Document).where(Document.person == request.person).order_by(col(Document.uploaded_at))
    )
    ordered = sorted(rows, key=lambda d: d.application in mine)
    return {row.requirement: row for row in ordered}


async def _of_others(session: AsyncSession, person: str, documents: Mapping[str, Document]) -> dict[str, int]:
    digests = sorted({d.digest for d in documents.values()})
    rows = await session.exec(
        select(Document.digest, Document.person).where(
            col(Document.digest).in_(digests), Document.person != person, Document.person != ""
        )
    )
    found: dict[str, set[str]] = {}
    for digest, other in rows:
        found.setdefault(digest, set()).add(other)
    return {digest: len(persons) for digest, persons in found.items()}
