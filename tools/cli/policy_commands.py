"""The commands of `asesor policy`; what they do stands in tools/cli/policies.py."""

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.console import Json, run

app = typer.Typer(no_args_is_help=True, help="Versi kebijakan BNSP – Versions of BNSP's policy.")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JSON.")],
    json: Json = False,
) -> None:
    """Simpan versi kebijakan; perkara baru memakainya mulai hari berlakunya – Store a version; new cases
    begin with it from its effective day on."""
    from tools.cli import policies

    run(json, lambda out: policies.load(out, file))


@app.command("list")
def list_(json: Json = False) -> None:
    """Semua versi, dan mana yang berlaku – All versions, and which one is in force."""
    from tools.cli import policies

    run(json, policies.list_all)


@app.command()
def show(
    version: Annotated[str, typer.Argument(help="Versi – Version; none: the one in force.")] = "",
    json: Json = False,
) -> None:
    """Satu versi sebagai berkas untuk `load` – One version, as the file that `load` takes."""
    from tools.cli import policies

    run(json, lambda out: policies.show(out, version))
