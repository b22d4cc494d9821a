"""What candidates send before the class: applications, the waiting list, the review of documents."""

from examples.actors import Json, together
from examples.people import Person, of_story
from examples.story.teller import Teller


class Applications(Teller):
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
