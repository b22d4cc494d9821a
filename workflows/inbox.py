"""Signals: messages of other cases and completions by systems that only send. Nothing in them is believed
before an activity has judged it."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json
from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from activities import contracts as c
    from domain.errors import DomainError
    from domain.facts import Facts
    from workflows.case_state import CaseState

BODY_BYTES = 64 * 1024
"""A signal's body at most; a completed task with its longest form is a fraction of it."""


class Inbox(CaseState):
    """The one dynamic signal handler: a malformed signal is refused and never breaks the case."""

    @workflow.signal(dynamic=True)
    async def on_signal(self, name: str, args: Sequence[RawValue]) -> None:
        """Every signal comes here, so that a malformed one is refused and never breaks the case."""
        self.busy += 1
        try:
            await self._signal(name, args)
        finally:
            self.busy -= 1
            self.version += 1

    async def _signal(self, name: str, args: Sequence[RawValue]) -> None:
        body: Any = None
        problem = ""
        if len(args) != 1:
            problem = "arguments"
        else:
            body, problem = json_body(args[0])
        try:
            judged: c.Authorised = await self._insist(
                "signal",
                c.AUTHORISE_SIGNAL,
                c.AuthoriseRequest(
                    workflow_id=workflow.info().workflow_id,
                    stream=self.case.stream,
                    kind=self.case.kind,
                    name=name[:80],
                    body=body,
                    problem=problem,
                    seq=self.case.seq,
                ),
                c.Authorised,
            )
            if judged.envelope is not None:
                self._take(judged.envelope)
            elif judged.message is not None and judged.message.type == "thaw":
                self._thaw()
            elif judged.message is not None:
                await self._receive(judged.message)
        except DomainError as error:
            await self._insist(
                "denial",
                c.RECORD_DENIAL,
                c.Denial(
                    stream=self.case.stream,
                    workflow_id=workflow.info().workflow_id,
                    what=f"signal:{name[:80]}",
                    rules=tuple(v.rule for v in error.violations),
                ),
                c.Done,
            )

    def _thaw(self) -> None:
        """People have mended the record: write what is pending, and go on if it is taken."""
        self.frozen = ""
        self._show()

    async def _receive(self, message: c.Message) -> None:
        """A verified message of another case. Duplicates and those for another application are ignored."""
        if self.frozen:
            await workflow.wait_condition(lambda: not self.frozen)
        if message.id in self.case.messages or self._ended():
            return
        facts = Facts()
        if message.type in self.logic.facts:
            facts = await self._facts(message.type, message.application)
            if message.id in self.case.messages:
                return
        while (year := self._received(message, facts)) is not None:
            await self._reach(year)
            if message.id in self.case.messages or self._ended():
                return

    def _received(self, message: c.Message, facts: Facts) -> int | None:
        """Take the message; gives the year that the calendar lacks where it needs one, and then takes
        nothing."""
        turn = self._system_turn(facts, told=message.business_at)
        turn.payload.update(message_id=message.id, message=message.type, sender=message.sender)
        try:
            type_ = self.logic.message(turn, message)
        except DomainError as error:
            if (year := self._reaches(error)) is not None:
                return year
            turn = self._system_turn(facts, told=message.business_at)
            turn.payload.update(
                message_id=message.id, message=message.type, rules=[v.rule for v in error.violations]
            )
            type_ = "message_had_no_effect"
        self._accept(turn, type_)
        return None


def json_body(value: RawValue) -> tuple[Any, str]:
    """What a signal carries, and what is wrong with it: only JSON of a bounded size is looked at, for what is
    handed on to the activity must itself be JSON within Temporal's limits."""
    payload = value.payload
    if payload.metadata.get("encoding") != b"json/plain" or len(payload.data) > BODY_BYTES:
        return None, "undecodable"
    try:
        body = workflow.payload_converter().from_payload(payload)
        return (body, "") if len(to_json(body)) <= BODY_BYTES else (None, "undecodable")
    except Exception:  # whatever a stranger can think of
        return None, "undecodable"
