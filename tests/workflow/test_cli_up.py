"""`asesor up` as people run it: a process that starts the whole product, and leaves nothing behind."""

import json
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.calendar_seed import seed
from examples import organisations as o
from examples import people
from settings import ROOT
from tests.support.patience import WITHIN
from tests.support.ports import free_ports
from tools.cli.accounts_file import read
from tools.cli.first_filling import person_id
from tools.processes import carrying, end, identity

ASESOR = ROOT / "bin" / "asesor"
FIRST_WITHIN, AGAIN_WITHIN, STOPPED_WITHIN = 120.0, 60.0, 45.0
"""Seconds, for a machine that is busy with other tests; a quiet one is ready again in well under 10."""
MARK = "ASESOR_TEST"
PORTS = ("HTTP_PORT", "TEMPORAL_PORT", "TEMPORAL_UI_PORT")


class Up:
    """One `asesor up --json` and what it said when it was ready."""

    def __init__(self, environ: dict[str, str], log: Path, *words: str) -> None:
        self.log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [ASESOR, "up", "--json", *words],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )

    def ready(self, within: float) -> dict[str, Any]:
        """Wait for the line that says so."""
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], within)
        line = self.process.stdout.readline() if readable else ""
        assert line, f"not ready within {within} s: {self.log.read_text()[-3000:]}"
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    def stop(self, sign: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(sign)
        return self.close()

    def close(self) -> int:
        assert self.process.stdout is not None
        try:
            return self.process.wait(STOPPED_WITHIN)
        finally:
            self.process.stdout.close()


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A folder and ports of its own; whatever is still alive afterwards is ended, and only that."""
    mark = f"{MARK}={tmp_path}"
    ports = dict(zip(PORTS, map(str, free_ports(3)), strict=True))
    ours = {"VAR_DIR": str(tmp_path / "var"), "SQLITE_SYNCHRONOUS": "NORMAL", "COLUMNS": "120"}
    outside = {k: v for k, v in os.environ.items() if k not in ("PUBLIC_URL", "TEMPORAL_ADDRESS", "CLOCK")}
    yield {**outside, **ours, **ports, MARK: str(tmp_path)}
    end(carrying(mark), ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)))


def run(environ: dict[str, str], *words: str, code: int = 0) -> dict[str, Any]:
    """Another `asesor` command beside the one that runs."""
    done = subprocess.run(
        [ASESOR, *words, "--json"], env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stderr
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


def nobody_left(environ: dict[str, str]) -> bool:
    return carrying(f"{MARK}={environ[MARK]}") == []


@pytest.mark.e2e
def test_up_starts_everything_and_ctrl_c_leaves_nothing_behind(
    environ: dict[str, str], tmp_path: Path
) -> None:
    var, log = tmp_path / "var", tmp_path / "up.log"
    first = Up(environ, log)
    ready = first.ready(FIRST_WITHIN)
    assert ready["url"] == f"http://127.0.0.1:{environ['HTTP_PORT']}"
    assert ready["accounts_made"] == ["petugas"]

    # Everything that it named answers, and is ready and not merely there.
    assert httpx.get(f"{ready['url']}/health/ready").json()["status"] == "ok"
    assert httpx.get(ready["temporal_ui"]).status_code == 200
    file = Path(ready["accounts_file"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = read(file)["petugas"]
    signed_in = {"username": "petugas", "password": password}
    assert httpx.post(f"{ready['url']}/v1/sessions", json=signed_in).status_code == 201
    assert password not in log.read_text()

    # Other commands find it by its folder.
    new = run(environ, "user", "add", "sari", "--name", "Sari Contoh", "--role", "verifier")
    token = run(environ, "user", "token", "sari", "--role", "verifier")["token"]
    assert run(environ, "tasks", "--token", token)["tasks"] == []
    assert run(environ, "verify")["ok"]
    prepared = run(environ, "prepare")
    assert (prepared["added"], prepared["created"], prepared["retention_changed"]) == ([], False, False)
    assert prepared["retention_days"] == 90
    assert run(environ, "replay", "--all")["runs"] == 0
    assert run(environ, "up", code=75)["problems"]
    assert identity(first.process.pid) is not None

    assert first.stop() == 0
    assert nobody_left(environ)
    assert not (var / "where.json").exists()
    assert not (var / "run.json").exists()

    # A second start keeps what was there, and makes no second first account.
    imports = seconds_of_imports(environ)
    second = Up(environ, log)
    again = second.ready(AGAIN_WITHIN)
    assert again["accounts_made"] == []
    imports = max(imports, seconds_of_imports(environ))
    took = f"ready again in {again['seconds']:.1f} s; the imports alone take {imports:.1f} s"
    sys.stdout.write(took + "\n")
    assert again["seconds"] < max(10.0, 3 * imports)
    assert httpx.post(f"{ready['url']}/v1/sessions", json=signed_in).status_code == 201
    users = {u["username"]: u for u in run(environ, "user", "list")["users"]}
    assert users["sari"]["person"] == new["person"]
    assert second.stop(signal.SIGTERM) == 0
    assert nobody_left(environ)


def seconds_of_imports(environ: dict[str, str]) -> float:
    """How long this machine takes, now, to load what the processes load and do nothing."""
    begun = time.monotonic()
    for module in ("cli", "web.app", "worker"):
        subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT, env=environ, check=True)
    return time.monotonic() - begun


@pytest.mark.e2e
def test_a_case_is_where_it_was_after_a_restart(
    environ: dict[str, str], tmp_path: Path, filled: Path
) -> None:
    shutil.copytree(filled, tmp_path / "var")
    log = tmp_path / "up.log"
    first = Up(environ, log, "--simulation")
    url = first.ready(FIRST_WITHIN)["url"]
    passwords = read(tmp_path / "var" / "accounts.txt")
    with httpx.Client(base_url=url, timeout=WITHIN) as http:
        stream = submitted_over_http(http, bearer(http, "penyelenggara", passwords))
        verifier = bearer(http, "verifikator", passwords)
        before = until_offered(http, verifier, stream)
    assert first.stop() == 0

    second = Up(environ, log, "--simulation")
    assert second.ready(AGAIN_WITHIN)["url"] == url
    with httpx.Client(base_url=url, timeout=WITHIN) as http:
        verifier = bearer(http, "verifikator", passwords)
        task = until_offered(http, verifier, stream)
        assert task == before
        assert task["case"] == "SUBMITTED"
        claim = http.post(f"/v1/tasks/{task['id']}/claim", headers={**verifier, **key()})
        assert claim.status_code == 200, claim.text
        assert (claim.json()["stream"], claim.json()["state"]) == (stream, "VERIFYING")
    assert second.stop() == 0
    assert nobody_left(environ)


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def bearer(http: httpx.Client, username: str, passwords: dict[str, str]) -> dict[str, str]:
    answer = http.post("/v1/sessions", json={"username": username, "password": passwords[username]})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def submitted_over_http(http: httpx.Client, organiser: dict[str, str]) -> str:
    """A request for one class with one participant, from its draft to its receipt; gives its stream."""
    one, calendar = people.PEOPLE[0], seed(range(o.START.year - 1, o.START.year + 3))

    def post(path: str, code: int, **body: Any) -> dict[str, Any]:
        more = body.pop("headers", {})
        answer = http.post(f"/v1/programmes{path}", headers={**organiser, **key(), **more}, **body)
        assert answer.status_code == code, answer.text
        found: dict[str, Any] = answer.json()
        return found

    masters = [
        {"person": person_id(s.email), "kind": kind}
        for kind in ("trainer", "assessor")
        for s in o.on_duty(kind)
    ]
    class_ = {
        "label": o.CLASS_LABEL,
        "days": [d.isoformat() for d in o.class_days(calendar)],
        "committee": [person_id(s.email) for s in o.on_duty("class_committee")],
        "masters": masters,
    }
    draft = {"scheme": o.SCHEME.code, "venue": o.VENUE.code, "classes": [class_]}
    id_: str = post("", 201, json=draft)["id"]
    work = [
        {"field": o.FIELD, "first": first.isoformat(), "last": last and last.isoformat()}
        for first, last in (w.days(o.START) for w in one.work)
    ]
    participant = {
        "full_name": one.name,
        "nik": one.nik,
        "sex": one.sex,
        "birth_date": one.birth_date.isoformat(),
        "email": one.email,
        "phone": one.phone,
        "recommending": one.recommending,
        "letter_number": one.letter_number,
        "letter_date": one.letter_date(o.START).isoformat(),
        "signatory": "Penanda Tangan Contoh",
        "qualification": one.qualification,
        "technical_field": o.FIELD,
        "certificate_number": one.certificate_number,
        "certificate_valid_until": one.certificate_valid_until(o.START).isoformat(),
        "experience": work,
        "computer_declaration": True,
        "class_label": o.CLASS_LABEL,
    }
    seat = post(f"/{id_}/participants", 201, json=participant)["seat"]
    letter = b"%PDF-1.4\n\nstartxref\n9\n%%EOF\n"
    post(
        f"/{id_}/evidence?requirement=recommendation_letter&seats={seat}",
        201,
        content=letter,
        headers={"Content-Type": "application/pdf"},
    )
    return str(post(f"/{id_}/submit", 200)["stream"])


def until_offered(http: httpx.Client, verifier: dict[str, str], stream: str) -> dict[str, Any]:
    """The task to verify, as the verifier's inbox shows it, and the state of its case."""
    end_ = time.monotonic() + WITHIN
    while True:
        asked = {"view": "groups", "stream": stream, "kind": "verify_programme"}
        found = http.get("/v1/tasks", headers=verifier, params=asked).json()["items"]
        if found:
            case = http.get(f"/v1/cases/{stream}", headers=verifier).json()
            return {"case": case["state"]} | {n: found[0][n] for n in ("id", "state", "kind", "due_at")}
        assert time.monotonic() < end_, found
        time.sleep(0.1)


@pytest.mark.e2e
def test_up_that_is_stopped_before_it_is_ready_leaves_nothing_behind(
    environ: dict[str, str], tmp_path: Path
) -> None:
    begun = Up(environ, tmp_path / "up.log")
    wait_for(tmp_path / "var" / "log" / "temporal.log")
    assert begun.stop() == 130
    assert nobody_left(environ)


@pytest.mark.e2e
def test_two_that_start_at_once_and_want_the_same_ports_both_come_up(
    environ: dict[str, str], tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("one", "other")]
    both = [Up(environ | {"VAR_DIR": str(folder)}, folder.with_suffix(".log")) for folder in folders]
    ready = [one.ready(FIRST_WITHIN) for one in both]
    for name in ("url", "temporal_address", "temporal_ui"):
        assert len({answer[name] for answer in ready}) == 2, name
    for answer in ready:
        assert httpx.get(f"{answer['url']}/health/ready").json()["status"] == "ok"
    assert [one.stop() for one in both] == [0, 0]
    assert nobody_left(environ)


@pytest.mark.e2e
def test_a_killed_up_is_cleared_away_by_the_next_one(environ: dict[str, str], tmp_path: Path) -> None:
    first = Up(environ, tmp_path / "up.log", "--simulation")
    ready = first.ready(FIRST_WITHIN)
    assert ready["clock"] == "simulation"
    orphans = [who for who in carrying(f"{MARK}={environ[MARK]}") if who.pid != first.process.pid]
    assert len(orphans) >= 3
    first.process.kill()
    first.close()
    assert run(environ, "simulate", "now", code=0)["next"] is None  # rows are there without a server

    second = Up(environ, tmp_path / "up.log", "--simulation")
    again = second.ready(AGAIN_WITHIN)
    assert again["url"] == ready["url"]  # its ports were given back
    assert all(identity(who.pid) != who for who in orphans)
    before = run(environ, "simulate", "now")["now"]
    moved = run(environ, "simulate", "advance", "20d")
    assert moved["now"] > before
    assert second.stop() == 0
    assert nobody_left(environ)
    assert run(environ, "up", code=78)["problems"]  # a simulation is not gone on with in real time


def wait_for(file: Path, within: float = WITHIN) -> None:
    end_ = time.monotonic() + within
    while not file.exists():
        assert time.monotonic() < end_, f"{file} never came"
        time.sleep(0.05)
