"""Write the demonstration's roster and evidence files into a folder.

    python -m examples.make_examples FOLDER [--start 2026-03-02]

Needs no network and asks no clock: the same START gives the same bytes. Each page and picture says
CONTOH / SIMULASI.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Literal

import typst
from PIL import Image, ImageDraw, ImageFont

from api.roster_xlsx import write
from examples.organisations import FIELD, START, organisation
from examples.people import PEOPLE, SIGNATORIES, Person

ROSTER = "permohonan-lsp.xlsx"
STAMP = "CONTOH / SIMULASI"

Kind = Literal[
    "recommendation_letter",
    "technical_certificate",
    "photo",
    "diploma",
    "experience_letter",
    "computer_declaration",
]
Version = Literal["first", "corrected"]

FAULTY: dict[str, Kind] = {
    "returned_documents": "computer_declaration",
    "never_answers": "experience_letter",
}
"""Whose first version of what is unsigned, and sent back; only `returned_documents` has a corrected one."""

PAGE = rb"""
#let d = json(bytes(sys.inputs.data))
#set page(width: 105mm, height: 148mm, margin: 10mm,
  background: rotate(-35deg, text(22pt, fill: luma(215), weight: "bold")[CONTOH / SIMULASI]))
#set text(size: 8pt, lang: "id")
#set document(title: d.title, date: none)
#align(center, text(11pt, weight: "bold", d.title))
#align(center, d.number)
#v(4mm)
#grid(columns: (34mm, 1fr), row-gutter: 2mm, ..d.rows.flatten())
#v(6mm)
#d.foot
#v(1fr)
#align(center, text(7pt)[CONTOH / SIMULASI: dokumen rekaan, orang dan nomornya tidak ada.])
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file made: whose, what, which version, and where below the folder."""

    number: int
    kind: Kind
    version: Version
    path: str
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Made:
    """Everything that was written."""

    roster: Path
    evidence: tuple[Evidence, ...]

    def of(self, person: Person, version: Version = "first") -> dict[Kind, Evidence]:
        """The person's files of that version by kind."""
        return {e.kind: e for e in self.evidence if (e.number, e.version) == (person.number, version)}


def make(folder: Path, start: date = START, people: Sequence[Person] = PEOPLE) -> Made:
    """Write the roster, and for each person a folder `bukti/NN` of evidence; gives what was made."""
    folder.mkdir(parents=True, exist_ok=True)
    roster = folder / ROSTER
    roster.write_bytes(write([person.cells(start) for person in people]))
    made = []
    for person in people:
        for kind, version, name, content in _files(person, start):
            path = folder / "bukti" / f"{person.number:02}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            media = MEDIA[path.suffix]
            made.append(
                Evidence(
                    number=person.number,
                    kind=kind,
                    version=version,
                    path=path.relative_to(folder).as_posix(),
                    media_type=media,
                    sha256=sha256(content).hexdigest(),
                )
            )
    return Made(roster, tuple(made))


MEDIA = {".pdf": "application/pdf", ".jpg": "image/jpeg", ".png": "image/png"}


def _files(person: Person, start: date) -> Iterator[tuple[Kind, Version, str, bytes]]:
    faulty = FAULTY.get(person.story)
    yield "photo", "first", "foto.jpg", _photo(person)
    if person.number % 2:
        yield "diploma", "first", "ijazah.pdf", _paper("diploma", person, start)
    else:
        yield "diploma", "first", "ijazah.png", _diploma(person)
    papers: tuple[tuple[Kind, str], ...] = (
        ("recommendation_letter", "surat-rekomendasi"),
        ("technical_certificate", "sertifikat-teknis"),
        ("experience_letter", "surat-pengalaman"),
        ("computer_declaration", "pernyataan-komputer"),
    )
    for kind, name in papers:
        yield kind, "first", f"{name}.pdf", _paper(kind, person, start, signed=kind != faulty)
        if kind == faulty and person.story == "returned_documents":
            yield kind, "corrected", f"{name}-perbaikan.pdf", _paper(kind, person, start)


