"""The demonstration, run once for real: its outcome, and that nothing personal lies where it must not.

What is looked for is what went in: the roster's people, the staff, and whatever the demonstration sent as
free text or password, recorded as it was sent, so that no list here can grow old. A finding names the place
and whose what it is, never the value.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes, policy
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import httpx
import pytest
from google.protobuf.message import Message
from sqlmodel import select
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory

from activities import certificates
from activities.codec import ENCODING, EncryptingCodec
from activities.contracts import RenderRequest
from activities.replaying import stored_histories
from db.people_tables import SealedText
from db.registry import scheme_data
from db.tables import CertificateRow
from db.vault import Vault
from domain.policy import default
from examples import expected
from examples.organisations import STAFF
from examples.people import PEOPLE
from settings import Settings, load
from tests.support.ports import free_ports
from tools.cli import demo
from tools.cli.console import Out
from tools.cli.parts import connect, database
from tools.cli.stack import Stack
from tools.supervise import ALL_SETTINGS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

PERSONAL = {
    "full_name", "nik", "birth_date", "email", "phone", "letter_number", "signatory", "certificate_number",
}  # fmt: skip
"""Columns of the roster that say who somebody is, or name somebody."""
PLAIN = {
    "no", "sex", "recommending", "letter_date", "qualification", "kkni_level", "technical_field",
    "certificate_valid_until", "computer_declaration", "class_label", "kind",
}  # fmt: skip
EXPERIENCE = re.compile(r"experience_\d+_(?:field|first|last)")
MAY_HOLD = {"mail", "documents", "certificates", "keys", "accounts.txt"}
"""What of the data folder is made for personal data or secrets, and closed to others."""
MANY = 5
"""Findings of one place that are told."""


# ---- looking -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Secret:
    """Something that must not be found, under a name that may be shown."""

    label: str
    value: str = field(repr=False)

    @property
    def forms(self) -> frozenset[bytes]:
        """As it stands in text, in JSON and in an address; letters in one case."""
        shapes = {self.value, json.dumps(self.value)[1:-1], quote(self.value), quote_plus(self.value)}
        return frozenset(shape.lower().encode() for shape in shapes)


@dataclass(frozen=True)
class Finding:
    place: str
    label: str

    def __str__(self) -> str:
        return f"{self.place} holds {self.label}"


def grep(places: Iterable[tuple[str, bytes]], secrets: Iterable[Secret]) -> list[Finding]:
    """Which secret stands in which place; a place is a file, a column or a field, and what is in it."""
    wanted = [(secret.label, secret.forms) for secret in secrets]
    found = []
    for place, content in places:
        text = content.lower()
        hits = [label for label, forms in wanted if any(form in text for form in forms)]
        found += [Finding(place, label) for label in hits[:MANY]]
    return found


def files(folder: Path, *, but: Iterable[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file below the folder, as the bytes that it is."""
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        if path.is_file() and below.parts[0] not in but:
            yield below.as_posix(), path.read_bytes()


def columns(file: Path) -> Iterator[tuple[str, bytes]]:
    """Every column of every table of a SQLite file. The bytes of the file alone would not do: a long
    value goes over several pages."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database_file:
        names = database_file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in names:
            answer = database_file.execute(f'SELECT * FROM "{table}"')
            held: list[list[bytes]] = [[] for _ in answer.description]
            for row in answer:
                for n, value in enumerate(row):
                    if isinstance(value, str | bytes):
                        held[n].append(value.encode() if isinstance(value, str) else value)
            for (name, *_), values in zip(answer.description, held, strict=True):
                yield f"{file.name} {table}.{name}", b"\n".join(values)


class Unreadable(Exception):
    """A payload that none of the keys opens: who cannot read it cannot say what is in it."""


async def opened(message: Message, codec: EncryptingCodec) -> dict[str, list[bytes]]:
    """Every text of a message of Temporal's by its field, payloads opened."""
    found: dict[str, list[bytes]] = {}
    for path, leaf in _leaves(message):
        values = [leaf]
        if isinstance(leaf, Payload):
            (plain,) = await codec.decode([leaf])
            if plain.metadata.get("encoding") == ENCODING:
                raise Unreadable(path)
            values = [plain.data, *plain.metadata.values()]
        held = found.setdefault(path, [])
        held += [v.encode() if isinstance(v, str) else v for v in values if isinstance(v, str | bytes)]
    return found


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Payload | str | bytes | bool | int | float):
        yield path, value
    elif isinstance(value, Message):
        for descriptor, inner in value.ListFields():
            yield from _leaves(inner, f"{path}.{descriptor.name}".lstrip("."))
    elif isinstance(value, Mapping) or hasattr(value, "items"):
        for key in value:
            yield f"{path}[key]", key
            yield from _leaves(value[key], f"{path}[{key}]")
    else:
        for inner in value:
            yield from _leaves(inner, path)


