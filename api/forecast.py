"""What a request would be refused for if it were submitted now: by the same rules, with nothing sent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from api import drafts
from api.drafts import DraftContent
from api.gateway import Gateway, unborn
from api.schemas.derive import request_model
from db import registry
from db.facts import facts_for, purpose_of
from db.people_tables import Draft
from domain import commands as c
from domain.cases import Case, Task
from domain.commands import Envelope
from domain.errors import DomainError
from domain.ids import command_id
from domain.roles import Actor
from domain.rules.book import RULES
from domain.rules.matrix import Moment, run
from domain.verdict import Verdict, Violation
from workflows.cases.kinds import LOGIC
from workflows.cases.logic import decide

RESUBMIT = "correct_programme"


async def forecast(gateway: Gateway, draft: Draft, case: Case | None, actor: Actor) -> list[Violation]:
    """Every violation that this draft's organiser would be told of; the empty list: rows know of none.

    `subject` is the id of a class or seat as the draft has it.
    """
    content = drafts.content_of(draft)
    again: Mapping[str, str] = {}
    if case is not None and case.state == "DRAFT":  # taken back: it goes in under new ids
        fresh = drafts.renewed(content, case)
        again = _names_again(content, fresh)
        content = fresh
    try:
        command = _command(draft, content, case)
        if command is None:
            return []
        await judged(gateway, draft.id, case, command, actor)
    except DomainError as error:
        return [v.model_copy(update={"subject": again.get(v.subject, v.subject)}) for v in error.violations]
    return []


async def verdicts(
    gateway: Gateway, draft: Draft, content: DraftContent, case: Case | None, actor: Actor
) -> list[Verdict]:
    """What each rule of the (re)submission says of this content, the good answers too. Of a request that has
    no class or no participant yet, what rules can say already."""
    fields: dict[str, Any] = {name: getattr(content, name) for name in ("classes", "seats", "masters")}
    if case is not None and case.state not in ("", "DRAFT"):
        moment = Moment.programme_resubmit
        # Unchecked: a request that is being written may lack what a command must have.
        form = c.ResubmitProgrammeForm.model_construct(**fields, request_digest="")
        task = _correction(case)
        command: Any = c.CompleteTask.model_construct(
            task=task.id if task else "", decision="resubmit", form=form
        )
    else:
        moment = Moment.programme_submit
        fields |= {"programme": draft.id, "organiser": draft.organiser, "track": content.track}
        command = c.SubmitProgramme.model_construct(**fields, request_digest="")
    now = await gateway.business_now()
    async with gateway.db.read() as session:
        facts = await facts_for(
            session,
            gateway.vault,
            purpose=purpose_of(command, case),
            case=case,
            command=command,
            actor=actor,
            now=now,
        )
        if content.scheme:
            scheme = await registry.scheme_facts(session, content.scheme, content.scheme_version)
            facts = facts.model_copy(update={"scheme": scheme})
    known = {"overrides": case.overrides} if case is not None and case.main is not None else {}
    return run(moment, facts.model_copy(update=known))


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """A rule's answer with what it is called, what it saw and what to do."""
    title = RULES[verdict.rule].title
    return {
        "rule": verdict.rule,
        "title": title.id,
        "title_en": title.en,
        "outcome": verdict.outcome.value,
        "text": verdict.text.id,
        "text_en": verdict.text.en,
        "remedy": verdict.remedy.id if verdict.remedy else None,
        "remedy_en": verdict.remedy.en if verdict.remedy else None,
        "citation": verdict.citation,
        "subject": verdict.subject,
        "facts": {name: value for name, value in verdict.facts.items() if name != "sentence"},
    }


def _correction(case: Case) -> Task | None:
    return next(
        (t for t in case.tasks.values() if t.kind == RESUBMIT and t.state in ("OFFERED", "CLAIMED")), None
    )


def _names_again(before: DraftContent, after: DraftContent) -> Mapping[str, str]:
    classes = {new.id: old.id for old, new in zip(before.classes, after.classes, strict=True)}
    return classes | {new.id: old.id for old, new in zip(before.seats, after.seats, strict=True)}


def _command(draft: Draft, content: DraftContent, case: Case | None) -> Any:
    """What would be sent: the first submission, or the corrected one; None while neither can be."""
    fields = drafts.request_fields(content)
    if case is None or case.state == "DRAFT":
        given = {"programme": draft.id, "organiser": draft.organiser, "track": content.track, **fields}
        assert not request_model(c.SubmitProgramme).model_fields  # the server fills all of it
        return c.SubmitProgramme.model_validate(given)
    task = _correction(case)
    if task is None:
        return None
    return c.CompleteTask(
        task=task.id, decision="resubmit", form=c.ResubmitProgrammeForm.model_validate(fields)
    )


async def judged(gateway: Gateway, stream: str, case: Case | None, command: Any, actor: Actor) -> None:
    """Judge a command on what rows know of its case, without sending or recording anything; raises what it
    would be refused for."""
    now = await gateway.business_now()
    async with gateway.db.read() as session:
        facts = await facts_for(
            session,
            gateway.vault,
            purpose=purpose_of(command, case),
            case=case,
            command=command,
            actor=actor,
            now=now,
        )
        case = case or await unborn(session, gateway.settings, stream, now)
    envelope = Envelope(
        command_id=command_id(actor.account, stream, "forecast"),
        command=command,
        actor=actor,
        facts=facts,
        as_of=datetime.now(UTC),
        business_at=now if gateway.settings.clock == "simulation" else None,
    )
    decide(LOGIC[case.kind], case, envelope, now)
