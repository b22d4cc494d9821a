"""What Temporal's own UI shows of a case: typed search attributes and details. Opaque values only."""

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from domain.cases import Case
    from state_machines.tables import TABLES
    from state_machines.turn import OPEN_TASK, moments

STAGE = SearchAttributeKey.for_keyword("AsesorStage")
STATE = SearchAttributeKey.for_keyword("AsesorState")
ORGANISER = SearchAttributeKey.for_keyword("AsesorOrganiser")
DUE = SearchAttributeKey.for_datetime("AsesorDue")
TRACK = SearchAttributeKey.for_keyword("AsesorTrack")
POLICY = SearchAttributeKey.for_keyword("AsesorPolicy")
ATTENTION = SearchAttributeKey.for_keyword("AsesorAttention")
SEARCH_ATTRIBUTES: tuple[SearchAttributeKey[Any], ...] = (
    STAGE,
    STATE,
    ORGANISER,
    DUE,
    TRACK,
    POLICY,
    ATTENTION,
)


class Shown:
    """What was shown last, so that only a change is written into the history."""

    def __init__(self) -> None:
        self._last: dict[str, Any] = {}

    def show(self, case: Case, attention: str) -> None:
        """Bring search attributes and details to the case's present state."""
        state = TABLES[case.kind].state(case.state)
        upcoming = moments(case)
        wanted: dict[SearchAttributeKey[Any], Any] = {
            STAGE: str(state.stage),
            STATE: state.name,
            ORGANISER: getattr(case.main, "organiser", "") or "-",
            TRACK: getattr(case.main, "track", "") or "-",
            POLICY: case.policy_version,
            ATTENTION: attention or "-",
        }
        if upcoming:
            wanted[DUE] = upcoming[0][0]
        changed = [k.value_set(v) for k, v in wanted.items() if self._last.get(k.name) != v]
        if changed:
            workflow.upsert_search_attributes(changed)
            self._last.update({k.name: v for k, v in wanted.items()})
        lines = [f"**{state.label.id}** ({state.name})"]
        lines += [
            f"- {t.kind}: {t.group}, {t.due_at:%Y-%m-%d %H:%M} UTC"
            for t in case.tasks.values()
            if t.state in OPEN_TASK
        ]
        workflow.set_current_details("\n".join(lines))
