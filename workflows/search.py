"""What Temporal's own UI shows of a case: typed search attributes and details. Opaque values only."""

from typing import Any

from temporalio import workflow
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

with workflow.unsafe.imports_passed_through():
    from domain.cases import Case
    from domain.clock import format_wib
    from domain.policy import policy as policy_of
    from domain.roles import LABELS, Role
    from state_machines.moments import moments
    from state_machines.tables import TABLES
    from state_machines.task import OPEN_TASK
    from workflows.cases.kinds import opened
    from workflows.model import CaseStart

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


def attributes(case: Case, attention: str) -> dict[SearchAttributeKey[Any], Any]:
    """What lists in Temporal's own pages can be searched by; DUE only while something is waited for."""
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
    return wanted


def attributes_at(start: CaseStart) -> TypedSearchAttributes:
    """The attributes with which a case that another one opens begins, so that it need not write them."""
    case = opened(start.case, start.opening, start.now)
    return TypedSearchAttributes([SearchAttributePair(k, v) for k, v in attributes(case, "").items()])


class Shown:
    """What was shown last, so that only a change is written into the history."""

    def __init__(self, already: TypedSearchAttributes | None) -> None:
        """`already`: what the run began with; None when it is to be written anew."""
        self._last: dict[str, Any] = {pair.key.name: pair.value for pair in already or ()}

    def show(self, case: Case, attention: str) -> None:
        """Bring search attributes and details to the case's present state."""
        wanted = attributes(case, attention)
        changed: list[SearchAttributeUpdate[Any]] = [
            k.value_set(v) for k, v in wanted.items() if self._last.get(k.name) != v
        ]
        # Cases begun before revisions were counted keep the last moment that they waited for.
        if case.revision and DUE not in wanted and self._last.pop(DUE.name, None) is not None:
            changed.append(DUE.value_unset())
        if changed:
            workflow.upsert_search_attributes(changed)
            self._last.update({k.name: v for k, v in wanted.items()})
        workflow.set_current_details(details(case, attention))


def details(case: Case, attention: str) -> str:
    """The case in a few sentences: its state, what it waits for and until when (WIB), what is wrong."""
    label = TABLES[case.kind].state(case.state).label
    lines = [f"**{label.id}** / {label.en} ({case.state})"]
    if attention:
        lines.append(f"- Perlu perhatian / needs attention: `{attention}`")
    policy = policy_of(case.policy_version)
    for task in sorted(case.tasks.values(), key=lambda t: t.due_at):
        if task.state in OPEN_TASK:
            lines.append(
                f"- {policy.task(task.kind).label.id}: {LABELS[Role(task.group)].id}, "
                f"sampai {format_wib(task.due_at)}"
            )
    for deadline in sorted(case.deadlines.values(), key=lambda d: d.at):
        if deadline.state == "WAITING":
            lines.append(f"- Batas waktu `{deadline.kind}`: {format_wib(deadline.at)}")
    return "\n".join(lines)
