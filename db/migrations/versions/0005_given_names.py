"""Which text is the name that an organisation gave to a person last; those of before had one id for all.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "given_names",
        sa.Column("organisation", sa.String(80), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("text", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_given_names_person")),
        sa.ForeignKeyConstraint(["text"], ["texts.id"], name=op.f("fk_given_names_text")),
        sa.PrimaryKeyConstraint("organisation", "person", name=op.f("pk_given_names")),
    )


def downgrade() -> None:
    op.drop_table("given_names")
