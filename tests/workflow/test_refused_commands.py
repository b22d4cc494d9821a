"""What bad input gets, over HTTP and to the real case: status, rule, both sentences, a denial, no change."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import identity
from db.identity import Hat
from db.people_tables import Account
from db.tables import DenialRow
from domain.roles import SYSTEM, Role
from tests.support.patience import WITHIN, eventually
from tests.support.stack import Stack
from web.app import create_app

ORGANISER = Hat(Role.ORGANISER, "LSP-TIK")


@dataclass
class Office:
    """The API in front of a stack's cases, and people with tokens."""

    stack: Stack
    http: AsyncClient
    tokens: dict[tuple[str, Hat], str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)

    async def ask(
        self, method: str, path: str, who: str, hat: Hat, body: Any = None, *, key: str = ""
    ) -> Any:
        if (who, hat) not in self.tokens:
            self.tokens[who, hat] = await self.stack.db.retrying(lambda s: self._token(s, who, hat))
        headers = {
            "Authorization": f"Bearer {self.tokens[who, hat]}",
            "Idempotency-Key": key or secrets.token_hex(8),
        }
        return await self.http.request(method, path, json=body, headers=headers)

    async def _token(self, session: AsyncSession, who: str, hat: Hat) -> str:
        now = datetime.now(UTC)
        account = (await session.exec(select(Account.id).where(Account.username == who))).one()
        self.accounts[who] = account
        await identity.grant(session, account, hat, by=SYSTEM, at=now)
        made = await identity.create_token(
            session,
            account=account,
            label="uji",
            scopes=("read", "write"),
            hat=hat,
            expires_at=now + timedelta(days=1),
            by=SYSTEM,
            at=now,
        )
        return made.secret

    async def refused(
        self, answer: Any, status: int, rule: str, *, who: str, what: str, stream: str, seq: int
    ) -> None:
        """The whole of what a refusal is: told in two languages, recorded, and nothing moved."""
        assert answer.status_code == status, answer.text
        violations = answer.json()["violations"]
        assert rule in [v["rule"] for v in violations], violations
        assert all(v["text"] and v["text_en"] for v in violations)
        async with self.stack.db.read() as session:
            rows = await session.exec(
                select(DenialRow)
                .where(DenialRow.account == self.accounts[who])
                .order_by(col(DenialRow.at).desc())
            )
            last = rows.first()
        assert last is not None
        assert rule in last.rules
        assert last.what == what
        found = await self.stack.gateway.case(stream)
        assert found is not None
        assert found.seq == seq


