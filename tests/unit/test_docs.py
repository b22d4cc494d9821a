"""Generated pages say what the code says; written ones name what is there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from cli import app
from settings import ROOT, Settings
from tools.docs import stale
from tools.screens import stale as stale_pictures
from web.app import create_app

PAGES = sorted(
    path
    for path in (ROOT / "README.md", *(ROOT / name for name in ("deploy/README.md", "examples/README.md")))
    if path.exists()
) + sorted((ROOT / "docs").rglob("*.md"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
NOT_ROOMS = {"var", "__pycache__"}

LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
MAKE = re.compile(r"(?<![\w/-])make ([a-z]+)")
ASESOR = re.compile(r"(?<![\w-])(?:bin/)?asesor ([a-z].*)")


def test_generated_pages_are_fresh() -> None:
    assert stale() == []


def test_pictures_of_pages_are_of_the_pages_that_there_are() -> None:
    assert stale_pictures(create_app(Settings())) == [], "run make screens"


# ---- links ---------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """What a heading may be linked by, as code hosts make it."""
    heads = re.findall(r"^#{1,6} (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(link)
    assert broken == []


def test_a_broken_link_would_be_seen() -> None:
    assert LINK.findall("[a](docs/a.md#x) [b](https://example.org) ![c](c.svg)") == ["docs/a.md#x", "c.svg"]
    assert "when-a-case-is-stuck" in anchors(ROOT / "docs" / "operations.md")


# ---- decisions -----------------------------------------------------------------------------------------


def test_every_decision_stands_in_the_index_under_its_title() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    rows = dict(re.findall(r"^\| \[\d{4}\]\(decisions/(\S+)\) \| (.+) \|$", index, re.MULTILINE))
    titles = {}
    for path in DECISIONS:
        number, title = re.fullmatch(r"# (\d{4}) (.+)", path.read_text().split("\n")[0]).groups()  # type: ignore[union-attr]
        assert path.name.startswith(f"{number}-")
        titles[path.name] = title
    assert rows == titles


def test_decisions_are_numbered_without_a_gap_and_have_their_three_parts() -> None:
    assert [int(p.name[:4]) for p in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    for path in DECISIONS:
        parts = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences"], path.name


# ---- commands ------------------------------------------------------------------------------------------


def code(page: Path) -> Iterator[str]:
    """Lines of code of a page: its blocks without their comments, and what stands in backticks."""
    text = page.read_text()
    for language, block in FENCE.findall(text):
        if language in ("", "sh"):
            yield from (line.partition("  #")[0] for line in block.splitlines())
    yield from (" ".join(span.split()) for span in SPAN.findall(FENCE.sub("", text)))


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def wrong(line: str) -> str:
    """What the command line `asesor …` of a page says that the command does not know; else empty."""
    words = line.split()
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands"):
        if words[0].startswith("-"):
            break
        if words[0] not in command.commands:
            return words[0]
        command = command.commands[words[0]]
        words = words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return next((word for word in words if word.startswith("--") and word not in known), "")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_command_of_a_page_exists(page: Path) -> None:
    for line in code(page):
        assert {*MAKE.findall(line)} <= targets(), line
        for command in ASESOR.findall(line):
            assert wrong(command) == "", line


def test_the_readme_names_the_two_commands_and_a_wrong_one_would_be_seen() -> None:
    lines = [line for line in code(ROOT / "README.md") if MAKE.search(line)]
    assert {"demo", "up", "test", "bench"} <= {name for line in lines for name in MAKE.findall(line)}
    assert wrong("verify --ledger-only") == "" and wrong("user add ratna --role organiser") == ""
    assert wrong("unknown") == "unknown" and wrong("verify --never") == "--never"


def test_every_address_of_the_readme_is_one_of_the_api() -> None:
    from api.routers import certificates, participants, persons, programmes, rosters, sessions

    routers = (certificates, participants, persons, programmes, rosters, sessions)
    routes = [r for module in routers for r in module.router.routes if isinstance(r, APIRoute)]
    schema = get_openapi(title="", version="", routes=routes)
    known = {
        re.sub(r"\{\w+\}", "*", f"{method.upper()} {path}")
        for path, methods in schema["paths"].items()
        for method in methods
    }
    text = (ROOT / "README.md").read_text()
    asked = set(re.findall(r"`(GET|POST|PUT) (/v1/[^`?\s]+)`", text))
    for command in re.findall(r"^curl (?:.*\\\n)*.*$", text, re.MULTILINE):
        (path,) = re.findall(r'"\$A(/v1/[^"?]+)', command)
        writes = re.search(r"-X POST|--json|--data-binary", command)
        assert bool(writes) == ("Idempotency-Key" in command)
        asked.add(("POST" if writes else "GET", path))
    assert len(asked) > 5
    asked = {(method, re.sub(r"[$]P|[{]\w+[}]", "*", path)) for method, path in asked}
    assert {f"{method} {path}" for method, path in asked} <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    rooms = "|".join(re.escape(path.name) for path in ROOT.iterdir() if path.is_dir())
    named = [span for span in code(page) if re.fullmatch(rf"(?:{rooms})/[\w/.-]*\w\.\w+", span)]
    made = ("var/",)
    assert [name for name in named if not (ROOT / name).exists() and not name.startswith(made)] == []


# ---- the map -------------------------------------------------------------------------------------------


def test_the_map_of_rooms_names_every_top_level_folder() -> None:
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"^\| `(\w+)/` \|", readme, re.MULTILINE))
    rooms = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and path.name[0] != "." and path.name not in NOT_ROOMS
    }
    assert named == rooms
