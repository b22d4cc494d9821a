"""Sheets that are filled in cell by cell before they are recorded: attendance, results, votes.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sheet_cells",
        sa.Column("stream", sa.String(80), nullable=False),
        sa.Column("sheet", sa.String(100), nullable=False),
        sa.Column("cell", sa.String(140), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(80), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["text"], ["texts.id"], name=op.f("fk_sheet_cells_text")),
        sa.PrimaryKeyConstraint("stream", "sheet", "cell", name=op.f("pk_sheet_cells")),
    )


def downgrade() -> None:
    op.drop_table("sheet_cells")
