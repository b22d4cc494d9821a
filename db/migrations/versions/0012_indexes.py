"""Indexes by which lists and their counts cost as much as what runs, however much there ever was.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OPEN = sa.column("open").is_(True)
COMPLETED = sa.column("state") == sa.literal_column("'COMPLETED'")
TROUBLED = sa.column("attention") != sa.literal_column("''")
ABLE = sa.column("disabled_at").is_(None)
COUNTED = [
    "stream",
    "case_kind",
    "kind",
    "state",
    "group_role",
    "for_person",
    "for_organisation",
    "holder",
    "level",
    "seen_by",
    "opened_at",
]


def _partial(
    name: str,
    table: str,
    columns: list[str],
    where: sa.ColumnElement[bool],
    beside: list[str] | None = None,
) -> None:
    op.create_index(
        name,
        table,
        columns,
        postgresql_where=where,
        sqlite_where=where,
        postgresql_include=beside or [],
    )


def upgrade() -> None:
    op.create_index(
        "ix_streams_beginning",
        "streams",
        ["stream"],
        postgresql_ops={"stream": "varchar_pattern_ops"},
    )
    op.create_index("ix_cases_states", "cases", ["kind", "state"])
    op.create_index("ix_cases_opened", "cases", ["kind", "opened_at", "closed_at"])
    op.create_index("ix_cases_closed", "cases", ["kind", "closed_at", "opened_at"])
    _partial("ix_cases_attention", "cases", ["updated_at", "stream"], TROUBLED)
    op.drop_index("ix_journeys_updated_at", "journeys")
    op.create_index("ix_journeys_list", "journeys", ["updated_at", "stream"])
    op.drop_index("ix_journeys_state", "journeys")
    op.create_index("ix_journeys_state", "journeys", ["state", "updated_at", "stream"])
    op.drop_index("ix_tasks_due", "tasks")
    _partial("ix_tasks_open", "tasks", ["due_at", "id"], OPEN, COUNTED)
    op.drop_index("ix_tasks_completed_by", "tasks")
    _partial("ix_tasks_done", "tasks", ["completed_by", "completed_at", "id"], COMPLETED)
    _partial("ix_accounts_able", "accounts", ["person"], ABLE)
    op.drop_index("ix_account_roles_role", "account_roles")
    op.create_index(
        "ix_account_roles_worn", "account_roles", ["role", "organisation", "account"]
    )


def downgrade() -> None:
    op.drop_index("ix_account_roles_worn", "account_roles")
    op.create_index("ix_account_roles_role", "account_roles", ["role"])
    op.drop_index("ix_accounts_able", "accounts")
    op.drop_index("ix_tasks_done", "tasks")
    op.create_index("ix_tasks_completed_by", "tasks", ["completed_by", "completed_at"])
    op.drop_index("ix_tasks_open", "tasks")
    op.create_index("ix_tasks_due", "tasks", ["open", "due_at", "id"])
    op.drop_index("ix_journeys_state", "journeys")
    op.create_index("ix_journeys_state", "journeys", ["state"])
    op.drop_index("ix_journeys_list", "journeys")
    op.create_index("ix_journeys_updated_at", "journeys", ["updated_at"])
    op.drop_index("ix_cases_attention", "cases")
    op.drop_index("ix_cases_closed", "cases")
    op.drop_index("ix_cases_opened", "cases")
    op.drop_index("ix_cases_states", "cases")
    op.drop_index("ix_streams_beginning", "streams")
