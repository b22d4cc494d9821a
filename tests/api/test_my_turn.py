"""What a candidate is asked: the class with its hours, what each answer means, until when."""

import re
from datetime import UTC, datetime

import pytest

from api import commands
from db import registry
from db.vault import PersonData
from domain.cases import Case
from domain.errors import Refused
from domain.roles import SYSTEM
from tests.api.conftest import Product
from tests.api.test_pages import OURS, enter, title
from tests.support.journeys import JourneyWorld
from tests.support.programmes import World
from tests.support.stages import approved


async def asked(product: Product) -> Case:
    """A programme that was approved: its participants are asked whether they come."""
    case = await product.project(approved(World()))
    now = datetime.now(UTC)
    async with product.runtime.db.write() as session:
        data = PersonData(full_name="Rahasia Orang Lain")
        await registry.create_person(session, product.runtime.vault, data, by=SYSTEM, at=now, id="p2")
    await enter(product, "candidate")
    return case


def mine(case: Case, kind: str, person: str = "p1") -> str:
    return next(t.id for t in case.tasks.values() if t.kind == kind and t.for_person == person)


async def test_a_participant_is_asked_with_everything_needed_for_the_answer(product: Product) -> None:
    case = await asked(product)
    task = mine(case, "confirm_seat")
    home = await product.client.get("/applications")
    assert f'href="/my-turn/{task}"' in home.text
    page = await product.client.get(f"/my-turn/{task}")
    assert page.status_code == 200
    assert "Anda harus hadir setiap hari kelas" in page.text
    assert "tidak dapat dibatalkan" in page.text.lower()
    assert "08.00 WIB" in page.text
    assert case.tasks[task].due_at.isoformat() in page.text
    assert "Rahasia" not in page.text


async def test_the_task_of_another_is_not_there(product: Product) -> None:
    case = await asked(product)
    page = await product.client.get(f"/my-turn/{mine(case, 'confirm_seat', 'p2')}")
    assert page.status_code == 404


async def test_an_answer_goes_to_its_case_and_a_refusal_keeps_what_was_typed(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await asked(product)
    task = mine(case, "confirm_seat")
    page = await product.client.get(f"/my-turn/{task}")
    key = re.search(r'name="key" value="(\w+)"', page.text)
    assert key is not None
    sent: list[object] = []

    async def refuse(*_args: object, **named: object) -> None:
        sent.append(named["given"])
        raise Refused.because("R-24", "Kelas sudah penuh.", "The class is full.")

    monkeypatch.setattr(commands, "send", refuse)
    data = {"key": key[1], "decision": "confirm"}
    refused = await product.client.post(f"/my-turn/{task}", data=data, headers=OURS)
    assert refused.status_code == 409
    assert "Kelas sudah penuh." in refused.text
    assert title(refused).startswith("Kesalahan: ")
    assert getattr(sent[0], "decision") == "confirm"  # noqa: B009 (its model is made at run time)
    nothing = await product.client.post(f"/my-turn/{task}", data={"key": key[1]}, headers=OURS)
    assert nothing.status_code == 422
    foreign = await product.client.post(
        f"/my-turn/{task}", data=data, headers={"Origin": "https://elsewhere.example"}
    )
    assert foreign.status_code == 403


async def test_signing_the_agreement_says_what_is_signed_and_with_whom(product: Product) -> None:
    world = JourneyWorld().scheduled()
    case = await product.project(world)
    await enter(product, "candidate")
    page = await product.client.get(f"/my-turn/{mine(case, 'sign_agreement')}")
    assert "FR.AK.01" in page.text
    assert "menjaga kerahasiaan" in page.text
    assert "(WIB)" in page.text
    own = await product.client.get("/applications/application-1")
    assert "belum Anda tandatangani" in own.text
