"""The outbox on real databases: who is mailed, what the mail says, and that nobody is told twice."""

import ast
import asyncio
import email
import email.policy
import logging
import os
import secrets
import stat
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from activities import mail, notifications
from activities.notifications import ATTEMPTS, ATTENTION, LEASE, back_off, recipients, run_outbox, send_once
from db.people_tables import Account, AccountRole
from db.session import Database
from db.tables import CaseRow, OutboxRow, SimClockRow
from db.vault import PersonData, Vault
from domain.errors import NotFound
from domain.notices import NOTICES, notice
from domain.policy import default
from domain.roles import Role
from domain.text import Text
from tests.support.patience import WITHIN, eventually

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
PEOPLE = {
    "p1": PersonData(full_name="Siti Rahmawati", email="siti@contoh.example"),
    "p2": PersonData(full_name="Budi Santoso", email="budi@contoh.example"),
    "p3": PersonData(full_name="Dewi Lestari", email="dewi@contoh.example"),
    "mute": PersonData(full_name="Tanpa Alamat"),
}
TASK = {"task": "t-1", "kind": "verify_programme", "due_at": "2026-03-16T09:00:00Z"}


@dataclass
class Post:
    """An outbox with its people and its folder."""

    db: Database
    vault: Vault
    folder: Path
    seq: int = 0

    async def tell(
        self,
        to: str,
        template: str = "task_opened",
        data: dict[str, Any] | None = None,
        stream: str = "prog-1",
    ) -> int:
        self.seq += 1
        row = OutboxRow(
            stream=stream, seq=self.seq, n=0, to=to, template=template,
            data=TASK if data is None else data, created_at=NOW,
        )  # fmt: skip
        async with self.db.write() as session:
            session.add(row)
        return self.seq

    async def send(self, **options: Any) -> int:
        return await send_once(self.db, self.vault, self.folder, **options)

    async def rows(self) -> list[OutboxRow]:
        async with self.db.read() as session:
            return list(await session.exec(select(OutboxRow).order_by(col(OutboxRow.seq))))

    async def row(self) -> OutboxRow:
        (row,) = await self.rows()
        return row

    async def case(self, clock: str = "real", stream: str = "prog-1", attention: str = "") -> None:
        async with self.db.write() as session:
            session.add(
                CaseRow(
                    stream=stream, kind="programme", workflow_id=f"programme-{stream}", state="SUBMITTED",
                    stage=1, organiser="LSP-TIK", track="new", policy_version=default().version, clock=clock,
                    seq=1, hash="0" * 64, snapshot="{}", pending_errands=0, attention=attention,
                    opened_at=NOW, updated_at=NOW,
                )
            )  # fmt: skip

    async def attention(self) -> str:
        async with self.db.read() as session:
            return (await session.exec(select(CaseRow.attention))).one()

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.eml"))

    def mails(self) -> list[EmailMessage]:
        found = []
        for path in self.files():
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            found.append(message)
        return sorted(found, key=lambda m: str(m["To"]))

    def mailed(self) -> list[str]:
        return sorted(str(m["To"].addresses[0].addr_spec) for m in self.mails())

    async def hire(self, account: str, person: str, role: Role, organisation: str = "") -> None:
        async with self.db.write() as session:
            if await session.get(Account, account) is None:
                session.add(
                    Account(id=account, person=person, username=account, password_hash="-", created_at=NOW)
                )
                await session.flush()
            session.add(AccountRole(account=account, role=role.value, organisation=organisation))


@pytest.fixture
async def post(db: Database, tmp_path: Path) -> AsyncIterator[Post]:
    vault = Vault(secrets.token_bytes(32))
    async with db.write() as session:
        for id, data in PEOPLE.items():
            await vault.seal_person(session, id, data, by="seed", at=NOW)
    yield Post(db, vault, tmp_path / "mail")


# ---- the texts -----------------------------------------------------------------------------------------


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in ("workflows", "state_machines"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "notify"
                ):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


