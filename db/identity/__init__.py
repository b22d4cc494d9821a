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
from db.identity.administering import (
    LINK_VALID,
    close_account,
    end_role,
    end_sessions,
    follow_link,
    give_role,
    open_account,
    password_link,
    reopen_account,
    use_link,
)
from db.identity.passwords import PASSWORD_MAX, PASSWORD_MIN, fold_username
from db.identity.signing_in import (
    FIRST_WAIT,
    FREE_ANYWHERE,
    FREE_FAILURES,
    LONGEST_WAIT,
    SESSION_PREFIX,
    change_own_password,
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
    "LINK_VALID",
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
    "access_as",
    "actor",
    "change_own_password",
    "change_password",
    "close_account",
    "create_account",
    "create_token",
    "disable_account",
    "enable_account",
    "end_role",
    "end_sessions",
    "fold_username",
    "follow_link",
    "give_role",
    "grant",
    "hats",
    "open_account",
    "password_link",
    "reopen_account",
    "resolve_session",
    "resolve_token",
    "revoke_token",
    "roles_of",
    "sign_in",
    "sign_out",
    "sweep",
    "touch_session",
    "touch_token",
    "use_link",
    "wear",
    "withdraw",
]
