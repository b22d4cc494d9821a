"""Saved filters, and acts on many things at once.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("page", sa.String(40), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("query", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_saved_views_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("account", "page", "name", name=op.f("uq_saved_views_account_page_name")),
    )
    op.create_index(op.f("ix_saved_views_account"), "saved_views", ["account"])
    op.create_table(
        "bulks",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("organisation", sa.String(80), nullable=False),
        sa.Column("command", sa.String(40), nullable=False),
        sa.Column("given", JSON, nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_bulks_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulks")),
    )
    op.create_index(op.f("ix_bulks_account"), "bulks", ["account"])
    op.create_index(op.f("ix_bulks_state"), "bulks", ["state"])
    op.create_index("ix_bulks_list", "bulks", ["created_at", "id"])
    op.create_table(
        "bulk_items",
        sa.Column("bulk", sa.String(80), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(80), nullable=False),
        sa.Column("task", sa.String(80), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["bulk"], ["bulks.id"], name=op.f("fk_bulk_items_bulk")),
        sa.PrimaryKeyConstraint("bulk", "n", name=op.f("pk_bulk_items")),
    )
    op.create_index("ix_bulk_items_state", "bulk_items", ["bulk", "state", "n"])


def downgrade() -> None:
    for table in ("bulk_items", "bulks", "saved_views"):
        op.drop_table(table)
