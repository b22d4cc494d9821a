"""Stages 1 to 3: the request, its verification and approval, and what is prepared for the class."""

from examples import organisations as o
from examples.actors import Actor, together, until
from examples.expected import SHARE_AFTER_APPROVAL
from examples.people import PEOPLE, of_story
from examples.story.teller import Teller


class Request(Teller):
    # ---- stage 1: Permohonan ----

    async def request(self) -> None:
        organiser = self.staff("penyelenggara")
        self.days = o.class_days(self.calendar())
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


def staff_person(staff: o.Staff) -> str:
    """A committee member's person id, as operations registered it."""
    from tools.cli.first_filling import person_id

    return person_id(staff.email)
