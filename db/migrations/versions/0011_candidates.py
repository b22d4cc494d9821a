"""The answers of an application, part by part, and invitations by which accounts are opened.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "application_parts",
        sa.Column("application", sa.String(80), nullable=False),
        sa.Column("part", sa.String(40), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_application_parts_person")),
        sa.PrimaryKeyConstraint("application", "part", name=op.f("pk_application_parts")),
    )
    op.create_index(op.f("ix_application_parts_person"), "application_parts", ["person"])
    op.create_table(
        "invitations",
        sa.Column("id_hash", sa.String(64), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_invitations_person")),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_person"), "invitations", ["person"])


def downgrade() -> None:
    op.drop_table("invitations")
    op.drop_table("application_parts")
