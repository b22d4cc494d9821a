"""docs/dependencies.md names every direct dependency, with its job, licence and reason."""

import re
import tomllib

import pytest

from settings import ROOT

PERMISSIVE = {"MIT", "MIT-CMU", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MPL-2.0"}


def rows() -> dict[str, list[str]]:
    """Package → its job, licence and reason, from the tables of the page."""
    page = (ROOT / "docs" / "dependencies.md").read_text()
    found: dict[str, list[str]] = {}
    for name, rest in re.findall(r"^\| `([^`]+)` \|(.+)\|$", page, re.MULTILINE):
        assert name not in found, f"{name} stands twice in docs/dependencies.md"
        found[name] = [cell.strip() for cell in rest.split("|")]
    return found


def declared(development: bool = True) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    requirements = project["project"]["dependencies"]
    requirements += project["dependency-groups"]["dev"] if development else []
    names = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {name[0] for name in names if name}


def test_the_page_and_the_project_name_the_same_packages() -> None:
    assert set(rows()) == declared(), "docs/dependencies.md and pyproject.toml disagree"


def test_every_row_has_a_job_a_licence_and_a_reason() -> None:
    incomplete = [name for name, cells in rows().items() if len(cells) != 3 or not all(cells)]
    assert incomplete == []


def test_every_licence_is_permissive() -> None:
    others = {
        name: cells[1] for name, cells in rows().items() if not set(cells[1].split(" OR ")) <= PERMISSIVE
    }
    assert others == {}


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_files_hold_every_declared_package(lock: str) -> None:
    locked = set(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==", (ROOT / lock).read_text(), re.MULTILINE))
    wanted = {name.lower() for name in declared(development=lock == "requirements-dev.txt")}
    assert wanted - locked == set(), "run: make lock"