# ---- what is looked for --------------------------------------------------------------------------------


def of_people() -> list[Secret]:
    """Who is who, from the same tables that the demonstration is made of."""
    given: list[tuple[str, dict[str, Any]]] = [
        (f"participant {p.number}", {k: v for k, v in p.cells().items() if k in PERSONAL}) for p in PEOPLE
    ]
    given += [
        (
            f"staff {s.serial}",
            {"full_name": s.name, "nik": s.nik, "email": s.email, "birth_date": s.birth_date},
        )
        for s in STAFF
    ]
    found = []
    for whose, cells in given:
        for key, value in cells.items():
            text = value.isoformat() if isinstance(value, date) else str(value)
            # What every way of writing a telephone number has in common: 0812…, +62 812…
            found.append(Secret(f"the {key} of {whose}", text.lstrip("0") if key == "phone" else text))
            if key == "nik":
                found.append(Secret(f"the last 12 digits of the nik of {whose}", text[-12:]))
    return found


@dataclass(repr=False)  # a test that fails shows its arguments
class Sent:
    """What the demonstration sent, seen at its HTTP client."""

    urls: set[str] = field(default_factory=set)
    texts: dict[str, set[str]] = field(default_factory=dict)
    """Field → what was written into it: everything with a blank in it, whatever the field is called."""
    passwords: set[str] = field(default_factory=set)

    def see(self, request: httpx.Request) -> None:
        self.urls.add(str(request.url))
        if request.headers.get("content-type", "").startswith("application/json"):
            self._body(json.loads(request.content), "")

    def _body(self, value: Any, name: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                self._body(inner, key)
        elif isinstance(value, list):
            for inner in value:
                self._body(inner, name)
        elif name == "password":
            self.passwords.add(value)
        elif isinstance(value, str) and re.search(r"\s", value):
            self.texts.setdefault(name, set()).add(value)

    def secrets(self) -> list[Secret]:
        written = [(name, text) for name, texts in sorted(self.texts.items()) for text in sorted(texts)]
        return [
            *(Secret(f"free text {n} ({name})", text) for n, (name, text) in enumerate(written, start=1)),
            *(Secret(f"password {n}", text) for n, text in enumerate(sorted(self.passwords), start=1)),
        ]


# ---- the demonstration, once ---------------------------------------------------------------------------


class Heard(Out):
    """A terminal that remembers."""

    def __init__(self) -> None:
        super().__init__(json=False)
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def result(self, data: Mapping[str, Any], *lines: str) -> None:
        self.lines += [json.dumps(data, default=str), *lines]


@dataclass(repr=False)
class Ran:
    """A demonstration that is over, and what was seen of it."""

    out: Heard = field(default_factory=Heard)
    sent: Sent = field(default_factory=Sent)
    code: int = -1
    verdict: demo.Verdict | None = None
    folder: Path = Path()
    live: list[tuple[str, bytes]] = field(default_factory=list)
    """Pages, metrics, and what Temporal tells of each workflow, while it was running."""
    histories: dict[str, list[bytes]] = field(default_factory=dict)
    """Every history's fields, opened, by their name."""
    kept: set[str] = field(default_factory=set)
    """The free texts that the vault holds."""
    names: set[str] = field(default_factory=set)
    """The names that the vault holds."""
    certificates: list[tuple[str, str, str]] = field(default_factory=list)
    """Digest on record, digest of the same sheet made again, digest of it with another name."""

    @property
    def secrets(self) -> list[Secret]:
        return [*of_people(), *self.sent.secrets()]


@pytest.fixture(scope="module")
async def ran(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ran]:
    """`asesor demo` in a folder of its own, through the same functions; it takes minutes, so once for all."""
    seen = Ran()
    var = tmp_path_factory.mktemp("demonstration")
    seen.folder = var / "demo"
    judged, send = demo.judged, httpx.AsyncClient.send

    async def judged_and_looked_at(out: Out, running: Stack, story: int, seconds: float) -> demo.Verdict:
        seen.verdict = await judged(out, running, story, seconds)
        await look(seen, running)
        return seen.verdict

    async def sending(self: httpx.AsyncClient, request: httpx.Request, **how: Any) -> httpx.Response:
        seen.sent.see(request)
        return await send(self, request, **how)

    with pytest.MonkeyPatch.context() as patch:
        for name in ALL_SETTINGS:
            patch.delenv(name, raising=False)
        patch.setenv("VAR_DIR", str(var))
        for name, port in zip(("HTTP_PORT", "TEMPORAL_PORT", "TEMPORAL_UI_PORT"), free_ports(3), strict=True):
            patch.setenv(name, str(port))
        patch.setattr(demo, "judged", judged_and_looked_at)
        patch.setattr(httpx.AsyncClient, "send", sending)
        load.cache_clear()
        try:
            seen.code = await demo.demo(seen.out, keep=False, resume=False)
        finally:
            load.cache_clear()
    assert seen.histories, "the demonstration broke off:\n" + "\n".join(seen.out.lines[-25:])
    yield seen


async def look(seen: Ran, running: Stack) -> None:
    """What can be asked only while it runs."""
    settings = running.settings
    codec = EncryptingCodec(settings.keys("codec"))
    log = (settings.var_dir / "log" / "temporal.log").read_text()
    metrics = re.search(r"http://\S+/metrics", log)
    assert metrics, "Temporal no longer says where its metrics are"
    pages = [running.url + path for path in ("/", "/docs", "/health/live", "/health/ready")]
    async with httpx.AsyncClient(timeout=60) as http:
        for url in (*pages, metrics[0].replace("localhost", "127.0.0.1")):
            answer = await http.get(url)
            # a measured sum has as many digits as a telephone number, and any of them by chance
            shown = re.sub(rb"(?m) [-+.\deE]+$", b"", answer.content)
            seen.live.append((f"GET {httpx.URL(url).path}", shown + str(answer.headers).encode()))
    client = await connect(settings)
    async with database(settings) as db:
        async for run in client.list_workflows():
            told = (await client.get_workflow_handle(run.id, run_id=run.run_id).describe()).raw_description
            fields = await opened(told, codec)
            seen.live += [(f"Temporal's {path}", b"\n".join(values)) for path, values in fields.items()]
        async for history in stored_histories(settings, db, client):
            await collect(seen.histories, history, codec)
        vault = Vault(settings.keys("vault"))
        async with db.read() as session:
            ids = await session.exec(select(SealedText.id).where(SealedText.owner_kind == "case"))
            seen.kept = set((await vault.open_texts(session, list(ids))).values())
            for row in await session.exec(select(CertificateRow)):
                name = (await vault.open_person(session, row.person)).full_name
                seen.names.add(name)
                seen.certificates.append((row.pdf_digest, *(await made_again(session, row, name, settings))))


async def collect(into: dict[str, list[bytes]], history: WorkflowHistory, codec: EncryptingCodec) -> None:
    """Add what a history holds, field by field."""
    for event in history.events:
        for path, values in (await opened(event, codec)).items():
            into.setdefault(path, []).extend(values)


async def made_again(session: Any, row: CertificateRow, name: str, settings: Settings) -> tuple[str, str]:
    """Digests of the certificate typeset from its row and this name, and from another name."""
    scheme = await scheme_data(session, row.scheme, row.scheme_version)
    request = RenderRequest(
        stream=row.stream,
        person=row.person,
        scheme=row.scheme,
        scheme_version=row.scheme_version,
        certificate_number=row.certificate_number,
        registration_number=row.registration_number,
        blank_number=row.blank_number,
        issued_on=row.issued_on.isoformat(),
        valid_until=row.valid_until.isoformat(),
        simulation=True,
    )
    sheets = [
        certificates.sheet(request, row.check_code, whose, scheme, default(), settings.public_url)
        for whose in (name, "Orang Lain")
    ]
    own, other = [sha256(certificates.typeset(sheet)).hexdigest() for sheet in sheets]
    return own, other


# ---- its outcome ---------------------------------------------------------------------------------------


async def test_every_participant_ends_as_worked_out_by_hand(ran: Ran) -> None:
    assert ran.code == 0, "\n".join(ran.out.lines[-60:])
    table = [line for line in ran.out.lines if line.endswith("sesuai")]
    assert len(table) == len(PEOPLE) and "Semua sesuai dengan tabel." in ran.out.lines
    assert ran.verdict is not None and ran.verdict.story == 0
    counts = ran.verdict.counts
    assert counts["programmes"] == {"COMPLETED": 1}
    assert counts["seats"] == expected.SEATS
    assert counts["journeys"] == expected.JOURNEYS
    assert counts["certificates"] == {"ACTIVE": expected.CERTIFICATES}
    assert set(counts["tasks"]) == {"COMPLETED", "CANCELLED"}


async def test_the_ledger_is_whole_and_the_histories_witness_it(ran: Ran) -> None:
    assert ran.verdict is not None
    report = ran.verdict.report
    assert report.ok and report.problems == []
    cases = 1 + sum(expected.JOURNEYS.values()) + expected.CERTIFICATES
    assert report.streams > cases and 0 < report.witnessed <= report.events


async def test_every_history_replays_with_the_sandbox_on_and_off(ran: Ran) -> None:
    assert ran.verdict is not None
    replayed = ran.verdict.replayed
    assert [r.problem for r in replayed if not r.ok] == []
    cases = 1 + sum(expected.JOURNEYS.values()) + expected.CERTIFICATES
    assert len({r.workflow_id for r in replayed}) == cases
    for on in (True, False):
        assert len({r.run_id for r in replayed if r.sandbox is on}) == len({r.run_id for r in replayed})


# ---- what must not be found ----------------------------------------------------------------------------


def told(findings: Iterable[Finding]) -> list[str]:
    return sorted({str(finding) for finding in findings})


async def test_logs_and_every_file_beside_them_hold_nothing_personal(ran: Ran) -> None:
    found = dict(files(ran.folder, but=MAY_HOLD))
    names = set(found)
    assert {"log/api.log", "log/worker.log", "log/temporal.log", "asesor.db", "temporal/temporal.db"} <= names
    assert any(name.startswith("archive/") for name in names)
    templates = b"route=/v1/tasks/{task}/complete" in found["log/api.log"]
    assert templates, "the log has no routes, or addresses instead"
    assert told(grep(found.items(), ran.secrets)) == []


async def test_no_column_of_either_database_holds_anything_personal(ran: Ran) -> None:
    ours = dict(columns(ran.folder / "asesor.db"))
    assert all(ours[f"asesor.db {name}"] for name in (
        "events.body", "outbox.data", "denials.rules", "tasks.id", "cases.snapshot", "persons.ciphertext",
        "texts.ciphertext", "idempotency.receipt", "participant_facts.technical",
    ))  # fmt: skip
    theirs = dict(columns(ran.folder / "temporal" / "temporal.db"))
    assert theirs["temporal.db history_node.data"] and theirs["temporal.db executions_visibility.memo"]
    assert told(grep([*ours.items(), *theirs.items()], ran.secrets)) == []


async def test_histories_that_the_codec_opened_hold_nothing_personal(ran: Ran) -> None:
    fields = {path: b"\n".join(values) for path, values in ran.histories.items()}
    readable = b'"policy_version"' in fields["activity_task_scheduled_event_attributes.input.payloads"]
    assert readable, "the payloads were not opened: there would be nothing to find"
    assert told(grep(fields.items(), ran.secrets)) == []


async def test_the_archive_holds_nothing_personal(ran: Ran) -> None:
    archive = list(files(ran.folder / "archive"))
    fields: dict[str, list[bytes]] = {}
    settings = Settings(var_dir=ran.folder)
    for _, content in archive:
        history = WorkflowHistory.from_json("archived", content.decode())
        await collect(fields, history, EncryptingCodec(settings.keys("codec")))
    assert len(archive) >= sum(expected.JOURNEYS.values())
    assert told(grep(((p, b"\n".join(v)) for p, v in fields.items()), ran.secrets)) == []


async def test_what_temporal_tells_of_a_case_and_open_pages_hold_nothing_personal(ran: Ran) -> None:
    places = {place for place, _ in ran.live}
    assert {"GET /health/ready", "GET /metrics"} <= places
    assert any("search_attributes" in place for place in places)
    assert told(grep(ran.live, ran.secrets)) == []


async def test_addresses_and_the_terminal_hold_nothing_personal(ran: Ran) -> None:
    assert len(ran.sent.urls) > 100
    urls = "\n".join([*ran.sent.urls, *map(unquote, ran.sent.urls)]).encode()
    terminal = "\n".join(ran.out.lines).encode()
    assert told(grep([("an address", urls), ("the terminal", terminal)], ran.secrets)) == []


async def test_certificates_are_left_as_files_that_their_owner_alone_may_read(ran: Ran) -> None:
    kept = sorted((ran.folder / "certificates").iterdir())
    certified = [p.number for p in PEOPLE if expected.EXPECTED[p.story].certificate]
    assert [path.name for path in kept] == [f"{number:02}.pdf" for number in certified]
    for path in kept:
        assert path.stat().st_mode & 0o077 == 0
        assert path.read_bytes().startswith(b"%PDF-")
    assert any("/check/" in line for line in ran.out.lines)


# ---- what must be found, so that the search is one -----------------------------------------------------


async def test_every_column_of_the_roster_is_looked_for_or_plain() -> None:
    given = {key for person in PEOPLE for key in person.cells()}
    assert {key for key in given - PERSONAL - PLAIN if not EXPERIENCE.fullmatch(key)} == set()
    assert given >= PERSONAL


async def test_free_texts_were_seen_and_lie_in_the_vault(ran: Ran) -> None:
    assert {"reason", "points"} <= set(ran.sent.texts) and len(ran.sent.passwords) > len(PEOPLE)
    assert len(ran.sent.secrets()) > len(ran.sent.passwords)
    written = {text for texts in ran.sent.texts.values() for text in texts}
    assert (written == ran.kept) is True, "the vault's free texts are not those that were sent"


async def test_mails_hold_names_and_addresses_and_their_owners_alone_may_read_them(ran: Ran) -> None:
    letters = []
    for path in (ran.folder / "mail").glob("*.eml"):
        assert path.stat().st_mode & 0o077 == 0
        letter = message_from_bytes(path.read_bytes(), policy=policy.default)
        letters.append((path.name, f"{letter['to']}\n{letter.get_content()}".encode()))
    labels = Counter(finding.label for finding in grep(letters, of_people()))
    for person in PEOPLE:
        assert labels[f"the full_name of participant {person.number}"], person.number
        assert labels[f"the email of participant {person.number}"], person.number
    assert not [label for label in labels if " nik " in label or "birth_date" in label or "phone" in label]


async def test_certificates_hold_the_names(ran: Ran) -> None:
    certified = {p.name for p in PEOPLE if expected.EXPECTED[p.story].certificate}
    assert (ran.names == certified) is True, "the vault's names are not those of who was certified"
    assert len(ran.certificates) == expected.CERTIFICATES
    for recorded, own, other in ran.certificates:
        assert recorded == own != other
        content = (ran.folder / "documents" / recorded[:2] / recorded).read_bytes()
        assert content.startswith(b"%PDF-") and sha256(content).hexdigest() == recorded


CANARY = "Kenari \u201cUji\u201d Coba 3174095201900001"


@pytest.mark.parametrize("shape", [str, str.upper, json.dumps, quote, quote_plus])
async def test_a_canary_is_found_in_a_file_in_every_way_of_writing(tmp_path: Path, shape: Any) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "api.log").write_text(f"before {shape(CANARY)} after")
    (finding,) = grep(files(tmp_path), [Secret("the canary", CANARY)])
    assert str(finding) == "log/api.log holds the canary" and CANARY not in repr(finding)


