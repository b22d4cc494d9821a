import pytest
from pydantic import ValidationError

from domain import reference
from domain.errors import NotFound
from domain.reference import (
    ABILITIES,
    BENEFIT,
    CERTIFICATION_STEPS,
    DEFINITIONS,
    FUNCTIONS,
    LEGAL_BASES,
    ORGANISER_KINDS,
    PURPOSES,
    STAGES,
    legal_basis,
)

ITEMS = [
    *PURPOSES,
    BENEFIT,
    *FUNCTIONS,
    *LEGAL_BASES,
    *DEFINITIONS,
    *ORGANISER_KINDS,
    *STAGES,
    *CERTIFICATION_STEPS,
]


def test_the_document_is_complete() -> None:
    assert [len(part) for part in (PURPOSES, FUNCTIONS, LEGAL_BASES, DEFINITIONS)] == [2, 6, 9, 4]
    assert [len(part) for part in (ORGANISER_KINDS, STAGES, CERTIFICATION_STEPS, ABILITIES)] == [4, 4, 4, 3]


def test_every_item_has_its_own_id_and_both_languages() -> None:
    assert len({item.id for item in ITEMS}) == len(ITEMS)
    assert all(item.text.id and item.text.en for item in ITEMS)


def test_nothing_is_verified_by_us() -> None:
    assert not any(item.verified for item in ITEMS)
    assert not any(ability.verified for ability in ABILITIES)


def test_the_nine_legal_bases_are_cited_by_id() -> None:
    assert [basis.id for basis in LEGAL_BASES] == [f"LB-{n}" for n in range(1, 10)]
    assert legal_basis("LB-1").given == "UU Nomor 13 Tahun 2003 Tentang Ketenagakerjaan."
    assert legal_basis("LB-4").short == "Kepmenaker 333/2020"


def test_the_title_that_the_document_gives_permenakertrans_8_2014_is_kept_with_a_note() -> None:
    title = "Tentang Revitalisasi Pendidikan Vokasi dan Pelatihan Vokasi"
    assert legal_basis("LB-7").given == f"Permenakertrans Nomor 8 Tahun 2014 {title}"
    assert legal_basis("LB-5").given == f"PERPRES Nomor 68 Tahun 2022 {title}"
    assert not legal_basis("LB-7").verified
    assert [basis.id for basis in LEGAL_BASES if basis.note] == ["LB-7"]


def test_an_unknown_legal_basis_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        legal_basis("LB-10")
    assert "LB-10" not in str(caught.value.violations)


def test_the_words_are_as_given_and_only_the_spacing_is_mended_for_people() -> None:
    function = FUNCTIONS[0]
    assert function.given.endswith("Kompetensi Kerja .")
    assert function.text.id.endswith("Kompetensi Kerja.")
    assert all(item.text.id.replace(" ", "") == item.given.replace(" ", "") for item in ITEMS)


def test_the_stages_and_steps_are_in_the_documents_order() -> None:
    assert [stage.text.id for stage in STAGES] == [
        "Permohonan",
        "Verifikasi dan Persetujuan",
        "Pra Pelaksanaan",
        "Pelaksanaan",
    ]
    assert [step.key for step in CERTIFICATION_STEPS] == ["receive", "review", "assess", "decide"]
    assert [kind.key for kind in ORGANISER_KINDS] == ["bnsp", "lsp", "clsp", "technical_agency"]


def test_the_three_abilities_have_unit_titles_and_no_invented_codes() -> None:
    assert [ability.id for ability in ABILITIES] == ["plan", "conduct", "validate"]
    assert [ability.unit_title.id for ability in ABILITIES] == [
        "Merencanakan Aktivitas dan Proses Asesmen",
        "Melaksanakan Asesmen",
        "Memberikan Kontribusi dalam Validasi Asesmen",
    ]
    assert all(ability.code is None for ability in ABILITIES)


def test_reference_data_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError):
        reference.BENEFIT.verified = True  # type: ignore[misc]
