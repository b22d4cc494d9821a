"""The status page's sentences: every part of the product, there and away, in both languages."""

from typing import Any

import pytest

from api.parts import told

AWAY = {"ok": False, "error": "OSError"}
THERE: dict[str, dict[str, Any]] = {
    "database": {"ok": True, "kind": "postgresql", "revision": "0004"},
    "temporal": {"ok": True},
    "worker": {"ok": True, "pollers": 2},
    "projection": {"ok": True, "seconds": 1.25, "outbox": 3, "attention": 4},
    "archive": {"ok": False, "looked_at": "2026-11-23T10:38:52+00:00", "overdue": 5, "oldest": None},
}
NOT_YET: dict[str, dict[str, Any]] = {
    "database": {"ok": False, "kind": "sqlite", "revision": "0004"},
    "worker": {"ok": False, "pollers": 0},
    "projection": {"ok": False, "seconds": None},
    "archive": {"ok": False},
}


@pytest.mark.parametrize(("name", "words"), [
    ("database", ("PostgreSQL, skema 0004", "PostgreSQL, schema 0004")),
    ("temporal", ("menjawab", "answers")),
    ("worker", ("2 penerima", "queue: 2")),
    ("projection", ("1,2 detik; pemberitahuan menunggu: 3; perkara yang perlu dilihat petugas: 4", "1.2 s")),
    ("archive", ("2026-11-23 17:38 WIB; terlambat diarsipkan: 5", "overdue: 5")),
])  # fmt: skip
def test_a_part_that_is_there_says_what_it_is(name: str, words: tuple[str, str]) -> None:
    text = told(name, THERE[name])
    assert words[0] in text.id
    assert words[1] in text.en


@pytest.mark.parametrize("name", THERE)
def test_a_part_that_is_away_says_so_and_not_how_a_program_calls_it(name: str) -> None:
    text = told(name, AWAY)
    assert text != told(name, THERE[name])
    assert "OSError" not in text.id + text.en


@pytest.mark.parametrize("name", NOT_YET)
def test_a_part_that_was_not_reached_yet_reads_as_one_that_is_away(name: str) -> None:
    assert told(name, NOT_YET[name]) == told(name, AWAY)


def test_an_archive_that_nobody_looked_at_yet_has_nothing_to_say() -> None:
    first = {"ok": True, "looked_at": None, "overdue": 0, "oldest": None}
    assert "Belum ada" in told("archive", first).id
