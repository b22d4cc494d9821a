"""What lies on everybody's desk when the demonstration has been told: six programmes, each left half-way.

Nothing is checked here: it is the work that a visitor finds on signing in, an open act for each hat.
"""

from collections.abc import Sequence
from pathlib import Path

import httpx

from api.roster_xlsx import write
from domain.clock import at
from examples import organisations as o
from examples.actors import Json, together, until
from examples.make_examples import Made, make
from examples.newcomers import NEWCOMERS, with_story
from examples.people import Person
from examples.story.applications import Applications
from examples.story.assessment import Assessment
from examples.story.request import staff_person
from examples.story.teller import Say, Teller

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
APART = 5
"""Working days between the first class days of two programmes: the same master assessors give them."""


async def fill_the_desks(base_url: str, accounts: dict[str, str], out: Say, folder: Path) -> None:
    """Begin six programmes and leave them. `folder` gets the files that are uploaded. Raises StoryBroken."""
    async with httpx.AsyncClient(base_url=base_url, timeout=300) as http:
        nothing = Made(folder, ())
        made = make(folder, await Teller(http, accounts, out, nothing, folder).today(), NEWCOMERS)
        await Office(http, accounts, out, made, folder).open()


class Office(Applications, Assessment):
    """Each programme is begun on the day on which the one before has come far enough."""

    async def open(self) -> None:
        needed = (*(s.username for s in o.STAFF if s.username), *(p.username for p in NEWCOMERS))
        await together((self.actors[name].sign_in() for name in needed), at_once=4)
        await self._class_that_is_over()
        await self._class_in_preparation()
        await self._requests()
        self.say(
            "Enam program lain dibiarkan di tengah jalan: di kotak tugas setiap orang ada pekerjaan.",
            "Six more programmes are left half-way: there is work in everybody's inbox.",
        )

    # ---- a class that is over ----

    async def _class_that_is_over(self) -> None:
        people = NEWCOMERS[:7]
        await self._approved(people, place=0)
        await self._prepared()
        await together(
            self.of(p).complete("confirm_seat", "confirm", subject=self.seats[p.number]) for p in people
        )
        await together(self._apply(p) for p in people)
        await self._reviewers(people)
        (late,) = with_story("late_review")
        await together(self._accept(p) for p in people if p is not late)
        await self._advance(at(self.days[-1], 16))
        days = [d.isoformat() for d in self.days]
        await self.staff("master1").complete(
            "record_attendance",
            "finish",
            stream=self.programme,
            form={"form": "attendance", "attended": {self.seats[p.number]: days for p in people}},
        )
        await self._assessed(with_story("to_issue", "to_convene", "to_decide", "to_assess", "to_begin"))

    async def _assessed(self, people: Sequence[Person]) -> None:
        day = await self._working_day(5)
        await together(self._schedule(p, "schedule_assessment", "schedule", day, "1") for p in people)
        await together(self._sign(p) for p in people)
        await self._advance(at(day, 9))
        issue, convene, decide, assess = with_story("to_issue", "to_convene", "to_decide", "to_assess")
        await together(self._assess(p) for p in (issue, convene, decide))
        await self._begin(assess)
        for person in (issue, decide):
            await self._convene(person, "1")
        await self._vote(issue, "1", competent=True)

    # ---- a class that is being prepared ----

    async def _class_in_preparation(self) -> None:
        people = NEWCOMERS[7:12]
        await self._approved(people, place=1)
        await self._letters()
        await self.staff("master1").complete("answer_assignment", "accept", stream=self.programme)
        review, returned, reviewer = with_story("to_review", "returned_documents", "to_get_reviewer")
        for person in (review, returned, reviewer):
            await self.of(person).complete("confirm_seat", "confirm", subject=self.seats[person.number])
            await self._apply(person)
        await self._reviewers((review, returned))
        await self._send_back(returned, "Pernyataan komputer belum ditandatangani.")

    # ---- requests ----

    async def _requests(self) -> None:
        await self._submitted(with_story("to_approve"), place=2)
        await self._recommended()
        await self._submitted(with_story("to_verify"), place=3)
        await self._submitted(with_story("sent_back"), place=4)
        await self.staff("verifikator").complete(
            "verify_programme",
            "send_back",
            stream=self.programme,
            form={"form": "points", "points": ["Surat permohonan belum menyebut tempat pelaksanaan."]},
        )
        await self._drafted(with_story("drafted"), place=5)

    async def _drafted(self, people: Sequence[Person], *, place: int) -> None:
        """A request with its participants, not sent yet; `place` in the row keeps the classes' days apart."""
        organiser, calendar, today = self.staff("penyelenggara"), self.calendar(), await self.today()
        self.days = o.class_days(calendar, calendar.add_working_days(today, APART * place or 1))
        draft = await organiser.post(
            "/v1/programmes",
            f"draft {place}",
            {
                "scheme": o.SCHEME.code,
                "venue": o.VENUE.code,
                "zone": o.VENUE.zone.value,
                "classes": [
                    {
                        "label": o.CLASS_LABEL,
                        "days": [d.isoformat() for d in self.days],
                        "start_hour": o.CLASS_START_HOUR,
                        "committee": [staff_person(s) for s in o.on_duty("class_committee")],
                        "masters": [
                            {"person": self.staff(s.username).person, "kind": kind} for kind, s in MASTERS
                        ],
                    }
                ],
            },
        )
        self.programme = draft["id"]
        sheet = write([person.cells(today) for person in people])
        answer = await organiser.send_file(
            f"/v1/programmes/{self.programme}/import", f"roster {place}", sheet, XLSX
        )
        for person, row in zip(people, answer["rows"], strict=True):
            self.seats[person.number] = row["seat"]

    async def _submitted(self, people: Sequence[Person], *, place: int) -> None:
        await self._drafted(people, place=place)
        await together(self._letter(p) for p in people)
        # whose equivalence a person decides is judged by the diploma
        await together(self._upload_to_request(p, "diploma") for p in people if p.qualification == "SMA")
        await self.staff("penyelenggara").post(f"/v1/programmes/{self.programme}/submit", f"submit {place}")
        await self.staff("verifikator").task("verify_programme", stream=self.programme)

    async def _recommended(self) -> None:
        verifier = self.staff("verifikator")
        task = await verifier.task("verify_programme", stream=self.programme)
        await verifier.post(f"/v1/tasks/{task['id']}/claim", f"claim {task['id']}")
        path = f"/v1/programmes/{self.programme}"

        async def proposed() -> list[str]:
            seats: list[Json] = (await verifier.get(path))["seats"]
            ready = all(s["pair_taken"] for s in seats)
            return [s["id"] for s in seats if s["state"] == "PROPOSED"] if ready else []

        seats = await until(proposed, "the (person, scheme) pairs")
        await verifier.post(f"{path}/commands/verify_seats", f"verify {self.programme}", {"seats": seats})
        await verifier.complete("verify_programme", "recommend", stream=self.programme)

    async def _approved(self, people: Sequence[Person], *, place: int) -> None:
        await self._submitted(people, place=place)
        await self._recommended()
        await self.staff("penyetuju").complete("approve_programme", "approve", stream=self.programme)
        await self._case(lambda c: c["state"] == "PREPARATION")

    async def _prepared(self) -> None:
        class_id = await self._letters()
        for _, one in MASTERS:
            await self.staff(one.username).complete("answer_assignment", "accept", stream=self.programme)
        await self.staff("penyelenggara").post(
            f"/v1/programmes/{self.programme}/commands/confirm_venue",
            f"venue {self.programme}",
            {"class_id": class_id},
        )

    async def _letters(self) -> str:
        case = await self._case(lambda c: c["state"] == "PREPARATION")
        class_id: str = case["classes"][0]["id"]
        day = (await self.today()).isoformat()
        await self.staff("petugas").complete(
            "assign_master_assessors",
            "assign",
            stream=self.programme,
            form={
                "form": "letters",
                "assignments": [
                    {
                        "class_id": class_id,
                        "person": self.staff(s.username).person,
                        "kind": kind,
                        "letter_number": f"ST/{self.programme[:4]}-{n}/BNSP",
                        "letter_date": day,
                    }
                    for n, (kind, s) in enumerate(MASTERS, start=1)
                ],
            },
        )
        return class_id

    async def _reviewers(self, people: Sequence[Person]) -> None:
        reviewer = self.staff("penelaah").person
        await together(
            self.staff("petugas").complete(
                "assign_reviewer",
                "assign_reviewer",
                stream=self.applications[p.number],
                form={"form": "reviewer", "reviewer": reviewer},
            )
            for p in people
        )


