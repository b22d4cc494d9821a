"""What every case does alike: take commands, wait, run errands, write the ledger, never fail.

The workflow is the truth; `ledger_append` writes it down afterwards. A person's handler has no await:
it decides, fires, appends to the pending list and answers. One flusher sends what is pending, in order.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from temporalio import workflow
from temporalio.common import RawValue, SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from activities import contracts as c
    from domain.cases import Case, Errand
    from domain.commands import Envelope, Receipt
    from domain.errors import Conflict, DomainError, Refused
    from domain.events import Event
    from domain.facts import Facts
    from domain.openings import CertificateOpening, JourneyOpening
    from domain.roles import SYSTEM
    from domain.text import Text
    from domain.verdict import Violation
    from state_machines.tables import TABLES
    from state_machines.turn import Turn, evolve, moments, pass_moment
    from workflows.cases.logic import CaseLogic, decide, known
    from workflows.model import CaseStart, Status
    from workflows.timeouts import AGAIN_AFTER, POLICIES, STALE_AFTER, UNUSED_AFTER

BATCH_EVENTS = 50
BATCH_BYTES = 256 * 1024
UPDATES_A_RUN = 500

STAGE = SearchAttributeKey.for_keyword("AsesorStage")
STATE = SearchAttributeKey.for_keyword("AsesorState")
ORGANISER = SearchAttributeKey.for_keyword("AsesorOrganiser")
DUE = SearchAttributeKey.for_datetime("AsesorDue")
TRACK = SearchAttributeKey.for_keyword("AsesorTrack")
POLICY = SearchAttributeKey.for_keyword("AsesorPolicy")
ATTENTION = SearchAttributeKey.for_keyword("AsesorAttention")
SEARCH_ATTRIBUTES: tuple[SearchAttributeKey[Any], ...] = (
    STAGE,
    STATE,
    ORGANISER,
    DUE,
    TRACK,
    POLICY,
    ATTENTION,
)


def refusal(error: DomainError) -> ApplicationError:
    """A domain refusal as Temporal's failure: the message holds rule ids only; the violations travel as
    (encrypted) details."""
    return ApplicationError(
        str(error),
        [v.model_dump(mode="json") for v in error.violations],
        type=type(error).__name__,
        non_retryable=True,
    )


class CaseWorkflow:
    """Base of programme, journey and certificate. A subclass gives its `logic` and a `run` of three lines."""

    logic: ClassVar[CaseLogic]

    def begin(self, start: CaseStart) -> None:
        """Called by the subclass's `@workflow.init`."""
        self.case: Case = start.case
        self.opening: Case | None = start.case if start.case.seq == 0 else None
        self.ticked: datetime = max(start.now, start.case.business_at)
        self.pending: deque[Event] = deque()
        self.in_flight: set[str] = set()
        self.version = 0
        self.updates = 0
        self.busy = 0
        self.frozen = ""
        self.attention = ""
        self.cancel_requests = 0
        self.shown: dict[str, Any] = {}
        if start.opening is not None and start.case.seq == 0 and self.logic.open is not None:
            turn = self._system_turn(Facts())
            self._accept(turn, self.logic.open(turn, start.opening))

    async def live(self) -> str:
        """Run the case to its end and give the state that it ended in."""
        first = self.case.seq
        if self.case.state in ("", "DRAFT"):
            # Started together with a first command that was then refused: nothing ever happened here.
            try:
                await workflow.wait_condition(lambda: self.case.seq > first, timeout=UNUSED_AFTER)
            except TimeoutError:
                await workflow.wait_condition(workflow.all_handlers_finished)
                if self.case.seq == first:
                    return "UNUSED"
        background = [asyncio.create_task(self._flush()), asyncio.create_task(self._run_errands())]
        while not self._finished():
            try:
                await self._wait_and_pass()
                if self._should_continue_as_new():
                    break
            except asyncio.CancelledError:
                # Temporal's cancel is forbidden on cases: it is recorded, and the case goes on.
                self.cancel_requests += 1
                turn = self._system_turn(Facts())
                turn.payload["cancel_requests"] = self.cancel_requests
                self._accept(turn, "cancel_request_ignored")
        for task in background:
            task.cancel()
        if self._finished():
            return self.case.state
        workflow.continue_as_new(CaseStart(case=self.case, now=self._now()))
        return None

    # ---- commands ------------------------------------------------------------------------

    @workflow.update(name="command")
    def on_command(self, envelope: Envelope) -> Receipt:
        """Take one command: decide, move, append to the pending events, answer with the receipt."""
        try:
            return self._take(envelope)
        except DomainError as error:
            raise refusal(error) from None

    @on_command.validator
    def validate_command(self, envelope: Envelope) -> None:
        """Refuse before anything is written to history; the very same decision as the handler's."""
        try:
            self._check_open()
            if known(self.case, envelope) is None:
                decide(self.logic, self.case, envelope, self._now(envelope))
        except DomainError as error:
            raise refusal(error) from None

    def _take(self, envelope: Envelope) -> Receipt:
        self._check_open()
        before = known(self.case, envelope)
        if before is not None:
            return self._receipt(envelope, *before)
        turn, type_ = decide(self.logic, self.case, envelope, self._now(envelope))
        self.updates += 1
        event = self._accept(turn, type_)
        return self._receipt(envelope, event.seq, event.hash, turn.created)

    def _receipt(
        self, envelope: Envelope, seq: int, hash_: str, created: dict[str, Any] | None = None
    ) -> Receipt:
        return Receipt(
            stream=self.case.stream,
            seq=seq,
            hash=hash_,
            state=self.case.state,
            command_id=envelope.command_id,
            command_digest=envelope.command_digest,
            created=created or {},
        )

    def _check_open(self) -> None:
        if self.frozen:
            raise Conflict(
                Violation(
                    rule="M-FROZEN",
                    text=Text(
                        id="Perkara ini dibekukan karena catatannya bercabang; sedang diperbaiki.",
                        en="This case is frozen because its record forked; operations are mending it.",
                    ),
                    facts={"attention": self.frozen},
                )
            )

    # ---- time ----------------------------------------------------------------------------

    @workflow.update(name="tick")
    async def on_tick(self, to: datetime) -> Status:
        """Simulation only: business time moves to `to` (UTC); answers when all that was due is done."""
        self.ticked = max(self.ticked, to)
        self.version += 1
        await workflow.wait_condition(self._quiet)
        return self.on_status()

    @on_tick.validator
    def validate_tick(self, to: datetime) -> None:
        if self.case.clock != "simulation" or to.tzinfo is None:
            raise ApplicationError("S-CLOCK", type="Refused", non_retryable=True)

    @workflow.query(name="status")
    def on_status(self) -> Status:
        """What the simulation and operations ask: is there anything left to do right now?"""
        upcoming = moments(self.case)
        return Status(
            stream=self.case.stream,
            state=self.case.state,
            seq=self.case.seq,
            head=self.case.head,
            pending=len(self.pending),
            errands=sum(e.state == "ASKED" for e in self.case.errands.values()),
            busy=self.busy,
            next_moment=upcoming[0][0] if upcoming else None,
            attention=self.frozen or self.attention,
            ended=self._ended(),
            cancel_requests=self.cancel_requests,
        )

    def _now(self, envelope: Envelope | None = None) -> datetime:
        """Business time (UTC): the workflow's clock, or, in a simulation, what it was told."""
        if self.case.clock == "real":
            return workflow.now()
        stamped = envelope.business_at if envelope and envelope.business_at else self.ticked
        return max(self.ticked, stamped, self.case.business_at)

    def _due(self) -> tuple[datetime, int, str, str] | None:
        upcoming = moments(self.case)
        return upcoming[0] if upcoming and upcoming[0][0] <= self._now() else None

    def _quiet(self) -> bool:
        return self._settled() and (self._ended() or self._due() is None)

    def _settled(self) -> bool:
        return (
            not self.pending
            and not self.busy
            and not self.in_flight
            and not any(e.state == "ASKED" for e in self.case.errands.values())
        )

    async def _wait_and_pass(self) -> None:
        """Wait until something is due or has changed; do what is due."""
        due = self._due()
        if due is not None and not self._ended():
            await self._pass(*due)
            return
        seen = self.version
        upcoming = moments(self.case)
        await self._wait_until(
            upcoming[0][0] if upcoming and not self._ended() else None, lambda: self.version != seen
        )

    async def _wait_until(self, moment: datetime | None, changed: Any) -> None:
        """All waiting for business time goes through here: a plain timer in real time, a condition in a
        simulation (business time moves by `tick` alone)."""

        def ready() -> bool:
            return bool(changed()) or self._finished() or self._should_continue_as_new()

        if moment is None or self.case.clock == "simulation":
            await workflow.wait_condition(lambda: ready() or (moment is not None and self._now() >= moment))
            return
        try:
            await workflow.wait_condition(
                ready, timeout=max((moment - workflow.now()).total_seconds(), 0.001)
            )
        except TimeoutError:
            return

    async def _pass(self, at: datetime, order: int, what: str, id_: str) -> None:
        """Do what the case does by itself at a moment. Facts first; then, if it still is due, one step."""
        self.busy += 1
        try:
            facts = Facts()
            if what == "deadline" and self.case.deadlines[id_].kind in self.logic.facts:
                deadline = self.case.deadlines[id_]
                facts = await self._facts(deadline.kind, deadline.subject)
            if (at, order, what, id_) not in moments(self.case):
                return
            turn = self._system_turn(facts)
            try:
                passed = pass_moment(turn, what, id_)
                type_ = self.logic.deadline(turn, passed) if passed else f"task_{what}ed".replace("ee", "e")
            except DomainError as error:
                turn = self._system_turn(facts)
                pass_moment(turn, what, id_)
                turn.payload["rules"] = [v.rule for v in error.violations]
                type_ = "deadline_had_no_effect"
            self._accept(turn, type_)
        finally:
            self.busy -= 1

    # ---- signals ---------------------------------------------------------------------------

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

    # ---- errands ---------------------------------------------------------------------------

    async def _run_errands(self) -> None:
        running: set[asyncio.Task[None]] = set()
        while True:
            await workflow.wait_condition(lambda: bool(self._waiting_errands()))
            for errand in self._waiting_errands():
                self.in_flight.add(errand.id)
                task = asyncio.create_task(self._run_errand(errand))
                running.add(task)
                task.add_done_callback(running.discard)

    def _waiting_errands(self) -> list[Errand]:
        """Those that may go now: errands about the same subject go one after the other."""
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
        try:
            while True:
                try:
                    answer = await self._perform(errand)
                    break
                except (FailureError, asyncio.CancelledError) as error:
                    if isinstance(error, asyncio.CancelledError) and self._finished():
                        raise
                    self.attention = f"errand:{errand.kind}"
                    await workflow.sleep(AGAIN_AFTER)
            self.attention = ""
            facts = Facts()
            if errand.kind in self.logic.facts:
                facts = await self._facts(errand.kind, errand.subject)
            turn = self._system_turn(facts)
            turn.set("errand", errand.id, state="ANSWERED", answer=answer)
            try:
                type_ = self.logic.answer(turn, self.case.errands[errand.id], answer)
            except DomainError as error:
                turn = self._system_turn(facts)
                turn.set("errand", errand.id, state="ANSWERED", answer=answer)
                turn.payload["rules"] = [v.rule for v in error.violations]
                type_ = "answer_had_no_effect"
            self._accept(turn, type_)
        finally:
            self.in_flight.discard(errand.id)
            self.version += 1

    async def _perform(self, errand: Errand) -> dict[str, Any]:
        if errand.kind in ("start_journey", "start_certificate"):
            return await self._start_child(errand)
        name, request, result = errand_call(errand, self.case)
        answer = await self._call(name, request, result)
        data: dict[str, Any] = answer.model_dump(mode="json")
        return data

    async def _start_child(self, errand: Errand) -> dict[str, Any]:
        start = child_start(errand, self.case, self._now())
        try:
            await workflow.start_child_workflow(
                "CertificationJourney" if errand.kind == "start_journey" else "Certificate",
                start,
                id=start.case.workflow_id,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON,
                static_summary=start.summary,
            )
        except WorkflowAlreadyStartedError:
            return {"outcome": "already"}
        return {"outcome": "started"}

    # ---- ledger ----------------------------------------------------------------------------

    async def _flush(self) -> None:
        """Send what is pending to the ledger, in order, one batch at a time, for ever."""
        while True:
            await workflow.wait_condition(lambda: bool(self.pending) and not self.frozen)
            self._show()
            batch = self._batch()
            request = c.AppendRequest(
                stream=self.case.stream,
                workflow_id=workflow.info().workflow_id,
                events=batch,
                opening=self.opening if batch[0].seq == 1 else None,
            )
            policy = POLICIES[c.LEDGER_APPEND]
            handle = workflow.start_activity(
                c.LEDGER_APPEND,
                request,
                result_type=c.AppendAnswer,
                start_to_close_timeout=policy.start_to_close,
                retry_policy=policy.retry,
            )
            done, _ = await workflow.wait([handle], timeout=STALE_AFTER.total_seconds())
            if not done:
                self.attention = "ledger:waiting"
                self._show()
            try:
                await handle
            except ActivityError as error:
                kind = error.cause.type if isinstance(error.cause, ApplicationError) else ""
                if kind == c.LEDGER_FORKED:
                    self.frozen = self.attention = "ledger:forked"
                    self._show()
                else:  # LedgerBehind: `asesor repair` refills it; until then everything waits here
                    self.attention = "ledger:behind"
                    self._show()
                    await workflow.sleep(AGAIN_AFTER)
                continue
            for _event in batch:
                self.pending.popleft()
            if self.attention.startswith("ledger:"):
                self.attention = ""
                self._show()
            self.version += 1

    def _batch(self) -> tuple[Event, ...]:
        batch: list[Event] = []
        size = 0
        for event in self.pending:
            size += len(event.model_dump_json())
            if batch and (len(batch) >= BATCH_EVENTS or size > BATCH_BYTES):
                break
            batch.append(event)
        return tuple(batch)

    def _accept(self, turn: Turn, type_: str) -> Event:
        """The decision is made: the event joins the chain and the pending list."""
        event = turn.close(type_, workflow.now())
        self.case = evolve(self.case, event)
        self.pending.append(event)
        self.version += 1
        return event

    def _show(self) -> None:
        """Search attributes and details for Temporal's own UI; opaque values only, and only when changed."""
        state = TABLES[self.case.kind].state(self.case.state)
        upcoming = moments(self.case)
        main = self.case.main
        wanted: dict[SearchAttributeKey[Any], Any] = {
            STAGE: str(state.stage),
            STATE: state.name,
            ORGANISER: getattr(main, "organiser", "") or "-",
            TRACK: getattr(main, "track", "") or "-",
            POLICY: self.case.policy_version,
            ATTENTION: self.frozen or self.attention or "-",
        }
        if upcoming:
            wanted[DUE] = upcoming[0][0]
        changed = [k.value_set(v) for k, v in wanted.items() if self.shown.get(k.name) != v]
        if changed:
            workflow.upsert_search_attributes(changed)
            self.shown.update({k.name: v for k, v in wanted.items()})
        open_tasks = [t for t in self.case.tasks.values() if t.state in ("OFFERED", "CLAIMED")]
        lines = [f"**{state.label.id}** ({state.name})"]
        lines += [f"- {t.kind}: {t.group}, {t.due_at:%Y-%m-%d %H:%M} UTC" for t in open_tasks]
        workflow.set_current_details("\n".join(lines))

    # ---- within ----------------------------------------------------------------------------

    def _system_turn(self, facts: Facts) -> Turn:
        return Turn(self.case, actor=SYSTEM, now=self._now(), facts=facts)

    async def _facts(self, purpose: str, subject: str) -> Facts:
        answer: c.FactsAnswer = await self._call(
            c.READ_FACTS,
            c.FactsRequest(
                stream=self.case.stream,
                kind=self.case.kind,
                purpose=purpose,
                subject=subject,
                seq=self.case.seq,
            ),
            c.FactsAnswer,
        )
        return answer.facts

    async def _call(self, name: str, request: Any, result: type[Any]) -> Any:
        policy = POLICIES[name]
        return await workflow.execute_activity(
            name,
            request,
            result_type=result,
            start_to_close_timeout=policy.start_to_close,
            schedule_to_close_timeout=policy.schedule_to_close,
            retry_policy=policy.retry,
        )

    def _ended(self) -> bool:
        state = self.case.state
        # A request taken back before verification is a draft again: its workflow ends too.
        return bool(state) and (
            state in TABLES[self.case.kind].terminal or (self.case.kind == "programme" and state == "DRAFT")
        )

    def _finished(self) -> bool:
        return self._ended() and self._settled() and workflow.all_handlers_finished()

    def _should_continue_as_new(self) -> bool:
        return (
            (workflow.info().is_continue_as_new_suggested() or self.updates >= UPDATES_A_RUN)
            and self._settled()
            and workflow.all_handlers_finished()
            and not self._ended()
        )


def errand_call(errand: Errand, case: Case) -> tuple[str, Any, type[Any]]:
    """Which activity an errand asks, with what, and what comes back."""
    body = errand.body
    if errand.kind == "message":
        return (
            c.DELIVER_MESSAGE,
            c.Message.model_validate(
                {"id": errand.id, "sender": case.stream, "sender_workflow": case.workflow_id, **body}
            ),
            c.Delivered,
        )
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
        calendar=parent.calendar,
        clock=parent.clock,
        business_at=now,
    )
