"""What a case stream is after each of its events: the fold from which its rows are made."""

import json
from collections.abc import Iterable, Iterator, Mapping

from db.projection import Folded
from db.streams import Locked
from db.tables import StreamRow
from domain.cases import Case
from domain.events import Event
from state_machines.evolve import evolve


def openings_of(row: Locked | StreamRow) -> dict[int, Case]:
    """The empty cases from which the stream's runs began, by the seq after which they did."""
    return {int(seq): Case.model_validate(case) for seq, case in json.loads(row.openings).items()}


def fold_stream(openings: Mapping[int, Case], events: Iterable[Event]) -> Iterator[Folded]:
    """What a case stream is after each of its events; raises as `evolve` does."""
    folded: Folded | None = None
    for event in events:
        opening = openings.get(event.seq - 1)
        if opening is not None and (folded is None or folded.case != opening):
            folded = begun(folded, opening)
        if folded is None:
            raise AssertionError("the stream has no opening")
        folded = folded.after(event, evolve(folded.case, event))
        yield folded


def begun(before: Folded | None, opening: Case) -> Folded:
    """A run that begins: every row of the run before is replaced, the day of the first opening stays."""
    if before is None:
        return Folded(case=opening, touched=None)
    return Folded(
        case=opening,
        opened_at=before.opened_at,
        touched=None,
        stage=before.stage,
        entered=before.entered,
    )
