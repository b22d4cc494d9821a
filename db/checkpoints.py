"""Checkpoints: a signed Merkle root over the heads of all streams (design § 5).

A chain shows what was altered inside a stream; only a checkpoint shows that a whole stream, or its end, was
taken away.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.findings import Hashes, Report
from db.tables import CheckpointRow, StreamRow
from domain.clock import utc
from domain.events import GENESIS, canonical, digest

PURPOSE = "checkpoints"
"""Whose key signs (settings.keys)."""
Leaf = tuple[str, int, str]
"""(stream, seq, hash) of one stream's head."""

LEAF, NODE = b"\x00", b"\x01"  # kept apart, so that no node can be passed off as a leaf


def root(leaves: Sequence[Leaf]) -> str:
    """Merkle root (hex, SHA-256) over the leaves sorted by stream; a node without a pair goes up as it is."""
    level = [hashlib.sha256(LEAF + canonical(list(leaf))).digest() for leaf in sorted(leaves)]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256(NODE + b"".join(p)).digest() if len(p) > 1 else p[0] for p in pairs]
    return level[0].hex()


def signing_key(material: bytes) -> Ed25519PrivateKey:
    """The Ed25519 key made of 32 bytes (settings: purpose `checkpoints`)."""
    return Ed25519PrivateKey.from_private_bytes(material)


def key_id(key: Ed25519PublicKey) -> str:
    """The public name under which a signature's key is found again."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


async def checkpoint(
    session: AsyncSession, key: Ed25519PrivateKey, at: datetime | None = None
) -> CheckpointRow:
    """Sign the heads of all streams as they are (`at`: UTC, now when not given). Use a write session."""
    return await _sign(session, key, await _last_checkpoint(session), await _heads(session), at)


async def checkpoint_when_due(
    session: AsyncSession, key: Ed25519PrivateKey, every: timedelta, now: datetime
) -> CheckpointRow | None:
    """Sign the heads when the last checkpoint is older than `every` (`now`: real time, UTC) and anything was
    written since; else None. Use a write session."""
    latest = (await session.exec(select(func.max(CheckpointRow.at)))).one()
    if latest is not None and utc(latest) > now - every:
        return None
    last, heads = await _last_checkpoint(session), await _heads(session)
    if not heads or (last is not None and last.heads == _written(heads)):
        return None
    return await _sign(session, key, last, heads, now)


async def _heads(session: AsyncSession) -> list[Leaf]:
    found = await session.exec(
        select(StreamRow.stream, StreamRow.head_seq, StreamRow.head_hash)
        .where(StreamRow.head_seq > 0)
        .order_by(col(StreamRow.stream))
    )
    return [(stream, seq, hash_) for stream, seq, hash_ in found]


def _written(heads: Sequence[Leaf]) -> str:
    return canonical(sorted([list(leaf) for leaf in heads])).decode()


async def _sign(
    session: AsyncSession,
    key: Ed25519PrivateKey,
    last: CheckpointRow | None,
    heads: Sequence[Leaf],
    at: datetime | None,
) -> CheckpointRow:
    row = CheckpointRow(
        id=last.id + 1 if last else 1,
        at=(at or datetime.now(UTC)).astimezone(UTC),
        previous=_digest(last) if last else GENESIS,
        root=root(heads),
        heads=_written(heads),
        signature="",
        public_key_id=key_id(key.public_key()),
    )
    row.signature = key.sign(_signed(row)).hex()
    session.add(row)
    await session.flush()
    return row


async def _last_checkpoint(session: AsyncSession) -> CheckpointRow | None:
    return (await session.exec(select(CheckpointRow).order_by(col(CheckpointRow.id).desc()).limit(1))).first()


def _signed(row: CheckpointRow) -> bytes:
    return canonical(
        {
            "id": row.id,
            "at": row.at.isoformat(),
            "previous": row.previous,
            "root": row.root,
            "key": row.public_key_id,
        }
    )


def _digest(row: CheckpointRow) -> str:
    return digest({"signed": _signed(row).decode(), "signature": row.signature})


@dataclass(frozen=True)
class Seal:
    """The newest checkpoint. `at` is UTC; `valid`: one of the known keys signed it."""

    id: int
    at: datetime
    valid: bool


async def newest(session: AsyncSession, keys: Collection[Ed25519PublicKey]) -> Seal | None:
    """The newest checkpoint and whether its signature is one of these keys'; None before the first. Its
    heads, which grow with the ledger, are not read."""
    heads = cast(QueryableAttribute[str], CheckpointRow.heads)  # SQLModel says str of a column
    found = await session.exec(
        select(CheckpointRow).options(defer(heads)).order_by(col(CheckpointRow.id).desc()).limit(1)
    )
    row = found.first()
    if row is None:
        return None
    return Seal(row.id, utc(row.at), holds(row, keys))


def holds(row: CheckpointRow, keys: Collection[Ed25519PublicKey]) -> bool:
    """Is the checkpoint's signature one of these keys'?"""
    report = Report()
    _signature(report, row, {key_id(key): key for key in keys})
    return report.ok


async def check(
    session: AsyncSession, report: Report, hashes: Hashes, keys: Collection[Ed25519PublicKey]
) -> None:
    """Is every checkpoint signed by one of the keys, in its place, and true of the ledger as it is now?

    What only somebody outside can know is whether the newest checkpoints were taken away: keep copies.
    """
    known = {key_id(key): key for key in keys}
    previous, number = GENESIS, 1
    ids = (await session.exec(select(CheckpointRow.id).order_by(col(CheckpointRow.id)))).all()
    named: set[str] = set()
    for id_ in ids:  # one at a time: each names every stream
        report.checkpoints += 1
        name = f"checkpoint-{id_}"
        try:
            row = await session.get_one(CheckpointRow, id_, populate_existing=True)
        except (ValueError, TypeError):
            report.add("root", name, id_, "the checkpoint cannot be read")
            continue
        session.expunge(row)
        if row.id != number or row.previous != previous:
            report.add("sequence", name, number, "a checkpoint before this one is missing or was altered")
        previous, number = _digest(row), row.id + 1
        _signature(report, row, known)
        leaves = _leaves(row)
        if leaves is None or root(leaves) != row.root:
            report.add("root", name, row.id, "the heads are not those that were signed")
        for stream, seq, hash_ in leaves or ():
            there = hashes.get(stream)
            if stream in named or (there is not None and there.get(seq) == hash_):
                continue
            named.add(stream)
            if there is None:
                report.add("removed", stream, 1, f"{name} knows this stream up to {seq}; it is gone")
            elif seq not in there:
                report.add(
                    "rewound", stream, max(there, default=0) + 1, f"{name} knows event {seq}; it is gone"
                )
            else:
                report.add("rewound", stream, seq, f"{name} knows event {seq} with another hash")


def _leaves(row: CheckpointRow) -> list[Leaf] | None:
    """The heads that the checkpoint names; None when they cannot be read."""
    try:
        return [(str(s), int(n), str(h)) for s, n, h in json.loads(row.heads)]
    except (ValueError, TypeError):
        return None


def _signature(report: Report, row: CheckpointRow, keys: Mapping[str, Ed25519PublicKey]) -> None:
    key = keys.get(row.public_key_id)
    if key is None:
        report.add("signature", f"checkpoint-{row.id}", row.id, "signed with a key that is not known")
        return
    try:
        key.verify(bytes.fromhex(row.signature), _signed(row))
    except (InvalidSignature, ValueError):
        report.add("signature", f"checkpoint-{row.id}", row.id, "the signature is not valid")
