"""Candidates who are about to be assessed, on the real server."""

import uuid
from datetime import date

from activities.contracts import Message
from activities.messages import SIGNAL, sign
from domain.clock import local_day
from domain.ids import journey_workflow
from domain.roles import Actor
from examples import organisations
from tests.support.openings import opened
from tests.support.stack import Stack
from tests.support.stories import accepted, applied, points


def workflow(who: Actor) -> str:
    return journey_workflow(who.person, organisations.SCHEME.code)


async def trained(stack: Stack, stream: str, who: Actor) -> None:
    """The programme records the training, with the class's trainer and assessors."""
    news = Message(
        id=str(uuid.uuid4()),
        type="training_recorded",
        sender="programme-x",
        sender_workflow="programme-programme-x",
        to_workflow=workflow(who),
        application=stream,
        body={
            "trainers": [stack.staff("master1").person],
            "assessors": [stack.staff(f"master{n}").person for n in (3, 4)],
            "class_days": [local_day(await stack.now()).isoformat()],
        },
    )
    await stack.client.get_workflow_handle(news.to_workflow).signal(SIGNAL, sign(stack.vault, news))


async def eligible(stack: Stack, number: int, *, corrections: int = 0, certificate_months: int = 24) -> str:
    """A trained candidate whose documents are accepted, after so many corrections."""
    stream = await opened(stack, number, certificate_months=certificate_months)
    who = stack.candidate(number)
    await applied(stack, stream, who)
    for _ in range(corrections):
        await stack.complete(
            stack.staff("penelaah"),
            stream,
            "review_documents",
            "send_back",
            form=await points(stack, stream),
        )
        await stack.complete(who, stream, "correct_application", "resubmit")
    await accepted(stack, stream)
    await trained(stack, stream, who)
    return stream


async def days_on(stack: Stack, working_days: int) -> date:
    return stack.calendar.add_working_days(local_day(await stack.now()), working_days)
