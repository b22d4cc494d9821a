"""What is scarce across cases, taken and given back in one transaction on unique rows (design § 4).

The primary key (kind, key) is the referee: of all who want the same thing at once, exactly one gets it.
"""

from datetime import UTC, datetime

from sqlalchemy import delete, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import contracts as c
from db.projection import table_of
from db.session import Database
from db.tables import CertificateRow, JourneyRow, ReservationRow
from domain.ids import ASSESSOR_PLACE

PERSON_BOUND = frozenset({"registration_number"})
"""Kinds that belong to a person for life: whichever case takes them, the holder is the person."""
PERSON = "person:"
USE = "_use"
"""What a shared kind's uses are called: `{key}/{holder}`, held by the case that uses the key."""


class SchedulingActivities:
    def __init__(self, db: Database) -> None:
        self._db = db

    @activity.defn(name=c.RESERVE)
    async def reserve(self, request: c.ReserveRequest) -> c.ReserveAnswer:
        """Take the keys. What the same holder has already counts as taken, so that a retry gets the same
        answer."""
        return await self._db.retrying(lambda session: reserve(session, request))

    @activity.defn(name=c.RELEASE)
    async def release(self, request: c.ReleaseRequest) -> c.Done:
        """Give back; what the holder does not have is no error."""
        await self._db.retrying(lambda session: release(session, request))
        return c.Done()


async def reserve(session: AsyncSession, request: c.ReserveRequest) -> c.ReserveAnswer:
    """Take keys in the session's transaction. With `all_or_nothing`, one refusal takes none of them.

    A person who has a number of a person-bound kind is refused another one."""
    now = datetime.now(UTC)
    if request.share is not None:
        return await _reserve_shared(session, request, request.share, now)
    holders = {key: await _holder(session, request.stream, request.holder, key.kind) for key in request.keys}
    # in one order, so that two who want the same keys wait for each other instead of deadlocking
    wanted = sorted(holders, key=lambda k: (k.kind, k.key))
    new: list[c.Key] = []
    taken: set[c.Key] = set()
    for key in wanted:
        if key.kind in PERSON_BOUND and await _has_another(session, key, holders[key]):
            continue
        if await _insert(session, key, holders[key], request.stream, now):
            new.append(key)
            taken.add(key)
        elif await _held_by(session, key) == holders[key]:
            taken.add(key)
    refused = tuple(key for key in request.keys if key not in taken)
    if refused and request.all_or_nothing:
        for key in new:
            await _remove(session, key, holders[key])
        return c.ReserveAnswer(taken=(), refused=refused)
    return c.ReserveAnswer(taken=tuple(k for k in request.keys if k in taken), refused=refused)


async def _reserve_shared(
    session: AsyncSession, request: c.ReserveRequest, share: c.Share, now: datetime
) -> c.ReserveAnswer:
    """A place of the share and its keys, or nothing of it."""
    refused: list[c.Key] = []
    new: list[c.Key] = []
    for key in sorted(request.keys, key=lambda k: (k.kind, k.key)):
        owner = None
        while owner is None:  # given back between the two looks: then it is free after all
            if await _insert(session, key, share.holder, request.stream, now):
                new.append(key)
                owner = share.holder
            else:
                owner = await _held_by(session, key, lock=True)
        if owner != share.holder:
            refused.append(key)
    if not refused and not await _place(session, request, share, now):
        refused.append(c.Key(kind=ASSESSOR_PLACE, key=share.holder))
    if refused:
        for key in new:
            await _remove(session, key, share.holder)
        return c.ReserveAnswer(refused=tuple(refused))
    for key in request.keys:
        use = c.Key(kind=key.kind + USE, key=f"{key.key}/{request.holder}")
        await _insert(session, use, request.holder, request.stream, now)
    return c.ReserveAnswer(taken=request.keys)


async def _place(session: AsyncSession, request: c.ReserveRequest, share: c.Share, now: datetime) -> bool:
    """The case's place in the share, which it may have already; False when all are taken."""
    places = [c.Key(kind=ASSESSOR_PLACE, key=f"{share.holder}/{n}") for n in range(1, share.places + 1)]
    rows = await session.exec(
        select(ReservationRow.key, ReservationRow.holder).where(
            ReservationRow.kind == ASSESSOR_PLACE, col(ReservationRow.key).in_([p.key for p in places])
        )
    )
    held = dict(rows.all())
    if request.holder in held.values():
        return True
    for place in places:
        if place.key not in held and await _insert(session, place, request.holder, request.stream, now):
            return True
    return False


