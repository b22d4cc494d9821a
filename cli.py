"""The `asesor` command. Thin: what a command does stands in tools/cli, one module a subject.

Modules are imported when a command needs them, so that `asesor --help` and `asesor up` start at once.
"""

import os
import traceback
from pathlib import Path
from typing import Annotated, Literal

import typer

from tools.cli import policy_commands, simulate_commands, user_commands
from tools.cli.console import Exit, Json, conclude, leave, on_terminal, run

app = typer.Typer(
    name="asesor",
    help="Pelatihan dan sertifikasi asesor kompetensi – Training and certification of competency assessors.",
    epilog="0 baik – fine · 1 ada yang salah – something is wrong · 2 pemakaian – usage · 69 layanan tidak "
    "menjawab – service unavailable · 75 coba lagi – try again · 78 pengaturan – configuration",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, and those may be keys
    context_settings={"help_option_names": ["-h", "--help"]},
)

RUN, DAILY, CARE, PARTS = (
    "Menjalankan – Run",
    "Bekerja – Work",
    "Merawat – Look after",
    "Bagian – Single parts",
)
app.add_typer(user_commands.app, name="user", rich_help_panel=DAILY)
app.add_typer(simulate_commands.app, name="simulate", rich_help_panel=DAILY)
app.add_typer(policy_commands.app, name="policy", rich_help_panel=CARE)

Case = Annotated[str, typer.Argument(help="Id perkara atau workflow – The case's id, or its workflow's.")]
Token = Annotated[
    str,
    typer.Option(
        "--token", envvar="ASESOR_TOKEN", show_envvar=True, help="Token API – The API token to act with."
    ),
]


# ---- run --------------------------------------------------------------------------------------------


@app.command(rich_help_panel=RUN)
def up(
    simulation: Annotated[
        bool, typer.Option("--simulation", help="Waktu tidak berjalan sendiri – Time stands until moved.")
    ] = False,
    json: Json = False,
) -> None:
    """Jalankan semuanya di mesin ini sampai Ctrl-C – Run everything on this machine until Ctrl-C."""
    from tools.cli.up import up as work

    run(json, lambda out: work(out, simulated=simulation))


@app.command(rich_help_panel=RUN)
def demo(
    keep: Annotated[
        bool | None,
        typer.Option(
            "--keep/--no-keep",
            help="Sesudahnya isi kotak tugas dan biarkan berjalan; di terminal memang begitu – "
            "Then fill the inboxes and leave it running, as on a terminal it does anyway.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Lanjutkan yang terputus – Go on with the last one's data.")
    ] = False,
    json: Json = False,
) -> None:
    """Satu program dari permohonan sampai sertifikat – One programme, from request to certificates."""
    from tools.cli.demo import demo as work

    kept = keep if keep is not None else on_terminal() and not json
    run(json, lambda out: work(out, keep=kept, resume=resume))


# ---- work -------------------------------------------------------------------------------------------


@app.command(rich_help_panel=DAILY)
def tasks(
    box: Annotated[
        Literal["mine", "groups", "done", "all"],
        typer.Option("--box", help="Milik saya, kelompok, selesai, semua – Mine, my groups', done, all."),
    ] = "mine",
    token: Token = "",
    json: Json = False,
) -> None:
    """Kotak tugas – The inbox."""
    from tools.cli.over_http import tasks as work

    run(json, lambda out: work(out, box=box, token=token))


@app.command("import", rich_help_panel=DAILY)
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Excel (.xlsx).")],
    organiser: Annotated[str, typer.Option("--organiser", help="Lembaga – The organisation's id.")],
    programme: Annotated[str, typer.Option("--programme", help="Rancangan program – The programme's draft.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Ganti seluruh daftar – The file is the whole list.")
    ] = False,
    token: Token = "",
    json: Json = False,
) -> None:
    """Impor daftar peserta – Import a roster of participants."""
    from tools.cli.over_http import import_roster

    run(
        json,
        lambda out: import_roster(
            out, file, organiser=organiser, programme=programme, token=token, replace=replace
        ),
    )


@app.command(rich_help_panel=DAILY)
def show(
    case: Case,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Peristiwa terbaru – Latest events.")] = 30,
    json: Json = False,
) -> None:
    """Keadaan, tugas dan riwayat satu perkara – State, tasks and timeline of a case."""
    from tools.cli.cases import show as work

    run(json, lambda out: work(out, case=case, limit=limit))


# ---- look after -------------------------------------------------------------------------------------


