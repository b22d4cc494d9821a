"""API tokens: made, resolved and revoked."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.identity.access import (
    SCOPES,
    SEEN_EVERY,
    Access,
    Hat,
    account_row,
    digest,
    hats,
    not_your_hat,
    plain_hat,
    resolved,
    resolving,
    tell,
)
from db.people_tables import ApiToken
from domain.errors import Malformed, NotFound, NotSignedIn
from domain.roles import Actor

TOKEN_PREFIX = "asr_"  # noqa: S105 (the public part, by which scanners find a leaked one)
TOKEN_DAYS_MAX = 366


@dataclass(frozen=True)
class NewToken:
    """A token just made. `secret` is shown once and kept nowhere."""

    id: str
    secret: str = field(repr=False)


async def create_token(
    session: AsyncSession,
    *,
    account: str,
    label: str,
    scopes: Sequence[str],
    hat: Hat,
    expires_at: datetime,
    by: Actor,
    at: datetime,
) -> NewToken:
    """A token that acts as the account in one hat. Malformed (A-TOKEN), Forbidden (A-HAT)."""
    label = " ".join(label.split())
    late = at + timedelta(days=TOKEN_DAYS_MAX)
    if not (label and len(label) <= 80 and scopes and set(scopes) <= SCOPES and at < expires_at <= late):
        raise Malformed.because(
            "A-TOKEN",
            f"Token memerlukan nama, wewenang yang dikenal, dan akhir dalam {TOKEN_DAYS_MAX} hari.",
            f"A token needs a label, known scopes and an end within {TOKEN_DAYS_MAX} days.",
        )
    if hat not in await hats(session, account):
        raise not_your_hat()
    row = await account_row(session, account)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        id=str(uuid.uuid4()),
        hash=digest(secret),
        account=account,
        label=label,
        scopes=sorted(set(scopes)),
        role=hat.role.value,
        organisation=hat.organisation,
        created_at=at,
        expires_at=expires_at,
    )
    session.add(token)
    await session.flush()
    await tell(
        session,
        row.person,
        "token_created",
        by,
        at,
        account=account,
        token=token.id,
        scopes=token.scopes,
        expires_at=expires_at.isoformat(),
        **plain_hat(hat),
    )
    return NewToken(token.id, secret)


async def revoke_token(session: AsyncSession, token: str, *, by: Actor, at: datetime) -> None:
    """End a token. NotFound (A-TOKEN) for an unknown one."""
    row = await session.get(ApiToken, token)
    if row is None:
        raise NotFound.because("A-TOKEN", "Token ini tidak ada.", "There is no such token.")
    if row.revoked_at is not None:
        return
    row.revoked_at = at
    owner = await account_row(session, row.account)
    await tell(session, owner.person, "token_revoked", by, at, account=row.account, token=token)


async def resolve_token(session: AsyncSession, secret: str, *, now: datetime) -> Access:
    """Whose API token this is. NotSignedIn (A-TOKEN) when it is unknown, over or revoked."""
    rows: Sequence[Any] = ()
    if secret.startswith(TOKEN_PREFIX):
        connection = await session.connection()
        rows = (await connection.execute(_RESOLVING, {"key": digest(secret)})).all()
    if not rows or rows[0].revoked_at is not None or now >= rows[0].expires_at:
        raise NotSignedIn.because("A-TOKEN", "Token tidak berlaku.", "This token is not valid.")
    return resolved(rows, scopes=frozenset(rows[0].scopes), key=rows[0].id, by_token=True)


_RESOLVING = resolving(ApiToken, "hash")


async def touch_token(session: AsyncSession, access: Access, *, now: datetime) -> None:
    """Note that the token was used, at most every five minutes."""
    await session.exec(
        update(ApiToken)
        .where(
            col(ApiToken.id) == access.key,
            col(ApiToken.last_used_at).is_(None) | (col(ApiToken.last_used_at) < now - SEEN_EVERY),
        )
        .values(last_used_at=now)
    )
