"""How a secret is closed: keys derived from a root key, AES-256-GCM, and commitments."""

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 32


class VaultBroken(Exception):
    """A row cannot be opened though it should: a root key is missing, or somebody changed the bytes.

    Never a refusal: it is an alarm. Says which row, and nothing of what is in it.
    """


class KeyLike(Protocol):
    """A key of the settings."""

    @property
    def material(self) -> bytes: ...


@dataclass(frozen=True)
class Root:
    id: str
    wrap: AESGCM = field(repr=False)
    nik: bytes = field(repr=False)
    email: bytes = field(repr=False)
    messages: bytes = field(repr=False)
    case_text: bytes = field(repr=False)

    @classmethod
    def of(cls, root: bytes) -> "Root":
        if len(root) != KEY_BYTES:
            raise ValueError(f"a root key is {KEY_BYTES} bytes")
        return cls(
            id=sha256(derive(root, "id")).hexdigest()[:12],
            wrap=AESGCM(derive(root, "wrap")),
            nik=derive(root, "nik"),
            email=derive(root, "email"),
            messages=derive(root, "messages"),
            case_text=derive(root, "case text"),
        )


def commitment(text: str, salt: bytes) -> str:
    """SHA-256 (hex) over salt and text: binds to the text and, with the salt gone, tells nothing of it."""
    return sha256(salt + text.encode()).hexdigest()


def commitment_holds(text: str, salt: bytes, given: str) -> bool:
    """Is it the commitment to this text under this salt?"""
    return hmac.compare_digest(commitment(text, salt).encode(), given.encode())


def derive(key: bytes, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, None, f"asesor/vault/{purpose}".encode()).derive(key)


def keyed(key: bytes, value: str) -> str:
    return hmac.digest(key, value.encode(), "sha256").hex()


def _bound(parts: tuple[str, ...]) -> bytes:
    """What the tag covers beside the data: the bytes of one row are refused in any other."""
    return "\x1f".join(("v1", *parts)).encode()


def close(cipher: AESGCM, plain: bytes, *parts: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, _bound(parts))


def opened(cipher: AESGCM, closed: bytes, *parts: str) -> bytes:
    try:
        return cipher.decrypt(closed[:NONCE_BYTES], closed[NONCE_BYTES:], _bound(parts))
    except (InvalidTag, ValueError):
        raise VaultBroken(f"{parts[0]} {parts[1]} does not open: changed, or of another key") from None
