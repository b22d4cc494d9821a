"""The real application over ASGI, against both databases; nothing here needs Temporal, which is not there."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api import limits
from api.drafts import DraftContent
from api.roster_xlsx import write
from api.routers import certificates, sessions
from api.runtime import Runtime
from db import identity, ledger, registry
from db.identity import Hat, passwords, signing_in
from db.people_tables import Draft, Person
from db.registry import OrganisationData
from db.tables import DenialRow, EventRow
from db.vault import PersonData
from domain.cases import Case
from domain.commands import Receipt
from domain.events import Event
from domain.facts import OrganiserKind
from domain.roles import SYSTEM, Actor, Role
from examples.people import PEOPLE
from settings import Settings
from tests.support.programmes import ORGANISER, World
from web.app import create_app

PASSWORD = "kata-sandi-uji-1"
START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 1\ntrailer\n<< >>\nstartxref\n50\n%%EOF\n"
SCHEME = "asesor-kompetensi"
CLASS = {"label": "A", "days": ["2026-05-04", "2026-05-05"], "committee": ["panitia-1", "panitia-2"]}


@dataclass
class Product:
    """The application, its insides, and people who can sign in."""

    app: FastAPI
    client: AsyncClient
    runtime: Runtime
    tokens: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)

    async def account(self, username: str, *hats: Hat, person: str = "") -> str:
        """An account with its person (of the same name when none is given)."""
        async with self.runtime.db.write() as session:
            return await self._account(session, username, hats, person)

    async def token(self, username: str, hat: Hat, *, scopes: tuple[str, ...] = ("read", "write")) -> str:
        async with self.runtime.db.write() as session:
            return await self._token(session, username, hat, scopes)

    async def person(
        self,
        username: str,
        role: Role,
        organisation: str = "",
        person: str = "",
        session: AsyncSession | None = None,
    ) -> None:
        """Somebody with one hat, who is then named in `ask(..., who=username)`."""
        if session is None:
            async with self.runtime.db.write() as own:
                return await self.person(username, role, organisation, person, own)
        hat = Hat(role, organisation)
        await self._account(session, username, (hat,), person)
        self.tokens[username] = await self._token(session, username, hat, ("read", "write"))
        return None

    async def _account(self, session: AsyncSession, username: str, hats: tuple[Hat, ...], person: str) -> str:
        now = datetime.now(UTC)
        person = person or f"person-{username}"
        if await session.get(Person, person) is None:
            data = PersonData(full_name=f"Nama {username}")
            await registry.create_person(session, self.runtime.vault, data, by=SYSTEM, at=now, id=person)
        self.accounts[username] = await identity.create_account(
            session, person=person, username=username, password=PASSWORD, hats=hats, by=SYSTEM, at=now
        )
        return self.accounts[username]

    async def _token(self, session: AsyncSession, username: str, hat: Hat, scopes: tuple[str, ...]) -> str:
        now = datetime.now(UTC)
        made = await identity.create_token(
            session,
            account=self.accounts[username],
            label="uji",
            scopes=scopes,
            hat=hat,
            expires_at=now + timedelta(days=1),
            by=SYSTEM,
            at=now,
        )
        return made.secret

    async def ask(self, method: str, path: str, who: str = "", *, key: str = "", **more: Any) -> Any:
        """One request; writes get a fresh key unless they bring their own."""
        headers = dict(more.pop("headers", {}))
        if who:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        if method != "GET" and key != "none":
            headers.setdefault("Idempotency-Key", key or secrets.token_hex(8))
        return await self.client.request(method, path, headers=headers, **more)

    async def denials(self, username: str) -> list[DenialRow]:
        async with self.runtime.db.read() as session:
            found = await session.exec(
                select(DenialRow)
                .where(DenialRow.account == self.accounts[username])
                .order_by(col(DenialRow.at))
            )
            return list(found)

    async def events(self, stream: str) -> list[str]:
        async with self.runtime.db.read() as session:
            found = await session.exec(
                select(EventRow).where(EventRow.stream == stream).order_by(col(EventRow.seq))
            )
            return [row.type for row in found]

    async def draft(self, who: str = "organiser", **changes: Any) -> str:
        """A draft of that organiser with one class; gives its id."""
        body = {"scheme": registry.DEFAULT_SCHEME, "venue": "TUK-1", "classes": [CLASS], **changes}
        answer = await self.ask("POST", "/v1/programmes", who, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def project(self, world: World) -> Case:
        """Write a case that was decided without a server into the ledger, so that screens can read it."""
        await self.write(world, 0, len(world.events))
        return world.case

    async def write(self, world: World, first: int, until: int) -> None:
        """The case's events from `first` on, until before `until`, as one batch."""

        @dataclass
        class Batch:
            stream: str
            workflow_id: str
            events: list[Event]
            opening: Case | None

        await ledger.commit(
            self.runtime.db,
            Batch(
                world.opening.stream,
                world.opening.workflow_id,
                world.events[first:until],
                None if first else world.opening,
            ),
        )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that take no time, brakes that are loose."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(signing_in, "REFUSAL_SECONDS", 0.0)
    passwords.dummy_hash.cache_clear()
    for module, name in ((sessions, "SIGN_IN_BRAKE"), (certificates, "CHECK_BRAKE")):
        monkeypatch.setattr(module, name, limits.Brake(burst=1000, every=1.0))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        var_dir=tmp_path / "var",
        database_url=database_url,
        temporal_address="127.0.0.1:1",
        log_level="ERROR",
        sqlite_synchronous="NORMAL",
    )


