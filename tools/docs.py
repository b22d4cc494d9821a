"""Make the documents that are generated from code: `python tools/docs.py`, or `--check` to compare only.

docs/machines.md from the tables of moves, docs/rules.md from the rules and the policy, docs/settings.md
from the settings. A test runs the check, so that none of them can drift.
"""

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from domain.roles import LABELS  # noqa: E402 (after the path is set: the project is not a package)
from domain.rules.render import rules_markdown  # noqa: E402
from settings import settings_markdown  # noqa: E402
from state_machines.table import Table, to_mermaid  # noqa: E402
from state_machines.tables import TABLES  # noqa: E402


def machines_markdown() -> str:
    """Every machine: its picture, its states and its rows, as the code has them."""
    parts = [
        "# State machines\n\n"
        "Generated from `state_machines/` by `make docs`; a test fails when this page is stale. "
        "A row is the only way from one state to another. A row without roles permits no one.\n"
    ]
    return "\n".join([*parts, *(_machine(t) for t in TABLES.values())])


def _machine(table: Table) -> str:
    states = "\n".join(
        f"| `{s.name}` | {s.label.id} | {s.label.en} | {s.stage or '–'} | {'yes' if s.terminal else ''} |"
        for s in table.states
    )
    rows = "\n".join(
        f"| `{r.source}` | `{r.trigger}` | `{r.dest}` | {', '.join(LABELS[x].en for x in sorted(r.roles))} "
        f"| {r.label.id} / {r.label.en} | {', '.join(f'`{g.id}`' for g in r.guards) or '–'} | {r.why} |"
        for r in table.rows
    )
    return (
        f"## {table.label.en} ({table.label.id})\n\n```mermaid\n{to_mermaid(table)}```\n\n"
        f"| State | Indonesian | English | Stage | End |\n|---|---|---|---|---|\n{states}\n\n"
        f"| From | Trigger | To | Who | Label | Guards | Why |\n|---|---|---|---|---|---|---|\n{rows}\n"
    )


PAGES: dict[str, Callable[[], str]] = {
    "docs/machines.md": machines_markdown,
    "docs/rules.md": rules_markdown,
    "docs/settings.md": settings_markdown,
}


def stale() -> list[str]:
    """Paths of generated pages that do not say what the code says."""
    return [
        path
        for path, make in PAGES.items()
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != make()
    ]


def main() -> int:
    if "--check" in sys.argv:
        found = stale()
        for path in found:
            sys.stderr.write(f"{path} is stale: run make docs\n")
        return 1 if found else 0
    for path, make in PAGES.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
