"""A roster that is not in order: its cells marked in the page, put right there, and taken once."""

import html
import re
from datetime import date
from typing import Any

from httpx import Response
from sqlmodel import select

from api.roster_xlsx import MEDIA_TYPE
from db.people_tables import SealedText, WaitingRoster
from domain.roster.columns import COLUMNS
from examples.people import PEOPLE
from examples.synthetic import synthetic
from tests.api.conftest import Product, roster
from tests.api.test_pages import OURS, title
from tests.api.test_portal import begun, post, seats_in, with_class


async def sent(product: Product, draft: str, content: bytes, **data: str) -> Response:
    return await post(
        product, f"{draft}/import", f"{draft}/import", data, files={"file": ("d.xlsx", content, MEDIA_TYPE)}
    )


def pasted(*numbers: int, header: bool = True, **changes: str) -> str:
    """Rows as Excel copies them; `changes` go to the last."""
    rows = [{**PEOPLE[n - 1].cells(), "recommending": "LSP-TIK"} for n in numbers]
    rows[-1] |= changes
    lines = [[str(row.get(c.key) or "") for c in COLUMNS] for row in rows]
    titles = [[c.header.id for c in COLUMNS]] if header else []
    return "\n".join("\t".join(line) for line in [*titles, *lines])


def fields_of(page: Response) -> dict[str, str]:
    """Every field of a cell, with what it begins with."""
    found = dict(
        re.findall(r'<input type="[a-z]+" id="[^"]+" name="(cell\.[^"]+)" value="([^"]*)"', page.text)
    )
    for name, options in re.findall(
        r'<select id="[^"]+" name="(cell\.[^"]+)"[^>]*>(.*?)</select>', page.text, re.S
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {name: html.unescape(value) for name, value in found.items()}


async def test_wrong_cells_are_marked_put_right_and_taken(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    held = await sent(product, draft, roster(sex="X", letter_date="2026-02-16", phone="12"))
    assert held.headers["location"] == f"{draft}/roster?taken=0"
    page = await product.client.get(f"{draft}/roster")
    assert title(page).startswith("Kesalahan: ")
    assert set(fields_of(page)) == {"cell.4.sex", "cell.4.letter_date", "cell.4.phone"}
    assert "X-ENUM" in page.text and "<q>X</q>" in page.text
    assert 'href="#c-4-sex"' in page.text
    still = await post(
        product,
        f"{draft}/roster",
        f"{draft}/roster",
        {**fields_of(page), "cell.4.sex": "P", "cell.4.letter_date": "2026-02-16"},
    )
    assert still.headers["location"] == f"{draft}/roster?taken=0"
    page = await product.client.get(f"{draft}/roster")
    assert fields_of(page) == {"cell.4.phone": "12"}
    taken = await post(product, f"{draft}/roster", f"{draft}/roster", {"cell.4.phone": "081200000004"})
    assert taken.headers["location"] == f"{draft}/participants?done=1&taken=3"
    assert len(seats_in(await product.client.get(f"{draft}/participants"))) == 3
    gone = await product.client.get(f"{draft}/roster")
    assert gone.headers["location"] == f"{draft}/participants"


async def test_rows_in_order_are_taken_alone_and_none_twice(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    await sent(product, draft, roster(sex="X"))
    page = await product.client.get(f"{draft}/roster")
    key = re.search(r'name="key" value="([0-9a-z]+)"', page.text)
    assert key is not None
    form = {"key": key[1], "version": "1", "do": "good", "cell.4.sex": "X"}
    for _ in range(2):  # pressed twice
        part = await product.client.post(f"{draft}/roster", data=form, headers=OURS)
        assert part.headers["location"] == f"{draft}/roster?taken=2"
    assert len(seats_in(await product.client.get(f"{draft}/participants"))) == 2
    stale = await product.client.post(f"{draft}/roster", data={**form, "key": "c" * 32}, headers=OURS)
    assert (stale.status_code, "A-VERSION" in stale.text) == (409, True)
    rest = await post(product, f"{draft}/roster", f"{draft}/roster", {"cell.4.sex": "P"})
    assert rest.headers["location"] == f"{draft}/participants?done=1&taken=1"
    assert len(seats_in(await product.client.get(f"{draft}/participants"))) == 3


async def test_a_whole_row_can_be_changed_or_left_out(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    await sent(product, draft, roster(nik=PEOPLE[0].nik))
    page = await product.client.get(f"{draft}/roster?row=4")
    fields = fields_of(page)
    assert len(fields) == len(COLUMNS)
    assert fields["cell.4.full_name"] == PEOPLE[3].name
    same = await post(product, f"{draft}/roster?row=4", f"{draft}/roster", fields)
    assert same.headers["location"] == f"{draft}/roster?taken=0"
    out = await post(product, f"{draft}/roster", f"{draft}/roster", {"leave_out": "4"})
    assert out.headers["location"] == f"{draft}/participants?done=1&taken=2"


async def test_a_number_where_text_is_wanted_is_typed_again(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    await sent(product, draft, roster(nik=int(PEOPLE[3].nik)))
    page = await product.client.get(f"{draft}/roster")
    assert fields_of(page) == {"cell.4.nik": ""}
    assert "X-NIK-NUMBER" in page.text
    left = await post(product, f"{draft}/roster", f"{draft}/roster", {"cell.4.nik": ""})
    assert left.headers["location"] == f"{draft}/roster?taken=0"
    typed = await post(product, f"{draft}/roster", f"{draft}/roster", {"cell.4.nik": PEOPLE[3].nik})
    assert typed.headers["location"] == f"{draft}/participants?done=1&taken=3"


async def test_what_waits_is_sealed_and_erased(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    await sent(product, draft, roster(sex="X"))

    async def texts() -> list[SealedText]:
        async with product.runtime.db.read() as session:
            row = (await session.exec(select(WaitingRoster))).first()
            found = await session.exec(select(SealedText).where(SealedText.owner == draft.split("/")[-1]))
            texts = list(found)
            assert [t.id for t in texts] == ([row.text] if row else [])
            return texts

    (kept,) = await texts()
    assert kept.ciphertext is not None
    assert PEOPLE[3].name.encode() not in kept.ciphertext
    await post(product, f"{draft}/roster", f"{draft}/roster", {"cell.4.sex": "Z"})
    (newer,) = await texts()
    assert newer.id != kept.id
    thrown = await post(product, f"{draft}/roster", f"{draft}/roster/discard", {})
    assert thrown.status_code == 303
    assert await texts() == []


async def test_pasted_rows_are_read_with_or_without_their_header(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    form = f"{draft}/paste"
    page = f"{draft}/import?way=paste"
    nothing = await post(product, page, form, {"text": "Siti\t123", "dates": "dmy"})
    assert (nothing.status_code, "X-PASTE" in nothing.text) == (422, True)
    assert "Siti\t123" in html.unescape(nothing.text)
    taken = await post(product, page, form, {"text": pasted(1, 2), "dates": "dmy"})
    assert taken.headers["location"] == f"{draft}/participants?done=1&taken=2"
    bare = await post(product, page, form, {"text": pasted(4, header=False, sex="X"), "dates": "dmy"})
    assert bare.headers["location"] == f"{draft}/roster?taken=0"
    assert set(fields_of(await product.client.get(f"{draft}/roster"))) == {"cell.2.sex"}


async def test_a_sheet_without_its_header_is_not_kept(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    page = await post(
        product,
        f"{draft}/import?way=paste",
        f"{draft}/paste",
        {"text": "Nama lengkap\tNIK\tEmail\nSiti\t123\ta@b.id", "dates": "dmy"},
    )
    assert page.status_code == 422
    assert "X-COLUMN-MISSING" in page.text
    assert (await product.client.get(f"{draft}/roster")).status_code == 303


async def test_a_neighbour_sees_nothing_of_what_waits(product: Product) -> None:
    id_ = await product.draft()
    rows: dict[str, Any] = {"text": pasted(1, sex="X"), "hold": True}
    held = (await product.ask("POST", f"/v1/programmes/{id_}/paste", "organiser", json=rows)).json()
    assert held["waiting"] == {"version": 1, "rows": 1, "bad": 1}
    assert PEOPLE[0].nik not in str(held)
    for method, path, more in (
        ("GET", "roster", {}),
        ("PATCH", "roster", {"json": {"version": 1}}),
        ("DELETE", "roster", {}),
        ("POST", "paste", {"json": rows}),
    ):
        answer = await product.ask(method, f"/v1/programmes/{id_}/{path}", "neighbour", **more)
        assert (method, answer.status_code) == (method, 404)
    own = (await product.ask("GET", f"/v1/programmes/{id_}/roster", "organiser")).json()
    assert own["rows"][0]["cells"]["nik"] == PEOPLE[0].nik
    bad = await product.ask(
        "PATCH",
        f"/v1/programmes/{id_}/roster",
        "organiser",
        json={"version": 1, "cells": [{"row": 2, "column": "salary", "value": "1"}]},
    )
    assert bad.status_code == 422


def nik(number: int) -> str:
    return synthetic("317101", date(1990, 1, 1), "P", 9001 + number)


async def test_five_hundred_rows_stay_light(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    rows = [pasted(1, header=False, sex="X", nik=nik(n)) for n in range(501)]
    header, row = pasted(1).partition("\n")[0], rows.pop()
    many = "\n".join([header, *rows])
    held = await post(product, f"{draft}/import?way=paste", f"{draft}/paste", {"text": many, "dates": "dmy"})
    assert held.headers["location"] == f"{draft}/roster?taken=0"
    for address in (f"{draft}/roster", f"{draft}/roster?view=all&start=475", f"{draft}/roster?row=500"):
        page = await product.client.get(address)
        assert (address, page.status_code, len(page.content) < 150_000) == (address, 200, True)
    last = await product.client.get(f"{draft}/roster?start=475")
    assert len([name for name in fields_of(last) if name.endswith(".sex")]) == 25
    too_many = "\n".join([many, row])
    refused = await post(
        product, f"{draft}/import?way=paste", f"{draft}/paste", {"text": too_many, "dates": "dmy"}
    )
    assert (refused.status_code, "X-ROWS" in refused.text) == (422, True)
