"""Every payload that Temporal keeps is encrypted: AES-256-GCM, the key's id beside it (design § 5).

Temporal's disks, pages and backups then hold nothing readable. Rotation: the first key closes, all open.
"""

import os
from collections.abc import Iterable, Sequence
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

ENCODING = b"binary/encrypted"
CIPHER = b"aes-256-gcm/1"
NONCE_BYTES = 12


class KeyLike(Protocol):
    """A named key, such as `settings.Key`."""

    @property
    def id(self) -> str: ...

    @property
    def material(self) -> bytes: ...


class EncryptingCodec(PayloadCodec):
    """Encrypts whole payloads, their metadata included, so that types and encodings stay hidden too."""

    def __init__(self, keys: Iterable[KeyLike]) -> None:
        """`keys` of 32 bytes, the one in use first; ValueError when there is none."""
        named = [(key.id.encode(), AESGCM(key.material)) for key in keys]
        if not named:
            raise ValueError("the codec needs at least one key")
        self._id, self._cipher = named[0]
        self._ciphers = dict(reversed(named))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._close(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """What was closed by one of the keys is opened; anything else is handed on as it came.

        Never raises: the SDK decodes a whole activation before any handler runs, so one forged signal
        would block its case for ever. The handler refuses what it cannot read (design § 7).
        """
        return [self._open(payload) for payload in payloads]

    def _close(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, payload.SerializeToString(), _bound(self._id))
        return Payload(
            metadata={"encoding": ENCODING, "cipher": CIPHER, "key": self._id}, data=nonce + sealed
        )

    def _open(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING or payload.metadata.get("cipher") != CIPHER:
            return payload
        key = payload.metadata.get("key", b"")
        cipher = self._ciphers.get(key)
        if cipher is None:
            return payload
        try:
            plain = cipher.decrypt(payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:], _bound(key))
            return Payload.FromString(plain)
        except (InvalidTag, DecodeError, ValueError):
            return payload


def _bound(key_id: bytes) -> bytes:
    """What the tag covers beside the data: a payload cannot be passed off as another cipher's or key's."""
    return b"\x1f".join((ENCODING, CIPHER, key_id))
