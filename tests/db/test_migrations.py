"""The migrations make exactly what the models say, on both databases, whoever starts first."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from db.migrate import all_tables, config, engine_for, migrate
from db.tables import LEDGER_TABLES


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, all_tables()))


async def test_migrations_and_models_agree(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    engine = engine_for(empty_database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_migrating_again_changes_nothing(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    await migrate(empty_database_url)


async def test_processes_that_start_together_do_not_collide(empty_database_url: str) -> None:
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))
    engine = engine_for(empty_database_url)
    async with engine.connect() as connection:
        tables = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
    await engine.dispose()
    assert set(LEDGER_TABLES) <= tables


async def test_the_first_migration_makes_the_ledger_alone(empty_database_url: str) -> None:
    await migrate(empty_database_url, "0001")
    engine = engine_for(empty_database_url)
    async with engine.connect() as connection:
        tables = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
    await engine.dispose()
    assert tables == {*LEDGER_TABLES, "alembic_version"}


def test_there_is_one_line_of_migrations() -> None:
    assert len(ScriptDirectory.from_config(config()).get_heads()) == 1
