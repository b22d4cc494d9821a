"""`asesor bench`: what a decision costs here, beside a plain SDK program."""

from benchmarks.run import CALLERS, ROUNDS, keep, measured, table
from tools.cli.console import Exit, Out


async def bench(out: Out, *, rounds: int = ROUNDS) -> int:
    """Measure, keep the results in benchmarks/results, and show them."""
    result = await measured(rounds, CALLERS, "abc", out.say)
    kept = keep(result)
    out.result({"ok": True, "kept": str(kept), **result}, table(result), f"disimpan – kept: {kept}")
    return Exit.OK
