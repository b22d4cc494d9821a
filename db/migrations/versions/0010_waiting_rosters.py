"""Rosters that wait to be mended: which sealed text holds the cells of each.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiting_rosters",
        sa.Column("draft", sa.String(80), nullable=False),
        sa.Column("text", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("replace", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["draft"], ["drafts.id"], name=op.f("fk_waiting_rosters_draft")),
        sa.ForeignKeyConstraint(["text"], ["texts.id"], name=op.f("fk_waiting_rosters_text")),
        sa.PrimaryKeyConstraint("draft", name=op.f("pk_waiting_rosters")),
    )


def downgrade() -> None:
    op.drop_table("waiting_rosters")
