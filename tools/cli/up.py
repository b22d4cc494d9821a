"""`asesor up`: the whole product on this machine, in the foreground, until Ctrl-C."""

from pathlib import Path
from typing import Any

from settings import ROOT
from tools.cli.console import CommandFailed, Exit, Out
from tools.cli.shape import for_use
from tools.cli.stack import Stack, stack, until_stopped, until_told

MORE = 'asesor user add NAMA --name "…" --role verifier'


async def up(out: Out, *, simulated: bool) -> int:
    """Run until told to stop; 0 when it had come up."""
    from settings import load

    if load().production:
        raise CommandFailed(
            Exit.CONFIG,
            "`asesor up` hanya untuk satu mesin (ENVIRONMENT=embedded); produksi memakai docker-compose.yml.",
            "`asesor up` is for one machine (ENVIRONMENT=embedded); production uses docker-compose.yml.",
        )
    overrides: dict[str, Any] = {"clock": "simulation"} if simulated else {}
    return await until_told(_up(out, overrides), out)


async def _up(out: Out, overrides: dict[str, Any]) -> int:
    async with stack(overrides, out, for_use) as running:
        welcome(out, running)
        await until_stopped(running)
    return Exit.OK


def welcome(out: Out, running: Stack) -> None:
    """What to open and how to sign in; the last line says that everything answers, and after how long."""
    settings = running.settings
    file = settings.var_dir / "accounts.txt"
    who = ", ".join(list(running.accounts)[:3]) + (" …" if len(running.accounts) > 3 else "")
    lines = [f"  buka – open            {running.url}"]
    if running.accounts:
        lines.append(f"  masuk – sign in        {who}; kata sandi – passwords: {shown(file)}")
    elif file.exists():
        lines.append(f"  masuk – sign in        {shown(file)}")
    lines.append(f"  akun baru – add one    {MORE}")
    if running.temporal_ui:
        lines.append(f"  Temporal               {running.temporal_ui}")
    if settings.clock == "simulation":
        lines.append("  waktu – time           SIMULASI: asesor simulate now | next | advance 20d")
    lines.append(f"  catatan – logs         {shown(running.supervisor.log_dir)}")
    lines.append("  berhenti – stop        Ctrl-C")
    out.result(
        {
            "ready": True,
            "seconds": round(running.seconds, 1),
            "url": running.url,
            "temporal_ui": running.temporal_ui,
            "temporal_address": settings.temporal_address,
            "clock": settings.clock,
            "accounts_file": str(file) if file.exists() else "",
            "accounts_made": list(running.accounts),
        },
        *lines,
        f"asesor: siap dalam {running.seconds:.1f} detik – ready in {running.seconds:.1f} s",
    )


def shown(path: Path) -> str:
    """The path as one would type it from the project's folder."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
