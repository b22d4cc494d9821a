"""Accounts and access: who is asking, under which hat, and how we know.

Passwords are Argon2id; sessions and API tokens are random secrets of which only the SHA-256 is kept. Every
answer rests on the rows of this moment: a role taken away is gone at the next request. Moments (`now`,
`at`) are UTC and given by the caller.
"""

from db.identity.access import SCOPES, Access, Hat, Scope, access_as, hats
from db.identity.accounts import (
    actor,
    change_password,
    create_account,
    disable_account,
    enable_account,
    grant,
    roles_of,
    withdraw,
)
from db.identity.invitations import accept, has_account, invitation, invite, secret_of, uninvited
from db.identity.passwords import PASSWORD_MAX, PASSWORD_MIN, fold_username
from db.identity.signing_in import (
    FIRST_WAIT,
    FREE_ANYWHERE,
    FREE_FAILURES,
    LONGEST_WAIT,
    SESSION_PREFIX,
    resolve_session,
    sign_in,
    sign_out,
    sweep,
    touch_session,
    wear,
)
from db.identity.tokens import TOKEN_PREFIX, NewToken, create_token, resolve_token, revoke_token, touch_token

__all__ = [
    "FIRST_WAIT",
    "FREE_ANYWHERE",
    "FREE_FAILURES",
    "LONGEST_WAIT",
    "PASSWORD_MAX",
    "PASSWORD_MIN",
    "SCOPES",
    "SESSION_PREFIX",
    "TOKEN_PREFIX",
    "Access",
    "Hat",
    "NewToken",
    "Scope",
    "accept",
    "access_as",
    "actor",
    "change_password",
    "create_account",
    "create_token",
    "disable_account",
    "enable_account",
    "fold_username",
    "grant",
    "has_account",
    "hats",
    "invitation",
    "invite",
    "resolve_session",
    "resolve_token",
    "revoke_token",
    "roles_of",
    "secret_of",
    "sign_in",
    "sign_out",
    "sweep",
    "touch_session",
    "touch_token",
    "uninvited",
    "wear",
    "withdraw",
]