CALLS = list(_calls())


@pytest.mark.parametrize("call", [c for _, c in CALLS], ids=[w for w, _ in CALLS])
def test_every_notice_that_a_case_sends_has_its_texts(call: ast.Call) -> None:
    template = call.args[1]
    assert isinstance(template, ast.Constant), "name the template in the call, so that its texts can be found"
    assert template.value in NOTICES, "write its texts in domain/notices.py"
    given = {keyword.arg for keyword in call.keywords}
    assert NOTICES[template.value].placeholders <= given


def test_there_are_no_texts_that_nobody_sends() -> None:
    used = {call.args[1].value for _, call in CALLS if isinstance(call.args[1], ast.Constant)}
    assert set(NOTICES) == used | {"account_invited"}  # sent by no case: an organiser asks for it


@pytest.mark.parametrize("name", NOTICES)
def test_both_languages_say_the_same_data(name: str) -> None:
    for text in (NOTICES[name].subject, NOTICES[name].body):
        indonesian, english = (
            {field for _, field, _, _ in Formatter().parse(sentence) if field}
            for sentence in (text.id, text.en)
        )
        assert indonesian == english


def test_an_unknown_notice_is_not_found() -> None:
    with pytest.raises(NotFound, match="N-TEMPLATE"):
        notice("nonsense")


# ---- one mail ------------------------------------------------------------------------------------------


async def test_a_person_is_mailed_in_both_languages(post: Post) -> None:
    await post.case()
    await post.tell("person:p1")
    assert await post.send(public_url="https://asesor.contoh.example") == 1
    (message,) = post.mails()
    assert str(message["To"]) == "Siti Rahmawati <siti@contoh.example>"
    assert str(message["Subject"]) == "Tugas baru: Verifikasi permohonan / New task: Verify the request"
    body = message.get_content()
    assert (
        body.index("Yth. Siti Rahmawati,") < body.index("-- English --") < body.index("Dear Siti Rahmawati,")
    )
    assert "Selesaikan paling lambat 2026-03-16 16:00 WIB." in body
    assert "It is due by 2026-03-16 16:00 WIB." in body
    assert "Perkara: Program pelatihan, prog-1" in body and "Case: Training programme, prog-1" in body
    assert body.count("https://asesor.contoh.example") == 2
    assert message["Date"].datetime == NOW
    assert str(message["Message-ID"]).endswith("@asesor.contoh.example>")
    row = await post.row()
    assert (row.state, row.attempts, row.claimed_until) == ("SENT", 0, None)
    assert row.sent_at is not None
    assert await post.send() == 0


async def test_states_and_days_are_said_as_people_say_them(post: Post) -> None:
    await post.tell("person:p1", "programme_ended", {"programme": "x", "state": "CANCELLED"}, "other")
    await post.tell("person:p2", "certificate_active", {"valid_until": "2029-03-02"}, "other")
    await post.send()
    second, first = post.mails()
    assert "dibatalkan" in str(first["Subject"]) and "cancelled" in str(first["Subject"])
    assert "2 Maret 2029" in second.get_content() and "2 March 2029" in second.get_content()
    assert "Perkara:" not in first.get_content()


async def test_the_file_is_for_its_owner_alone(post: Post) -> None:
    await post.tell("person:p1")
    await post.send()
    (path,) = post.files()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(post.folder.stat().st_mode) == 0o700
    assert list(post.folder.iterdir()) == [path]


async def test_neither_file_name_nor_message_id_tells_who_it_is(post: Post) -> None:
    await post.tell("person:p1", stream="a/../b")
    await post.send()
    (path,) = post.files()
    assert path.parent == post.folder
    assert path.name.startswith("a_.._b-1-0-")
    assert "p1" not in path.name
    assert f"<{path.stem}@asesor.invalid>" == str(post.mails()[0]["Message-ID"])


