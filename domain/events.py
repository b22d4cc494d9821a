"""What happened, in the past tense: one accepted command is one event on one stream.

The hash of an event covers its canonical JSON with the previous hash inside, so a stream is a chain.
A case's chain is computed inside its workflow; the ledger stores the same bytes.
"""

import hashlib
import json
import uuid
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.roles import Actor

SCHEMA_VERSION = 1
GENESIS = "0" * 64
"""The previous hash of a stream's first event."""

_NAMESPACE = uuid.UUID("6f1f0f6e-6d0b-5c0e-9a57-2a6a0d6f5b11")


def derived_id(*parts: object) -> str:
    """A uuid5 of the parts: the same parts give the same id, in a replay too."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(str(p) for p in parts)))


def canonical(value: Any) -> bytes:
    """Canonical JSON: keys sorted, no spaces, UTF-8. What hashes and digests are taken over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> str:
    """SHA-256 (hex) over the canonical JSON of `value`."""
    return hashlib.sha256(canonical(value)).hexdigest()


class Move(BaseModel):
    """One row of a machine that was walked: `subject` went from `source` to `dest`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine: str
    subject: str
    trigger: str
    source: str
    dest: str


class Change(BaseModel):
    """Fields of one entity that were set (the entity is made when it was not there)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    id: str
    fields: dict[str, Any]


class Finding(BaseModel):
    """A rule's verdict as the event keeps it: the sentences are made again from rule and facts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    version: str
    outcome: str
    subject: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)


class Notice(BaseModel):
    """Something people are to be told. `to` is `person:…`, `role:…` or `organisation:…`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: str
    template: str
    data: dict[str, Any] = Field(default_factory=dict)


class Event(BaseModel):
    """One link of a stream's chain. Moments are UTC; `business_at` is the programme's own time
    (it differs from `at` only in a simulation)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream: str
    seq: int
    command_id: str
    schema_version: int = SCHEMA_VERSION
    type: str
    at: datetime
    business_at: datetime
    actor: Actor
    policy_version: str
    moves: tuple[Move, ...] = ()
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    notices: tuple[Notice, ...] = ()
    payload: dict[str, Any] = Field(default_factory=dict)
    prev_hash: str
    hash: str = ""

    def body(self) -> dict[str, Any]:
        """What the hash covers: everything but the hash itself, as JSON values.

        A field that came after `_FIRST` is left out while it is at its default, here and in every part: an
        event that was hashed before the field came keeps its hash, and one that uses it has it covered.
        """
        dumped = self.model_dump(mode="json", exclude={"hash"})
        _leave_out(self, dumped)
        return dumped

    def sealed(self) -> "Event":
        """The same event with its hash."""
        return self.model_copy(update={"hash": digest(self.body())})

    def intact(self) -> bool:
        """True when the hash is the hash of the body."""
        return self.hash == digest(self.body())


_FIRST: dict[type[BaseModel], frozenset[str]] = {
    model: frozenset(fields.split())
    for model, fields in (
        (Actor, "account person role organisation on_behalf_of"),
        (Move, "machine subject trigger source dest"),
        (Change, "kind id fields"),
        (Finding, "rule version outcome subject facts"),
        (Notice, "to template data"),
        (
            Event,
            "stream seq command_id schema_version type at business_at actor policy_version moves changes "
            "findings notices payload prev_hash hash",
        ),
    )
}
"""The fields that every hash of schema version 1 covers. It never changes: a new field needs a default and
is not named here."""


@cache
def _later(model: type[BaseModel]) -> tuple[str, ...]:
    first = next(_FIRST[base] for base in model.__mro__ if base in _FIRST)
    return tuple(name for name in model.model_fields if name not in first)


def _leave_out(part: BaseModel, dumped: dict[str, Any]) -> None:
    fields = type(part).model_fields
    for name in _later(type(part)):
        if getattr(part, name) == fields[name].get_default(call_default_factory=True):
            del dumped[name]
    if isinstance(part, Event):
        _leave_out(part.actor, dumped["actor"])
        for name in ("moves", "changes", "findings", "notices"):
            for inner, there in zip(getattr(part, name), dumped[name], strict=True):
                _leave_out(inner, there)
