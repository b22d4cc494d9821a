"""`asesor bench`: what a decision costs here, beside a plain SDK program, and what a page does, beside its
queries."""

from typing import Literal

from benchmarks import pages
from benchmarks.run import CALLERS, ROUNDS, keep, measured, table
from tools.cli.console import Exit, Out


async def bench(out: Out, *, rounds: int = ROUNDS, what: Literal["all", "decisions", "pages"] = "all") -> int:
    """Measure, keep the results in benchmarks/results, and show them."""
    told: dict[str, object] = {}
    lines: list[str] = []
    if what in ("all", "decisions"):
        result = await measured(rounds, CALLERS, "abc", out.say)
        kept = keep(result)
        told |= {"kept": str(kept), **result}
        lines += [table(result), f"disimpan – kept: {kept}"]
    if what in ("all", "pages"):
        shown = await pages.measured(say=out.say)
        kept = keep(shown, "pages")
        told |= {"pages": {"kept": str(kept), **shown}}
        lines += [pages.table(shown), f"disimpan – kept: {kept}"]
    out.result({"ok": True, **told}, *lines)
    return Exit.OK