async def test_a_repetition_is_the_same_mail_in_the_same_file(post: Post) -> None:
    await post.tell("person:p1")
    await post.send()
    (before,) = post.files()
    content = before.read_bytes()
    async with post.db.write() as session:  # the consumer died between the file and the row
        row = (await session.exec(select(OutboxRow))).one()
        row.state, row.sent_at = "PENDING", None
    assert await post.send() == 1
    (after,) = post.files()
    assert (after, after.read_bytes()) == (before, content)


async def test_a_simulation_says_so_in_the_subject(post: Post) -> None:
    await post.case(clock="simulation")
    await post.tell("person:p1")
    await post.send()
    (message,) = post.mails()
    assert str(message["Subject"]).startswith("SIMULASI – Tugas baru")
    assert message.get_content().startswith("SIMULASI –")


async def test_beside_a_simulated_clock_notices_without_a_case_are_simulated_too(post: Post) -> None:
    async with post.db.write() as session:
        session.add(SimClockRow(id=1, now=NOW, target=NOW))
    await post.tell("person:p1", stream="org-1")
    await post.send()
    assert str(post.mails()[0]["Subject"]).startswith("SIMULASI")


@pytest.mark.parametrize(
    "name",
    [
        "Siti",
        "Ny. R. O'Brien, S.T., M.Kom.",
        "Çelik Ünal",
        "Nama " * 30,
        'Si "Ti"',
        "<a@b>, c",
    ],
)
@pytest.mark.parametrize("clock", ["real", "simulation"])
def test_a_mail_says_what_it_was_given_and_is_plain_ascii(name: str, clock: str) -> None:
    row = OutboxRow(
        stream="prog-1", seq=1, n=0, to="person:p", template="task_opened", data=TASK, created_at=NOW
    )
    about = Text(id="Program", en="Programme")
    occasion = mail.Occasion(
        row, notice("task_opened"), about, default().version, clock == "simulation", "http://contoh.example"
    )
    address = mail.address_of(PersonData(full_name=name, email="siti.r+x@contoh.example"))
    assert address is not None
    content = mail.compose(occasion, "p", address).content
    assert content.isascii()
    lines = content.decode().split("\r\n")
    assert all(len(line) <= 78 and "\n" not in line and "\r" not in line for line in lines)
    message = email.message_from_bytes(content, policy=email.policy.default)
    (to,) = message["To"].addresses
    assert (to.display_name, to.addr_spec) == (name.strip(), "siti.r+x@contoh.example")
    assert (str(message["Subject"])[:10] == "SIMULASI –") is (clock == "simulation")
    assert message["Date"].datetime == NOW
    assert message["From"].addresses[0].addr_spec == "noreply@contoh.example"
    assert not message.defects
    text = message.get_content()
    assert f"Yth. {name.strip()}," in text
    assert f"Dear {name.strip()}," in text
    assert ("SIMULASI – tidak" in text) is (clock == "simulation")


async def test_a_line_break_in_a_name_begins_no_header(post: Post) -> None:
    name = PersonData(full_name="Siti\r\nBcc: all@contoh.example", email="siti@contoh.example")
    async with post.db.write() as session:
        await post.vault.seal_person(session, "p1", name, by="seed", at=NOW)
    await post.tell("person:p1")
    await post.send()
    (message,) = post.mails()
    assert message["Bcc"] is None
    assert post.mailed() == ["siti@contoh.example"]


@pytest.mark.parametrize(
    "address", ["", "siti", "siti@", "@contoh.example", "a b@c", "sïti@contoh.example", "<>"]
)
def test_what_is_no_address_is_none(address: str) -> None:
    assert mail.address_of(PersonData(full_name="Siti", email=address)) is None


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
async def test_without_a_public_name_mails_come_from_nowhere(post: Post, url: str) -> None:
    await post.tell("person:p1")
    await post.send(public_url=url)
    assert str(post.mails()[0]["From"].addresses[0].domain) == "asesor.invalid"


# ---- who ---------------------------------------------------------------------------------------------