MASTERS = tuple((kind, s) for kind in ("trainer", "assessor") for s in o.on_duty(kind))
"""Who gives and who assesses every class here."""

DESKS: tuple[tuple[str, str, str], ...] = (
    (
        "petugas",
        "petugas BNSP – operations",
        "menugasi, sidang, sertifikat – assigning, convening, issuing",
    ),
    (
        "penyelenggara",
        "penyelenggara – organiser",
        "perbaikan, draf, jadwal – correction, draft, schedule",
    ),
    ("verifikator", "verifikator – verifier", "permohonan dengan kesetaraan – a request with an equivalence"),
    ("penyetuju", "penyetuju – approver", "permohonan yang direkomendasikan – a recommended request"),
    ("penelaah", "penelaah – reviewer", "berkas, satu terlambat – documents, one of them late"),
    ("master2", "master asesor – master assessor", "surat tugas – an assignment to answer"),
    ("master3", "asesor – assessor", "mulai dan rekam asesmen – assessments to begin and to file"),
    ("master4", "asesor – assessor", "mulai dan rekam asesmen – assessments to begin and to file"),
    ("komite1", "komite keputusan – committee", "satu keputusan – a decision"),
    ("peserta40", "calon – candidate", "permohonan sertifikasi – an application to send"),
    ("peserta39", "calon – candidate", "perbaikan – a correction"),
    ("peserta01", "asesor bersertifikat – certified", "sertifikatnya – the certificate"),
    ("auditor", "auditor", "semuanya, hanya dibaca – everything, to read"),
)
"""User name, hat, and what waits there."""
