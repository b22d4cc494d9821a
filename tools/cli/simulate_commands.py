"""The commands of `asesor simulate`; what they do stands in tools/cli/simulate.py."""

from typing import Annotated

import typer

from tools.cli.console import Json, run

app = typer.Typer(no_args_is_help=True, help="Waktu simulasi – A simulation's time.")


@app.command()
def now(json: Json = False) -> None:
    """Waktu sekarang dan saat berikutnya – The time it is, and the next moment."""
    from tools.cli import simulate

    run(json, simulate.clock)


@app.command("next")
def next_(json: Json = False) -> None:
    """Maju ke saat berikutnya – On to the next moment at which anything happens."""
    from tools.cli import simulate

    run(json, simulate.following)


@app.command()
def advance(
    by: Annotated[str, typer.Argument(help="20d, 36h, 2w; kosong – empty: lanjutkan – go on.")] = "",
    json: Json = False,
) -> None:
    """Maju selama itu – On by that much; without it, go on with what was interrupted."""
    from tools.cli import simulate

    run(json, lambda out: simulate.advance(out, by=by))


@app.command()
def to(
    moment: Annotated[str, typer.Argument(help="2026-12-01, 2026-12-01T16:00 (WIB).")],
    json: Json = False,
) -> None:
    """Maju sampai tanggal itu – On to that date."""
    from tools.cli import simulate

    run(json, lambda out: simulate.advance(out, to=moment))
