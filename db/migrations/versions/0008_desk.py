"""What is typed and not sent yet, and phrases used again: each closed under the key of who typed it.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "task_drafts",
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("task", sa.String(80), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_task_drafts_person")),
        sa.PrimaryKeyConstraint("person", "task", name=op.f("pk_task_drafts")),
    )
    op.create_index(op.f("ix_task_drafts_task"), "task_drafts", ["task"])
    op.create_table(
        "phrases",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_phrases_account")),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_phrases_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phrases")),
    )
    op.create_index(op.f("ix_phrases_account"), "phrases", ["account"])
    op.create_index(op.f("ix_phrases_person"), "phrases", ["person"])


def downgrade() -> None:
    op.drop_table("phrases")
    op.drop_table("task_drafts")
