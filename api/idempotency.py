"""One key, one act: what an Idempotency-Key stood for, and what was answered."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Response
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from api.runtime import Runtime
from db.identity import Access
from db.people_tables import Idempotency
from domain.errors import Conflict
from domain.events import canonical, derived_id
from domain.ids import command_id
from settings import Settings

Answer = dict[str, Any]
REPLAYED = "Idempotent-Replayed"


@dataclass(frozen=True)
class Mark:
    """A key of an account, and keyed digests of what it was sent with (one for each root key, so that a
    rotation makes no conflict). Keyed, because what people write can be guessed from a plain digest.

    `stream` is set for commands: a key sent to two cases is two commands (`domain.ids.command_id`).
    """

    account: str
    given: str
    digests: tuple[str, ...]
    stream: str = ""

    @property
    def key(self) -> str:
        """What the row is found by."""
        return derived_id("key", self.stream, self.given) if self.stream else self.given

    @property
    def command_id(self) -> str:
        """The id of the command that this key stands for."""
        return command_id(self.account, self.stream, self.given)


def mark(settings: Settings, access: Access, key: str, what: str, body: Any, *, stream: str = "") -> Mark:
    """The mark of this request: what is asked of which thing, with which content."""
    message = canonical({"what": what, "body": body})
    digests = tuple(hmac.digest(k.material, message, "sha256").hex() for k in settings.keys("idempotency"))
    return Mark(access.account, key, digests, stream)


async def answered(session: AsyncSession, mark: Mark) -> Answer | None:
    """What was answered before under this key; None for a new one. Conflict (A-KEY) for another content."""
    row = await session.get(Idempotency, (mark.account, mark.key))
    if row is None:
        return None
    if row.request_digest not in mark.digests:
        raise Conflict.because(
            "A-KEY",
            "Kunci idempoten ini sudah dipakai untuk permintaan lain.",
            "This idempotency key was used for another request.",
        )
    return row.receipt


async def keep(session: AsyncSession, mark: Mark, answer: Answer, at: datetime) -> None:
    """Remember the answer."""
    session.add(
        Idempotency(
            account=mark.account,
            key=mark.key,
            command_id=mark.command_id,
            request_digest=mark.digests[0],
            receipt=answer,
            status=200,
            created_at=at,
        )
    )
    await session.flush()


async def write(
    runtime: Runtime,
    access: Access,
    key: str,
    what: str,
    body: Any,
    response: Response,
    work: Callable[[AsyncSession], Awaitable[Answer]],
) -> Answer:
    """`once`, for a request that does `what` with this body; its answer says when it is an old one."""
    answer, replayed = await once(runtime, mark(runtime.settings, access, key, what, body), work)
    if replayed:
        response.headers[REPLAYED] = "true"
    return answer


async def once(
    runtime: Runtime, mark: Mark, work: Callable[[AsyncSession], Awaitable[Answer]]
) -> tuple[Answer, bool]:
    """Do the work and remember its answer in one transaction; gives the answer, and whether it is an old
    one. What `work` raises undoes everything, the key included."""

    async def run(session: AsyncSession) -> tuple[Answer, bool]:
        before = await answered(session, mark)
        if before is not None:
            return before, True
        answer = await work(session)
        await keep(session, mark, answer, runtime.now())
        return answer, False

    try:
        return await runtime.db.retrying(run)
    except IntegrityError:  # the same request came twice at once, and the other one was first
        async with runtime.db.read() as session:
            before = await answered(session, mark)
        if before is None:
            raise
        return before, True
