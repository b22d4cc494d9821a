"""User names and passwords: what is acceptable, and how one is checked at an even cost."""

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import Malformed

PASSWORD_MIN, PASSWORD_MAX = 10, 200

_HASHER = PasswordHasher()


def fold_username(username: str) -> str:
    """One form for all ways of typing a user name. Malformed (A-USERNAME)."""
    name = unicodedata.normalize("NFKC", username).strip().casefold()
    # ASCII only: letters of other scripts that look alike would make a second "admin".
    if not (3 <= len(name) <= 80 and name.isascii() and all(c.isalnum() or c in "._@+-" for c in name)):
        raise Malformed.because(
            "A-USERNAME",
            "Nama pengguna terdiri atas 3–80 huruf, angka, atau . _ @ + -",
            "A user name is 3–80 letters, digits or . _ @ + -",
        )
    return name


def try_fold(username: str) -> str:
    try:
        return fold_username(username)
    except Malformed:
        return ""  # no account has it


def acceptable(password: str, username: str) -> None:
    weak = (
        not PASSWORD_MIN <= len(password) <= PASSWORD_MAX
        or len(set(password)) < 4
        or username in password.casefold()
    )
    if weak:
        raise Malformed.because(
            "A-PASSWORD",
            f"Kata sandi: {PASSWORD_MIN}–{PASSWORD_MAX} karakter yang beragam, tanpa nama pengguna.",
            f"A password is {PASSWORD_MIN}–{PASSWORD_MAX} varied characters, without the user name.",
        )


def hashed(password: str) -> str:
    return _HASHER.hash(password)


@cache
def dummy_hash() -> str:
    return hashed(secrets.token_urlsafe(16))


def verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password.encode("utf-8", "replace"))
    except (VerificationError, InvalidHashError):
        return False


def stale(stored: str) -> bool:
    return _HASHER.check_needs_rehash(stored)