@pytest.fixture
async def product(settings: Settings) -> AsyncIterator[Product]:
    """The application with its reference data, two LSPs, and one person of every role."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = ASGITransport(app=app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            product = Product(app, client, app.state.runtime)
            await _fill(product)
            yield product


async def _fill(product: Product) -> None:
    async with product.runtime.db.write() as session:
        await registry.seed(session, years=range(2026, 2028), at=START)
        for id_ in ("LSP-TIK", "LSP-NUSA"):
            data = OrganisationData(
                id=id_,
                kind=OrganiserKind.LSP,
                name=f"Lembaga {id_}",
                licence="ACTIVE",
                licence_valid_until=date(2030, 12, 31),
                licensed_schemes=(registry.DEFAULT_SCHEME,),
            )
            await registry.put_organisation(session, data, by=SYSTEM, at=START)
        await product.person("organiser", Role.ORGANISER, "LSP-TIK", session=session)
        await product.person("neighbour", Role.ORGANISER, "LSP-NUSA", session=session)
        for role in (Role.VERIFIER, Role.OPERATIONS, Role.AUDITOR):
            await product.person(role.value, role, session=session)
        await product.person("candidate", Role.CANDIDATE, person="p1", session=session)


def roster(numbers: tuple[int, ...] = (1, 2, 4), **changes: Any) -> bytes:
    """An .xlsx of invented people of the demonstration, recommended by LSP-TIK; `changes` go to the last."""
    rows: list[dict[str, object]] = [{**PEOPLE[n - 1].cells(), "recommending": "LSP-TIK"} for n in numbers]
    rows[-1] |= changes
    return write(rows)


async def submitted(product: Product) -> Case:
    """A programme that its organiser has submitted, shown as it then is."""
    world = World()
    world.send(ORGANISER, world.submission())
    return await product.project(world)


async def draft_of(product: Product, world: World) -> DraftContent:
    """The draft of the world's programme, as its organiser left it."""
    submission = world.submission()
    content = DraftContent(
        scheme=SCHEME, classes=submission.classes, seats=submission.seats, masters=submission.masters
    )
    async with product.runtime.db.write() as session:
        session.add(
            Draft(
                id="programme-1",
                organiser="LSP-TIK",
                content=content.model_dump(mode="json"),
                created_by="x",
                updated_at=datetime.now(UTC),
            )
        )
    return content


class Dispatched:
    """Stands where the gateway would call the workflow; keeps what came."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, Any, Actor]] = []

    async def __call__(
        self, *, stream: str, command: Any, actor: Actor, key: str, min_seq: int = 0
    ) -> Receipt:
        self.commands.append((stream, command, actor))
        return Receipt(
            stream=stream, seq=len(self.commands), hash="h", state="X", command_id="c", command_digest="d"
        )


@pytest.fixture
def sent(product: Product, monkeypatch: pytest.MonkeyPatch) -> Dispatched:
    dispatched = Dispatched()
    product.runtime.connected = True
    monkeypatch.setattr(product.runtime.gateway, "dispatch", dispatched)
    monkeypatch.setattr(product.runtime.gateway, "rehearse", AsyncMock())
    return dispatched
