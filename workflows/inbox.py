"""Signals: messages of other cases and completions by systems that only send. Nothing in them is believed
before an activity has judged it."""

from collections.abc import Sequence
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities import contracts as c
    from domain.errors import DomainError
    from domain.facts import Facts
    from workflows.case_state import CaseState


class Inbox(CaseState):
    """The one dynamic signal handler: a malformed signal is refused and never breaks the case."""

    @workflow.signal(dynamic=True)
    async def on_signal(self, name: str, args: Sequence[RawValue]) -> None:
        """Every signal comes here, so that a malformed one is refused and never breaks the case."""
        self.busy += 1
        try:
            await self._signal(name, args)
        except FailureError:
            workflow.logger.warning("signal could not be judged", extra={"signal": name})
        finally:
            self.busy -= 1
            self.version += 1

    async def _signal(self, name: str, args: Sequence[RawValue]) -> None:
        body: Any = None
        problem = ""
        if len(args) != 1:
            problem = "arguments"
        else:
            try:
                body = workflow.payload_converter().from_payload(args[0].payload)
            except Exception:
                problem = "undecodable"
        try:
            judged: c.Authorised = await self._call(
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
            elif judged.message is not None:
                await self._receive(judged.message)
        except DomainError as error:
            await self._call(
                c.RECORD_DENIAL,
                c.Denial(
                    stream=self.case.stream,
                    workflow_id=workflow.info().workflow_id,
                    what=f"signal:{name[:80]}",
                    rules=tuple(v.rule for v in error.violations),
                ),
                c.Done,
            )

    async def _receive(self, message: c.Message) -> None:
        """A verified message of another case. Duplicates and those for another application are ignored."""
        if message.id in self.case.messages or self._ended():
            return
        facts = Facts()
        if message.type in self.logic.facts:
            facts = await self._facts(message.type, message.application)
            if message.id in self.case.messages:
                return
        turn = self._system_turn(facts)
        turn.payload.update(message_id=message.id, message=message.type, sender=message.sender)
        try:
            type_ = self.logic.message(turn, message)
        except DomainError as error:
            turn = self._system_turn(facts)
            turn.payload.update(
                message_id=message.id, message=message.type, rules=[v.rule for v in error.violations]
            )
            type_ = "message_had_no_effect"
        self._accept(turn, type_)
