"""The certificate's PDF: what is on it, the same bytes again, one code for ever, and no name in any log."""

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typst
from sqlmodel import select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import certificates
from activities.certificates import CODE_LENGTH, CODE_LETTERS, CertificateActivities, check_code, read_code
from activities.contracts import RENDER_CERTIFICATE, RenderAnswer, RenderRequest
from activities.documents import DocumentStore
from db.registry import SchemeData, create_person, put_scheme
from db.session import Database
from db.tables import ReservationRow
from db.vault import PersonData, Vault
from domain.errors import NotFound
from domain.facts import UnitFacts
from domain.policy import FormKind, default
from domain.reference import ABILITIES
from domain.roles import SYSTEM
from domain.text import Text
from settings import Settings

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
NAME = "Siti Rahmawati Contoh, S.Pd."
SCHEME = SchemeData(
    id="asesor",
    version="1",
    name_id="Asesor Kompetensi",
    name_en="Competency assessor",
    field="asesmen",
    units=tuple(UnitFacts(id=a.id, ability=a.id, title=a.unit_title.id) for a in ABILITIES),
)
CODE = "7KQ4M2ZC9X0HVTB5NDR8WPEJ3A"
PAGE = re.compile(rb"/Type ?/Page\b")


def request(**changes: Any) -> RenderRequest:
    values: dict[str, Any] = {
        "stream": "certificate-1",
        "person": "p1",
        "scheme": SCHEME.id,
        "scheme_version": "1",
        "certificate_number": "CONTOH-0001",
        "registration_number": "MET-0001",
        "blank_number": "B-0001",
        "issued_on": "2026-03-03",
        "valid_until": "2029-03-02",
        "simulation": False,
    }
    return RenderRequest(**{**values, **changes})


def sheet(name: str = NAME, scheme: SchemeData = SCHEME, **changes: Any) -> certificates.Sheet:
    return certificates.sheet(request(**changes), CODE, name, scheme, default(), "https://asesor.example")


@dataclass
class Office:
    """What issues certificates: the database, the store, and the activity run as a worker runs it."""

    db: Database
    vault: Vault
    store: DocumentStore
    activities: CertificateActivities

    async def render(self, **changes: Any) -> RenderAnswer:
        return await ActivityEnvironment().run(self.activities.render, request(**changes))


@pytest.fixture
async def office(db: Database, tmp_path: Path) -> AsyncIterator[Office]:
    vault, store = Vault(secrets.token_bytes(32)), DocumentStore(tmp_path / "documents")
    async with db.write() as session:
        await put_scheme(session, SCHEME, by=SYSTEM, at=NOW)
        await create_person(session, vault, PersonData(full_name=NAME), by=SYSTEM, at=NOW, id="p1")
    settings = Settings(var_dir=tmp_path, public_url="https://asesor.example")
    yield Office(db, vault, store, CertificateActivities(db, vault, store, settings))


# ---- the activity ----------------------------------------------------------------------------------


def test_the_activity_has_the_name_that_histories_know() -> None:
    assert CertificateActivities.render.__temporal_activity_definition.name == RENDER_CERTIFICATE  # type: ignore[attr-defined]


async def test_the_document_is_a_pdf_in_the_store(office: Office) -> None:
    answer = await office.render()
    with office.store.open(answer.digest) as file:
        pdf = file.read()
    assert pdf.startswith(b"%PDF-1.7") and b"%%EOF" in pdf[-32:]
    assert b"<pdfaid:part>2" in pdf and b"<pdfaid:conformance>B" in pdf
    assert office.store.intact(answer.digest)
    assert len(PAGE.findall(pdf)) == 1


async def test_a_retry_finds_the_same_code_and_makes_the_same_document(office: Office) -> None:
    first = await office.render()
    assert await office.render() == first
    assert len(first.check_code) == CODE_LENGTH and set(first.check_code) <= set(CODE_LETTERS)
    async with office.db.read() as session:
        rows = list(await session.exec(select(ReservationRow)))
    assert [(r.kind, r.key, r.holder, r.stream) for r in rows] == [
        ("check_code", first.check_code, "certificate-1", "certificate-1")
    ]


async def test_a_new_blank_is_a_new_document_under_the_same_code(office: Office) -> None:
    first = await office.render()
    again = await office.render(blank_number="B-0002")
    assert again.check_code == first.check_code
    assert again.digest != first.digest


async def test_two_attempts_at_once_make_one_code(office: Office) -> None:
    answers = await asyncio.gather(*(office.render() for _ in range(4)))
    assert len(set(answers)) == 1


async def test_two_certificates_have_two_codes(office: Office) -> None:
    async def code(stream: str) -> str:
        return await office.db.retrying(lambda session: check_code(session, stream))

    assert await code("certificate-1") != await code("certificate-2")


