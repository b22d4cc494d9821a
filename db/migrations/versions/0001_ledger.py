"""The ledger, the projection of cases, and what is scarce across them.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
APPEND_ONLY = ("events", "checkpoints")


def upgrade() -> None:
    op.create_table(
        "archive_index",
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", "run_id", name=op.f("pk_archive_index")),
    )
    op.create_table(
        "assignments",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("organiser", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("class_id", sa.String(), nullable=False),
        sa.Column("letter_number", sa.String(), nullable=False),
        sa.Column("letter_date", sa.Date(), nullable=True),
        sa.Column("days_taken", sa.Boolean(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_person"), "assignments", ["person"], unique=False)
    op.create_table(
        "cases",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("organiser", sa.String(), nullable=False),
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("next_moment", MOMENT, nullable=True),
        sa.Column("pending_errands", sa.Integer(), nullable=False),
        sa.Column("attention", sa.String(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_cases")),
    )
    op.create_index("ix_cases_next", "cases", ["closed_at", "next_moment"], unique=False)
    op.create_index(op.f("ix_cases_organiser"), "cases", ["organiser"], unique=False)
    op.create_index(op.f("ix_cases_workflow_id"), "cases", ["workflow_id"], unique=False)
    op.create_table(
        "certificates",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("scheme_version", sa.String(), nullable=False),
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("certificate_number", sa.String(), nullable=False),
        sa.Column("registration_number", sa.String(), nullable=False),
        sa.Column("blank_number", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("check_code", sa.String(), nullable=False),
        sa.Column("pdf_digest", sa.String(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_certificates")),
    )
    op.create_index(op.f("ix_certificates_blank_number"), "certificates", ["blank_number"], unique=False)
    op.create_index(
        op.f("ix_certificates_certificate_number"), "certificates", ["certificate_number"], unique=False
    )
    op.create_index(op.f("ix_certificates_check_code"), "certificates", ["check_code"], unique=False)
    op.create_index(op.f("ix_certificates_id"), "certificates", ["id"], unique=False)
    op.create_index(op.f("ix_certificates_journey"), "certificates", ["journey"], unique=False)
    op.create_index(op.f("ix_certificates_person"), "certificates", ["person"], unique=False)
    op.create_index(
        op.f("ix_certificates_registration_number"), "certificates", ["registration_number"], unique=False
    )
    op.create_index(op.f("ix_certificates_state"), "certificates", ["state"], unique=False)
    op.create_index(op.f("ix_certificates_valid_until"), "certificates", ["valid_until"], unique=False)
    op.create_index(op.f("ix_certificates_workflow_id"), "certificates", ["workflow_id"], unique=False)
    op.create_table(
        "checkpoints",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "classes",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("organiser", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("days", JSON, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("start_hour", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("venue", sa.String(), nullable=False),
        sa.Column("venue_confirmed", sa.Boolean(), nullable=False),
        sa.Column("committee", JSON, nullable=False),
        sa.Column("attendance_recorded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_classes")),
    )
    op.create_index(op.f("ix_classes_first_day"), "classes", ["first_day"], unique=False)
    op.create_index(op.f("ix_classes_organiser"), "classes", ["organiser"], unique=False)
    op.create_index(op.f("ix_classes_state"), "classes", ["state"], unique=False)
    op.create_index(op.f("ix_classes_venue"), "classes", ["venue"], unique=False)
    op.create_table(
        "denials",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_denials")),
    )
    op.create_index(op.f("ix_denials_account"), "denials", ["account"], unique=False)
    op.create_index("ix_denials_list", "denials", ["at", "id"], unique=False)
    op.create_index(op.f("ix_denials_stream"), "denials", ["stream"], unique=False)
    op.create_table(
        "events",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("command_id", sa.String(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("business_at", MOMENT, nullable=False),
        sa.Column("actor_account", sa.String(), nullable=False),
        sa.Column("actor_person", sa.String(), nullable=False),
        sa.Column("actor_role", sa.String(), nullable=False),
        sa.Column("on_behalf_of", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_events")),
        sa.UniqueConstraint("command_id", name=op.f("uq_events_command_id")),
    )
    op.create_index(op.f("ix_events_actor_account"), "events", ["actor_account"], unique=False)
    op.create_index(op.f("ix_events_actor_person"), "events", ["actor_person"], unique=False)
    op.create_index(op.f("ix_events_at"), "events", ["at"], unique=False)
    op.create_table(
        "journeys",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("scheme_version", sa.String(), nullable=False),
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("organiser", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("class_id", sa.String(), nullable=False),
        sa.Column("seat", sa.String(), nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("reviewer", sa.String(), nullable=False),
        sa.Column("assessor", sa.String(), nullable=False),
        sa.Column("assessment_day", sa.Date(), nullable=True),
        sa.Column("venue", sa.String(), nullable=False),
        sa.Column("reassessments", sa.Integer(), nullable=False),
        sa.Column("first_decided_at", MOMENT, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("certificate", sa.String(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_journeys")),
    )
    op.create_index(op.f("ix_journeys_id"), "journeys", ["id"], unique=False)
    op.create_index(op.f("ix_journeys_organiser"), "journeys", ["organiser"], unique=False)
    op.create_index(op.f("ix_journeys_person"), "journeys", ["person"], unique=False)
    op.create_index(op.f("ix_journeys_programme"), "journeys", ["programme"], unique=False)
    op.create_index(op.f("ix_journeys_state"), "journeys", ["state"], unique=False)
    op.create_index(op.f("ix_journeys_updated_at"), "journeys", ["updated_at"], unique=False)
    op.create_index(op.f("ix_journeys_workflow_id"), "journeys", ["workflow_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("stream", "seq", "n", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_to"), "outbox", ["to"], unique=False)
    op.create_index("ix_outbox_waiting", "outbox", ["state", "claimed_until", "created_at"], unique=False)
    op.create_table(
        "programmes",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("organiser", sa.String(), nullable=False),
        sa.Column("organiser_kind", sa.String(), nullable=False),
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("scheme_version", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("submitted_total", sa.Integer(), nullable=False),
        sa.Column("submitted_external", sa.Integer(), nullable=False),
        sa.Column("send_backs", sa.Integer(), nullable=False),
        sa.Column("share_flagged", sa.Boolean(), nullable=False),
        sa.Column("suspended_from", sa.String(), nullable=False),
        sa.Column("classes", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_programmes")),
    )
    op.create_index("ix_programmes_list", "programmes", ["updated_at", "stream"], unique=False)
    op.create_index(
        "ix_programmes_organiser", "programmes", ["organiser", "updated_at", "stream"], unique=False
    )
    op.create_index(op.f("ix_programmes_state"), "programmes", ["state"], unique=False)
    op.create_index(op.f("ix_programmes_workflow_id"), "programmes", ["workflow_id"], unique=False)
    op.create_table(
        "reservations",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_reservations")),
    )
    op.create_index(op.f("ix_reservations_holder"), "reservations", ["holder"], unique=False)
    op.create_index(op.f("ix_reservations_stream"), "reservations", ["stream"], unique=False)
    op.create_table(
        "seats",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("organiser", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("class_id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recommending", sa.String(), nullable=False),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("journey_state", sa.String(), nullable=False),
        sa.Column("first_decision", sa.Boolean(), nullable=False),
        sa.Column("attended", JSON, nullable=False),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_seats")),
    )
    op.create_index(op.f("ix_seats_journey"), "seats", ["journey"], unique=False)
    op.create_index(op.f("ix_seats_person"), "seats", ["person"], unique=False)
    op.create_table(
        "sim_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("now", MOMENT, nullable=False),
        sa.Column("target", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sim_clock")),
    )
    op.create_table(
        "streams",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("frozen_reason", sa.String(), nullable=False),
        sa.Column("openings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_streams")),
    )
    op.create_index(op.f("ix_streams_workflow_id"), "streams", ["workflow_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("case_kind", sa.String(), nullable=False),
        sa.Column("organiser", sa.String(), nullable=False),
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("about_person", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("group_role", sa.String(), nullable=False),
        sa.Column("for_person", sa.String(), nullable=False),
        sa.Column("for_organisation", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("seen_by", sa.String(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.Column("completed_by", sa.String(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_about_person"), "tasks", ["about_person"], unique=False)
    op.create_index("ix_tasks_completed_by", "tasks", ["completed_by", "completed_at"], unique=False)
    op.create_index("ix_tasks_due", "tasks", ["open", "due_at", "id"], unique=False)
    op.create_index("ix_tasks_group", "tasks", ["group_role", "open", "due_at"], unique=False)
    op.create_index("ix_tasks_holder", "tasks", ["holder", "open", "due_at"], unique=False)
    op.create_index(op.f("ix_tasks_kind"), "tasks", ["kind"], unique=False)
    op.create_index("ix_tasks_level", "tasks", ["open", "level"], unique=False)
    op.create_index("ix_tasks_organisation", "tasks", ["for_organisation", "open", "due_at"], unique=False)
    op.create_index(op.f("ix_tasks_organiser"), "tasks", ["organiser"], unique=False)
    op.create_index("ix_tasks_person", "tasks", ["for_person", "open", "due_at"], unique=False)
    op.create_index(op.f("ix_tasks_stream"), "tasks", ["stream"], unique=False)
    op.create_index(op.f("ix_tasks_subject"), "tasks", ["subject"], unique=False)

    for table in APPEND_ONLY:
        _append_only(table)


def _append_only(table: str) -> None:
    """Refuse UPDATE and DELETE, for whoever is connected. SQLite drops a table's triggers when a later
    batch migration copies the table: make them again there."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        """
        CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not taken back")
