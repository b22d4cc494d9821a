"""The monitor: counts that are links to exactly those cases, a table that the address holds, and files."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from api import monitor
from db import reads, registry
from db.people_tables import Account
from db.registry import OrganisationData
from db.tables import CaseRow
from domain import commands as c
from domain.facts import OrganiserKind
from domain.roles import SYSTEM, Role
from tests.api.conftest import START, Product, submitted
from tests.api.test_pages import enter
from tests.support.journeys import competent
from tests.support.programmes import ORGANISER, VERIFIER, World, actor
from tests.support.stages import verified
from web.export import harmless

EVIL = "=HYPERLINK(1)"


def cards(page: str) -> dict[str, int]:
    found = re.findall(r'href="\?what=programmes&amp;need=(\w+)"[^>]*><strong>(\d+)', page)
    return {name: int(n) for name, n in found}


def board(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'<span class="number">\d</span>[^<]*<strong>(\d+)', page)]


def cases(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/cases/([^"]+)"', page)


async def renamed(product: Product, name: str) -> None:
    async with product.runtime.db.write() as session:
        data = OrganisationData(
            id="LSP-TIK",
            kind=OrganiserKind.LSP,
            name=name,
            licence="ACTIVE",
            licence_valid_until=date(2030, 12, 31),
            licensed_schemes=(registry.DEFAULT_SCHEME,),
        )
        await registry.put_organisation(session, data, by=SYSTEM, at=START)


async def second(product: Product) -> None:
    """Another programme, submitted like the first."""
    other = World()
    other.opening = other.opening.model_copy(update={"stream": "programme-2", "workflow_id": "programme-p2"})
    other.case, other.count = other.opening, 100
    other.send(ORGANISER, other.submission().model_copy(update={"programme": "programme-2"}))
    await product.project(other)


def verified_by(person: str) -> World:
    """Another request, which this person recommended."""
    world, who = World(), actor(Role.VERIFIER, person)
    world.opening = world.opening.model_copy(update={"stream": "programme-2", "workflow_id": "programme-p2"})
    world.case, world.count = world.opening, 100
    world.send(ORGANISER, world.submission().model_copy(update={"programme": "programme-2"}))
    world.answer_all()
    world.send(who, c.ClaimTask(task=world.task("verify_programme").id))
    world.send(who, c.VerifySeats(seats=tuple(world.case.seats)))
    world.complete(who, "verify_programme", "recommend")
    return world


async def shut(product: Product, username: str) -> None:
    async with product.runtime.db.write() as session:
        account = await session.get(Account, product.accounts[username])
        assert account is not None
        account.disabled_at = START
        session.add(account)


async def test_every_count_is_a_link_to_exactly_those(product: Product) -> None:
    case = await submitted(product)
    await enter(product, "operations")
    page = (await product.client.get("/monitor")).text
    assert board(page) == [1, 0, 0, 0]
    assert cases(page) == [case.stream]
    assert cards(page) == {"late": 1, "soon": 0, "stuck": 0, "nobody": 0}  # of 2026-03, and it is later now
    for need, count in cards(page).items():
        found = (await product.client.get(f"/monitor?what=programmes&need={need}")).text
        assert len(cases(found)) == count
    for stage, count in enumerate(board(page), start=1):
        found = (await product.client.get(f"/monitor?what=programmes&stage={stage}")).text
        assert len(cases(found)) == count
    assert "Tidak ada perkara yang cocok" in (await product.client.get("/monitor?stage=2")).text


async def test_what_asks_for_help_is_counted_named_and_found(product: Product) -> None:
    case = await submitted(product)
    async with product.runtime.db.write() as session:
        row = await session.get(CaseRow, case.stream)
        assert row is not None
        row.attention = "notice_failed"
        session.add(row)
    await enter(product, "operations")
    page = (await product.client.get("/monitor")).text
    assert cards(page)["stuck"] == 1
    assert "Pemberitahuan tidak dapat dikirim" in page
    assert cases((await product.client.get("/monitor?what=programmes&need=stuck")).text) == [case.stream]
    assert cases((await product.client.get("/monitor?what=journeys&need=stuck")).text) == []
    page = (await product.client.get(f"/cases/{case.stream}")).text
    assert "Pemberitahuan tidak dapat dikirim" in page


async def test_a_task_that_nobody_may_do_is_seen(product: Product) -> None:
    await submitted(product)
    await shut(product, "verifier")
    await enter(product, "operations")
    assert cards((await product.client.get("/monitor")).text)["nobody"] == 1


async def test_whoever_verified_cannot_approve_and_is_then_nobody(product: Product) -> None:
    """The verifier alone wears the approver's hat: R-SOD leaves nobody."""
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    await product.project(world)
    await second(product)  # which waits for its verifier, who is there
    await product.person("approver", Role.APPROVER, person=VERIFIER.person)
    await enter(product, "operations")
    assert cards((await product.client.get("/monitor")).text)["nobody"] == 1
    found = await product.client.get("/monitor?what=programmes&need=nobody")
    assert cases(found.text) == ["programme-1"]
    await product.person("second", Role.APPROVER)
    assert cards((await product.client.get("/monitor")).text)["nobody"] == 0