@app.command(rich_help_panel=CARE)
def verify(
    ledger_only: Annotated[
        bool, typer.Option("--ledger-only", help="Tanpa riwayat Temporal – Without Temporal's histories.")
    ] = False,
    grace: Annotated[
        float | None,
        typer.Option(
            "--grace",
            min=0,
            help="Detik sebelum yang belum tertulis dianggap hilang; 0 bila semua diam – "
            "Seconds until what is not written counts as lost (60); 0 when everything is at rest.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Periksa semua rantai, titik periksa dan riwayat – Check every chain, checkpoint and history."""
    from tools.cli.ledger import verify as work

    run(json, lambda out: work(out, ledger_only=ledger_only, grace=grace))


@app.command(rich_help_panel=CARE)
def replay(
    case: Case = "",
    everything: Annotated[bool, typer.Option("--all", help="Semua riwayat – Every history.")] = False,
    file: Annotated[
        Path | None,
        typer.Option("--file", exists=True, dir_okay=False, help="Berkas – A history's JSON."),
    ] = None,
    source: Annotated[
        Literal["all", "server", "archive"],
        typer.Option("--source", help="Dari mana – Where histories are taken from."),
    ] = "all",
    json: Json = False,
) -> None:
    """Ulangi riwayat dengan kode sekarang – Replay histories against the present code."""
    from tools.cli.replay import replay as work

    run(json, lambda out: work(out, case=case, everything=everything, source=source, file=file))


@app.command(rich_help_panel=CARE)
def repair(
    stream: Annotated[list[str] | None, typer.Argument(help="Hanya aliran ini – These streams only.")] = None,
    thaw: Annotated[
        str,
        typer.Option(
            "--thaw",
            metavar="STREAM",
            help="Buka aliran beku yang sudah diperbaiki – Take up a frozen stream that people have mended.",
        ),
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", help="Alasan membuka – Why it is taken up; kept on record.")
    ] = "",
    json: Json = False,
) -> None:
    """Isi kembali buku besar dari riwayat – Refill the ledger from the histories."""
    from tools.cli import ledger

    if thaw and stream:
        raise typer.BadParameter("--thaw: satu aliran saja – one stream alone")
    if thaw:
        run(json, lambda out: ledger.thaw(out, stream=thaw, reason=reason))
    else:
        run(json, lambda out: ledger.repair(out, streams=stream or []))


@app.command(rich_help_panel=CARE)
def checkpoint(json: Json = False) -> None:
    """Tanda tangani keadaan buku besar – Sign the state of the ledger."""
    from tools.cli.ledger import checkpoint as work

    run(json, work)


@app.command(rich_help_panel=CARE)
def archive(json: Json = False) -> None:
    """Arsipkan riwayat yang sudah selesai – Archive the closed histories, once."""
    from tools.cli.ledger import archive as work

    run(json, work)


# ---- single parts -----------------------------------------------------------------------------------


LogJson = Annotated[bool, typer.Option("--json", help="Catatan sebagai JSON – Logs as JSON.")]


@app.command(rich_help_panel=PARTS)
def worker(json: LogJson = False) -> None:
    """Pekerja Temporal saja – The Temporal worker alone."""
    from tools.cli.services import worker as work

    _log_as(json)
    conclude(json, lambda _: work())


@app.command(rich_help_panel=PARTS)
def serve(json: LogJson = False) -> None:
    """API dan halaman saja – The API and the pages alone."""
    from tools.cli.services import serve as work

    _log_as(json)
    conclude(json, lambda _: work())


@app.command(rich_help_panel=PARTS)
def migrate(
    wait: Annotated[float, typer.Option(min=0, help="Detik menunggu – Seconds to wait for it.")] = 60,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Lalu `asesor prepare` – And then `asesor prepare`.")
    ] = False,
    json: Json = False,
) -> None:
    """Perbarui skema basis data – Bring the database to the present shape."""
    from tools.cli.services import migrate as work

    run(json, lambda out: work(out, wait=wait, prepare_too=prepare))


@app.command(rich_help_panel=PARTS)
def prepare(json: Json = False) -> None:
    """Siapkan namespace Temporal – Prepare Temporal's namespace and search attributes."""
    from tools.cli.temporal_setup import prepare_command as work

    run(json, work)


@app.command(rich_help_panel=PARTS)
def bench(
    what: Annotated[
        Literal["all", "decisions", "pages"],
        typer.Argument(help="Keputusan, halaman, atau keduanya – Decisions, pages, or both."),
    ] = "all",
    rounds: Annotated[int, typer.Option(min=1, help="Putaran – Rounds of each kind of load.")] = 5,
    json: Json = False,
) -> None:
    """Ukur lama keputusan dan halaman di mesin ini – Measure decisions and pages on this machine."""
    from tools.cli.bench import bench as work

    run(json, lambda out: work(out, rounds=rounds, what=what))


def _log_as(json: bool) -> None:
    if json:
        os.environ["LOG_FORMAT"] = "json"  # the settings come from the environment and from nowhere else


def main() -> None:
    """Run the command, and end with its exit code whatever Temporal's SDK does at the very end."""
    code: object = 0
    try:
        app(prog_name="asesor")
    except SystemExit as end:
        code = end.code
    except Exception:  # before the command itself began: a bug of ours
        traceback.print_exc()
        code = Exit.FAULT
    leave(code)


if __name__ == "__main__":  # the sandbox imports this module again
    main()
