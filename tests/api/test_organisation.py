"""What an organisation sees of itself: windows of its assessors, what ends soon, its classes, its tokens."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api import ics
from db import registry
from db.registry import OrganisationData
from db.tables import CertificateRow, JourneyRow, SeatRow
from domain.clock import local_day
from domain.facts import OrganiserKind
from domain.months import add_months
from domain.roles import SYSTEM
from tests.api.conftest import START, Product, submitted
from tests.api.test_pages import OURS, enter, title
from tests.api.test_portal import post


async def assessor(product: Product, person: str, until: date, *, recommending: str = "LSP-TIK") -> None:
    """Somebody who was certified on this organisation's recommendation, as rows show it."""
    now = datetime.now(UTC)
    async with product.runtime.db.write() as session:
        common: dict[str, Any] = {"scheme": "asesor-kompetensi", "workflow_id": f"w-{person}"}
        session.add(
            SeatRow(
                stream="p-old", id=f"s-{person}", state="ATTENDED", organiser="LSP-NUSA", class_id="k",
                person=person, kind="main", recommending=recommending, external=False, position=0, offers=0,
                journey=f"j-{person}", journey_state="CERTIFIED", first_decision=True, attended=[], **common,
            )
        )  # fmt: skip
        session.add(
            JourneyRow(
                stream=f"j-{person}", id=f"j-{person}", state="CERTIFIED", person=person, scheme_version="1",
                track="new", organiser="LSP-NUSA", programme="p-old", class_id="k", seat=f"s-{person}",
                reviewer="", assessor="", venue="", reassessments=0, certificate=f"c-{person}",
                opened_at=now, updated_at=now, **common,
            )
        )  # fmt: skip
        session.add(
            CertificateRow(
                stream=f"c-{person}", id=f"c-{person}", state="ACTIVE", person=person, scheme_version="1",
                journey=f"j-{person}", certificate_number=f"N-{person}", registration_number="",
                blank_number="",
                issued_on=add_months(until, -36),
                valid_until=until, check_code=f"x-{person}", pdf_digest="",
                opened_at=now, updated_at=now, **common,
            )
        )  # fmt: skip


async def test_windows_are_sorted_by_what_is_left_and_are_nobody_elses(product: Product) -> None:
    today = local_day(await product.runtime.gateway.business_now())
    await assessor(product, "soon", add_months(today, 1))
    await assessor(product, "late", add_months(today, -2))
    await assessor(product, "far", add_months(today, 12))
    await assessor(product, "gone", add_months(today, -8))
    await assessor(product, "theirs", add_months(today, 1), recommending="LSP-NUSA")
    mine = (await product.ask("GET", "/v1/organisation/assessors", "organiser")).json()["items"]
    assert [one["person"] for one in mine] == ["late", "soon", "far", "gone"]
    assert [one["window"] for one in mine] == ["open", "open", "later", "closed"]
    assert mine[0]["closes"] == add_months(add_months(today, -2), 3).isoformat()
    assert mine[2]["days"] == (add_months(add_months(today, 12), -3) - today).days
    theirs = (await product.ask("GET", "/v1/organisation/assessors", "neighbour")).json()["items"]
    assert [one["person"] for one in theirs] == ["theirs"]
    assert (await product.ask("GET", "/v1/organisation/assessors", "operations")).status_code == 403
    ending = (await product.ask("GET", "/v1/organisation/ending", "organiser")).json()["items"]
    assert [one["subject"] for one in ending] == ["c-late", "c-soon"]
    await enter(product, "organiser")
    page = await product.client.get("/assessors")
    assert title(page) == "Asesor saya – Asesor"
    assert page.text.count('href="/programmes/new?track=recertification"') == 3
    assert "Nama soon" not in page.text  # no name that this organisation did not give itself


async def test_a_licence_that_ends_soon_is_told(product: Product) -> None:
    today = local_day(await product.runtime.gateway.business_now())
    assert (await product.ask("GET", "/v1/organisation/ending", "organiser")).json()["items"] == []
    async with product.runtime.db.write() as session:
        data = OrganisationData(
            id="LSP-TIK",
            kind=OrganiserKind.LSP,
            name="Lembaga LSP-TIK",
            licence="ACTIVE",
            licence_valid_until=today + timedelta(days=30),
            licensed_schemes=(registry.DEFAULT_SCHEME,),
        )
        await registry.put_organisation(session, data, by=SYSTEM, at=START)
    (one,) = (await product.ask("GET", "/v1/organisation/ending", "organiser")).json()["items"]
    assert (one["what"], one["days"]) == ("licence", 30)
    await enter(product, "organiser")
    assert "Lisensi lembaga Anda" in (await product.client.get("/programmes")).text


