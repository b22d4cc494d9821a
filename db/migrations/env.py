"""Alembic's entry: runs on the connection that db.migrate hands in, inside that connection's transaction."""

from alembic import context
from sqlalchemy import Connection

from db.migrate import all_tables

connection: Connection | None = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("run migrations through db.migrate (they need its lock and its connection)")
context.configure(
    connection=connection,
    target_metadata=all_tables(),
    compare_type=True,
    transactional_ddl=True,  # SQLite, too, does its DDL inside our BEGIN IMMEDIATE
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
