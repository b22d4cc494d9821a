"""Nothing replaces what is append-only; when the archiver last looked, and what it found.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TAKEN = {
    "events": "(stream = NEW.stream AND seq = NEW.seq) OR command_id = NEW.command_id OR rowid = NEW.rowid",
    "checkpoints": "id = NEW.id",
}


def upgrade() -> None:
    op.create_table(
        "archive_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("looked_at", MOMENT, nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("oldest", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_state")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table, taken in TAKEN.items():
            _not_replaced(table, taken)


def _not_replaced(table: str, taken: str) -> None:
    """Refuse INSERT OR REPLACE: SQLite takes the row in the way out without asking the trigger that refuses
    DELETE. PostgreSQL knows no such insert; its ON CONFLICT DO UPDATE asks the trigger that refuses UPDATE."""
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not taken back")
