"""Row truth: persons and what is sealed, organisations, schemes, accounts, documents, policies, calendars.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("years", JSON, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_calendars")),
        sa.UniqueConstraint("number", name=op.f("uq_calendars_number")),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("requirement", sa.String(40), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("application", sa.String(80), nullable=False),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("uploaded_by", sa.String(80), nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.Column("duplicate_of", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint(
            "digest",
            "application",
            "person",
            "requirement",
            name=op.f("uq_documents_digest_application_person_requirement"),
        ),
    )
    op.create_index(op.f("ix_documents_application"), "documents", ["application"], unique=False)
    op.create_index(op.f("ix_documents_digest"), "documents", ["digest"], unique=False)
    op.create_index(op.f("ix_documents_person"), "documents", ["person"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("organiser", sa.String(80), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_organiser"), "drafts", ["organiser"], unique=False)
    op.create_index(op.f("ix_drafts_person"), "drafts", ["person"], unique=False)
    op.create_index(op.f("ix_drafts_updated_at"), "drafts", ["updated_at"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("command_id", sa.String(80), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("receipt", JSON, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_command_id"), "idempotency", ["command_id"], unique=False)
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("licence", sa.String(12), nullable=False),
        sa.Column("licence_valid_until", sa.Date(), nullable=True),
        sa.Column("approved_to_recommend", sa.Boolean(), nullable=False),
        sa.Column("bnsp_confirmed", sa.Boolean(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=True),
        sa.Column("hmac_key", sa.String(16), nullable=False),
        sa.Column("nik_hmac", sa.String(64), nullable=True),
        sa.Column("nik_last4", sa.String(4), nullable=False),
        sa.Column("email_hmac", sa.String(64), nullable=True),
        sa.Column("consent_version", sa.String(60), nullable=False),
        sa.Column("consent_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("nik_hmac", name=op.f("uq_persons_nik_hmac")),
    )
    op.create_index(op.f("ix_persons_email_hmac"), "persons", ["email_hmac"], unique=False)
    op.create_table(
        "policies",
        sa.Column("version", sa.String(60), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )
    op.create_table(
        "scheme_units",
        sa.Column("scheme", sa.String(80), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("ability", sa.String(20), nullable=False),
        sa.Column("code", sa.String(40), nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "version", "id", name=op.f("pk_scheme_units")),
    )
    op.create_table(
        "schemes",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("name_id", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("field", sa.String(80), nullable=False),
        sa.Column("licensed", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_schemes")),
    )
    op.create_table(
        "texts",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("owner_kind", sa.String(10), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_texts")),
    )
    op.create_index("ix_texts_owner", "texts", ["owner_kind", "owner"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("username", sa.String(80), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_accounts_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("username", name=op.f("uq_accounts_username")),
    )
    op.create_index(op.f("ix_accounts_person"), "accounts", ["person"], unique=False)
    op.create_table(
        "holidays",
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["calendars.version"], name=op.f("fk_holidays_version")),
        sa.PrimaryKeyConstraint("version", "day", "category", name=op.f("pk_holidays")),
    )
    op.create_table(
        "master_assessors",
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("certificate_state", sa.String(12), nullable=False),
        sa.Column("certificate_valid_until", sa.Date(), nullable=True),
        sa.Column("registration_number", sa.String(40), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_master_assessors_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_master_assessors")),
    )
    op.create_table(
        "organisation_schemes",
        sa.Column("organisation", sa.String(80), nullable=False),
        sa.Column("scheme", sa.String(80), nullable=False),
        sa.Column("licensed", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_organisation_schemes_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation", "scheme", name=op.f("pk_organisation_schemes")),
    )
    op.create_table(
        "participant_facts",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("scheme", sa.String(80), nullable=False),
        sa.Column("draft", sa.String(80), nullable=False),
        sa.Column("track", sa.String(20), nullable=False),
        sa.Column("qualification", sa.String(10), nullable=True),
        sa.Column("kkni_level", sa.Integer(), nullable=True),
        sa.Column("technical", JSON, nullable=True),
        sa.Column("experience", JSON, nullable=True),
        sa.Column("recommending", sa.String(80), nullable=False),
        sa.Column("letter_given", sa.Boolean(), nullable=False),
        sa.Column("signatory_given", sa.Boolean(), nullable=False),
        sa.Column("letter_day", sa.Date(), nullable=True),
        sa.Column("letter_digest", sa.String(64), nullable=False),
        sa.Column("letter_approved", sa.Boolean(), nullable=False),
        sa.Column("it_declared", sa.Boolean(), nullable=True),
        sa.Column("assessor_certificate_until", sa.Date(), nullable=True),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("kit", JSON, nullable=False),
        sa.Column("way", sa.String(10), nullable=True),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("updated_by", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_participant_facts_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant_facts")),
        sa.UniqueConstraint(
            "person", "scheme", "draft", name=op.f("uq_participant_facts_person_scheme_draft")
        ),
    )
    op.create_index(op.f("ix_participant_facts_person"), "participant_facts", ["person"], unique=False)
    op.create_table(
        "person_answers",
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("scheme", sa.String(80), nullable=False),
        sa.Column("policy_version", sa.String(60), nullable=False),
        sa.Column("question", sa.String(20), nullable=False),
        sa.Column("answer", sa.String(10), nullable=False),
        sa.Column("decided_in", sa.String(80), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_person_answers_person")),
        sa.PrimaryKeyConstraint(
            "person", "scheme", "policy_version", "question", name=op.f("pk_person_answers")
        ),
    )
    op.create_table(
        "person_keys",
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("forgotten_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_person_keys_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_person_keys")),
    )
    op.create_index(op.f("ix_person_keys_key_id"), "person_keys", ["key_id"], unique=False)
    op.create_table(
        "roster_conflicts",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("proposed", sa.String(80), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("resolved_by", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=op.f("fk_roster_conflicts_person")),
        sa.ForeignKeyConstraint(["proposed"], ["texts.id"], name=op.f("fk_roster_conflicts_proposed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_conflicts")),
    )
    op.create_index(op.f("ix_roster_conflicts_person"), "roster_conflicts", ["person"], unique=False)
    op.create_table(
        "account_roles",
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("organisation", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_account_roles_account")),
        sa.PrimaryKeyConstraint("account", "role", "organisation", name=op.f("pk_account_roles")),
    )
    op.create_index(op.f("ix_account_roles_role"), "account_roles", ["role"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("organisation", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_api_tokens_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_tokens_hash")),
    )
    op.create_index(op.f("ix_api_tokens_account"), "api_tokens", ["account"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.String(64), nullable=False),
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("organisation", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("agent_digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_sessions_account")),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_account"), "sessions", ["account"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("personal data is forgotten by its keys, never by a migration")
