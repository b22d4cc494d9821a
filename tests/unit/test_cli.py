"""The `asesor` command: what it offers, what its exit codes mean, and the shape of what it prints."""

import asyncio
import json
import re
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import make_url
from sqlmodel.ext.asyncio.session import AsyncSession
from typer.testing import CliRunner, Result

import settings
from activities.contracts import AppendRequest
from cli import app
from db import ledger, reads
from db.repair import thaw as take_up
from db.session import Database
from db.vault import Vault
from domain.errors import Conflict, Malformed, Unknown
from domain.policy import CURRENT, POLICIES
from domain.roles import SYSTEM
from settings import ROOT, Settings, UnsafeSettings
from tests.db.cases import grown
from tools.cli import accounts_file, parts, shape
from tools.cli.console import CommandFailed, Exit, Out, judge
from tools.cli.simulate import moment, span
from tools.supervise import AlreadyRunning
from tools.temporal.obtain import Unobtainable

COMMANDS = [
    *("up", "demo", "worker", "serve", "migrate", "prepare", "import", "tasks", "show", "replay", "verify"),
    *("repair", "checkpoint", "archive", "user add", "user list", "user disable", "user enable"),
    *("user grant", "user password", "user token", "simulate now", "simulate next", "simulate advance"),
    *("simulate to", "bench", "policy load", "policy list", "policy show"),
]
GROUPS: tuple[tuple[str, ...], ...] = ((), ("user",), ("simulate",), ("policy",))
Asesor = Callable[..., Result]


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A VAR_DIR of one's own, and settings that are read anew."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("ASESOR_TOKEN", raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("TEMPORAL_PORT", "1")  # nothing answers there
    monkeypatch.setattr(parts, "CONNECT_WITHIN", 0.2)
    settings.load.cache_clear()
    yield tmp_path / "var"
    settings.load.cache_clear()


@pytest.fixture
def asesor(var: Path) -> Asesor:
    """Run the command in this process."""

    def run(*words: str, **options: Any) -> Result:
        settings.load.cache_clear()
        return CliRunner().invoke(app, list(words), **options)

    return run


@pytest.fixture
def database(var: Path, sqlite_template: Path) -> Path:
    """A migrated, empty database where the command looks for it."""
    var.mkdir()
    file = var / "asesor.db"
    file.write_bytes(sqlite_template.read_bytes())
    return file


def told(result: Result, code: int = 0) -> dict[str, Any]:
    """The one JSON object on stdout."""
    assert result.exit_code == code, result.output
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    return answer


def write(file: Path, *batches: AppendRequest) -> None:
    """Let the ledger write these, in a thread of its own since a test's event loop may be running."""

    async def commit() -> None:
        db = Database(f"sqlite+aiosqlite:///{file}")
        for batch in batches:
            await ledger.commit(db, batch)
        await db.dispose()

    apart(commit())


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


# ---- help ---------------------------------------------------------------------------------------


def test_help_lists_every_command(asesor: Asesor) -> None:
    words = " ".join(asesor(*group, "--help").output for group in GROUPS)
    for command in COMMANDS:
        assert re.search(rf"│ {command.split()[-1]} ", words), command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_speaks_both_languages_and_has_json(asesor: Asesor, command: str) -> None:
    result = asesor(*command.split(), "--help", env={"COLUMNS": "200"})
    assert result.exit_code == Exit.OK
    assert " – " in result.output
    assert "--json" in result.output


def test_no_argument_is_a_question_for_help(asesor: Asesor) -> None:
    result = asesor()
    assert result.exit_code == Exit.USAGE
    assert "Usage" in result.output


@pytest.mark.parametrize(
    "wrong", [["nothing"], ["show"], ["user", "add", "someone"], ["tasks", "--box", "x"]]
)
def test_wrong_usage_is_2(asesor: Asesor, wrong: list[str]) -> None:
    assert asesor(*wrong).exit_code == Exit.USAGE


