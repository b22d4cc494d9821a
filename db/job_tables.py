"""Long work that somebody asked for: what it is, how far it has come, what came out of it.

Not a witness: what a job does to cases is in their own chains. Any kind of work fits: its `kind` says which,
and its items hold one result for each thing that it was about.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from db.base import Json, UtcDateTime


class Job(SQLModel, table=True):
    """One piece of work. It beats while it is worked on; without a beat for long it was interrupted."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_list", "asked_at", "id"), Index("ix_jobs_kind", "kind", "subject"))

    id: str = Field(primary_key=True, max_length=80)
    kind: str = Field(max_length=40)
    """What is done, such as `replay` or `verify`."""
    subject: str = Field(default="", max_length=80)
    """The one thing that it is about (a case's stream …); empty: everything, or what its items name."""
    asked_by: str = Field(max_length=80, index=True)
    """Account."""
    asked_as: str = Field(max_length=20)
    """The role that was worn."""
    asked_at: datetime = Field(sa_type=UtcDateTime)
    state: str = Field(default="WAITING", max_length=12)
    """WAITING, RUNNING, DONE or FAILED."""
    done: int = 0
    total: int = 0
    """0: not known yet."""
    beat_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    result: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """What came out of it as a whole; nothing personal."""


class JobItem(SQLModel, table=True):
    """The result of one thing that a job was about."""

    __tablename__ = "job_items"

    job: str = Field(primary_key=True, max_length=80, foreign_key="jobs.id")
    n: int = Field(primary_key=True)
    subject: str = Field(default="", max_length=80)
    ok: bool
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """Nothing personal."""