async def test_a_role_is_every_person_who_wears_it_once(post: Post) -> None:
    await post.hire("a1", "p1", Role.VERIFIER)
    await post.hire("a1b", "p1", Role.VERIFIER)  # a second account of the same person
    await post.hire("a2", "p2", Role.VERIFIER)
    await post.hire("a3", "p3", Role.APPROVER)
    await post.tell("role:verifier")
    assert await post.send() == 1
    assert post.mailed() == ["budi@contoh.example", "siti@contoh.example"]


async def test_an_organisation_is_its_organisers(post: Post) -> None:
    await post.hire("a1", "p1", Role.ORGANISER, "LSP-TIK")
    await post.hire("a2", "p2", Role.ORGANISER, "LSP-NUSA")
    await post.tell("organisation:LSP-TIK")
    await post.send()
    assert post.mailed() == ["siti@contoh.example"]


async def test_a_closed_account_is_told_nothing(post: Post) -> None:
    await post.hire("a1", "p1", Role.VERIFIER)
    await post.hire("a2", "p2", Role.VERIFIER)
    async with post.db.write() as session:
        (await session.get_one(Account, "a1")).disabled_at = NOW
    await post.tell("role:verifier")
    await post.send()
    assert post.mailed() == ["budi@contoh.example"]


async def test_a_group_that_nobody_reads_for_is_operations(post: Post) -> None:
    await post.hire("a1", "mute", Role.VERIFIER)
    await post.hire("a2", "p2", Role.OPERATIONS)
    await post.tell("role:verifier")
    await post.tell("organisation:LSP-KOSONG")
    assert await post.send() == 2
    assert post.mailed() == ["budi@contoh.example"] * 2


@pytest.mark.parametrize("to", ["person:mute", "person:nobody", "role:verifier"])
async def test_what_reaches_nobody_is_failed_at_once_without_alarm(post: Post, to: str) -> None:
    await post.case()
    await post.tell(to)
    assert await post.send() == 0
    assert (await post.row()).state == "FAILED"
    assert await post.attention() == ""
    assert post.files() == []


async def test_a_forgotten_person_is_not_mailed(post: Post) -> None:
    async with post.db.write() as session:
        await post.vault.forget_person(session, "p1", at=NOW)
    await post.tell("person:p1")
    await post.send()
    assert (await post.row()).state == "FAILED"


async def test_another_kind_of_recipient_is_refused(post: Post) -> None:
    async with post.db.read() as session:
        with pytest.raises(NotFound, match="N-TO"):
            await recipients(session, "planet:mars")


# ---- failing and sharing ---------------------------------------------------------------------------------


async def test_a_failure_is_tried_again_later_and_ten_ask_for_attention(post: Post) -> None:
    await post.case()
    await post.tell("person:p1", "nonsense")
    now = NOW
    for attempt in range(1, ATTEMPTS):
        assert await post.send(now=now) == 0
        row = await post.row()
        assert (row.state, row.attempts) == ("PENDING", attempt)
        assert row.claimed_until == now + back_off(attempt)
        assert await post.send(now=now) == 0
        assert (await post.row()).attempts == attempt, "it was not tried again too soon"
        now += back_off(attempt)
    assert await post.attention() == ""
    await post.send(now=now)
    row = await post.row()
    assert (row.state, row.attempts, row.claimed_until) == ("FAILED", ATTEMPTS, None)
    assert await post.attention() == ATTENTION


def test_back_off_doubles_up_to_five_minutes() -> None:
    assert [back_off(n).total_seconds() for n in (1, 2, 3, 9, 10)] == [1, 2, 4, 256, 300]


async def test_a_graver_attention_is_not_overwritten(post: Post) -> None:
    await post.case(attention="ledger_forked")
    await post.tell("person:p1", "nonsense")
    async with post.db.write() as session:
        (await session.exec(select(OutboxRow))).one().attempts = ATTEMPTS - 1
    await post.send()
    assert await post.attention() == "ledger_forked"


