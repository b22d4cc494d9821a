"""What device a session is on, in a few words.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("device", sa.String(60), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("sessions", "device")