@pytest.fixture
async def office(stack: Stack) -> AsyncIterator[Office]:
    app: FastAPI = create_app(stack.settings)
    async with app.router.lifespan_context(app):
        async with asyncio.timeout(WITHIN):
            await app.state.runtime.warm()
        transport = ASGITransport(app=app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
            yield Office(stack, http)


VERIFIER = Hat(Role.VERIFIER)


async def verifying(office: Office) -> tuple[str, str]:
    """A submitted request whose check is claimed; its stream and the task's id."""
    stack = office.stack
    request = await stack.submission([1, 2, 4])
    stream = request.programme
    await stack.send(stack.staff("penyelenggara"), stream, request)
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    task = (await stack.task(stream, "verify_programme")).id
    claimed = await office.ask("POST", f"/v1/tasks/{task}/claim", "verifikator", VERIFIER, key="claim")
    assert claimed.status_code == 200, claimed.text
    await stack.until(stream, lambda x: x.tasks[task].state == "CLAIMED")
    return stream, task


SEND_BACK = {"decision": "send_back", "form": {"form": "points", "points": ["Surat belum bertanggal."]}}


async def test_a_task_completed_twice(office: Office) -> None:
    stream, task = await verifying(office)
    path = f"/v1/tasks/{task}/complete"
    first = await office.ask("POST", path, "verifikator", VERIFIER, SEND_BACK)
    assert first.status_code == 200, first.text
    case = await office.stack.until(stream, lambda x: x.tasks[task].state == "COMPLETED")
    for body in (SEND_BACK, {"decision": "recommend"}):
        again = await office.ask("POST", path, "verifikator", VERIFIER, body)
        await office.refused(
            again, 409, "M-STATE", who="verifikator", what="complete_task", stream=stream, seq=case.seq
        )


@pytest.mark.parametrize(
    ("who", "hat", "body", "status", "rule", "what"),
    [
        ("penyelenggara", VERIFIER, {"decision": "recommend"}, 403, "R-SOD", "complete_task"),
        ("penyelenggara", ORGANISER, {"decision": "recommend"}, 404, "A-NONE-SUCH", "complete"),
        ("verifikator", VERIFIER, {"decision": "approve"}, 422, "T-DECISION", "complete_task"),
        ("verifikator", VERIFIER, {**SEND_BACK, "evidence": ["a" * 64]}, 422, "D-UNKNOWN", "complete"),
    ],
    ids=[
        "by who submitted, under another hat",
        "by a stranger",
        "with an outcome outside its set",
        "with a form that was never uploaded",
    ],
)
async def test_a_task_is_not_completed(
    office: Office, who: str, hat: Hat, body: dict[str, Any], status: int, rule: str, what: str
) -> None:
    stream, task = await verifying(office)
    case = await office.stack.case(stream)
    answer = await office.ask("POST", f"/v1/tasks/{task}/complete", who, hat, body)
    await office.refused(answer, status, rule, who=who, what=what, stream=stream, seq=case.seq)


async def test_a_task_completed_after_it_was_cancelled(office: Office) -> None:
    stream, task = await verifying(office)
    cancelled = await office.ask(
        "POST",
        f"/v1/programmes/{stream}/commands/cancel_programme",
        "penyelenggara",
        ORGANISER,
        {"reason": "Peserta mengundurkan diri."},
    )
    assert cancelled.status_code == 200, cancelled.text
    case = await office.stack.until(
        stream,  # with what cancelling gives back, which are events, too
        lambda x: x.tasks[task].state == "CANCELLED" and all(e.state != "ASKED" for e in x.errands.values()),
    )
    answer = await office.ask("POST", f"/v1/tasks/{task}/complete", "verifikator", VERIFIER, SEND_BACK)
    await office.refused(
        answer, 409, "M-STATE", who="verifikator", what="complete_task", stream=stream, seq=case.seq
    )


async def test_somebody_elses_key_is_another_command_and_gives_no_receipt_away(office: Office) -> None:
    stream, task = await verifying(office)
    case = await office.stack.case(stream)
    answer = await office.ask("POST", f"/v1/tasks/{task}/claim", "penyelenggara", VERIFIER, key="claim")
    assert "hash" not in answer.json()
    await office.refused(
        answer, 409, "M-STATE", who="penyelenggara", what="claim_task", stream=stream, seq=case.seq
    )


async def test_one_key_for_two_tasks_of_a_case(office: Office) -> None:
    stream, task = await verifying(office)
    case = await office.stack.case(stream)
    other = next(t.id for t in case.tasks.values() if t.id != task) if len(case.tasks) > 1 else task
    body = {"text": "Sedang diperiksa."}
    path = f"/v1/tasks/{other}/comment"
    answer = await office.ask("POST", path, "verifikator", VERIFIER, body, key="claim")
    await office.refused(answer, 409, "A-KEY", who="verifikator", what="comment", stream=stream, seq=case.seq)


async def test_a_form_that_was_never_uploaded_does_not_come_in_by_a_signal(office: Office) -> None:
    stream, task = await verifying(office)
    stack = office.stack
    case = await stack.case(stream)
    handle = stack.client.get_workflow_handle(case.workflow_id)
    command = {"type": "complete_task", "task": task, "decision": "recommend", "evidence": ["a" * 64]}
    token = office.tokens["verifikator", VERIFIER]
    await handle.signal("complete_task", {"token": token, "command_id": "k1", "command": command})

    async def denied() -> DenialRow | None:
        async with stack.db.read() as session:
            rows = await session.exec(select(DenialRow).where(DenialRow.what == "signal:complete_task"))
            return rows.first()

    denial = await eventually(denied)
    assert denial.rules == ["D-UNKNOWN"]
    assert denial.account == office.accounts["verifikator"]
    assert (await stack.case(stream)).seq == case.seq
