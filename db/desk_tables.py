"""What somebody has on the desk: words that are typed and not sent yet, and phrases used again and again.

No case's truth and no row's: nobody else reads them, no event tells of them, and all that was typed is closed
under the key of the person who typed it.
"""

from datetime import datetime

from sqlmodel import Field, SQLModel

from db.base import UtcDateTime


class TaskDraft(SQLModel, table=True):
    """What one person typed into the form of a task's decision, until it is done."""

    __tablename__ = "task_drafts"

    person: str = Field(primary_key=True, max_length=80, foreign_key="persons.id")
    task: str = Field(primary_key=True, max_length=80, index=True)
    ciphertext: bytes
    """`db.desk.Typed` as JSON, under the person's key."""
    saved_at: datetime = Field(sa_type=UtcDateTime)


class Phrase(SQLModel, table=True):
    """A sentence that an account uses again in tasks of one kind."""

    __tablename__ = "phrases"

    id: str = Field(primary_key=True, max_length=80)
    account: str = Field(max_length=80, foreign_key="accounts.id", index=True)
    person: str = Field(max_length=80, foreign_key="persons.id", index=True)
    kind: str = Field(max_length=40)
    """Kind of task."""
    ciphertext: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
