"""The end: the report, the audit, and every outcome against the table worked out by hand."""

from domain.clock import at
from examples import organisations as o
from examples.actors import Json, StoryBroken, until
from examples.expected import EXPECTED
from examples.make_examples import form
from examples.people import PEOPLE
from examples.story.teller import Teller


class Closing(Teller):
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
