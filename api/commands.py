"""The way of a command from its request to its receipt (design § 4.1): texts sealed, key checked, sent."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request, Response
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency
from api.runtime import DATABASE_DOWN, Runtime, runtime_of
from api.schemas.derive import command_of, texts
from db.identity import Access
from db.vault import case_owner
from domain.cases import Sealed
from domain.commands import Receipt
from domain.errors import DomainError, Malformed, Unknown
from domain.events import derived_id
from domain.roles import Actor
from logs import bind_case

SEQ = "X-Seq"
KEEPS = frozenset({"A-KEY", "M-CLOSED"})
"""Refusals after which the texts stay: another command may have them already (the key was used), or this one
may have been taken by an earlier try, just before its case ended."""


@dataclass(frozen=True)
class Sent:
    receipt: Receipt
    replayed: bool

    def answer(self, response: Response) -> Receipt:
        """The receipt, with the headers that the next read needs."""
        response.headers[SEQ] = str(self.receipt.seq)
        if self.replayed:
            response.headers[idempotency.REPLAYED] = "true"
        return self.receipt


async def send(
    request: Request,
    access: Access,
    key: str,
    *,
    stream: str,
    given: Any,
    filled: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
    of: str = "",
) -> Sent:
    """Bring a request's command to its case. Raises DomainErrors; Unknown (503) when the outcome is not
    known, and then the same again with the same key is always safe.

    `filled` holds the server's fields by path; `of` is the thing within the case that the address names (a
    task), which counts for the key like the body. What a draft gives to a command does not count for the key:
    a retry is the same act, and the ledger's receipt says which request it was.
    """
    runtime = runtime_of(request)
    try:
        return await deliver(
            runtime,
            access,
            key,
            stream=stream,
            given=given,
            filled=filled,
            actor=actor,
            of=of,
            min_seq=min_seq_of(request),
        )
    except Judged as judged:
        request.state.denied = not isinstance(judged.error, Unknown)
        raise judged.error from None


class Judged(Exception):
    """The gateway answered no (or that it does not know), and has recorded the denial."""

    def __init__(self, error: DomainError) -> None:
        super().__init__(str(error))
        self.error = error


async def deliver(
    runtime: Runtime,
    access: Access,
    key: str,
    *,
    stream: str,
    given: Any,
    filled: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
    of: str = "",
    min_seq: int = 0,
) -> Sent:
    """`send` without a request. Raises Judged with what the gateway refused, DomainErrors for the rest."""
    bind_case(stream)
    name = given.command.__name__
    actor = actor or access.actor
    body = {"given": given.model_dump(mode="json"), "on_behalf_of": actor.on_behalf_of}
    if of:
        body["of"] = of
    mark = idempotency.mark(runtime.settings, access, key, name, body, stream=stream)
    try:
        async with runtime.db.read() as session:
            before = await idempotency.answered(session, mark)
    except DATABASE_DOWN:
        raise database_down() from None
    if before is not None:
        return Sent(Receipt.model_validate(before), True)
    runtime.require_temporal()
    found, filled = texts(given), filled or {}
    try:
        if found:  # what is refused is not kept, and its key stays free for a better text
            blank = dict.fromkeys(found, Sealed(id="", commitment=""))
            await runtime.gateway.rehearse(
                stream=stream,
                command=command_of(given, blank, filled),
                actor=actor,
                key=key,
                min_seq=min_seq,
            )
    except DomainError as error:
        raise Judged(error) from None
    stored_at = runtime.now()
    sealed, new = await _seal(runtime, access, key, stream, found, stored_at)
    try:
        receipt = await runtime.gateway.dispatch(
            stream=stream,
            command=command_of(given, sealed, filled),
            actor=actor,
            key=key,
            min_seq=min_seq,
        )
    except DomainError as error:
        if new and not isinstance(error, Unknown) and not KEEPS & {v.rule for v in error.violations}:
            await _discard(runtime, new, stored_at)
        raise Judged(error) from None
    runtime.remember(stream, receipt.seq)
    await _keep(runtime, mark, receipt)
    return Sent(receipt, False)


async def _seal(
    runtime: Runtime, access: Access, key: str, stream: str, found: Mapping[str, str], at: datetime
) -> tuple[dict[str, Sealed], list[str]]:
    """Store the free texts, encrypted for this case; gives them, and the ids of those that are new. Their ids
    come from the key, so that a retry stores nothing twice and another text under the same key is a
    conflict; and the retry, which may be taken where the first try is refused, has them as its own."""
    if not found:
        return {}, []
    ids = {path: derived_id("text", access.account, stream, key, path) for path in found}

    async def work(session: AsyncSession) -> tuple[dict[str, Sealed], list[str]]:
        new = sorted({*ids.values()} - await runtime.vault.send_again(session, ids.values(), at=at))
        sealed = {
            path: await runtime.vault.seal_text(
                session, case_owner(stream), text, access.account, at=at, id=ids[path]
            )
            for path, text in found.items()
        }
        return sealed, new

    try:
        return await runtime.db.retrying(work)
    except IntegrityError:  # twice at once: the other one has stored them by now
        return await _seal(runtime, access, key, stream, found, at)
    except DATABASE_DOWN:
        raise database_down() from None


async def _discard(runtime: Runtime, ids: list[str], stored_at: datetime) -> None:
    """What was refused is not kept, and its key stays free. The refusal stands whether this works or not."""
    with contextlib.suppress(*DATABASE_DOWN):
        await runtime.db.retrying(
            lambda session: runtime.vault.discard_texts(session, ids, stored_at=stored_at)
        )


async def _keep(runtime: Runtime, mark: idempotency.Mark, receipt: Receipt) -> None:
    """Remember the receipt. Whatever goes wrong here, the decision stands and the ledger knows it, too."""
    answer = receipt.model_dump(mode="json")
    try:
        await runtime.db.retrying(lambda session: idempotency.keep(session, mark, answer, runtime.now()))
    except DATABASE_DOWN:  # IntegrityError is one: the same request was answered at the same time
        return


def database_down() -> DomainError:
    return Unknown.because(
        "D-DOWN",
        "Basis data sedang tidak dapat dicapai. Kirim ulang dengan kunci yang sama.",
        "The database cannot be reached at present. Send again with the same key.",
    )


def min_seq_of(request: Request) -> int:
    """What the reader has seen of the stream already: `X-Min-Seq`, or `?min_seq=`; 0 for neither. Malformed
    (A-MIN-SEQ) for what no receipt says."""
    given = request.headers.get("x-min-seq") or request.query_params.get("min_seq") or "0"
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        raise Malformed.because(
            "A-MIN-SEQ",
            "X-Min-Seq harus nomor dari sebuah tanda terima.",
            "X-Min-Seq must be the number of a receipt.",
        )
    return int(given)