async def test_the_calendar_shows_own_classes_and_gives_a_file(product: Product) -> None:
    case = await submitted(product)
    class_ = next(iter(case.classes.values()))
    day = class_.days[0]
    await enter(product, "organiser")
    page = await product.client.get(f"/programmes/calendar?month={day:%Y-%m}")
    assert f'href="/programmes/{case.stream}/classes/{class_.id}"' in page.text
    empty = await product.client.get("/programmes/calendar?month=2027-01")
    assert "Tidak ada kelas dalam bulan-bulan ini" in empty.text
    link = re.search(r'href="(/v1/organisation/classes\.ics[^"]+)"', page.text)
    assert link is not None
    file = await product.client.get(link[1].replace("&amp;", "&"))
    assert file.headers["content-type"].startswith("text/calendar")
    assert f"DTSTART;VALUE=DATE:{day:%Y%m%d}\r\n" in file.text
    query = f"first={day.isoformat()}&last={day.isoformat()}"
    theirs = await product.ask("GET", f"/v1/organisation/classes?{query}", "neighbour")
    assert theirs.json()["items"] == []
    wrong = await product.ask("GET", "/v1/organisation/classes?first=2026-05-04&last=2026-05-03", "organiser")
    assert (wrong.status_code, wrong.json()["violations"][0]["rule"]) == (422, "A-RANGE")


def test_a_calendar_file_escapes_and_folds_its_lines() -> None:
    one = {"id": "k", "label": "A", "days": ["2026-05-04"], "start_hour": 8, "zone": "WIB", "state": "READY"}
    venue = "Gedung é, lantai 2; " * 6
    text = ics.calendar([{**one, "venue": venue}], made=START, host="asesor.example")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    unfolded = text.replace("\r\n ", "")
    assert "LOCATION:Gedung é\\, lantai 2\\; Gedung" in unfolded
    assert "DTEND;VALUE=DATE:20260505\r\n" in unfolded


async def test_venues_that_were_used_can_be_chosen(product: Product) -> None:
    case = await submitted(product)
    used = next(iter(case.classes.values())).venue
    await product.draft(venue="TUK-BARU")
    found = (await product.ask("GET", "/v1/programmes/venues", "organiser")).json()["items"]
    assert [v["code"] for v in found] == [used, "TUK-BARU"]
    assert (await product.ask("GET", "/v1/programmes/venues", "neighbour")).json()["items"] == []


async def test_a_token_is_shown_once_works_and_is_ended(product: Product) -> None:
    await enter(product, "organiser")
    page = await product.client.get("/tokens")
    assert "Belum ada token" not in page.text  # the test's own stands there
    refused = await post(product, "/tokens", "/tokens", {"token.label": "absensi", "token.days": "400"})
    assert (refused.status_code, 'value="absensi"' in refused.text) == (422, True)
    shown = await product.client.get("/tokens")
    key = re.search(r'action="/tokens"><input type="hidden" name="key" value="([0-9a-z]+)"', shown.text)
    assert key is not None
    form = {"key": key[1], "token.label": "absensi", "token.scopes": "read", "token.days": "30"}
    made = await product.client.post("/tokens", data=form, headers=OURS)
    assert made.status_code == 201, made.text
    secret = re.search(r'id="secret"[^>]*>(asr_[^<]+)<', made.text)
    assert secret is not None
    again = await product.client.post("/tokens", data=form, headers=OURS)
    assert secret[1] not in again.text
    assert secret[1] not in (await product.client.get("/tokens")).text
    headers = {"Authorization": f"Bearer {secret[1]}"}
    product.client.cookies.clear()
    assert (await product.client.get("/v1/programmes", headers=headers)).status_code == 200
    denied = await product.client.post(
        "/v1/programmes", headers={**headers, "Idempotency-Key": "k1"}, json={"scheme": "x"}
    )
    assert denied.status_code == 403
    await enter(product, "organiser")
    listed = await product.client.get("/tokens")
    ids = re.findall(r'action="/tokens/([0-9a-f-]{36})/end"', listed.text)
    assert len(ids) == 2
    for token in ids:
        await product.client.post(f"/tokens/{token}/end", data={"key": "d" * 32}, headers=OURS)
    product.client.cookies.clear()
    assert (await product.client.get("/v1/programmes", headers=headers)).status_code == 401
    assert {"token_created", "token_revoked"} <= set(await product.events("person-person-organiser"))


@pytest.mark.parametrize("who", ["neighbour", "candidate"])
async def test_nobody_ends_anothers_token(product: Product, who: str) -> None:
    mine = (await product.ask("GET", "/v1/tokens", "organiser")).json()["items"][0]["id"]
    assert (await product.ask("DELETE", f"/v1/tokens/{mine}", who)).status_code == 404
