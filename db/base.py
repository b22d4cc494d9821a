"""What all tables share: the metadata, its naming convention, UTC moments and JSON columns.

A model is `class X(SQLModel, table=True)`; its moments are `Field(sa_type=UtcDateTime)`, its JSON
`Field(sa_type=Json)`, its long or order-keeping text `Field(sa_type=Text)`. Rows are not validated on the
way in: make them from what has been validated already.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, DateTime, Dialect, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

metadata = SQLModel.metadata
# Names must not depend on the database that happens to make them: migrations refer to them.
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware on the way in (a naive one is refused), UTC in storage, aware UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a naive datetime names no moment: give it a time zone")
        moment = value.astimezone(UTC)
        # SQLite has text only; without a zone all values have one width, so that text order is time order.
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """JSON data: JSONB on PostgreSQL, text on SQLite. Key order is not kept: use text where it counts."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(JSON(none_as_null=True))


def partial(name: str, *columns: str, where: ColumnElement[bool], beside: str = "") -> Index:
    """An index of some of the rows, with the values of further columns beside (SQLite has none of those)."""
    return Index(
        name, *columns, postgresql_where=where, sqlite_where=where, postgresql_include=beside.split()
    )
