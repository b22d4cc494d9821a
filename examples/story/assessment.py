"""The class and the assessments: training, assessment, decision and reassessment."""

from datetime import date

from domain.clock import at, format_wib
from examples import organisations as o
from examples.actors import together
from examples.expected import EXPECTED, FAILING_UNITS
from examples.people import PEOPLE, Person, of_story
from examples.story.teller import Teller

UNITS = tuple(u.id for u in o.SCHEME.units)


class Assessment(Teller):
    # ---- stage 4: Pelaksanaan ----

    async def training(self) -> None:
        start, end = at(self.days[0], o.CLASS_START_HOUR), at(self.days[-1], 16)
        await self._advance(start)
        case = await self._case(lambda c: c["state"] == "RUNNING")
        seats = {s["id"]: s["state"] for s in case["seats"]}
        self.say(
            f"{format_wib(start)}: kelas dimulai dengan {list(seats.values()).count('CONFIRMED')} peserta; "
            "permohonan yang tak dijawab kedaluwarsa, cadangan kedua dilepas.",
            "The class starts; the unanswered application has expired, the second reserve is released.",
        )
        await self._advance(end)
        missing = {self.seats[p.number] for p in of_story("no_show_class")}
        days = [d.isoformat() for d in self.days]
        await self.staff("master1").complete(
            "record_attendance",
            "finish",
            stream=self.programme,
            form={
                "form": "attendance",
                "attended": {
                    s: ([] if s in missing else days) for s, state in seats.items() if state == "CONFIRMED"
                },
            },
        )
        self.say(
            "Pelatih mencatat kehadiran seluruh kelas dalam satu langkah; seorang peserta tidak datang.",
            "The trainer records the whole class's attendance in one act; one participant did not come.",
        )

    # ---- assessment ----

    async def assessments(self) -> None:
        day = await self._working_day(5)
        attended = [p for p in PEOPLE if EXPECTED[p.story].seat == "ATTENDED"]
        await together(self._schedule(p, "schedule_assessment", "schedule", day, "1") for p in attended)
        await together(self._sign(p) for p in attended)
        self.say(
            f"{len(attended)} asesmen dijadwalkan pada {day}; calon dan asesor menandatangani FR.AK.01.",
            f"{len(attended)} assessments are scheduled for {day}; candidates and assessors sign FR.AK.01.",
        )
        await self._advance(at(day, 9))
        absent = of_story("no_show_assessment")
        await together(self._assess(p) for p in attended if p not in absent)
        for p in absent:
            await self._assessor(p).complete(
                "begin_assessment", "no_show", stream=self.applications[p.number], step="1"
            )
        await together(self._decide(p, "1") for p in attended if p not in absent)
        later = await self._working_day(5)
        for p in absent:
            await self._schedule(p, "schedule_assessment", "schedule", later, "2")
            await self._sign(p)
        await self._advance(at(later, 9))
        for p in absent:
            await self._assess(p)
            await self._decide(p, "1")
        self.say(
            "Komite memutuskan dengan suara dan berita acara; yang tidak hadir diases kemudian.",
            "The committee decides by votes and minutes; a candidate who did not come is assessed later.",
        )

    async def _schedule(self, person: Person, kind: str, decision: str, day: date, step: str) -> None:
        await self.staff("penyelenggara").complete(
            kind,
            decision,
            stream=self.applications[person.number],
            step=step,
            form={
                "form": "schedule",
                "assessor": self._assessor(person).person,
                "venue": o.VENUE.code,
                "day": day.isoformat(),
            },
        )

    async def _assign_by_letter(self, person: Person, sitting: str) -> None:
        """A re-assessment is an assignment of its own: operations issue its letter, the assessor accepts."""
        stream, assessor = self.applications[person.number], self._assessor(person)
        await self.staff("petugas").complete(
            "assign_master_assessors",
            "assign",
            stream=stream,
            form={
                "form": "letters",
                "assignments": [
                    {
                        "class_id": stream,
                        "person": assessor.person,
                        "kind": "assessor",
                        "letter_number": f"ST/{person.number:03}-{sitting}/BNSP/2026",
                        "letter_date": o.START.isoformat(),
                    }
                ],
            },
        )
        await assessor.complete("answer_assignment", "accept", stream=stream)

    async def _sign(self, person: Person) -> None:
        stream = self.applications[person.number]
        await self.of(person).complete("sign_agreement", "sign", stream=stream)
        await self._assessor(person).complete("sign_agreement", "sign", stream=stream)

    async def _assess(self, person: Person, *, units: tuple[str, ...] = UNITS, passes: bool = False) -> None:
        stream = self.applications[person.number]
        failing = () if passes else FAILING_UNITS.get(person.story, ())
        results = {u: "BK" if u in failing else "K" for u in units}
        assessor, found = self._assessor(person), [f"{unit}: {result}" for unit, result in results.items()]
        await self._begin(person, units=units)
        ak02 = await self._file(assessor, person, "FR.AK.02", "Rekaman Asesmen", "Asesor", *found)
        ak05 = await self._file(assessor, person, "FR.AK.05", "Laporan Asesmen", "Asesor", *found)
        await assessor.complete(
            "file_assessment",
            "recommend",
            stream=stream,
            form={
                "form": "units",
                "results": [{"unit": u, "result": result} for u, result in results.items()],
                "ak02": ak02,
                "ak05": ak05,
            },
        )

    async def _begin(self, person: Person, *, units: tuple[str, ...] = UNITS) -> None:
        assessor = self._assessor(person)
        mapa = await self._file(assessor, person, "FR.MAPA.01", "Rencana Asesmen", "Asesor", *units)
        mapa02 = await self._file(assessor, person, "FR.MAPA.02", "Instrumen Asesmen", "Asesor", *units)
        await assessor.complete(
            "begin_assessment",
            "begin",
            stream=self.applications[person.number],
            form={"form": "begin", "mapa": mapa, "mapa02": mapa02},
        )

    async def _decide(self, person: Person, sitting: str, *, competent: bool | None = None) -> None:
        good = person.story not in FAILING_UNITS if competent is None else competent
        await self._convene(person, sitting)
        await self._vote(person, sitting, competent=good)
        if good:
            await self._issue(person)

    def _committee(self) -> list[str]:
        return [self.staff(s.username).person for s in (*o.on_duty("chair"), *o.on_duty("member"))]

    async def _convene(self, person: Person, sitting: str) -> None:
        committee = self._committee()
        await self.staff("petugas").complete(
            "convene",
            "convene",
            stream=self.applications[person.number],
            step=sitting,
            form={"form": "convene", "members": committee, "chair": committee[0]},
        )

    async def _vote(self, person: Person, sitting: str, *, competent: bool) -> None:
        await self.staff("komite1").complete(
            "decide",
            "decide_competent" if competent else "decide_not_yet",
            stream=self.applications[person.number],
            step=sitting,
            reason=None if competent else "Bukti pada unit yang disebut belum mencukupi.",
            form={
                "form": "votes",
                "votes": [{"person": p, "competent": competent} for p in self._committee()],
                "minutes_number": f"BA/{person.number:03}/{sitting}/2026",
            },
        )

    async def _issue(self, person: Person) -> None:
        await self.staff("petugas").complete(
            "issue_certificate",
            "issue",
            stream=self.applications[person.number],
            form={
                "form": "numbers",
                "certificate_number": f"CONTOH/{person.number:05}/2026",
                "registration_number": f"MET.CONTOH.{person.number:06}",
                "blank_number": f"BLANKO-CONTOH-{person.number:06}",
            },
        )

    async def reassessments(self) -> None:
        for sitting in ("2", "3"):
            failed = tuple(p for p in PEOPLE if p.story in FAILING_UNITS)
            if sitting == "3":
                failed = of_story("bk_twice")
            day = await self._working_day(10)
            for p in failed:
                await self._schedule(p, "reassess", "reassess", day, sitting)
                await self._assign_by_letter(p, sitting)
                await self._sign(p)
            await self._advance(at(day, 9))
            for p in failed:
                passes = p.story == "bk_then_k"
                await self._assess(p, units=FAILING_UNITS[p.story], passes=passes)
                await self._decide(p, sitting, competent=passes)
        self.say(
            "Asesmen ulang: seorang calon kini kompeten, seorang lagi belum kompeten untuk ketiga kalinya.",
            "Re-assessment: one candidate is competent now, another is not yet competent for the third time.",
        )
