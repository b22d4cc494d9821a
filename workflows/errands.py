"""Errands: what a case asks of the world. The answer is an event of its own."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities import contracts as c
    from domain.cases import REVISION, Case, Errand
    from domain.clock import local_day
    from domain.errors import DomainError, Refused
    from domain.facts import Facts
    from domain.openings import CertificateOpening, JourneyOpening
    from workflows.case_state import CaseState
    from workflows.model import CaseStart
    from workflows.search import attributes_at
    from workflows.timeouts import rest


FIRST_TASK = timedelta(days=30)
"""No child's first task is due later than that after its start."""


class Errands(CaseState):
    """Runs what is ASKED: errands about one subject one after the other, the rest side by side."""

    async def _run_errands(self) -> None:
        running: set[asyncio.Task[None]] = set()
        while True:
            await workflow.wait_condition(lambda: bool(self._waiting_errands()))
            for errand in self._waiting_errands():
                self.in_flight.add(errand.id)
                task = asyncio.create_task(self._watched(self._run_errand(errand)))
                running.add(task)
                task.add_done_callback(running.discard)

    def _waiting_errands(self) -> list[Errand]:
        """Those that may go now: errands about the same subject go one after the other; none of a frozen
        case, whose decisions nobody can read."""
        if self.frozen or self.bug:
            return []
        asked = [e for e in self.case.errands.values() if e.state == "ASKED"]
        taken = {e.subject for e in asked if e.id in self.in_flight}
        ready: list[Errand] = []
        for errand in asked:
            if errand.id not in self.in_flight and errand.subject not in taken:
                taken.add(errand.subject)
                ready.append(errand)
        return ready

    async def _run_errand(self, errand: Errand) -> None:
        """Ask the world until it answers; a failure sets attention and is tried again later."""
        attempt = 0
        try:
            while True:
                try:
                    answer = await self._perform(errand)
                    break
                except FailureError as error:
                    if is_cancelled_exception(error):
                        raise
                    self._trouble(errand.id, f"errand:{errand.kind}")
                    self.resting.add(errand.id)
                    await workflow.sleep(rest(attempt))
                    self.resting.discard(errand.id)
                    attempt += 1
            self._solved(errand.id)
            facts = Facts()
            if errand.kind in self.logic.facts:
                facts = await self._facts(errand.kind, errand.subject)
            while (year := self._answered(errand, answer, facts)) is not None:
                await self._reach(year)
        finally:
            self.in_flight.discard(errand.id)
            self.version += 1

    def _answered(self, errand: Errand, answer: dict[str, Any], facts: Facts) -> int | None:
        """Take the answer; or give the year that the calendar lacks for it, and take nothing."""
        turn = self._system_turn(facts)
        turn.set("errand", errand.id, state="ANSWERED", answer=answer)
        try:
            type_ = self.logic.answer(turn, self.case.errands[errand.id], answer)
        except DomainError as error:
            if (year := self._reaches(error)) is not None:
                return year
            turn = self._system_turn(facts)
            turn.set("errand", errand.id, state="ANSWERED", answer=answer)
            turn.payload["rules"] = [v.rule for v in error.violations]
            type_ = "answer_had_no_effect"
        self._accept(turn, type_)
        return None

    async def _perform(self, errand: Errand) -> dict[str, Any]:
        if errand.kind in ("start_journey", "start_certificate"):
            return await self._start_child(errand)
        name, request, result = errand_call(errand, self.case)
        answer = await self._call(name, request, result)
        data: dict[str, Any] = answer.model_dump(mode="json")
        return data

    async def _start_child(self, errand: Errand) -> dict[str, Any]:
        if self.case.revision >= 3:  # it inherits the calendar, and its first task counts working days
            await self._reach(local_day(self._now() + FIRST_TASK).year)
        start = child_start(errand, self.case, self._now())
        try:
            await workflow.start_child_workflow(
                "CertificationJourney" if errand.kind == "start_journey" else "Certificate",
                start,
                id=start.case.workflow_id,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON,
                static_summary=start.summary,
                search_attributes=attributes_at(start),
            )
        except WorkflowAlreadyStartedError:
            return {"outcome": "already"}
        return {"outcome": "started"}


def errand_call(errand: Errand, case: Case) -> tuple[str, Any, type[Any]]:
    """Which activity an errand asks, with what, and what comes back."""
    body = errand.body
    if errand.kind == "message":
        head = {"id": errand.id, "sender": case.stream, "sender_workflow": case.workflow_id}
        told = {"business_at": case.business_at} if case.clock == "simulation" else {}
        return c.DELIVER_MESSAGE, c.Message.model_validate({**head, **told, **body}), c.Delivered
    if errand.kind == "reserve":
        return c.RESERVE, c.ReserveRequest.model_validate({"stream": case.stream, **body}), c.ReserveAnswer
    if errand.kind == "release":
        return c.RELEASE, c.ReleaseRequest.model_validate({"stream": case.stream, **body}), c.Done
    if errand.kind == "review_documents":
        return (
            c.REVIEW_DOCUMENTS,
            c.ReviewRequest.model_validate({"stream": case.stream, **body}),
            c.ReviewAnswer,
        )
    if errand.kind == "render_certificate":
        return (
            c.RENDER_CERTIFICATE,
            c.RenderRequest.model_validate({"stream": case.stream, **body}),
            c.RenderAnswer,
        )
    raise Refused.because("M-ERRAND", "Permintaan tidak dikenal.", "Unknown errand.", kind=errand.kind)


def started_children(case: Case) -> tuple[str, ...]:
    """Streams of the journeys (or of the certificate) that this case has started."""
    return tuple(
        str(e.body["application" if e.kind == "start_journey" else "certificate"])
        for e in case.errands.values()
        if e.kind in ("start_journey", "start_certificate") and e.answer.get("outcome") == "started"
    )


def child_start(errand: Errand, case: Case, now: datetime) -> CaseStart:
    """The start of a journey or a certificate that this case opens; it inherits policy, calendar, clock."""
    opening: JourneyOpening | CertificateOpening
    if errand.kind == "start_journey":
        opening = JourneyOpening.model_validate(errand.body)
        stream, workflow_id, kind = opening.application, opening.workflow_id, "journey"
        summary = "Sertifikasi calon asesor / Certification journey"
    else:
        opening = CertificateOpening.model_validate(errand.body)
        stream, workflow_id, kind = opening.certificate, opening.workflow_id, "certificate"
        summary = "Sertifikat kompetensi / Certificate of competence"
    return CaseStart(
        case=new_case(stream, kind, workflow_id, case, now), now=now, opening=opening, summary=summary
    )


def new_case(stream: str, kind: Any, workflow_id: str, parent: Case, now: datetime) -> Case:
    return Case(
        stream=stream,
        kind=kind,
        workflow_id=workflow_id,
        head="",
        policy_version=parent.policy_version,
        revision=REVISION,
        calendar=parent.calendar,
        clock=parent.clock,
        business_at=now,
    )
