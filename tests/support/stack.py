"""The product without its HTTP: database, vault, gateway and a worker against a real Temporal server."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.documents import DocumentStore
from activities.notifications import run_outbox
from api import simulation
from api.gateway import Gateway
from db import reads, registry
from db.people_tables import Draft
from db.session import Database
from db.vault import Vault, case_owner
from domain import commands as c
from domain.calendar import Calendar
from domain.cases import Case, Sealed, Task
from domain.clock import local_day
from domain.errors import DomainError
from domain.events import digest
from domain.facts import PeriodFacts, TechnicalCertificateFacts
from domain.roles import Actor, Role
from examples import organisations, people
from settings import Settings
from tests.support.patience import WITHIN
from tools.cli.first_filling import for_demonstration, person_id
from worker import Parts, connect

DIGEST = digest("a document")


class Stack:
    """Everything that a case needs; one task queue of its own, so that tests do not disturb each other."""

    def __init__(self, settings: Settings, parts: Parts, gateway: Gateway, calendar: Calendar) -> None:
        self.settings = settings
        self.parts = parts
        self.client = parts.client
        self.db: Database = parts.db
        self.vault: Vault = parts.vault
        self.gateway = gateway
        self.calendar = calendar
        self._seen: dict[str, int] = {}

    @staticmethod
    @asynccontextmanager
    async def open(
        address: str,
        database_url: str,
        var: Path,
        *,
        clock: Literal["real", "simulation"],
        sandbox: bool = True,
    ) -> AsyncIterator["Stack"]:
        """`sandbox` off lets a test shorten what the workflows' own modules say (waits, tries)."""
        settings = Settings(
            var_dir=var,
            database_url=database_url,
            temporal_address=address,
            task_queue=f"test-{secrets.token_hex(4)}",
            clock=clock,
            sandbox=sandbox,
            sqlite_synchronous="NORMAL",
            rpc_timeout=WITHIN / 2,  # on a machine that is busy with other tests nothing is lost yet
            update_timeout=WITHIN,
        )
        var.mkdir(parents=True, exist_ok=True)
        db = Database(settings.database_url, sqlite_synchronous="NORMAL")
        vault = Vault(settings.keys("vault"))
        client = await connect(settings)
        store = DocumentStore(settings.documents, limit=settings.upload_limit)
        parts = Parts(client, db, vault, store, settings)
        async with db.read() as session:
            filled = await reads.sim_clock(session) is not None
        if not filled:
            await for_demonstration(db, vault, settings)
        async with db.read() as session:
            calendar = await registry.calendar(session)
        stop = asyncio.Event()
        outbox = asyncio.create_task(
            run_outbox(db, vault, settings.mail_folder, stop, public_url=settings.public_url)
        )
        try:
            async with parts.worker():
                yield Stack(settings, parts, Gateway(client, db, vault, settings), calendar)
        finally:
            stop.set()
            await outbox
            await db.dispose()

    # ---- people ----------------------------------------------------------------------------------

    def staff(self, username: str) -> Actor:
        one = next(s for s in organisations.STAFF if s.username == username)
        assert one.role is not None
        return Actor(
            account=str(uuid.uuid5(uuid.NAMESPACE_DNS, username)),
            person=person_id(one.email),
            role=one.role,
            organisation=one.organisation if one.role is Role.ORGANISER else "",
        )

    def candidate(self, number: int) -> Actor:
        one = people.PEOPLE[number - 1]
        return Actor(
            account=str(uuid.uuid5(uuid.NAMESPACE_DNS, one.username)),
            person=person_id(one.email),
            role=Role.CANDIDATE,
        )

    # ---- acting ------------------------------------------------------------------------------------

    async def send(self, who: Actor, stream: str, command: Any, key: str = "") -> c.Receipt:
        receipt = await self.gateway.dispatch(
            stream=stream,
            command=command,
            actor=who,
            key=key or secrets.token_hex(8),
            min_seq=self._seen.get(stream, 0),
        )
        self._seen[stream] = receipt.seq
        return receipt

    async def refused(self, who: Actor, stream: str, command: Any) -> list[str]:
        try:
            await self.send(who, stream, command)
        except DomainError as error:
            return [v.rule for v in error.violations]
        raise AssertionError("the command was taken")

    async def seal(self, stream: str, text: str) -> Sealed:
        async def write(session: AsyncSession) -> Sealed:
            return await self.vault.seal_text(
                session, case_owner(stream), text, by="test", at=await self.now()
            )

        return await self.db.retrying(write)

    async def now(self) -> Any:
        return await self.gateway.business_now()

    async def case(self, stream: str) -> Case:
        """The projection, once it has caught up with what this stack has seen."""
        assert await reads.wait_for(self.db, stream, self._seen.get(stream, 1), WITHIN)
        found = await self.gateway.case(stream)
        assert found is not None
        return found

    async def until(self, stream: str, holds: Any, *, within: float = WITHIN) -> Case:
        """The case as soon as `holds(case)`; fails with what it looked like when it never does."""
        end = asyncio.get_running_loop().time() + within
        while True:
            found = await self.gateway.case(stream)
            if found is not None and holds(found):
                self._seen[stream] = max(found.seq, self._seen.get(stream, 0))
                return found
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"never: {found.state if found else 'no case'}")
            await asyncio.sleep(0.02)

    async def task(self, stream: str, kind: str, *, person: str = "", subject: str = "") -> Task:
        def find(case: Case) -> list[Task]:
            return [
                t
                for t in case.tasks.values()
                if t.kind == kind
                and t.state in ("OFFERED", "CLAIMED")
                and (not person or t.for_person == person)
                and (not subject or t.subject == subject)
            ]

        case = await self.until(stream, lambda x: bool(find(x)))
        return find(case)[0]

    async def complete(
        self, who: Actor, stream: str, kind: str, decision: str, *, subject: str = "", **more: Any
    ) -> c.Receipt:
        task = await self.task(
            stream, kind, subject=subject, person="" if subject else more.pop("person", "")
        )
        return await self.send(who, stream, c.CompleteTask(task=task.id, decision=decision, **more))

    async def advance(self, *, days: int = 0, to: Any = None) -> simulation.Advanced:
        target = to or await self.now() + timedelta(days=days)
        done = await simulation.advance(self.db, self.client, target)
        async with self.db.read() as session:
            for place in await reads.open_cases(session):
                row = await reads.case_row(session, place.stream)
                assert row is not None
                self._seen[place.stream] = max(row.seq, self._seen.get(place.stream, 0))
        return done

    # ---- a small programme -------------------------------------------------------------------------

    async def submission(
        self, numbers: list[int], *, reserves: tuple[int, ...] = (), programme: str = ""
    ) -> c.SubmitProgramme:
        """A request of the demonstration's organiser for one class with these of its people, their
        evidence recorded as the roster says."""
        programme = programme or str(uuid.uuid4())
        now = await self.now()
        today = local_day(now)
        first = self.calendar.add_working_days(today, organisations.NOTICE)
        days: tuple[date, ...] = tuple(self.calendar.add_working_days(first, n) for n in range(3))
        class_id = str(uuid.uuid4())
        organiser = self.staff("penyelenggara")
        chosen = [people.PEOPLE[n - 1] for n in numbers]

        async def write(session: AsyncSession) -> None:
            session.add(
                Draft(
                    id=programme,
                    organiser=organisations.PROPOSER,
                    content={"scheme": organisations.SCHEME.code},
                    created_by="test",
                    updated_at=now,
                )
            )
            for one in chosen:
                await registry.put_participant(
                    session,
                    self.vault,
                    participant_data(one, today, programme),
                    by=organiser,
                    at=now,
                )

        await self.db.retrying(write)
        return c.SubmitProgramme(
            programme=programme,
            organiser=organisations.PROPOSER,
            classes=(
                c.ClassRequest(
                    id=class_id,
                    label="A",
                    days=days,
                    venue=organisations.VENUE.code,
                    committee=tuple(person_id(s.email) for s in organisations.on_duty("class_committee")),
                ),
            ),
            seats=tuple(
                c.SeatRequest(
                    id=str(uuid.uuid5(uuid.UUID(programme), one.username)),
                    class_id=class_id,
                    person=person_id(one.email),
                    kind="reserve" if n in reserves else "main",
                    recommending=one.recommending,
                )
                for n, one in zip(numbers, chosen, strict=True)
            ),
            masters=tuple(
                c.MasterProposal(class_id=class_id, person=person_id(s.email), kind=kind)
                for kind in ("trainer", "assessor")
                for s in organisations.on_duty(kind)
            ),
            request_digest=DIGEST,
        )


def participant_data(person: people.Person, today: date, programme: str) -> registry.ParticipantData:
    """What the roster says of one of the demonstration's people, for a request made `today`."""
    return registry.ParticipantData(
        person=person_id(person.email),
        scheme=organisations.SCHEME.code,
        draft=programme,
        qualification=person.qualification,
        kkni_level=person.kkni_level,
        technical=(
            TechnicalCertificateFacts(
                field=organisations.FIELD, valid_until=person.certificate_valid_until(today)
            ),
        ),
        experience=tuple(
            PeriodFacts(field=organisations.FIELD, first=first, last=last)
            for first, last in (work.days(today) for work in person.work)
        ),
        recommending=person.recommending,
        letter_day=person.letter_date(today),
        letter_digest=DIGEST,
        it_declared=True,
        letter_number=person.letter_number,
        signatory="Penanda Tangan Contoh",
        certificate_number=person.certificate_number,
    )
