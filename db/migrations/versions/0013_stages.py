"""When each case came into which stage: time per stage is then asked of a few rows a case and not of the bodies
of all events.

Revision ID: 0013
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BATCH = 5000
# As the tables of the machines were when this was written; 0 for ends and what is in no stage.
STAGES: dict[str, dict[str, int]] = {
    "programme": {
        "DRAFT": 1,
        "SUBMITTED": 1,
        "VERIFYING": 2,
        "CORRECTION": 2,
        "AWAITING_APPROVAL": 2,
        "PREPARATION": 3,
        "READY": 3,
        "RUNNING": 4,
        "REPORTING": 4,
    },
    "journey": {
        "DRAFT": 1,
        "INVITED": 1,
        "RECEIVED": 1,
        "DOCUMENT_REVIEW": 2,
        "CORRECTION": 2,
        "ELIGIBLE": 2,
        "REJECTED": 2,
        "SCHEDULED": 3,
        "ASSESSMENT": 3,
        "RECOMMENDED": 3,
        "DECISION": 4,
        "COMPETENT": 4,
        "NOT_YET_COMPETENT": 4,
        "APPEAL": 4,
    },
    "certificate": {},
}


def upgrade() -> None:
    stages = op.create_table(
        "stages",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_stages")),
    )
    connection = op.get_bind()
    rows: list[dict[str, Any]] = []
    for row in _changes(connection):
        rows.append(row)
        if len(rows) == BATCH:
            connection.execute(stages.insert(), rows)
            rows = []
    if rows:
        connection.execute(stages.insert(), rows)
    op.create_index(
        "ix_stages_kind",
        "stages",
        ["kind", "stream", "seq"],
        postgresql_include=["stage", "at"],
    )


def _changes(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """Every change of stage of every case, in the order of the chains."""
    after, seq = "", 0
    stream, state, stage, now = "", "", -1, 0.0
    while True:
        found = connection.execute(
            sa.text(
                "SELECT e.stream, e.seq, c.kind, e.body FROM events e JOIN cases c ON c.stream = e.stream "
                "WHERE (e.stream, e.seq) > (:after, :seq) ORDER BY e.stream, e.seq LIMIT :batch"
            ),
            {"after": after, "seq": seq, "batch": BATCH},
        ).all()
        if not found:
            return
        for name, number, kind, body in found:
            if name != stream:
                stream, state, stage, now = name, "", -1, 0.0
            event = json.loads(body)
            for change in event["changes"]:
                if change["kind"] == kind and "state" in change["fields"]:
                    state = change["fields"]["state"]
            for move in event["moves"]:
                if move["machine"] == kind:
                    state = move["dest"]
            at = datetime.fromisoformat(event["business_at"])
            now = max(now, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
            new = STAGES[kind].get(state, 0)
            if new != stage:
                stage = new
                yield {"stream": name, "seq": number, "kind": kind, "stage": new, "at": now}
        after, seq = found[-1][0], found[-1][1]


def downgrade() -> None:
    op.drop_table("stages")
