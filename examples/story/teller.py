"""Who tells the story: its actors, the time that passes, and what several stages do alike."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

from domain.calendar import Calendar
from examples import organisations as o
from examples.actors import Actor, Json, StoryBroken, until
from examples.make_examples import Made, form
from examples.people import PEOPLE, Person, of_story

Say = Callable[[str], None]
REQUIREMENTS = {
    "technical_certificate": "technical_certificate",
    "photo": "photo",
    "diploma": "diploma",
    "experience_letter": "experience_letter",
    "computer_declaration": "it_declaration",
}
"""Kind of evidence in examples/ → what the product calls the requirement."""


class Teller:
    """A client of the service with an account for everybody."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        accounts: dict[str, str],
        out: Say,
        made: Made,
        folder: Path,
        certificates: Path | None = None,
    ) -> None:
        """`made` lies in `folder`; certificates are kept in a folder of their own, or else beside it."""
        self.http, self.out, self.made, self.folder = http, out, made, folder
        self.kept = certificates or folder / "certificates"
        self.actors = {name: Actor(http, name, password) for name, password in accounts.items()}
        self.programme = ""
        self.seats: dict[int, str] = {}
        self.applications: dict[int, str] = {}
        self.days: tuple[date, ...] = ()
        self.number = 0
        self.began = time.monotonic()

    def of(self, person: Person) -> Actor:
        return self.actors[person.username]

    def staff(self, name: str) -> Actor:
        return self.actors[name]

    def say(self, indonesian: str, english: str) -> None:
        self.number += 1
        self.out(f"{self.number:>3}. {indonesian}")
        self.out(f"     {english}  [{time.monotonic() - self.began:.0f} s]")

    def _main(self) -> list[Person]:
        out = of_story("refused_participant")
        return [p for p in PEOPLE if p.kind == "main" and p not in out]

    async def _letter(self, person: Person) -> None:
        """The person's recommendation, uploaded to the request as the organiser does it."""
        await self._upload_to_request(person, "recommendation_letter")

    async def _upload_to_request(self, person: Person, kind: Any) -> None:
        evidence = self.made.of(person)[kind]
        await self.staff("penyelenggara").send_file(
            f"/v1/programmes/{self.programme}/evidence",
            f"{kind}/{person.number}",
            (self.folder / evidence.path).read_bytes(),
            evidence.media_type,
            requirement=kind,
            seats=self.seats[person.number],
        )

    # ---- time ----

    async def _case(self, holds: Callable[[Json], bool]) -> Json:
        async def look() -> Json | None:
            case = await self.staff("petugas").get(f"/v1/programmes/{self.programme}")
            return case if holds(case) else None

        found: Json = await until(look, "the programme's state")
        return found

    async def _now(self) -> datetime:
        return datetime.fromisoformat((await self.staff("petugas").get("/v1/simulation"))["now"]).astimezone(
            UTC
        )

    async def today(self) -> date:
        """The business day in WIB."""
        from domain.clock import local_day

        return local_day(await self._now())

    @staticmethod
    def calendar() -> Calendar:
        """Working days as a new database has them."""
        from db.calendar_seed import seed

        return seed(range(o.START.year - 1, o.START.year + 3))

    async def _working_day(self, days: int) -> date:
        return self.calendar().add_working_days(await self.today(), days)

    async def _advance(self, to: datetime) -> None:
        if await self._now() >= to:
            return
        try:
            await self.staff("petugas").post(
                "/v1/simulation/advance", f"advance {to.isoformat()}", {"to": to.isoformat()}
            )
        except StoryBroken as broken:  # a repeated advance that had arrived already
            if "S-BACK" not in broken.args[1]:
                raise

    def _assessor(self, person: Person) -> Actor:
        return self.staff(o.on_duty("assessor")[person.number % 2].username)

    async def _journey(self, application: str) -> str:
        return str((await self.staff("petugas").get(f"/v1/applications/{application}"))["state"])

    async def _file(
        self, actor: Actor, person: Person, code: str, title: str, signer: str, *units: str
    ) -> str:
        """Make a form, upload it for the person's application, and give the digest that decisions name."""
        rows = [["Asesi", person.name], *(["Unit", unit] for unit in units)]
        stream = self.applications[person.number]
        answer = await actor.send_file(
            f"/v1/applications/{stream}/evidence",
            f"{stream}/{code}/{'/'.join(units)}",
            form(code, title, rows, signer),
            "application/pdf",
            requirement=code,
        )
        return str(answer["digest"])

    async def _evidence(self, person: Person, application: str, version: Any = "first") -> None:
        for kind, evidence in self.made.of(person, version).items():
            if kind in REQUIREMENTS:
                await self.of(person).send_file(
                    f"/v1/applications/{application}/evidence",
                    f"{application}/{kind}/{version}",
                    (self.folder / evidence.path).read_bytes(),
                    evidence.media_type,
                    requirement=REQUIREMENTS[kind],
                )

    async def _checked(self, person: Person) -> list[str]:
        """Wait for the machine's check; gives what it left to a person."""
        path = f"/v1/applications/{self.applications[person.number]}"

        async def findings() -> list[Json]:
            body = await self.staff("penelaah").get(path)
            found = [line["finding"] for line in body["requirements"]]
            return found if all(found) and not body["checking"] else []

        found: list[Json] = await until(findings, "the machine's check")
        return [f["requirement"] for f in found if f["outcome"] == "needs_human"]
