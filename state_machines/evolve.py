"""The one function that changes a case, and the fold that auditors and the projection make of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.cases import KINDS, Case, Entity
from domain.events import GENESIS, Change, Event
from state_machines.table import follow
from state_machines.tables import TABLES


def evolve(case: Case, event: Event) -> Case:
    """The case after the event. The only way a case changes.

    Raises IllegalMove when a recorded move is not in the tables, AssertionError when the event does not
    continue this case's chain.
    """
    if event.stream != case.stream or event.seq != case.seq + 1 or event.prev_hash != (case.head or GENESIS):
        raise AssertionError("the event does not continue this chain")
    entities: dict[str, dict[str, Any]] = {kind: dict(bag) for kind, bag in case.entities.items()}
    hands = dict(case.hands)
    header: dict[str, Any] = {}
    for change in event.changes:
        if change.kind == "hands":
            hands[change.id] = tuple(change.fields["persons"])
        elif change.kind == "case":
            header.update(change.fields)
        else:
            entities[change.kind][change.id] = _changed(entities, change)
    for move in event.moves:
        bag = entities[move.machine]
        entity: Entity = bag[move.subject]
        bag[move.subject] = entity.model_copy(
            update={"state": follow(TABLES[move.machine], entity.state, move)}
        )
    receipts = case.receipts
    if "command_digest" in event.payload:
        receipts = {
            **receipts,
            event.command_id: (event.seq, event.hash, str(event.payload["command_digest"])),
        }
    messages = case.messages
    if "message_id" in event.payload:
        messages = {**messages, str(event.payload["message_id"]): event.seq}
    new = case.model_copy(
        update={
            "entities": entities,
            "hands": hands,
            "seq": event.seq,
            "head": event.hash,
            "business_at": max(case.business_at, event.business_at),
            "receipts": receipts,
            "messages": messages,
        }
    )
    if header:
        new = Case.model_validate({**new.model_dump(), **header})
    return new


def _changed(entities: Mapping[str, Mapping[str, Any]], change: Change) -> Entity:
    model = KINDS[change.kind]
    present = entities[change.kind].get(change.id)
    if present is None:
        return model.model_validate(change.fields)
    # Validate the changed fields alone, in the types of the model.
    fresh = model.__pydantic_validator__
    copy: Entity = present.model_copy()
    for name, value in change.fields.items():
        fresh.validate_assignment(copy, name, value)
    return copy


def fold(start: Case, events: Iterable[Event]) -> Case:
    """The case after all these events, each checked against chain and tables."""
    for event in events:
        start = evolve(start, event)
    return start