# ---- exit codes ---------------------------------------------------------------------------------


def test_an_error_means_one_exit_code() -> None:
    assert judge(CommandFailed(Exit.AGAIN, "nanti", "later"))[0] == 75
    assert judge(UnsafeSettings([]))[0] == 78
    assert judge(AlreadyRunning("x"))[0] == 75
    assert judge(Unobtainable("x"))[0] == 69
    assert judge(Unknown.because("T", "a", "b"))[0] == 75
    assert judge(Conflict.because("T", "a", "b"))[0] == 1
    assert judge(Malformed.because("T", "a", "b"))[0] == 2
    assert judge(httpx.ConnectError("x"))[0] == 69
    assert judge(ConnectionRefusedError())[0] == 69
    assert judge(sqlite3.OperationalError())[0] == 69
    assert judge(ZeroDivisionError())[0] == 70


def test_unsafe_settings_are_78_and_named_in_both_languages(
    asesor: Asesor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RPC_TIMEOUT", "20")
    answer = told(asesor("verify", "--json"), Exit.CONFIG)
    assert answer["ok"] is False
    assert "UPDATE_TIMEOUT" in answer["problems"][0]["id"]
    assert "must" in answer["problems"][0]["en"]
    monkeypatch.setenv("RPC_TIMEOUT", "soon")
    assert "RPC_TIMEOUT" in asesor("verify").output


@pytest.mark.parametrize("command", [["up"], ["demo"]])
def test_production_is_not_run_on_one_machine(
    asesor: Asesor, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    for name, value in {
        "ENVIRONMENT": "production",
        "DATABASE_URL": "postgresql+asyncpg://asesor:f8Qm2p1x@db/asesor",
        "PUBLIC_URL": "https://asesor.example.org",
        "TEMPORAL_ADDRESS": "temporal:7233",
        "BUILD_ID": "7",
        "SECRET_KEY": "b3Kk0o5Yx3nSxw4gJmT1x7cYqk2n8Jg9sV5u1ZpQeRw=",
    }.items():
        monkeypatch.setenv(name, value)
    assert told(asesor(*command, "--json"), Exit.CONFIG)["problems"][0]["en"]


def test_a_mistyped_folder_is_not_made_into_an_empty_database(asesor: Asesor, var: Path) -> None:
    assert told(asesor("user", "list", "--json"), Exit.UNAVAILABLE)["exit_code"] == 69
    assert not var.exists()


def test_a_server_that_does_not_answer_is_69(asesor: Asesor, database: Path) -> None:
    for command in (["verify"], ["replay", "--all"], ["repair"], ["archive"], ["prepare"]):
        assert told(asesor(*command, "--json"), Exit.UNAVAILABLE)["problems"], command


def test_the_api_is_asked_with_a_token_only(asesor: Asesor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(asesor("tasks", "--json"), Exit.USAGE)
    monkeypatch.setenv("ASESOR_TOKEN", "asr_x")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:1")
    assert told(asesor("tasks", "--json"), Exit.UNAVAILABLE)


def test_people_read_sentences_on_stderr(asesor: Asesor, database: Path) -> None:
    result = asesor("simulate", "now")
    assert result.exit_code == Exit.CONFIG
    assert result.stdout == ""
    assert result.stderr.startswith("asesor: Tidak ada simulasi di sini")
    assert " – There is no simulation here" in result.stderr


# ---- the database -------------------------------------------------------------------------------


def test_migrate_brings_an_empty_database_up_and_then_has_nothing_to_do(asesor: Asesor) -> None:
    (newest,) = shape.newest()
    first = told(asesor("migrate", "--json"))
    assert (first["before"], first["revision"], first["changed"]) == (None, newest, True)
    again = told(asesor("migrate", "--json"))
    assert (again["before"], again["changed"], again["names"]) == (newest, False, 0)


def test_migrate_waits_for_a_database_and_gives_up(asesor: Asesor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://asesor:x@127.0.0.1:1/asesor")
    result = asesor("migrate", "--wait", "0", "--json")
    assert told(result, Exit.UNAVAILABLE)["problems"]


def test_a_database_that_does_not_exist_is_configuration_and_is_not_waited_for(
    asesor: Asesor, monkeypatch: pytest.MonkeyPatch, postgresql_server: str
) -> None:
    url = make_url(postgresql_server).set(drivername="postgresql+asyncpg", database="nowhere")
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    assert told(asesor("migrate", "--wait", "30", "--json"), Exit.CONFIG)["problems"]


# ---- accounts -----------------------------------------------------------------------------------


def test_an_account_is_made_listed_and_disabled(asesor: Asesor, database: Path) -> None:
    new = told(asesor("user", "add", "Sari", "--name", "Sari Contoh", "--role", "verifier", "--json"))
    assert len(new["password"]) >= 16
    told(asesor("user", "grant", "sari", "--role", "reviewer", "--json"))
    (user,) = told(asesor("user", "list", "--json"))["users"]
    assert user["username"] == "sari"
    assert user["roles"] == ["reviewer", "verifier"]
    assert user["state"] == "active"
    assert "Sari Contoh" not in asesor("user", "list").output
    told(asesor("user", "disable", "sari", "--json"))
    assert told(asesor("user", "list", "--json"))["users"][0]["state"] == "disabled"
    told(asesor("user", "enable", "sari", "--json"))
    assert told(asesor("user", "list", "--json"))["users"][0]["state"] == "active"


def test_a_second_account_of_one_person_needs_only_the_id(asesor: Asesor, database: Path) -> None:
    new = told(asesor("user", "add", "sari", "--name", "Sari", "--role", "verifier", "--json"))
    more = ["user", "add", "sari2", "--person", new["person"], "--role", "auditor", "--json"]
    assert told(asesor(*more))["person"] == new["person"]
    assert told(asesor(*more, "--name", "Sari"), Exit.USAGE)


def test_a_token_acts_in_one_hat_and_is_shown_once(asesor: Asesor, database: Path) -> None:
    told(asesor("user", "add", "sari", "--name", "Sari", "--role", "verifier", "--json"))
    words = ["user", "token", "sari", "--role", "verifier", "--scope", "read", "--days", "2", "--json"]
    made = told(asesor(*words))
    assert made["token"].startswith("asr_")
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=1.9) < left < timedelta(days=2.1)
    words[4] = "approver"
    assert told(asesor(*words), Exit.WRONG)["problems"][0]["id"].startswith("A-HAT")


def test_a_given_password_comes_from_stdin_and_is_not_shown(asesor: Asesor, database: Path) -> None:
    words = ["user", "add", "sari", "--name", "Sari", "--role", "verifier", "--json"]
    made = told(asesor(*words, "--password-stdin", input="kuda-Laut-99\n"))
    assert "password" not in made
    assert "password" in told(asesor("user", "password", "sari", "--json"))
    weak = asesor("user", "password", "sari", "--password-stdin", "--json", input="sari\n")
    assert told(weak, Exit.USAGE)["problems"][0]["id"].startswith("A-PASSWORD")


def test_unknown_accounts_and_organisations_are_named(asesor: Asesor, database: Path) -> None:
    assert told(asesor("user", "disable", "nobody", "--json"), Exit.WRONG)["problems"]
    words = ["user", "add", "o", "--name", "O", "--role", "organiser", "--organisation", "LSP-X", "--json"]
    assert told(asesor(*words), Exit.WRONG)["problems"][0]["id"].startswith("G-ORG")


# ---- policies -----------------------------------------------------------------------------------


@pytest.fixture
def only_our_own_policies() -> Iterator[None]:
    """What a test makes known is forgotten after it."""
    before = dict(POLICIES)
    yield
    POLICIES.clear()
    POLICIES.update(before)


def policy_file(tmp_path: Path, **changes: Any) -> str:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({**CURRENT.model_dump(mode="json"), **changes}), encoding="utf-8")
    return str(file)


def test_a_policy_version_is_stored_once_listed_and_shown(
    asesor: Asesor, database: Path, tmp_path: Path, only_our_own_policies: None
) -> None:
    words = ["policy", "load", policy_file(tmp_path, version="2199-01", effective="2199-01-01"), "--json"]
    assert told(asesor(*words)) == {
        "ok": True,
        "version": "2199-01",
        "effective": "2199-01-01",
        "stored": True,
    }
    assert told(asesor(*words))["stored"] is False
    listed = told(asesor("policy", "list", "--json"))["policies"]
    assert [(p["version"], p["in_force"]) for p in listed] == [(CURRENT.version, True), ("2199-01", False)]
    assert told(asesor("policy", "show", "2199-01", "--json"))["effective"] == "2199-01-01"
    assert json.loads(asesor("policy", "show").stdout)["version"] == CURRENT.version

    async def events() -> list[tuple[str, str]]:
        db = Database(f"sqlite+aiosqlite:///{database}")
        async with db.read() as session:
            rows = (await reads.timeline(session, "policy-2199-01")).items
        await db.dispose()
        return [(e.type, e.actor.account) for e in rows]

    assert apart(events()) == [("policy_added", "cli")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": "2199-02", "effective": "2020-01-01"}, Exit.USAGE),
        ({"version": "a/b", "effective": "2199-01-01"}, Exit.USAGE),
        ({"version": "2199-02", "effective": "2199-01-01", "class_maximum": 0}, Exit.USAGE),
        ({"version": "2199-02", "effective": "2199-01-01", "of_tomorrow": 1}, Exit.USAGE),
        ({"version": "2199-02", "effective": "2199-01-01", "tasks": []}, Exit.USAGE),
        ({"version": "2199-02", "effective": "2199-01-01", "forms": []}, Exit.USAGE),
        ({"effective": "2199-01-01"}, Exit.WRONG),
    ],
    ids=["past", "no name", "out of range", "unknown field", "no tasks", "no forms", "the product's own"],
)
def test_a_policy_that_does_not_fit_is_refused_in_both_languages_and_stored_nowhere(
    asesor: Asesor,
    database: Path,
    tmp_path: Path,
    changes: dict[str, Any],
    code: int,
    only_our_own_policies: None,
) -> None:
    problems = told(asesor("policy", "load", policy_file(tmp_path, **changes), "--json"), code)["problems"]
    assert problems
    assert all(p["id"] and p["en"] for p in problems)
    assert len(told(asesor("policy", "list", "--json"))["policies"]) == 1


def test_what_is_no_json_is_no_policy(asesor: Asesor, database: Path, tmp_path: Path) -> None:
    for content in (b"\xff\xfe", b"class_maximum = 24", b'"2199"'):
        (tmp_path / "policy").write_bytes(content)
        assert told(asesor("policy", "load", str(tmp_path / "policy"), "--json"), Exit.USAGE)["problems"]


def test_generated_passwords_are_for_this_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "accounts.txt"
    accounts = {"petugas": accounts_file.new_password(), "auditor": accounts_file.new_password()}
    accounts_file.write(file, accounts)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert accounts_file.read(file) == accounts
    assert accounts_file.read(tmp_path / "none") == {}
    assert [f.name for f in tmp_path.iterdir()] == ["accounts.txt"]


# ---- the ledger ---------------------------------------------------------------------------------


def test_verify_finds_a_whole_ledger_and_names_the_first_broken_link(asesor: Asesor, database: Path) -> None:
    write(database, grown().request())
    report = told(asesor("verify", "--ledger-only", "--json"))
    assert (report["ok"], report["streams"], report["events"]) == (True, 1, 8)
    assert "utuh – whole" in asesor("verify", "--ledger-only").output
    with sqlite3.connect(database) as session:
        session.execute("DROP TRIGGER events_no_update")
        session.execute("UPDATE events SET body = replace(body, 'remarked', 'approved') WHERE seq IN (6, 8)")
    session.close()
    report = told(asesor("verify", "--ledger-only", "--json"), Exit.WRONG)
    (first,) = report["first_broken"]
    assert (first["stream"], first["seq"]) == ("prog-1", 6)
    assert "prog-1 @ 6" in asesor("verify", "--ledger-only").output


def test_a_frozen_stream_is_taken_up_again_on_record(asesor: Asesor, database: Path) -> None:
    chain = grown()
    write(database, chain.request(1, 5))
    db = f"sqlite+aiosqlite:///{database}"

    async def in_database(work: Callable[[AsyncSession], Coroutine[Any, Any, Any]]) -> Any:
        opened = Database(db)
        try:
            return await opened.retrying(work)
        finally:
            await opened.dispose()

    apart(in_database(lambda session: ledger.freeze(session, "prog-1", "3:other_hash")))
    # the case must be told as well: without Temporal nothing is done at all
    alone = asesor("repair", "--thaw", "prog-1", "--reason", "catatan sudah dipulihkan")
    assert alone.exit_code == Exit.UNAVAILABLE
    assert told(asesor("verify", "--ledger-only", "--json"), Exit.WRONG)["problems"][0]["kind"] == "frozen"

    vault = Vault(Settings(var_dir=database.parent).keys("vault"))
    now = datetime.now(UTC)

    def thaw(reason: str) -> Any:
        return apart(
            in_database(lambda session: take_up(session, vault, "prog-1", reason, by=SYSTEM, at=now))
        )

    with pytest.raises(Malformed, match="G-REASON"):
        thaw(" ")
    assert thaw("catatan sudah dipulihkan") == "3:other_hash"
    write(database, chain.request(6))
    report = told(asesor("verify", "--ledger-only", "--json"))
    assert (report["ok"], report["events"]) == (True, 9)
    with pytest.raises(Conflict, match="L-THAW"):
        thaw("sekali lagi")
    with sqlite3.connect(database) as session:
        ((type_, body),) = session.execute("SELECT type, body FROM events WHERE stream LIKE 'access-%'")
        ((attention,),) = session.execute("SELECT attention FROM cases")
    session.close()
    assert (type_, attention) == ("stream_thawed", "")
    assert json.loads(body)["payload"]["stream"] == "prog-1"
    assert "dipulihkan" not in body, "a reason is free text: sealed"


def test_a_checkpoint_shows_a_stream_that_was_taken_away(asesor: Asesor, database: Path) -> None:
    write(database, grown().request(), grown("prog-2").request())
    made = told(asesor("checkpoint", "--json"))
    assert made["id"] == 1
    assert len(bytes.fromhex(made["signature"])) == 64
    assert told(asesor("verify", "--ledger-only", "--json"))["checkpoints"] == 1
    with sqlite3.connect(database) as session:
        session.execute("DROP TRIGGER events_no_delete")
        for (table,) in session.execute(
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'stream' "
            "WHERE m.type = 'table'"
        ).fetchall():
            session.execute(f"DELETE FROM {table} WHERE stream = 'prog-2'")
    session.close()
    problems = told(asesor("verify", "--ledger-only", "--json"), Exit.WRONG)["problems"]
    assert {p["kind"] for p in problems} == {"removed"}


def test_show_tells_a_case_without_anybody_in_it(asesor: Asesor, database: Path) -> None:
    write(database, grown().request())
    shown = told(asesor("show", "prog-1", "--json"))
    assert shown["case"]["state"] == "VERIFYING"
    assert shown["case"]["seq"] == 8
    assert [t["kind"] for t in shown["tasks"]] == ["verify_programme"]
    assert [e["seq"] for e in shown["timeline"]] == list(range(8, 0, -1))
    assert shown["timeline"] == told(asesor("show", "programme-prog-1", "--json"))["timeline"]
    people = re.compile(r"per-\d|per-[a-z]|acc-")
    assert not people.search(asesor("show", "prog-1", "--json").stdout)
    assert not people.search(asesor("show", "prog-1").stdout)
    assert told(asesor("show", "prog-9", "--json"), Exit.WRONG)["problems"]


# ---- replay and simulation ----------------------------------------------------------------------


def test_replay_needs_to_know_what(asesor: Asesor, database: Path) -> None:
    assert told(asesor("replay", "--json"), Exit.USAGE)
    assert told(asesor("replay", "x", "--all", "--json"), Exit.USAGE)
    answer = told(asesor("replay", "--all", "--source", "archive", "--json"))
    assert answer == {"ok": True, "runs": 0, "failed": 0, "results": []}
    assert told(asesor("replay", "nothing", "--source", "archive", "--json"), Exit.WRONG)


def test_lengths_of_time_and_moments() -> None:
    assert span("20d") == timedelta(days=20)
    assert span("1d12h") == timedelta(hours=36)
    assert span(" 2 W ") == timedelta(weeks=2)
    assert moment("2026-12-01") == datetime(2026, 11, 30, 17, tzinfo=UTC)
    assert moment("2026-12-01T16:00") == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert moment("2026-12-01T16:00+00:00") == datetime(2026, 12, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "20", "d", "3x", "1d 2", "-3d", "99999999999999w"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(CommandFailed) as refused:
        span(text)
    assert refused.value.code == Exit.USAGE


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-1-1", ""])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(CommandFailed) as refused:
        moment(text)
    assert refused.value.code == Exit.USAGE


# ---- through the API ----------------------------------------------------------------------------

TASK = {
    "id": "t-1",
    "kind": "verify_programme",
    "label": "Verifikasi",
    "state": "OFFERED",
    "stream": "prog-1",
    "due_at": "2026-03-16T09:00:00+00:00",
    "late": False,
}
REFUSED_ROSTER = {
    "detail": "1 baris belum benar.",
    "rows": [
        {"row": 2, "ok": True, "problems": []},
        {"row": 3, "ok": False, "problems": [{"cell": "C3", "rule": "X-NIK", "text": "NIK tidak sah."}]},
    ],
    "imported": 0,
}


@pytest.fixture
def api(var: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[tuple[int, Any]]]]:
    """A stand-in for the API: method and path → the answers it gives, in turn; `asked` holds what came."""
    answers: dict[str, list[tuple[int, Any]]] = {"asked": []}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            answers["asked"].append((size, {k.lower(): v for k, v in self.headers.items()}))
            self.rfile.read(size)
            waiting = answers[f"{self.command} {self.path.partition('?')[0]}"]
            status, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on the tests' stderr."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("PUBLIC_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("ASESOR_TOKEN", "asr_given")
    yield answers
    server.shutdown()
    thread.join()
    server.server_close()


def test_tasks_lists_the_inbox_page_by_page(asesor: Asesor, api: dict[str, list[Any]]) -> None:
    more = {"items": [TASK], "next": "more", "counts": {"mine": 2}}
    api["GET /v1/tasks"] = [
        (200, more),
        (200, {"items": [{**TASK, "id": "t-2", "late": True}], "next": None}),
    ]
    answer = told(asesor("tasks", "--box", "groups", "--json"))
    assert [t["id"] for t in answer["tasks"]] == ["t-1", "t-2"]
    assert answer["counts"] == {"mine": 2}
    assert answer["more"] is False
    assert api["asked"][0][1]["authorization"] == "Bearer asr_given"
    text = asesor("tasks").output
    assert "2026-03-16 16:00 WIB" in text
    assert "TERLAMBAT" in text


def test_a_refusal_of_the_api_is_told_in_both_languages(asesor: Asesor, api: dict[str, list[Any]]) -> None:
    problem = {"detail": "Silakan masuk.", "detail_en": "Please sign in.", "violations": [{"rule": "A-NONE"}]}
    api["GET /v1/tasks"] = [(401, problem)]
    answer = told(asesor("tasks", "--json"), Exit.WRONG)
    assert answer["problems"] == [{"id": "A-NONE: Silakan masuk.", "en": "Please sign in."}]
    api["GET /v1/tasks"] = [(503, {})]
    assert told(asesor("tasks", "--json"), Exit.AGAIN)
    api["GET /v1/tasks"] = [(500, [])]
    assert told(asesor("tasks", "--json"), Exit.UNAVAILABLE)


def test_a_roster_is_imported_once_however_often_it_is_sent(
    asesor: Asesor, api: dict[str, list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.cli import over_http

    monkeypatch.setattr(over_http, "PAUSE", 0)
    file = tmp_path / "peserta.xlsx"
    file.write_bytes(b"PK")
    words = ["import", str(file), "--organiser", "LSP-TIK", "--programme", "p-1", "--json"]
    taken = {"rows": [{"row": 2, "ok": True, "problems": []}], "imported": 1, "version": 3}
    api["POST /v1/programmes/p-1/import"] = [(503, {}), (200, taken)]
    assert told(asesor(*words))["imported"] == 1
    first, second = (headers for _, headers in api["asked"])
    assert first["x-hat"] == "organiser:LSP-TIK"
    assert first["idempotency-key"] == second["idempotency-key"]
    api["POST /v1/programmes/p-1/import"] = [(422, REFUSED_ROSTER)]
    assert told(asesor(*words), Exit.WRONG)["rows"][1]["problems"][0]["cell"] == "C3"
    assert "NIK tidak sah." in asesor(*words[:-1]).output


# ---- the rest -----------------------------------------------------------------------------------


def test_a_table_is_plain_text() -> None:
    drawn = Out().table(("a", "long head"), [("x", 1), ("longer", 22)])
    assert drawn.splitlines() == ["a       long head", "──────  ─────────", "x       1", "longer  22"]


def test_a_database_that_is_ready_is_recognised_without_its_drivers(database: Path, var: Path) -> None:
    real, simulated = Settings(var_dir=var), Settings(var_dir=var, clock="simulation")
    assert not shape.at_hand(real)  # migrated, but empty
    made = apart(shape.for_use(real))
    assert list(made) == ["petugas"]
    assert accounts_file.read(var / "accounts.txt") == made
    assert shape.at_hand(real)
    assert not shape.at_hand(simulated)
    assert apart(shape.for_use(real)) == {}
    assert not shape.at_hand(Settings(var_dir=var / "elsewhere"))
    write(database, grown().request())  # a real case
    assert shape.at_hand(real)
    with pytest.raises(CommandFailed) as mixed:
        apart(shape.for_use(simulated))
    assert mixed.value.code == Exit.CONFIG


def test_a_simulation_stays_one(database: Path, var: Path) -> None:
    real, simulated = Settings(var_dir=var), Settings(var_dir=var, clock="simulation")
    apart(shape.for_use(simulated))
    assert shape.at_hand(simulated)
    with pytest.raises(CommandFailed) as mixed:
        apart(shape.for_use(real))
    assert mixed.value.code == Exit.CONFIG


@pytest.mark.parametrize("way", ["direct", "link"])
def test_the_wrapper_runs_from_anywhere(tmp_path: Path, way: str) -> None:
    wrapper = ROOT / "bin" / "asesor"
    if way == "link":
        (tmp_path / "a").symlink_to(wrapper)
        (tmp_path / "b").symlink_to("a")
        wrapper = tmp_path / "b"
    words = ["simulate", "advance", "3x", "--json"]
    done = subprocess.run([wrapper, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == Exit.USAGE, done.stderr
    assert json.loads(done.stdout)["exit_code"] == 2