async def test_nothing_logged_names_the_person_or_the_code(
    office: Office, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await office.render()
    out = caplog.text + "".join(capfd.readouterr())
    assert "Siti" not in out and "Rahmawati" not in out
    # the driver's own debug log repeats parameters; the product never runs it
    assert answer.check_code not in "".join(r.getMessage() for r in caplog.records if "sql" not in r.name)


async def test_a_forgotten_person_gets_no_certificate(office: Office) -> None:
    async with office.db.write() as session:
        await office.vault.forget_person(session, "p1", at=NOW)
    with pytest.raises(NotFound, match="V-FORGOTTEN"):
        await office.render()


async def test_an_unknown_scheme_version_is_refused(office: Office) -> None:
    with pytest.raises(NotFound, match="G-SCHEME"):
        await office.render(scheme_version="9")


# ---- the page -----------------------------------------------------------------------------------------


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert certificates.typeset(sheet()) == certificates.typeset(sheet())


def test_the_dates_in_the_file_are_the_day_of_issue() -> None:
    pdf = certificates.typeset(sheet())
    assert b"D:20260303000000" in pdf
    assert b"2026-03-03T00:00:00" in pdf
    assert str(datetime.now(UTC).year + 1).encode() not in b"".join(re.findall(rb"D:(\d{4})", pdf))


def test_the_file_is_titled_by_number_and_never_by_name() -> None:
    content = sheet(simulation=True)
    assert content.title == "SIMULASI – Sertifikat kompetensi CONTOH-0001"
    assert NAME not in repr(content)


def test_what_stands_on_the_page() -> None:
    content = sheet()
    assert content.issued_on == Text(id="3 Maret 2026", en="3 March 2026")
    assert content.valid_until == Text(id="2 Maret 2029", en="2 March 2029")
    assert content.check_url == f"https://asesor.example/check/{CODE}"
    assert [unit.title.id for unit in content.units] == [a.unit_title.id for a in ABILITIES]
    assert [unit.title.en for unit in content.units] == [a.unit_title.en for a in ABILITIES]


def test_our_english_never_stands_under_another_title() -> None:
    unit = UnitFacts(id="u", ability="plan", title="Judul Lain", code="N.1", verified=True)
    other = sheet(scheme=SCHEME.model_copy(update={"units": (unit,)}))
    assert other.units[0].title == Text(id="Judul Lain", en="")


def test_the_page_is_a_specimen_until_bnsp_verified_its_form() -> None:
    assert sheet().specimen == certificates.SPECIMEN
    form = FormKind(
        code=certificates.FORM,
        template_version="1",
        title=Text(id="Sertifikat", en="Certificate"),
        verified=True,
    )
    verified = default().model_copy(update={"forms": (*default().forms, form)})
    assert certificates.form_verified(verified)
    page = certificates.sheet(request(), CODE, NAME, SCHEME, verified, "https://asesor.example")
    assert page.specimen is None
    assert certificates.typeset(page) != certificates.typeset(sheet())


def test_a_simulation_looks_like_one() -> None:
    assert sheet(simulation=True).simulation
    assert certificates.typeset(sheet(simulation=True)) != certificates.typeset(sheet())
    assert b"SIMULASI" in certificates.TEMPLATE.read_bytes()


def test_beside_the_longest_names_the_units_have_a_page_of_their_own() -> None:
    wide = "Wirjosandjojo-Kusumadiningrat " * 6
    unit = UnitFacts(id="u", ability="plan", code="N.78SPS02.001.1", title="Judul unit yang panjang " * 6)
    scheme = SCHEME.model_copy(
        update={"name_id": wide.strip(), "name_en": wide.strip(), "units": (unit,) * 4}
    )
    content = sheet(name=wide + wide[:20], scheme=scheme, simulation=True)
    assert content.units_apart and not sheet().units_apart
    assert len(PAGE.findall(certificates.typeset(content))) == 2


def test_many_units_go_on_a_second_page() -> None:
    unit = UnitFacts(id="u", ability="plan", code="N.1", title="Judul")
    pdf = certificates.typeset(sheet(scheme=SCHEME.model_copy(update={"units": (unit,) * 12})))
    assert len(PAGE.findall(pdf)) == 2


def test_the_template_gives_no_warnings() -> None:
    for simulation in (False, True):
        _, found = typst.compile_with_warnings(
            certificates.TEMPLATE.read_bytes(),
            format="pdf",
            pdf_standards=["a-2b"],
            ignore_system_fonts=True,
            sys_inputs={"data": sheet(simulation=simulation).model_dump_json()},
        )
        assert found == []


def test_a_name_is_text_and_never_markup() -> None:
    name = '#panic("x") *Budi* $x$ "] #let'
    assert certificates.typeset(sheet(name=name)).startswith(b"%PDF-")


def test_letters_that_cannot_be_set_are_an_error_that_does_not_quote_them() -> None:
    with pytest.raises(ApplicationError) as error:
        certificates.typeset(sheet(name="Budi 王小明"))
    assert error.value.type == "NotTypeset" and error.value.non_retryable
    assert "王" not in str(error.value) and error.value.__cause__ is None
    assert error.value.__suppress_context__


# ---- the code -------------------------------------------------------------------------------------------


def test_a_code_has_at_least_128_bits() -> None:
    assert len(set(CODE_LETTERS)) ** CODE_LENGTH >= 2**128
    assert not set("ILOU") & set(CODE_LETTERS)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (CODE, CODE),
        (" 7kq4m2zc-9x0hv tb5ndr8wpej3a ", CODE),
        (CODE.replace("0", "O"), CODE),
        (CODE[:-1], ""),
        (CODE + "A", ""),
        ("U" * CODE_LENGTH, ""),
        ("../" * 9, ""),
        ("", ""),
    ],
)
def test_a_code_typed_from_paper_is_read_kindly(typed: str, read: str) -> None:
    assert read_code(typed) == read
