"""The worker: wiring only. Runs the cases' workflows, their activities, and what the outbox owes."""

import asyncio
import os
import signal
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.archive import run_archiver
from activities.authorise import AuthoriseActivities
from activities.certificates import CertificateActivities
from activities.denials import DenialActivities
from activities.documents import DocumentStore
from activities.facts import FactsActivities
from activities.ledger import LedgerActivities
from activities.messages import MessageActivities
from activities.notifications import run_outbox
from activities.plugin import plugin
from activities.review import ReviewActivities
from activities.scheduling import SchedulingActivities
from activities.upkeep import first_policies, run_checkpoints, run_drafts, run_policies
from db.checkpoints import PURPOSE, signing_key
from db.session import Database
from db.vault import Vault
from interpreter import loop_factory, settled
from logs import setup
from settings import Settings, load
from workflows.certificate import Certificate
from workflows.journey import CertificationJourney
from workflows.programme import TrainingProgramme

WORKFLOWS = [TrainingProgramme, CertificationJourney, Certificate]

log = structlog.get_logger()


@dataclass
class Parts:
    """What one worker process is made of; the tests build the same."""

    client: Client
    db: Database
    vault: Vault
    store: DocumentStore
    settings: Settings

    def activities(self) -> list[Any]:
        holders: list[Any] = [
            LedgerActivities(self.db),
            SchedulingActivities(self.db),
            DenialActivities(self.db),
            FactsActivities(self.db, self.vault),
            ReviewActivities(self.db),
            AuthoriseActivities(self.db, self.vault),
            MessageActivities(self.client, self.vault),
            CertificateActivities(self.db, self.vault, self.store, self.settings),
        ]
        return [
            method
            for holder in holders
            for name in dir(holder)
            if hasattr(method := getattr(holder, name), "__temporal_activity_definition")
        ]

    def worker(self) -> Worker:
        """A worker of the product's task queue. Names for worker versioning are set; versioning itself is
        on only once a roll-out has set a current version."""
        return Worker(
            self.client,
            task_queue=self.settings.task_queue,
            workflows=WORKFLOWS,
            activities=self.activities(),
            max_concurrent_activities=40,
            max_concurrent_workflow_tasks=40,
            deployment_config=WorkerDeploymentConfig(
                version=WorkerDeploymentVersion(
                    deployment_name=self.settings.deployment_name, build_id=self.settings.build_id
                ),
                use_worker_versioning=False,
            ),
        )


async def connect(settings: Settings, *, patience: float = 60.0) -> Client:
    """The Temporal client with our plugin; waits until the server answers, `patience` seconds at most."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while True:
        try:
            return await Client.connect(
                settings.temporal_address or f"127.0.0.1:{settings.temporal_port}",
                namespace=settings.temporal_namespace,
                plugins=[plugin(settings)],
            )
        except (RPCError, RuntimeError):
            if loop.time() > end:
                raise
            await asyncio.sleep(0.25)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set; then finish what is in hand and close everything."""
    db = Database(settings.database_url, sqlite_synchronous=settings.sqlite_synchronous)
    vault = Vault(settings.keys("vault"))
    store = DocumentStore(settings.documents, limit=settings.upload_limit)
    client = await connect(settings)
    parts = Parts(client, db, vault, store, settings)
    try:
        await first_policies(db, stop)
        async with parts.worker():
            if ready_file := os.environ.get("READY_FILE"):
                await asyncio.to_thread(
                    Path(ready_file).touch
                )  # what the supervisor and the health check wait for
            settled()
            log.info("worker ready", task_queue=settings.task_queue, build_id=settings.build_id)
            await together(stop, beside(parts, stop))
    finally:
        await db.dispose()


def beside(parts: Parts, stop: asyncio.Event) -> dict[str, Coroutine[Any, Any, None]]:
    """What runs beside the cases, by name; each until `stop` is set."""
    client, db, settings = parts.client, parts.db, parts.settings
    return {
        "outbox": run_outbox(db, parts.vault, settings.mail_folder, stop, public_url=settings.public_url),
        "archiver": run_archiver(
            client,
            db,
            settings.var_dir / "archive",
            stop,
            retention=timedelta(days=settings.retention_days),
        ),
        "policies": run_policies(db, stop),
        "drafts": run_drafts(db, stop, simulation=settings.clock == "simulation"),
        "checkpoints": run_checkpoints(
            db,
            signing_key(settings.key(PURPOSE).material),
            timedelta(hours=settings.checkpoint_hours),
            stop,
        ),
    }


async def together(stop: asyncio.Event, side: Mapping[str, Coroutine[Any, Any, None]]) -> None:
    """Run these until `stop` is set. One that ends before raises what ended it: a worker that no longer
    archives or mails must not look alive; it ends, and its supervisor starts another."""
    tasks = [asyncio.create_task(work, name=name) for name, work in side.items()]
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping} if not stop.is_set() else ():
            log.error("side work ended", what=task.get_name())
            task.result()
            raise RuntimeError(f"{task.get_name()} ended by itself")
    finally:
        for task in (stopping, *tasks):
            task.cancel()
        await asyncio.gather(stopping, *tasks, return_exceptions=True)


async def main() -> None:
    settings = load()
    setup(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await run(settings, stop)


if __name__ == "__main__":  # the sandbox imports this module again
    with asyncio.Runner(loop_factory=loop_factory(load())) as runner:
        runner.run(main())
