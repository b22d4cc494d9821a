"""Lists in pages: an order of unique columns, and the cursor that says where a page ended."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import literal, tuple_
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from domain.clock import utc
from domain.errors import Malformed

R = TypeVar("R", bound=SQLModel)
T = TypeVar("T")

PAGE, MOST = 50, 200
BACK = "~"
"""In front of a cursor: the page that ended before it, and not the one that begins behind it."""


@dataclass(frozen=True)
class Page(Generic[T]):
    items: list[T]
    next: str | None = None
    prev: str | None = None
    """The cursor of the page before; None on the first."""


@dataclass(frozen=True)
class Order:
    """Columns that together are unique, each with the type of its values, all ascending or all descending."""

    columns: tuple[Any, ...]
    types: tuple[type[Any], ...]
    descending: bool = False


async def page_of(
    session: AsyncSession,
    query: SelectOfScalar[R],
    order: Order,
    cursor: str,
    limit: int,
    key: Callable[[R], tuple[Any, ...]],
) -> Page[R]:
    limit = limited(limit)
    back = cursor.startswith(BACK)
    down = order.descending != back
    if cursor:
        values = _opened(cursor.removeprefix(BACK), order)
        here = tuple_(*order.columns)
        there = tuple_(*(_bound(c, v) for c, v in zip(order.columns, values, strict=True)))
        query = query.where(here < there if down else here > there)
    query = query.order_by(*(c.desc() if down else c.asc() for c in order.columns))
    items = list(await session.exec(query.limit(limit + 1)))
    more = len(items) > limit
    items = items[:limit]
    if back:
        items.reverse()
    if not items:
        return Page(items)
    after, before = _sealed(key(items[-1])), BACK + _sealed(key(items[0]))
    return Page(
        items,
        next=after if more or back else None,
        prev=before if cursor and (more or not back) else None,
    )


def limited(limit: int) -> int:
    return max(1, min(limit, MOST))


def _bound(column: Any, value: Any) -> Any:
    return literal(value, column.type)


def _sealed(key: tuple[Any, ...]) -> str:
    values = [v.isoformat() if hasattr(v, "isoformat") else v for v in key]
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def _opened(cursor: str, order: Order) -> list[Any]:
    """The values in a cursor, in the types of the order's columns; Malformed (A-CURSOR) for anything else."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(order.columns):
            raise ValueError("another list's cursor")
        return [_typed(t, v) for t, v in zip(order.types, values, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise Malformed.because(
            "A-CURSOR",
            "Penanda halaman tidak sah; buka daftar dari awal.",
            "The page cursor is not valid; open the list from its beginning.",
        ) from None


def _typed(wanted: type[Any], value: Any) -> Any:
    if wanted is datetime:
        return utc(datetime.fromisoformat(value))  # OverflowError at the ends of time
    if wanted is date:
        return date.fromisoformat(value)
    if type(value) is not wanted or (wanted is int and abs(value) >= 2**31):
        raise ValueError("another list's cursor")
    if wanted is str:
        value.encode()  # ValueError for half a character, which no database takes
    return value
