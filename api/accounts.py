"""Accounts as administrators and auditors see them: whose, in which roles and state, signed in where."""

from datetime import datetime
from typing import Any

from api import listings, views
from api.deps import hat_json
from api.runtime import Runtime
from api.sight import mask_name, missing, private, sees_masked
from db import reads
from db.identity import Access, Hat
from db.people_tables import Account, SignInSession
from db.reads import AccountsAsked as Asked
from domain.roles import Role
from domain.text import Text

STATES: dict[str, Text] = {
    "active": Text(id="aktif", en="active"),
    "locked": Text(id="terkunci sementara", en="locked for a while"),
    "disabled": Text(id="ditutup", en="closed"),
}
__all__ = ["STATES", "Asked", "listed", "one", "session_json"]


def _state(row: Account, now: datetime) -> str:
    if row.disabled_at is not None:
        return "disabled"
    return "locked" if row.locked_until is not None and row.locked_until > now else "active"


async def listed(runtime: Runtime, access: Access, asked: Asked, cursor: str = "") -> dict[str, Any]:
    """A page of them by user name."""
    now = runtime.now()
    async with runtime.db.read() as session:
        page = await reads.accounts(session, asked, now=now, cursor=cursor)
        roles = await reads.roles_of_accounts(session, [row.id for row in page.items])
        known = await views.people(session, runtime.vault, [row.person for row in page.items], access)
    return {
        "items": [_json(row, roles.get(row.id, []), known, now, access) for row in page.items],
        "next": page.next,
    }


async def one(runtime: Runtime, access: Access, id: str) -> dict[str, Any]:
    """One account with its sessions and tokens. NotFound."""
    now = runtime.now()
    async with runtime.db.read() as session:
        row = await listings.account(session, id)
        if row is None:
            raise missing("A-ACCOUNT")
        roles = await reads.roles_of_accounts(session, [id])
        known = await views.people(session, runtime.vault, [row.person], access)
        sessions = await listings.sessions_of(session, id, now)
        tokens = await listings.tokens_of(session, id)
    return {
        **_json(row, roles.get(id, []), known, now, access),
        "failed": row.failed,
        "locked_until": views.moment(row.locked_until) if _state(row, now) == "locked" else None,
        "sessions": [session_json(s, access.key) for s in sessions],
        "tokens": [
            {
                "id": t.id,
                "label": t.label,
                "expires_at": views.moment(t.expires_at),
                "revoked_at": views.moment(t.revoked_at),
            }
            for t in tokens
        ],
    }


def session_json(row: SignInSession, mine: str) -> dict[str, Any]:
    """A session; `mine` is the key of the one that asks."""
    return {
        "id": row.id_hash,
        "current": row.id_hash == mine,
        "hat": hat_json(Hat(Role(row.role), row.organisation)),
        "device": row.device,
        "created_at": views.moment(row.created_at),
        "last_seen_at": views.moment(row.last_seen_at),
        "expires_at": views.moment(row.expires_at),
    }


def _json(
    row: Account, roles: list[Hat], known: views.People, now: datetime, access: Access
) -> dict[str, Any]:
    state = _state(row, now)
    masked = sees_masked(access) and private({hat.role.value for hat in roles})
    return {
        "id": row.id,
        "username": mask_name(row.username) if masked else row.username,
        **views.person_json(row.person, known),
        "roles": [hat_json(hat) for hat in roles],
        "state": state,
        **views.both(STATES[state], "state_label"),
        "ended": state == "disabled",
        "created_at": views.moment(row.created_at),
        "disabled_at": views.moment(row.disabled_at),
    }
