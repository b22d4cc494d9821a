"""What somebody of the staff keeps for their own work: saved filters, and acts on many things at once.

None of it is truth of any case: what such an act did stands in the ledger, as the deed of whoever asked.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.base import Json, UtcDateTime


class SavedView(SQLModel, table=True):
    """The filters of a list under a name, for one account. Like an address it holds no personal data."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("account", "page", "name"),)

    id: str = Field(primary_key=True, max_length=80)
    account: str = Field(max_length=80, foreign_key="accounts.id", index=True)
    page: str = Field(max_length=40)
    """The list that it belongs to (`monitor`)."""
    name: str = Field(max_length=60)
    query: dict[str, str] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Bulk(SQLModel, table=True):
    """One command for many things. Who runs it holds it until `claimed_until`, and holds it again for each
    item: a claim that has run out is anybody's."""

    __tablename__ = "bulks"
    __table_args__ = (Index("ix_bulks_list", "created_at", "id"),)

    id: str = Field(primary_key=True, max_length=80)
    account: str = Field(max_length=80, foreign_key="accounts.id", index=True)
    person: str = Field(max_length=80)
    role: str = Field(max_length=20)
    organisation: str = Field(default="", max_length=80)
    command: str = Field(max_length=40)
    given: dict[str, Any] = Field(sa_type=Json)
    """The command's request, without the free texts in it."""
    texts: dict[str, str] = Field(sa_type=Json)
    """path in the request → id of the sealed text."""
    total: int
    state: str = Field(default="OPEN", max_length=10, index=True)
    """OPEN, or ENDED when no item waits."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class BulkItem(SQLModel, table=True):
    """One thing that it is done with, and what came of it."""

    __tablename__ = "bulk_items"
    __table_args__ = (Index("ix_bulk_items_state", "bulk", "state", "n"),)

    bulk: str = Field(primary_key=True, max_length=80, foreign_key="bulks.id")
    n: int = Field(primary_key=True)
    stream: str = Field(max_length=80)
    task: str = Field(default="", max_length=80)
    state: str = Field(default="WAITING", max_length=10)
    """WAITING, DONE, REFUSED (a rule said no), FAILED (the answer is not known) or STOPPED."""
    attempts: int = 0
    problems: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """Why not: violations as the API shows them."""
    seq: int | None = None
    """The event that it became."""
    at: datetime | None = Field(default=None, sa_type=UtcDateTime)
