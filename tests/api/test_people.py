"""Organisations, schemes, persons, and the whole NIK for a recorded reason."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from api import limits
from api.routers import health
from db import registry
from db.people_tables import Idempotency
from db.tables import ArchiveStateRow, ReservationRow
from db.vault import PersonData
from domain.clock import local_day
from domain.roles import SYSTEM
from examples.people import PEOPLE
from tests.api.conftest import CLASS, Product

NIK = PEOPLE[0].nik


async def somebody(product: Product) -> str:
    async with product.runtime.db.write() as session:
        data = PersonData(full_name="Siti Contoh", nik=NIK)
        return await registry.create_person(
            session, product.runtime.vault, data, by=SYSTEM, at=datetime.now(UTC), id="siti"
        )


async def named(product: Product, name: str) -> str:
    answer = await product.ask("POST", "/v1/persons", "operations", json={"full_name": name})
    return str(answer.json()["person"])


@pytest.mark.parametrize("who", ["operations", "auditor"])
async def test_the_whole_nik_is_shown_for_a_reason_and_that_is_recorded(product: Product, who: str) -> None:
    person = await somebody(product)
    answer = await product.ask(
        "POST", f"/v1/persons/{person}/reveal", who, json={"reason": "Mencocokkan dengan KTP."}
    )
    assert answer.json() == {"person": person, "nik": NIK}
    assert answer.headers["cache-control"] == "no-store"
    assert "nik_revealed" in await product.events(f"access-{local_day(datetime.now(UTC))}")


async def test_a_nik_is_shown_and_recorded_each_time_and_its_key_stands_for_one_reason(
    product: Product,
) -> None:
    person = await somebody(product)
    path = f"/v1/persons/{person}/reveal"
    for _ in range(2):
        answer = await product.ask("POST", path, "auditor", key="k1", json={"reason": "Mencocokkan KTP."})
        assert answer.json() == {"person": person, "nik": NIK}
    other = await product.ask("POST", path, "auditor", key="k1", json={"reason": "Alasan yang lain."})
    assert (other.status_code, other.json()["violations"][0]["rule"]) == (409, "A-KEY")
    seen = await product.events(f"access-{local_day(datetime.now(UTC))}")
    assert seen.count("nik_revealed") == 2
    async with product.runtime.db.read() as session:
        (kept,) = (await session.exec(select(Idempotency).where(Idempotency.key == "k1"))).all()
    assert kept.receipt == {"person": person}


@pytest.mark.parametrize(
    ("who", "reason", "status"),
    [
        ("organiser", "Ingin tahu saja.", 403),
        ("verifier", "Ingin tahu saja.", 403),
        ("candidate", "Ingin tahu saja.", 403),
        ("operations", "abc", 422),
        ("operations", "    a     ", 422),
    ],
)
async def test_without_role_or_reason_it_stays_hidden_and_the_try_is_recorded(
    product: Product, who: str, reason: str, status: int
) -> None:
    person = await somebody(product)
    answer = await product.ask("POST", f"/v1/persons/{person}/reveal", who, json={"reason": reason})
    assert answer.status_code == status
    assert NIK not in answer.text
    assert [(d.what, d.stream) for d in await product.denials(who)] == [("reveal", person)]


async def test_naming_a_known_person_tells_nothing(product: Product) -> None:
    person = await somebody(product)
    known = await product.ask("POST", "/v1/persons", "organiser", json={"full_name": "Lain", "nik": NIK})
    unknown = await product.ask(
        "POST", "/v1/persons", "organiser", json={"full_name": "Lain", "nik": PEOPLE[1].nik}
    )
    assert known.json() == {"person": person}
    assert known.status_code == unknown.status_code == 201
    assert set(known.json()) == set(unknown.json())
    assert known.headers.keys() == unknown.headers.keys()


async def test_a_guessed_nik_never_tells_whose_it_is(product: Product) -> None:
    """Not in a committee, not twice, and not in another request of the same organiser."""
    person = await somebody(product)
    for guess in ("Tebakan Satu", "Tebakan Dua"):
        named = await product.ask("POST", "/v1/persons", "organiser", json={"full_name": guess, "nik": NIK})
        assert named.json() == {"person": person}
        id_ = await product.draft(classes=[{**CLASS, "committee": [person, "panitia-2"]}])
        shown = await product.ask("GET", f"/v1/programmes/{id_}", "organiser")
        assert shown.json()["classes"][0]["committee"] == [
            {"person": person, "name": guess, "nik_last4": NIK[-4:]},
            {"person": "panitia-2"},
        ]
        assert "Siti" not in shown.text
    id_ = await product.draft("neighbour", classes=[{**CLASS, "committee": [person, "panitia-2"]}])
    theirs = (await product.ask("GET", f"/v1/programmes/{id_}", "neighbour")).json()
    assert theirs["classes"][0]["committee"][0] == {"person": person}
    bnsp = (await product.ask("GET", f"/v1/programmes/{id_}", "operations")).json()
    assert bnsp["classes"][0]["committee"][0]["name"] == "Siti Contoh"
    assert await product.events(f"person-{person}") == ["person_registered", "person_named", "person_named"]


async def test_who_is_proposed_as_master_assessor_is_shown_as_in_the_list(product: Product) -> None:
    person = await somebody(product)
    body = {"fields": ["TIK"], "certificate_state": "ACTIVE", "certificate_valid_until": "2028-01-01"}
    await product.ask("PUT", f"/v1/master-assessors/{person}", "operations", json=body)
    id_ = await product.draft(classes=[{**CLASS, "masters": [{"person": person, "kind": "trainer"}]}])
    shown = (await product.ask("GET", f"/v1/programmes/{id_}", "organiser")).json()
    assert shown["classes"][0]["masters"] == [{"kind": "trainer", "person": person, "name": "Siti Contoh"}]


async def test_trying_one_number_after_the_other_is_slowed_down(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "NAMING", limits.Brake(burst=2, every=60))
    codes = []
    for n in range(3):
        body = {"full_name": "Lain", "nik": PEOPLE[n].nik}
        codes.append(await product.ask("POST", "/v1/persons", "organiser", json=body))
    assert [c.status_code for c in codes] == [201, 201, 429]
    assert codes[2].json()["violations"][0]["rule"] == "A-OFTEN"
    other = await product.ask("POST", "/v1/persons", "neighbour", json={"full_name": "Lain"})
    assert other.status_code == 201


async def test_one_person_named_by_two_at_once_is_one_person(product: Product) -> None:
    answers = await asyncio.gather(
        *(
            product.ask("POST", "/v1/persons", who, json={"full_name": "Lain", "nik": NIK})
            for who in ("organiser", "neighbour", "organiser")
        )
    )
    assert [a.status_code for a in answers] == [201] * 3
    assert len({a.json()["person"] for a in answers}) == 1


async def test_an_organisation_is_registered_and_changed_by_operations(product: Product) -> None:
    body = {"id": "CLSP-BARU", "kind": "CLSP", "name": "Calon LSP Baru", "licence": "IN_PROCESS"}
    assert (await product.ask("POST", "/v1/organisations", "organiser", json=body)).status_code == 403
    made = await product.ask("POST", "/v1/organisations", "operations", json=body)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert (await product.ask("POST", "/v1/organisations", "operations", json=body)).status_code == 409
    path = "/v1/organisations/CLSP-BARU"
    changed = await product.ask(
        "PATCH", path, "operations", json={"version": 1, "verified_schemes": ["asesor-kompetensi"]}
    )
    assert changed.json()["version"] == 2
    assert changed.json()["name"] == "Calon LSP Baru"
    stale = await product.ask("PATCH", path, "operations", json={"version": 1, "name": "Lain"})
    assert stale.status_code == 409
    assert (await product.ask("GET", path, "candidate")).json()["verified_schemes"] == ["asesor-kompetensi"]
    assert await product.events("org-CLSP-BARU") == ["organisation_registered", "organisation_changed"]
    found = (await product.ask("GET", "/v1/organisations?q=baru", "organiser")).json()["items"]
    assert [o["id"] for o in found] == ["CLSP-BARU"]


async def test_a_scheme_grows_by_versions_and_never_changes(product: Product) -> None:
    scheme = (await product.ask("GET", "/v1/schemes/asesor-kompetensi", "candidate")).json()
    scheme.pop("projection")
    newer = {**scheme, "version": "2", "name_en": "Assessor"}
    assert (await product.ask("POST", "/v1/schemes", "verifier", json=newer)).status_code == 403
    assert (await product.ask("POST", "/v1/schemes", "operations", json=newer)).status_code == 201
    other = {**newer, "name_en": "Something else"}
    assert (await product.ask("POST", "/v1/schemes", "operations", json=other)).status_code == 409
    listed = (await product.ask("GET", "/v1/schemes", "candidate")).json()["items"]
    assert [(s["id"], s["version"]) for s in listed] == [("asesor-kompetensi", "2")]


async def test_master_assessors_are_recorded_by_operations_and_found_by_field(product: Product) -> None:
    person = await somebody(product)
    body = {"fields": ["TIK"], "certificate_state": "ACTIVE", "certificate_valid_until": "2028-01-01"}
    path = f"/v1/master-assessors/{person}"
    assert (await product.ask("PUT", path, "organiser", json=body)).status_code == 403
    assert (await product.ask("PUT", path, "operations", json=body)).status_code == 200
    assert (await product.ask("PUT", "/v1/master-assessors/x", "operations", json=body)).status_code == 404
    found = (await product.ask("GET", "/v1/master-assessors?field=TIK", "organiser")).json()["items"]
    assert [(m["person"], m["name"]) for m in found] == [(person, "Siti Contoh")]
    assert (await product.ask("GET", "/v1/master-assessors?field=X", "organiser")).json()["items"] == []


async def numbered(product: Product, person: str, number: str) -> None:
    """As if a case had taken the number for that person."""
    async with product.runtime.db.write() as session:
        holder, at = f"person:{person}", datetime.now(UTC)
        session.add(
            ReservationRow(
                kind="registration_number",
                key=number,
                holder=holder,
                stream=f"application-{number}",
                taken_at=at,
            )
        )


async def holders(product: Product) -> dict[str, str]:
    async with product.runtime.db.read() as session:
        rows = await session.exec(select(ReservationRow).where(ReservationRow.kind == "registration_number"))
        return {row.key: row.holder for row in rows}


def corrected(number: str, reason: str = "Salah ketik: dua angka tertukar.") -> dict[str, str]:
    return {"number": number, "reason": reason}


async def test_a_wrong_registration_number_is_replaced_and_free_again(product: Product) -> None:
    person = await somebody(product)
    path = f"/v1/persons/{person}/registration-number"
    none = await product.ask("POST", path, "operations", json=corrected("MET.000.2"))
    assert (none.status_code, none.json()["violations"][0]["rule"]) == (404, "M-NUMBERS")
    await numbered(product, person, "MET.000.1")
    for who in ("organiser", "verifier", "auditor", "candidate"):
        assert (await product.ask("POST", path, who, json=corrected("MET.000.2"))).status_code == 403
    done = await product.ask("POST", path, "operations", json=corrected("met.000.2"))
    assert done.json() == {"person": person, "registration_number": "MET.000.2"}
    assert await holders(product) == {"MET.000.2": f"person:{person}"}
    assert (await product.events(f"person-{person}"))[-1] == "registration_number_corrected"
    timeline = await product.ask("GET", f"/v1/cases/person-{person}/timeline", "auditor")
    assert "MET" not in timeline.text and "tertukar" not in timeline.text
    same = await product.ask("POST", path, "operations", json=corrected("MET.000.2"))
    assert (same.status_code, same.json()["violations"][0]["rule"]) == (409, "M-SAME")


async def test_a_number_is_corrected_to_a_free_one_alone_and_by_one_of_two_at_once(product: Product) -> None:
    person = await somebody(product)
    other = await named(product, "Budi Contoh")
    await numbered(product, person, "MET.000.1")
    await numbered(product, other, "MET.000.7")
    taken = await product.ask(
        "POST",
        f"/v1/persons/{person}/registration-number",
        "operations",
        json=corrected("MET.000.7"),
    )
    assert (taken.status_code, taken.json()["violations"][0]["rule"]) == (409, "M-NUMBERS")
    assert other not in taken.text
    assert await holders(product) == {"MET.000.1": f"person:{person}", "MET.000.7": f"person:{other}"}
    answers = await asyncio.gather(
        *(
            product.ask(
                "POST", f"/v1/persons/{who}/registration-number", "operations", json=corrected("MET.000.8")
            )
            for who in (person, other)
        )
    )
    assert sorted(a.status_code for a in answers) == [200, 409]
    assert len(await holders(product)) == 2


async def test_operations_see_the_ledger_and_the_refusals(product: Product) -> None:
    await product.ask("GET", "/v1/denials", "organiser")
    denials = (await product.ask("GET", "/v1/denials", "auditor")).json()["items"]
    assert [d["what"] for d in denials] == ["denials"]
    head = (await product.ask("GET", "/v1/ledger/head?stream=org-LSP-TIK", "auditor")).json()
    assert head["stream"]["seq"] == 1
    assert head["events"] > head["streams"] > 0
    assert head["frozen"] == 0
    attention = (await product.ask("GET", "/v1/attention", "operations")).json()
    assert (attention["items"], attention["running"]) == ([], False)  # nobody could ask the running cases


@pytest.mark.parametrize(
    ("age", "overdue", "ok"),
    [(timedelta(minutes=5), 0, True), (timedelta(minutes=5), 2, False), (timedelta(days=1), 0, False)],
)
async def test_operations_are_told_of_runs_that_are_not_archived(
    product: Product, age: timedelta, overdue: int, ok: bool
) -> None:
    """Temporal forgets them; but a product that lacks nothing else stays in service."""
    now = product.runtime.now()
    oldest = now - timedelta(days=46) if overdue else None
    async with product.runtime.db.write() as session:
        session.add(ArchiveStateRow(id=1, looked_at=now - age, overdue=overdue, oldest=oldest))
    told = (await product.ask("GET", "/v1/attention", "operations")).json()["archive"]
    assert (told["ok"], told["overdue"], told["oldest"]) == (ok, overdue, oldest and oldest.isoformat())
    checks = (await product.client.get("/health/ready")).json()["checks"]
    assert checks["archive"] == told
    assert "archive" in health.WATCHED


async def test_time_is_not_moved_in_real_life(product: Product) -> None:
    clock = (await product.ask("GET", "/v1/simulation", "candidate")).json()
    assert clock["simulation"] is False
    answer = await product.ask("POST", "/v1/simulation/advance", "operations", json={"days": 3})
    assert answer.status_code == 409
    assert answer.json()["violations"][0]["rule"] == "S-REAL"
    both = await product.ask("POST", "/v1/simulation/advance", "operations", json={"days": 3, "next": True})
    assert both.status_code == 422
    assert (
        await product.ask("POST", "/v1/simulation/advance", "organiser", json={"days": 3})
    ).status_code == 403
