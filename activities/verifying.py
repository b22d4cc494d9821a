"""Check the whole witness: chains, tables, checkpoints and all histories. Asked for by `asesor verify` and by
the auditor's pages."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from temporalio.client import Client

from activities.histories import histories
from db.checkpoints import PURPOSE, signing_key
from db.findings import Report
from db.session import Database
from db.verify import GRACE, Histories, verify
from settings import Settings


def archive_folder(settings: Settings) -> Path:
    """Where the worker's archiver writes too."""
    return settings.var_dir / "archive"


def public_keys(settings: Settings) -> list[Ed25519PublicKey]:
    """The keys under which checkpoints may have been signed, retired ones included."""
    return [signing_key(key.material).public_key() for key in settings.keys(PURPOSE)]


async def verified(
    settings: Settings,
    db: Database,
    client: Client | None,
    grace: float | None = None,
    *,
    report: Report | None = None,
) -> Report:
    """Everything that can be checked: chains, tables, checkpoints and, with a client, all histories. `grace`:
    seconds that an accepted event may be on its way (GRACE when not given). `report` grows while it works,
    for whoever watches."""
    return await verify(
        db,
        witnesses(settings, db, client) if client is not None else None,
        keys=public_keys(settings),
        now=datetime.now(UTC),
        grace=GRACE if grace is None else timedelta(seconds=grace),
        report=report,
    )


def witnesses(settings: Settings, db: Database, client: Client) -> Histories:
    """What the histories say, from the server and from the archive."""
    return histories(client, db, archive_folder(settings), task_queue=settings.task_queue)