async def test_a_canary_is_found_in_a_column_however_long_its_value(tmp_path: Path) -> None:
    file = tmp_path / "canary.db"
    with closing(sqlite3.connect(file)) as made, made:
        made.execute("CREATE TABLE outbox (id INTEGER, data JSON, closed BLOB)")
        for n in range(50):
            text = json.dumps({"fill": "x" * 4000 * n, "told": CANARY if n == 40 else ""})
            made.execute("INSERT INTO outbox VALUES (?, ?, ?)", (n, text, b""))
    assert told(grep(columns(file), [Secret("the canary", CANARY)])) == [
        "canary.db outbox.data holds the canary"
    ]
    assert told(grep(columns(file), [Secret("nothing", "not there")])) == []


async def test_a_canary_is_found_in_a_sealed_payload_and_a_foreign_one_is_refused(tmp_path: Path) -> None:
    codec = EncryptingCodec(Settings(var_dir=tmp_path / "one").keys("codec"))
    other = EncryptingCodec(Settings(var_dir=tmp_path / "two").keys("codec"))
    plain = Payload(metadata={"encoding": b"json/plain"}, data=json.dumps({"name": CANARY}).encode())
    history = WorkflowHistory.from_json("w", {"events": [{"eventId": "1"}]})
    attributes = history.events[0].activity_task_scheduled_event_attributes
    attributes.input.payloads.extend(await codec.encode([plain]))
    attributes.header.fields["note"].CopyFrom((await codec.encode([plain]))[0])
    fields: dict[str, list[bytes]] = {}
    await collect(fields, history, codec)
    found = grep(((p, b"\n".join(v)) for p, v in fields.items()), [Secret("the canary", CANARY)])
    assert told(found) == [
        "activity_task_scheduled_event_attributes.header.fields[note] holds the canary",
        "activity_task_scheduled_event_attributes.input.payloads holds the canary",
    ]
    with pytest.raises(Unreadable):
        await collect({}, history, other)