async def test_one_bad_notice_does_not_hold_up_the_others(post: Post) -> None:
    await post.tell("person:p1", "nonsense")
    await post.tell("person:p1", "task_opened", {"kind": "verify_programme"})  # due_at is missing
    await post.tell("person:p2")
    assert await post.send() == 1
    assert [row.state for row in await post.rows()] == ["PENDING", "PENDING", "SENT"]
    assert post.mailed() == ["budi@contoh.example"]


async def test_a_full_disk_is_a_failure_and_leaves_no_half_mail(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.tell("person:p1")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert await post.send(now=NOW) == 0
    assert list(post.folder.iterdir()) == []
    assert (await post.row()).attempts == 1
    assert await post.send(now=NOW + timedelta(seconds=2)) == 1


async def test_two_consumers_share_the_work(post: Post, database_url: str) -> None:
    for _ in range(30):
        await post.tell("person:p1")
    other = Database(database_url)
    try:
        counts = await asyncio.gather(
            *(send_once(d, post.vault, post.folder, 7) for d in (post.db, other) for _ in range(4))
        )
        while (more := await post.send()) > 0:
            counts.append(more)
    finally:
        await other.dispose()
    assert sum(counts) == 30
    assert len(post.files()) == 30
    assert {row.state for row in await post.rows()} == {"SENT"}


async def test_a_dead_consumers_claim_runs_out(post: Post) -> None:
    await post.tell("person:p1")
    async with post.db.write() as session:
        (await session.exec(select(OutboxRow))).one().claimed_until = NOW + LEASE
    assert await post.send(now=NOW) == 0
    assert await post.send(now=NOW + LEASE) == 1


async def test_who_lost_the_claim_writes_nothing_down(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    await post.tell("person:p1")
    slow = notifications._publish

    def overtaken(folder: Path, mails: Any) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr(notifications, "_publish", slow)
            asyncio.run_coroutine_threadsafe(post.send(now=NOW + LEASE + timedelta(seconds=1)), loop).result(
                10
            )
        return slow(folder, mails)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(notifications, "_publish", overtaken)
    await post.send(now=NOW)
    row = await post.row()
    assert (row.state, row.sent_at) == ("SENT", NOW + LEASE + timedelta(seconds=1))
    assert len(post.files()) == 1


async def test_nothing_logged_names_anybody(
    post: Post, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    await post.tell("person:p1")
    await post.tell("person:p2", "nonsense")
    await post.tell("person:mute")
    with caplog.at_level(logging.DEBUG):
        await post.send()
    out = caplog.text + "".join(capfd.readouterr())
    assert "notice was not sent" in out
    for person in PEOPLE.values():
        assert person.full_name not in out
        assert not person.email or person.email not in out


# ---- the loop ----------------------------------------------------------------------------------------------


async def until_sent(post: Post, count: int) -> None:
    async def sent() -> bool:
        return sum(row.state == "SENT" for row in await post.rows()) >= count

    await eventually(sent)


async def test_the_loop_sends_what_comes_until_it_is_stopped(post: Post) -> None:
    stop = asyncio.Event()
    loop = asyncio.create_task(run_outbox(post.db, post.vault, post.folder, stop))
    await post.tell("person:p1")
    await until_sent(post, 1)
    await post.tell("person:p2")
    await until_sent(post, 2)
    stop.set()
    async with asyncio.timeout(WITHIN):
        await loop


async def test_the_loop_outlives_a_database_that_is_away(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    await post.tell("person:p1")
    real, failures = notifications.send_once, 0

    async def shaky(*args: Any, **options: Any) -> int:
        nonlocal failures
        if failures < 1:
            failures += 1
            raise OperationalError("SELECT", {}, ConnectionError("away"))
        return await real(*args, **options)

    monkeypatch.setattr(notifications, "send_once", shaky)
    stop = asyncio.Event()
    loop = asyncio.create_task(run_outbox(post.db, post.vault, post.folder, stop))
    await until_sent(post, 1)
    stop.set()
    await loop
    assert failures == 1