def _paper(kind: Kind, person: Person, start: date, *, signed: bool = True) -> bytes:
    """One tiny page. An unsigned one is what the reviewer sends back."""
    recommending = organisation(person.recommending)
    rows = [["Nama", person.name], ["NIK", person.nik]]
    signer, number = person.name, ""
    if kind == "recommendation_letter":
        title, number, signer = "Surat Rekomendasi", person.letter_number, SIGNATORIES[person.recommending]
        rows += [
            ["Lembaga", f"{recommending.name} ({recommending.code})"],
            ["Tanggal", f"{person.letter_date(start)}"],
            ["Untuk", "Pelatihan dan Sertifikasi Asesor Kompetensi"],
        ]
    elif kind == "technical_certificate":
        title, number, signer = "Sertifikat Kompetensi Teknis", person.certificate_number, "Lembaga Contoh"
        rows += [["Bidang", FIELD], ["Berlaku sampai", f"{person.certificate_valid_until(start)}"]]
    elif kind == "experience_letter":
        title, signer = "Surat Keterangan Pengalaman Kerja", "Perusahaan Contoh"
        for work in person.work:
            first, last = work.days(start)
            rows.append([f"Bidang {FIELD}", f"{first} sampai {last or 'sekarang'}"])
    elif kind == "diploma":
        title, signer = "Ijazah", "Lembaga Pendidikan Contoh"
        rows.append(["Kualifikasi", person.qualification])
    else:
        title = "Pernyataan Kemampuan Komputer"
        rows.append(["Menyatakan", "mampu mengoperasikan Microsoft Word dan Microsoft Excel"])
    foot = f"Ditandatangani: {signer}" if signed else "Ditandatangani: (belum)"
    return _page(title, number, rows, foot, start)


def form(code: str, title: str, rows: list[list[str]], signer: str, start: date = START) -> bytes:
    """A form of the certification, filled in and signed, as one tiny page. `rows`: label and content."""
    return _page(title, code, rows, f"Ditandatangani: {signer}", start)


def _page(title: str, number: str, rows: list[list[str]], foot: str, start: date) -> bytes:
    data = json.dumps({"title": title, "number": number, "rows": rows, "foot": foot})
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
    pdf = _compiler().compile(PAGE, format="pdf", sys_inputs={"data": data}, timestamp=midnight)
    assert isinstance(pdf, bytes)
    return pdf


@cache
def _compiler() -> typst.Compiler:
    # One for all pages, and the fonts it carries only: a machine's own would change the bytes.
    return typst.Compiler(ignore_system_fonts=True)


def _photo(person: Person) -> bytes:
    """A head and shoulders in plain shapes, 3 × 4."""
    hue = (person.number * 47) % 360
    image = Image.new("RGB", (240, 320), f"hsl({hue}, 45%, 70%)")
    draw = ImageDraw.Draw(image)
    draw.ellipse((75, 60, 165, 170), fill="#e8c9a8")
    draw.ellipse((30, 185, 210, 420), fill=f"hsl({(hue + 180) % 360}, 35%, 35%)")
    draw.text((55, 296), f"{STAMP} {person.number:02}", fill="#ffffff", font=_font())
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def _diploma(person: Person) -> bytes:
    """A scanned diploma, as some people send it: a picture."""
    image = Image.new("L", (420, 300), 250)
    draw = ImageDraw.Draw(image)
    draw.rectangle((8, 8, 411, 291), outline=90, width=2)
    lines = ("IJAZAH", person.name, f"Kualifikasi {person.qualification}", "Lembaga Pendidikan Contoh", STAMP)
    for n, line in enumerate(lines):
        draw.text((40, 40 + 48 * n), line, fill=20, font=_font())
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--start", type=date.fromisoformat, default=START, metavar="YYYY-MM-DD")
    arguments = parser.parse_args()
    made = make(arguments.folder, arguments.start)
    print(f"{made.roster}: {len(PEOPLE)} peserta; {len(made.evidence)} berkas bukti.")


if __name__ == "__main__":
    main()