async def _give_back_uses(session: AsyncSession, holder: str) -> None:
    """End the holder's uses; a shared key that nobody uses any more is free."""
    uses = await session.exec(
        select(ReservationRow).where(
            ReservationRow.holder == holder, col(ReservationRow.kind).endswith(USE, autoescape=True)
        )
    )
    for use in list(uses):
        shared = c.Key(kind=use.kind.removesuffix(USE), key=use.key.removesuffix(f"/{holder}"))
        # Locked first: who takes a use of it meanwhile waits, and then finds it held or free.
        owner = await _held_by(session, shared, lock=True)
        await session.delete(use)
        await session.flush()
        others = await session.exec(
            select(ReservationRow.key).where(
                ReservationRow.kind == use.kind,
                col(ReservationRow.key).startswith(f"{shared.key}/", autoescape=True),
            )
        )
        if owner is not None and others.first() is None:
            await _remove(session, shared, owner)


async def release(session: AsyncSession, request: c.ReleaseRequest) -> None:
    """Give back all keys of the holder, or those named. A person's number is kept unless it is named."""
    if not request.keys:
        await _give_back_uses(session, request.holder)
        await session.exec(delete(ReservationRow).where(col(ReservationRow.holder) == request.holder))
        return
    for key in request.keys:
        holder = await _holder(session, request.stream, request.holder, key.kind)
        await _remove(session, key, holder, request.stream if key.kind in PERSON_BOUND else "")


async def _holder(session: AsyncSession, stream: str, holder: str, kind: str) -> str:
    """Who holds a key of this kind when this holder takes it."""
    if kind not in PERSON_BOUND or holder.startswith(PERSON):
        return holder
    for query in (
        select(JourneyRow.person).where(JourneyRow.stream == stream),
        select(CertificateRow.person).where(CertificateRow.stream == stream),
    ):
        person = (await session.exec(query)).first()
        if person:
            return PERSON + person
    # the case's first event is on its way to the ledger: tried again
    raise ApplicationError("the case's person is not known yet", type="NotYetProjected")


async def _insert(session: AsyncSession, key: c.Key, holder: str, stream: str, now: datetime) -> bool:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    # waits for a transaction that has inserted the same key and has not ended yet
    result = await session.exec(
        dialect.insert(table_of(ReservationRow))
        .values(kind=key.kind, key=key.key, holder=holder, stream=stream, taken_at=now)
        .on_conflict_do_nothing()
    )
    return bool(result.rowcount == 1)


async def _has_another(session: AsyncSession, key: c.Key, holder: str) -> bool:
    """Does the person have another number of this kind already? It is kept for life [P § 1]."""
    if session.get_bind().dialect.name == "postgresql":
        # Two journeys of one person would each see no number yet. (SQLite: the transaction began IMMEDIATE.)
        await session.exec(
            select(func.pg_advisory_xact_lock(func.hashtextextended(f"{key.kind}/{holder}", 0)))
        )
    found = await session.exec(
        select(ReservationRow.key).where(
            ReservationRow.kind == key.kind, ReservationRow.holder == holder, ReservationRow.key != key.key
        )
    )
    return found.first() is not None


async def _held_by(session: AsyncSession, key: c.Key, *, lock: bool = False) -> str | None:
    query = select(ReservationRow.holder).where(
        ReservationRow.kind == key.kind, ReservationRow.key == key.key
    )
    return (await session.exec(query.with_for_update() if lock else query)).first()


async def _remove(session: AsyncSession, key: c.Key, holder: str, stream: str = "") -> None:
    statement = delete(ReservationRow).where(
        col(ReservationRow.kind) == key.kind,
        col(ReservationRow.key) == key.key,
        col(ReservationRow.holder) == holder,
    )
    if stream:  # a person's number given back by the case that took it, never by a later one
        statement = statement.where(col(ReservationRow.stream) == stream)
    await session.exec(statement)
