"""One LSP's programme from an Excel roster to certificates, every role acting over HTTP with its own account.

The story of each participant stands in examples/people.py, what must become of them in examples/expected.py
(worked out by hand in examples/README.md). Nothing here looks into the service: it is
a client like any other.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

from domain.clock import at, format_wib
from examples import organisations as o
from examples.actors import Actor, Json, StoryBroken, together, until
from examples.expected import EXPECTED, FAILING_UNITS, SHARE_AFTER_APPROVAL
from examples.make_examples import Made, form, make
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
UNITS = tuple(u.id for u in o.SCHEME.units)


async def run(base_url: str, accounts: dict[str, str], out: Say, certificates: Path) -> int:
    """Tell the whole story; 0 when every participant ended as worked out by hand, else 1. The certificates'
    files are left in the folder `certificates`."""
    async with httpx.AsyncClient(base_url=base_url, timeout=300) as http:
        with tempfile.TemporaryDirectory(prefix="asesor-contoh-") as folder:
            story = Story(http, accounts, out, make(Path(folder)), Path(folder), certificates)
            await story.tell()
            return await story.compare()


class Story:
    """What happens, in the order in which it happens."""

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

    async def tell(self) -> None:
        await self._sign_in()
        await self.request()
        await self.verification()
        await self.approval()
        await self.preparation()
        await self.applications_come()
        await self.waiting_list()
        await self.review()
        await self.training()
        await self.assessments()
        await self.reassessments()
        await self.report()

    async def _sign_in(self) -> None:
        needed = [*(s.username for s in o.STAFF if s.username), *(p.username for p in PEOPLE)]
        await together((self.actors[name].sign_in() for name in needed), at_once=4)

    # ---- stage 1: Permohonan ----

    async def request(self) -> None:
        organiser = self.staff("penyelenggara")
        self.days = await self._class_days()
        draft = await organiser.post(
            "/v1/programmes",
            "draft",
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
                            {"person": self.staff(s.username).person, "kind": kind}
                            for kind in ("trainer", "assessor")
                            for s in o.on_duty(kind)
                        ],
                    }
                ],
            },
        )
        self.programme = draft["id"]
        sheet = self.made.roster.read_bytes()
        answer = await organiser.send_file(
            f"/v1/programmes/{self.programme}/import",
            "roster",
            sheet,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
        for person, row in zip(PEOPLE, answer["rows"], strict=True):
            self.seats[person.number] = row["seat"]
        self.say(
            f"{o.PROPOSER} mengunggah daftar peserta dari Excel: {answer['imported']} baris diterima.",
            f"{o.PROPOSER} imports the participants from Excel: {answer['imported']} rows taken.",
        )
        await together(self._letter(person) for person in PEOPLE)
        await together(self._upload_to_request(person, "diploma") for person in of_story("sma_equivalence"))
        receipt = await organiser.post(f"/v1/programmes/{self.programme}/submit", "submit")
        self.say(
            f"Permohonan diajukan: 24 peserta utama (7 dari lembaga lain), 2 cadangan. Tanda terima "
            f"#{receipt['seq']} {receipt['hash'][:12]}.",
            "The request is submitted: 24 main participants (7 from neighbours), 2 in reserve.",
        )

    async def _class_days(self) -> tuple[date, ...]:
        from db.calendar_seed import seed

        return o.class_days(seed(range(o.START.year - 1, o.START.year + 3)))

    async def _letter(self, person: Person) -> None:
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

    # ---- stage 2: Verifikasi dan Persetujuan ----

    async def verification(self) -> None:
        verifier = self.staff("verifikator")
        task = await verifier.task("verify_programme", stream=self.programme)
        await verifier.post(f"/v1/tasks/{task['id']}/claim", "claim-verification")
        (school_leaver,) = of_story("sma_equivalence")
        await verifier.complete(
            "resolve_equivalence",
            "accept",
            stream=self.programme,
            subject=self.seats[school_leaver.number],
            reason="Pengalaman dua belas tahun dan portofolio pelatihan setara dengan jenjang 3 KKNI.",
            evidence=[self.made.of(school_leaver)["diploma"].sha256],
        )
        self.say(
            "Verifikator memutuskan kesetaraan seorang peserta berijazah SMA, dengan alasan dan bukti.",
            "The verifier decides on the equivalence of a participant with SMA only, with reason and proof.",
        )
        await self._verify_when_pairs_are_taken(verifier)
        await verifier.complete("verify_programme", "recommend", stream=self.programme)
        self.say("Verifikator merekomendasikan permohonan.", "The verifier recommends the request.")

    async def _verify_when_pairs_are_taken(self, verifier: Actor) -> None:
        async def taken() -> bool:
            case = await verifier.get(f"/v1/programmes/{self.programme}")
            return all(s["pair_taken"] for s in case["seats"])

        await until(taken, "the (person, scheme) pairs")
        await verifier.post(
            f"/v1/programmes/{self.programme}/commands/verify_seats",
            "verify-seats",
            {"seats": list(self.seats.values())},
        )

    async def approval(self) -> None:
        (left_out,) = of_story("refused_participant")
        task = await self.staff("penyetuju").task("approve_programme", stream=self.programme)
        refused = await self.staff("verifikator").refused(
            f"/v1/tasks/{task['id']}/complete", "own-approval", {"decision": "approve"}
        )
        await self.staff("penyetuju").complete(
            "approve_programme",
            "approve_without",
            stream=self.programme,
            reason="Surat rekomendasi peserta ini tidak dapat dikonfirmasi kepada lembaganya.",
            form={
                "form": "approve_without",
                "seats": [self.seats[left_out.number]],
                "reasons": [
                    {
                        "seat": self.seats[left_out.number],
                        "reason": "Surat rekomendasi Anda tidak dikenal oleh lembaga yang tertulis di sana.",
                    }
                ],
            },
        )
        external, total = SHARE_AFTER_APPROVAL
        self.say(
            f"Verifikator mencoba menyetujui dan ditolak ({', '.join(refused)}); penyetuju menyetujui tanpa "
            f"satu peserta: porsi luar {external} dari {total} ditandai.",
            "The verifier tries to approve and is refused; the approver approves without one participant "
            "and tells that one why.",
        )

    # ---- stage 3: Pra Pelaksanaan ----

    async def preparation(self) -> None:
        case = await self._case(lambda c: c["state"] == "PREPARATION")
        class_id = case["classes"][0]["id"]
        operations = self.staff("petugas")
        masters = [(kind, s) for kind in ("trainer", "assessor") for s in o.on_duty(kind)]
        await operations.complete(
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
                        "letter_number": f"ST/{n:03}/BNSP/2026",
                        "letter_date": o.START.isoformat(),
                    }
                    for n, (kind, s) in enumerate(masters, start=1)
                ],
            },
        )
        await together(
            self.staff(s.username).complete("answer_assignment", "accept", stream=self.programme)
            for _, s in masters
        )
        await self.staff("penyelenggara").post(
            f"/v1/programmes/{self.programme}/commands/confirm_venue", "venue", {"class_id": class_id}
        )
        self.say(
            "Surat tugas terbit, empat master asesor menerima, tempat dipastikan.",
            "Letters are issued, four master assessors accept, the venue is confirmed.",
        )
        (leaver,) = of_story("withdraws")
        coming = [p for p in self._main() if p is not leaver]
        await together(
            self.of(p).complete("confirm_seat", "confirm", subject=self.seats[p.number]) for p in coming
        )
        self.say(f"{len(coming)} peserta memastikan kehadiran.", f"{len(coming)} participants confirm.")

    def _main(self) -> list[Person]:
        out = of_story("refused_participant")
        return [p for p in PEOPLE if p.kind == "main" and p not in out]

    # ---- the candidates' applications ----

    async def applications_come(self) -> None:
        await together(self._apply(p) for p in self._main())
        self.say(
            f"{len(self._main())} calon mengunggah bukti dan mengirim FR.APL.01 dan FR.APL.02.",
            f"{len(self._main())} candidates upload their evidence and send FR.APL.01 and FR.APL.02.",
        )

    async def _apply(self, person: Person) -> None:
        task = await self.of(person).task("submit_application")
        application = self.applications[person.number] = task["stream"]
        await self._evidence(person, application)
        apl01 = await self._file(self.of(person), person, "FR.APL.01", "Permohonan Sertifikasi", person.name)
        apl02 = await self._file(self.of(person), person, "FR.APL.02", "Asesmen Mandiri", person.name)
        consent = (await self.of(person).get(f"/v1/applications/{application}"))["consent_version_now"]
        await self.of(person).complete(
            "submit_application",
            "submit",
            stream=application,
            form={
                "form": "application",
                "apl01": apl01,
                "apl02": apl02,
                "consent_version": consent,
                "it_declared": True,
            },
        )

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

    async def waiting_list(self) -> None:
        (leaver,), (first,) = of_story("withdraws"), of_story("promoted")
        await self.of(leaver).complete("confirm_seat", "withdraw", subject=self.seats[leaver.number])
        await self.of(first).complete("answer_offer", "accept_offer", subject=self.seats[first.number])
        await self._apply(first)
        self.say(
            "Seorang peserta mundur; kursinya ditawarkan kepada cadangan pertama, yang menerimanya.",
            "A participant withdraws; the first in reserve is offered the seat and takes it.",
        )

    # ---- document review ----

    async def review(self) -> None:
        (leaver,) = of_story("withdraws")
        reviewer = self.staff("penelaah")
        under_review = [p for p in (*self._main(), *of_story("promoted")) if p is not leaver]
        await together(
            self.staff("petugas").complete(
                "assign_reviewer",
                "assign_reviewer",
                stream=self.applications[p.number],
                form={"form": "reviewer", "reviewer": reviewer.person},
            )
            for p in under_review
        )
        sent_back = {*of_story("returned_documents"), *of_story("never_answers")}
        for p in of_story("returned_documents"):
            await self._send_back(p, "Pernyataan komputer belum ditandatangani.")
            await self._evidence(p, self.applications[p.number], "corrected")
            await self.of(p).complete("correct_application", "resubmit", stream=self.applications[p.number])
        for p in of_story("never_answers"):
            await self._send_back(p, "Surat pengalaman kerja belum ditandatangani.")
        accepted = [p for p in under_review if p not in of_story("never_answers")]
        await together(self._accept(p) for p in accepted)
        self.say(
            f"Penelaah menerima {len(accepted)} berkas; {len(sent_back)} dikembalikan, satu diperbaiki, satu "
            "tidak pernah dijawab.",
            f"The reviewer accepts {len(accepted)}; {len(sent_back)} were sent back, one is mended, one "
            "never answered.",
        )

    async def _send_back(self, person: Person, point: str) -> None:
        await self.staff("penelaah").task("review_documents", stream=self.applications[person.number])
        await self._checked(person)
        await self.staff("penelaah").complete(
            "review_documents",
            "send_back",
            stream=self.applications[person.number],
            form={"form": "points", "points": [point]},
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

    async def _accept(self, person: Person) -> None:
        await self.staff("penelaah").task("review_documents", stream=self.applications[person.number])
        left = await self._checked(person)
        grounds: Json = {}
        if left:
            grounds = {
                "reason": "Berkas asli sudah diperiksa dan sesuai dengan isian permohonan.",
                "evidence": [self.made.of(person)["diploma"].sha256],
            }
        await self.staff("penelaah").complete(
            "review_documents",
            "accept",
            stream=self.applications[person.number],
            form={"form": "review", "resolved": left},
            **grounds,
        )

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

    def _assessor(self, person: Person) -> Actor:
        return self.staff(o.on_duty("assessor")[person.number % 2].username)

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
        mapa = await self._file(assessor, person, "FR.MAPA.01", "Rencana Asesmen", "Asesor", *units)
        mapa02 = await self._file(assessor, person, "FR.MAPA.02", "Instrumen Asesmen", "Asesor", *units)
        await assessor.complete(
            "begin_assessment",
            "begin",
            stream=stream,
            form={"form": "begin", "mapa": mapa, "mapa02": mapa02},
        )
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

    async def _decide(self, person: Person, sitting: str, *, competent: bool | None = None) -> None:
        stream = self.applications[person.number]
        good = person.story not in FAILING_UNITS if competent is None else competent
        committee = [self.staff(s.username).person for s in (*o.on_duty("chair"), *o.on_duty("member"))]
        await self.staff("petugas").complete(
            "convene",
            "convene",
            stream=stream,
            step=sitting,
            form={"form": "convene", "members": committee, "chair": committee[0]},
        )
        await self.staff("komite1").complete(
            "decide",
            "decide_competent" if good else "decide_not_yet",
            stream=stream,
            step=sitting,
            reason="" or (None if good else "Bukti pada unit yang disebut belum mencukupi."),
            form={
                "form": "votes",
                "votes": [{"person": p, "competent": good} for p in committee],
                "minutes_number": f"BA/{person.number:03}/{sitting}/2026",
            },
        )
        if good:
            await self.staff("petugas").complete(
                "issue_certificate",
                "issue",
                stream=stream,
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

    # ---- the end ----

    async def report(self) -> None:
        organiser = self.staff("penyelenggara")
        rows = [["Penyelenggara", o.PROPOSER], ["Hari kelas", ", ".join(d.isoformat() for d in self.days)]]
        uploaded = await organiser.send_file(
            f"/v1/programmes/{self.programme}/evidence",
            "report",
            form("LAPORAN", "Laporan Penyelenggaraan", rows, o.PROPOSER),
            "application/pdf",
            requirement="report",
        )
        await organiser.complete(
            "submit_report",
            "submit_report",
            stream=self.programme,
            form={"form": "report", "report": uploaded["digest"]},
        )
        await self.audit()
        await self.staff("petugas").complete("accept_report", "accept_report", stream=self.programme)
        await self._case(lambda c: c["state"] == "COMPLETED")
        await self._advance(at(await self._working_day(8), 9))
        self.say(
            "Laporan penyelenggara diterima; masa banding lewat; program selesai.",
            "The organiser's report is accepted; the time for an appeal has passed; all is complete.",
        )

    async def audit(self) -> None:
        """The auditor reads everything and changes nothing."""
        auditor = self.staff("auditor")

        async def same_end() -> Json | None:
            timeline = await auditor.get(f"/v1/cases/{self.programme}/timeline", limit=1)
            head = await auditor.get("/v1/ledger/head", stream=self.programme)
            (last,) = timeline["items"]
            return last if last["hash"] == head["stream"]["hash"] else None

        last: Json = await until(same_end, "a timeline that ends at the ledger's head")
        task = await self.staff("petugas").task("accept_report", stream=self.programme)
        refused = await auditor.refused(
            f"/v1/tasks/{task['id']}/complete", "not-mine", {"decision": "accept_report"}
        )
        self.say(
            f"Auditor membaca linimasa program sampai kepala buku besar, #{last['seq']} {last['hash'][:12]}; "
            f"ia mencoba menerima laporan dan ditolak ({', '.join(refused)}).",
            "The auditor reads the timeline up to the ledger's head, tries to accept the report, is refused.",
        )

    async def compare(self) -> int:
        """Hold every participant's end against the table that was worked out by hand."""
        case = await self._case(lambda c: c["state"] == "COMPLETED")
        seats = {s["id"]: s for s in case["seats"]}
        certificates = {c["journey"]: c for c in await self._certificates()}
        wrong = 0
        self.out("")
        self.out(f"{'No':>3}  {'Cerita/story':<22} {'Kursi/seat':<11} {'Sertifikasi/journey':<20} Sertifikat")
        for person in PEOPLE:
            expected = EXPECTED[person.story]
            application = self.applications.get(person.number, "")
            seat = seats[self.seats[person.number]]["state"]
            journey = await self._journey(application) if application else None
            found = certificates.get(application)
            certificate = found["state"] if found else None
            good = (seat, journey, certificate) == (expected.seat, expected.journey, expected.certificate)
            wrong += not good
            self.out(
                f"{person.number:>3}  {person.story:<22} {seat:<11} {journey or '–':<20} "
                f"{certificate or '–':<8} "
                f"{'sesuai' if good else f'TIDAK SESUAI: {expected}'}"
            )
        await self._show_certificates(certificates)
        self.out("")
        self.out("Semua sesuai dengan tabel." if not wrong else f"{wrong} tidak sesuai dengan tabel.")
        return 1 if wrong else 0

    async def _journey(self, application: str) -> str:
        return str((await self.staff("petugas").get(f"/v1/applications/{application}"))["state"])

    async def _certificates(self) -> list[Json]:
        async def all_active() -> list[Json]:
            page = await self.staff("petugas").get("/v1/certificates", limit=100)
            return page["items"] if all(c["state"] != "PREPARED" for c in page["items"]) else []

        found: list[Json] = await until(all_active, "the certificates")
        return found

    async def _show_certificates(self, certificates: dict[str, Json]) -> None:
        """Keep every certificate's document, and check each by its code as anyone can, without the NIK."""
        niks = [p.nik for p in PEOPLE]
        self.kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        address, label = "", ""
        for person in PEOPLE:
            certificate = certificates.get(self.applications.get(person.number, ""))
            if certificate is None:
                continue
            content = await self.staff("petugas").download(f"/v1/certificates/{certificate['id']}/pdf")
            if not content.startswith(b"%PDF-"):
                raise StoryBroken("a certificate is not a PDF", [])
            file = self.kept / f"{person.number:02}.pdf"
            file.touch(mode=0o600)
            file.write_bytes(content)
            checked = await self.http.get(f"/v1/check/{certificate['check_code']}")
            if not checked.is_success or any(nik in checked.text for nik in niks):
                raise StoryBroken(f"the public check answered {checked.status_code}", [])
            address = address or f"{self.http.base_url}/check/{certificate['check_code']}"
            label = label or checked.json()["label"]
        self.out("")
        self.out(f"{len(certificates)} sertifikat PDF dengan QR – certificates as PDF, with QR")
        self.out(f"  siapa saja dapat memeriksa – anybody can check: {address}  → {label}")

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

    async def _working_day(self, days: int) -> date:
        from db.calendar_seed import seed
        from domain.clock import local_day

        calendar = seed(range(o.START.year - 1, o.START.year + 3))
        return calendar.add_working_days(local_day(await self._now()), days)

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


def staff_person(staff: o.Staff) -> str:
    """A committee member's person id, as operations registered it."""
    from tools.cli.first_filling import person_id

    return person_id(staff.email)
