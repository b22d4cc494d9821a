"""How a participant without an account gets one: a link in a mail, once, and nothing to be learnt from it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select, update

from activities.notifications import send_once
from db import identity, registry
from db.candidate_tables import Invitation
from db.people_tables import Account
from db.tables import OutboxRow, SeatRow
from db.vault import PersonData
from domain.roles import SYSTEM, Role
from tests.api.conftest import Product
from tests.api.test_pages import OURS, title
from tests.support.programmes import ORGANISER, World

SECRET_WORDS = "tiga kata rahasia"
ADDRESS = "siti@example.org"


async def seat(product: Product, person: str = "siti") -> None:
    """A participant of a programme of whom the roster is all that is known."""
    now = datetime.now(UTC)
    async with product.runtime.db.write() as session:
        data = PersonData(full_name="Siti Contoh", email=ADDRESS)
        await registry.create_person(session, product.runtime.vault, data, by=SYSTEM, at=now, id=person)
        session.add(
            SeatRow(
                stream="programme-1",
                id=f"seat-{person}",
                workflow_id="programme-programme-1",
                state="VERIFIED",
                organiser="LSP-TIK",
                scheme="asesor-kompetensi",
                class_id="class-a",
                person=person,
                kind="main",
                recommending="LSP-TIK",
                external=False,
                position=0,
                offers=0,
                journey="",
                journey_state="",
                first_decision=False,
                attended=[],
            )
        )


async def told(product: Product, seq: int = 1, person: str = "siti") -> str:
    """A notice goes out; gives what its mail says."""
    async with product.runtime.db.write() as session:
        session.add(
            OutboxRow(
                stream="programme-1",
                seq=seq,
                n=0,
                to=f"person:{person}",
                template="application_received",
                data={},
                created_at=datetime.now(UTC),
            )
        )
    runtime = product.runtime
    await send_once(runtime.db, runtime.vault, runtime.settings.mail_folder, public_url="https://a.example")
    (path,) = runtime.settings.mail_folder.glob(f"programme-1-{seq}-*.eml")
    return path.read_text().replace("=\n", "")


def link_in(mail: str) -> str:
    found = re.search(r"https://a\.example(/invitation/asi_[0-9a-f]{64})", mail)
    assert found is not None
    return found[1]


async def test_the_first_mail_opens_an_account_once(product: Product) -> None:
    await seat(product)
    first, second = await told(product, 1), await told(product, 2)
    link, other = link_in(first), link_in(second)
    assert link != other
    async with product.runtime.db.read() as session:
        rows = list(await session.exec(select(Invitation)))
    assert all(link.rpartition("/")[2] not in row.id_hash for row in rows)
    page = await product.client.get(link)
    assert (page.status_code, page.headers["cache-control"], page.headers["x-robots-tag"]) == (
        200,
        "no-store",
        "noindex",
    )
    for hidden in ("Siti", ADDRESS):
        assert hidden not in page.text
    form = {"username": "siti.contoh", "password": SECRET_WORDS, "again": SECRET_WORDS}
    done = await product.client.post(link, data=form, headers=OURS)
    assert (done.status_code, done.headers["location"]) == (303, "/applications?done=1")
    assert "httponly" in done.headers["set-cookie"].lower()
    assert (await product.client.get("/applications")).status_code == 200
    async with product.runtime.db.read() as session:
        account = (await session.exec(select(Account).where(Account.person == "siti"))).one()
        assert await identity.hats(session, account.id) == (identity.Hat(Role.CANDIDATE),)
    for gone in (link, other):  # used, and another of the same person
        page = await product.client.post(gone, data={**form, "username": "lain"}, headers=OURS)
        assert page.status_code == 404
        assert '<form method="post" class' not in page.text
    assert "/invitation/" not in await told(product, 3)
    assert {"invitation_made", "account_created", "invitation_used"} <= set(
        await product.events("person-siti")
    )


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"again": "lain"}, "A-AGAIN"),
        ({"password": "pendek", "again": "pendek"}, "A-PASSWORD"),
        ({"username": "a b"}, "A-USERNAME"),
        ({"username": "verifier"}, "A-USERNAME"),
        ({"username": ""}, "A-LENGTH"),
    ],
)
async def test_what_is_wrong_is_said_and_the_invitation_stays_good(
    product: Product, changes: dict[str, str], rule: str
) -> None:
    await seat(product)
    link = link_in(await told(product))
    form = {"username": "siti.contoh", "password": SECRET_WORDS, "again": SECRET_WORDS}
    page = await product.client.post(link, data=form | changes, headers=OURS)
    assert page.status_code in (409, 422)
    assert rule in page.text
    assert title(page).startswith("Kesalahan: ")
    assert SECRET_WORDS not in page.text
    assert (await product.client.post(link, data=form, headers=OURS)).status_code == 303


async def test_expired_unknown_and_used_read_alike_and_a_foreign_page_opens_nothing(product: Product) -> None:
    await seat(product)
    link = link_in(await told(product))
    form = {"username": "siti.contoh", "password": SECRET_WORDS, "again": SECRET_WORDS}
    foreign = await product.client.post(link, data=form, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
    async with product.runtime.db.write() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        await session.exec(update(Invitation).values(expires_at=past).where(col(Invitation.person) == "siti"))
    texts = set()
    for address in (link, f"/invitation/asi_{'0' * 64}", "/invitation/x"):
        page = await product.client.get(address)
        assert page.status_code == 404
        texts.add(re.sub(r"<(time|code).*?</\1>", "", page.text))
    assert len(texts) == 1
    secret = link.rpartition("/")[2]
    body = {"invitation": secret, "username": "siti.contoh", "password": SECRET_WORDS}
    answer = await product.client.post("/v1/invitations", json=body)
    assert (answer.status_code, answer.json()["violations"][0]["rule"]) == (404, "A-INVITATION")


async def test_who_has_an_account_is_told_to_sign_in(product: Product) -> None:
    await seat(product)
    await product.account("siti", identity.Hat(Role.MASTER_ASSESSOR), person="siti")
    mail = await told(product)
    assert "/invitation/" not in mail
    assert "https://a.example" in mail


async def test_who_takes_part_in_nothing_is_not_invited(product: Product) -> None:
    async with product.runtime.db.write() as session:
        data = PersonData(full_name="Panitia Contoh", email=ADDRESS)
        now = datetime.now(UTC)
        await registry.create_person(session, product.runtime.vault, data, by=SYSTEM, at=now, id="panitia")
    assert "/invitation/" not in await told(product, person="panitia")


async def test_an_organiser_asks_for_another_invitation_of_an_own_participant(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    case = await product.project(world)
    wanted = next(s for s in case.seats.values() if s.person != "p1")  # who has an account
    async with product.runtime.db.write() as session:
        data = PersonData(full_name="Siti Contoh", email=ADDRESS)
        now = datetime.now(UTC)
        await registry.create_person(
            session, product.runtime.vault, data, by=SYSTEM, at=now, id=wanted.person
        )
    path = f"/v1/programmes/{case.stream}/seats/{wanted.id}/invitation"
    asked = await product.ask("POST", path, "organiser", key="undangan-1")
    assert asked.status_code == 202, asked.text
    again = await product.ask("POST", path, "organiser", key="undangan-1")
    assert again.headers["idempotent-replayed"] == "true"
    async with product.runtime.db.read() as session:
        rows = list(await session.exec(select(OutboxRow).where(OutboxRow.template == "account_invited")))
    assert [row.to for row in rows] == [f"person:{wanted.person}"]
    assert (await product.ask("POST", path, "candidate")).status_code == 403
    assert (await product.ask("POST", path.replace(wanted.id, "none"), "organiser")).status_code == 404
    await product.account("sudah", identity.Hat(Role.CANDIDATE), person=wanted.person)
    refused = await product.ask("POST", path, "organiser")
    assert (refused.status_code, refused.json()["violations"][0]["rule"]) == (409, "A-INVITED")
