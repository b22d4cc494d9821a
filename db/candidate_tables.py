"""What a candidate works with before a case takes it: the answers of an application, part by part, and the
invitation by which an account is opened."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from db.base import UtcDateTime


class ApplicationPart(SQLModel, table=True):
    """One part of an application as its candidate answered it last. Personal data, so closed under the
    person's own key; events on `draft-{application}` tell that it was saved, and not what."""

    __tablename__ = "application_parts"

    application: str = Field(primary_key=True, max_length=80)
    part: str = Field(primary_key=True, max_length=40)
    person: str = Field(max_length=80, foreign_key="persons.id", index=True)
    ciphertext: bytes
    version: int = 1
    saved_at: datetime = Field(sa_type=UtcDateTime)
    """Real time."""


class Invitation(SQLModel, table=True):
    """A link by which one person opens an account, once. Only the hash of its secret is kept."""

    __tablename__ = "invitations"

    id_hash: str = Field(primary_key=True, max_length=64)
    person: str = Field(max_length=80, foreign_key="persons.id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(max_length=80)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    """Real time; from then on it opens nothing."""
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