async def test_a_hand_in_one_case_bars_nobody_in_another(product: Product) -> None:
    """Two approvers, each of whom verified one of two requests: each request has the other one."""
    first = verified(World())
    first.complete(VERIFIER, "verify_programme", "recommend")
    await product.project(first)
    await product.project(verified_by("verifier-2"))
    await product.person("approver", Role.APPROVER, person=VERIFIER.person)
    await product.person("approver-2", Role.APPROVER, person="verifier-2")
    await enter(product, "operations")
    assert cards((await product.client.get("/monitor")).text)["nobody"] == 0
    assert cases((await product.client.get("/monitor?need=nobody")).text) == []


async def test_the_address_holds_columns_order_and_size(product: Product) -> None:
    await submitted(product)
    await enter(product, "operations")
    sent = await product.client.get("/monitor?what=programmes&limit=20&col=stream&col=scheme&col=late")
    assert sent.status_code == 303
    assert sent.headers["location"] == "/monitor?what=programmes&limit=20&columns=stream%2Cscheme%2Clate"
    page = (await product.client.get(sent.headers["location"])).text
    assert re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', page) == [
        "Perkara",
        "Skema",
        "Tugas terlambat",
    ]
    ordered = (await product.client.get("/monitor?sort=opened&columns=opened_at")).text
    assert 'aria-sort="ascending"' in ordered
    for sort in ("updated", "-opened", "organiser", "-organiser", "state", "-state"):
        assert len(cases((await product.client.get(f"/monitor?sort={sort}")).text)) == 1
    for wrong in ("sort=name", "limit=0", "limit=5000", "stage=9", "need=all", "what=people"):
        assert (await product.client.get(f"/monitor?{wrong}")).status_code == 422


async def test_search_finds_by_organiser_and_by_id(product: Product) -> None:
    case = await submitted(product)
    await enter(product, "operations")
    for q, count in (("lembaga", 1), (case.stream[:6], 1), ("nowhere", 0)):
        assert len(cases((await product.client.get(f"/monitor?q={q}")).text)) == count
    assert len(cases((await product.client.get("/monitor?show=ended")).text)) == 0
    assert len(cases((await product.client.get("/monitor?state=SUBMITTED")).text)) == 1


async def test_a_file_holds_the_list_and_no_formula(product: Product) -> None:
    case = await submitted(product)
    await renamed(product, EVIL)
    await enter(product, "operations")
    answer = await product.client.get("/monitor/export.csv?columns=organiser,state,late,opened_at")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["Perkara", "Keadaan", "Penyelenggara", "Tugas terlambat", "Dibuka (WIB)"]
    assert rows[1][:4] == [case.stream, "diajukan", f"'{EVIL}", "1"]
    assert len(rows) == 2

    answer = await product.client.get("/monitor/export.xlsx?columns=organiser,late&lang=en")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    found = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert found == [["Case", "Organiser", "Late tasks"], [case.stream, EVIL, 1]]
    assert sheet["B2"].data_type == "s"


async def test_a_file_is_on_record_before_it_leaves_and_nothing_personal_in_the_record(
    product: Product,
) -> None:
    await submitted(product)
    await enter(product, "operations")
    for path in ("export.csv?what=journeys&state=DECISION", "export.xlsx?q=3201010101900001&stage=1"):
        assert (await product.client.get(f"/monitor/{path}")).status_code == 200
    told = (await product.ask("GET", "/v1/audit/reveals", "auditor")).json()["items"]
    assert [(one["type"], one["what"], one["form"], one["filters"]) for one in told] == [
        ("list_exported", "programmes", "xlsx", {"q": "•••", "stage": "1"}),
        ("list_exported", "journeys", "csv", {"what": "journeys", "state": "DECISION"}),
    ]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("Budi;=1+1", "Budi;'=1+1"),
        ('x\n "=1+1', "x\n' \"=1+1"),
        ("\t=1", "'\t'=1"),
        ("LSP A-B; C", "LSP A-B; C"),
    ],
)
def test_no_part_of_a_text_becomes_a_formula_where_cells_end_with_a_semicolon(typed: str, kept: str) -> None:
    assert harmless(typed) == kept


async def test_a_file_goes_through_every_page(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    await submitted(product)
    await second(product)
    monkeypatch.setattr(reads, "MOST", 1)
    await enter(product, "operations")
    answer = await product.client.get("/monitor/export.csv")
    assert len(answer.text.splitlines()) == 3


async def test_only_those_who_watch(product: Product) -> None:
    await enter(product, "verifier")
    for path in ("/monitor", "/monitor/export.csv", "/monitor/export.xlsx", "/monitor/trends"):
        assert (await product.client.get(path)).status_code == 403


def test_soon_is_two_days_as_the_page_says() -> None:
    assert timedelta(days=2) == monitor.SOON


async def test_applications_are_watched_and_found_like_programmes(product: Product) -> None:
    world = competent()
    await product.project(world)
    await enter(product, "operations")
    page = (await product.client.get("/monitor?what=journeys")).text
    assert cases(page) == [world.case.stream]
    assert board(page) == [0, 0, 0, 1]
    for path in ("/monitor/export.csv?what=journeys", "/monitor/trends?what=journeys"):
        assert (await product.client.get(path)).status_code == 200
    found = (await product.client.get(f"/monitor?what=journeys&q={world.case.journey.id[:8]}")).text
    assert cases(found) == [world.case.stream]
    page = (await product.client.get(f"/cases/{world.case.stream}")).text
    assert "Komite memutuskan: kompeten" in page
