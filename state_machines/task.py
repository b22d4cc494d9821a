"""A human task. Escalation is a level, not a state; the catalogue is policy data."""

from domain.cases import Case, Task
from domain.roles import Actor, Role
from domain.rules.duties import separated_from
from domain.text import Text
from domain.verdict import Violation
from state_machines.guards import no, shared_hands
from state_machines.table import Guard, Row, Situation, State, Table

PEOPLE = frozenset(set(Role) - {Role.SYSTEM, Role.AUDITOR})


def _task(s: Situation) -> Task:
    assert isinstance(s.subject, Task)
    return s.subject


def answers_for(case: Case, task: Task, actor: Actor) -> bool:
    """May this actor answer on behalf of the one whom the task is for? Only the organiser of the case, and
    only a participant's confirmation: whoever could act for anybody would be anybody."""
    seat = case.seats.get(task.subject)
    return (
        case.kind == "programme"
        and task.kind == "confirm_seat"
        and actor.role is Role.ORGANISER
        and actor.organisation == case.programme.organiser
        and seat is not None
        and seat.person == task.for_person
    )


def on_behalf(s: Situation) -> list[Violation]:
    """Does whoever acts for another person do so where that is allowed?"""
    task, behalf = _task(s), s.actor.on_behalf_of
    if not behalf or (behalf == task.for_person and answers_for(s.case, task, s.actor)):
        return []
    return not_on_behalf(task)


def not_on_behalf(task: Task) -> list[Violation]:
    return no(
        "A-BEHALF",
        "Hanya konfirmasi peserta yang dapat diberikan penyelenggara atas namanya.",
        "Only a participant's confirmation can be given by the organiser on behalf.",
        subject=task.id,
        remedy=Text(
            id="Minta orang yang bersangkutan mengerjakannya sendiri.",
            en="Ask the very person to do it.",
        ),
    )


def eligible(s: Situation) -> list[Violation]:
    """Is this task for the one who asks: the person, the organisation or the group it is bound to?"""
    task, actor = _task(s), s.actor
    if task.for_person:
        if task.for_person in actor.hands and not wrong_hat(s):
            return []
    elif task.for_organisation:
        if actor.role is Role.ORGANISER and actor.organisation == task.for_organisation:
            return []
    elif actor.role.value == task.group:
        return []
    return no(
        "M-OWN",
        "Tugas ini ditujukan kepada orang atau kelompok lain.",
        "This task is for another person or group.",
        subject=task.id,
        group=task.group,
    )


def _barring(s: Situation) -> tuple[str, ...]:
    """The steps that bar this task: those that the catalogue names and, in a programme, those that the
    policy keeps apart from the step that doing it is."""
    entry = s.policy.task(_task(s).kind)
    if s.case.kind != "programme" or s.case.revision < 1 or not entry.step:  # before, the catalogue's alone
        return entry.barred
    return tuple(dict.fromkeys((*entry.barred, *separated_from(entry.step, s.policy, s.case.hands))))


def wrong_hat(s: Situation) -> list[Violation]:
    """A group's task is done in the group's role, also by the one it was given to or who holds it: is this
    another?"""
    task = _task(s)
    if s.case.revision < 1:  # before, any hat of that person would do
        return []
    if s.policy.task(task.kind).bound != "group" or s.actor.role.value == task.group:
        return []
    return no(
        "M-ROLE",
        "Tugas kelompok dikerjakan dalam peran kelompok itu.",
        "A group's task is done in the group's role.",
        subject=task.id,
        group=task.group,
        remedy=Text(id="Ganti peran Anda, lalu ulangi.", en="Change your role, then try again."),
    )


def not_barred(s: Situation) -> list[Violation]:
    """Has the one who asks had a hand in a step that bars this task (R-SOD)?"""
    return shared_hands(s, _barring(s), step=s.policy.task(_task(s).kind).step)


def is_holder(s: Situation) -> list[Violation]:
    task = _task(s)
    if task.holder and task.holder in s.actor.hands:
        return []
    return no(
        "T-HOLDER",
        "Tugas ini sedang dipegang orang lain.",
        "Somebody else holds this task.",
        subject=task.id,
    )


def holder_or_operations(s: Situation) -> list[Violation]:
    return [] if s.actor.role is Role.OPERATIONS else is_holder(s)


def decision_fits(s: Situation) -> list[Violation]:
    """Is the decision one of this task's, and does a negative one come with its reason?"""
    task, command = _task(s), s.command
    entry = s.policy.task(task.kind)
    decision = getattr(command, "decision", "")
    if decision not in entry.decisions:
        return no(
            "T-DECISION",
            "Keputusan itu tidak ada pada tugas ini. Yang ada: {}.".format(", ".join(entry.decisions)),
            "This task has no such decision. It has: {}.".format(", ".join(entry.decisions)),
            subject=task.id,
            decisions=list(entry.decisions),
        )
    if decision in entry.negative and decision not in entry.points and command.reason is None:
        return no(
            "T-REASON",
            "Keputusan ini memerlukan alasan tertulis.",
            "This decision needs a written reason.",
            subject=task.id,
            decision=decision,
        )
    if decision in entry.points and getattr(command.form, "form", "") != "points":
        return no(
            "T-POINTS",
            "Pengembalian memerlukan butir-butir yang harus diperbaiki.",
            "Sending back needs the points that must be mended.",
            subject=task.id,
            decision=decision,
        )
    if decision in entry.evidence and not command.evidence:
        return no(
            "T-EVIDENCE",
            "Keputusan ini memerlukan bukti.",
            "This decision needs evidence.",
            subject=task.id,
            decision=decision,
        )
    return []


def new_holder_may(s: Situation) -> list[Violation]:
    """Is the task one that another person can do, and would the one named be free of R-SOD's bar?"""
    person = getattr(s.command, "to_person", None)
    task, entry = _task(s), s.policy.task(_task(s).kind)
    if task.kind == ATTENDANCE and person in trainers_of(s.case, task.subject):
        return []
    if entry.bound == "organisation" or (entry.bound == "person" and entry.group is not Role.REVIEWER):
        return no(
            "T-BOUND",
            "Tugas ini hanya dapat dikerjakan oleh orang atau lembaga yang bersangkutan.",
            "Only the very person or organisation concerned can do this task.",
            subject=s.subject.id,
            bound=entry.bound,
        )
    if entry.bound == "person" and not person:
        return no(
            "T-BOUND",
            "Sebutkan orang yang akan mengerjakan tugas ini.",
            "Name the person who is to do this task.",
            subject=s.subject.id,
        )
    found = [step for step in _barring(s) if person and person in s.case.hands.get(step, ())]
    if not found:
        # Tasks of before revision 1 could be given to anybody.
        return _able(s, task, person) if person and s.case.revision >= 1 else []
    return no(
        "R-SOD",
        "Orang yang dituju sudah mengerjakan langkah lain dalam perkara ini.",
        "The person named has already taken another step in this case.",
        subject=s.subject.id,
        steps=found,
    )


def _able(s: Situation, task: Task, person: str) -> list[Violation]:
    """Does the one named hold the task's role, and is it not about that very person?"""
    entry = s.policy.task(task.kind)
    found: list[Violation] = []
    if not {task.group, *(r.value for r in entry.also)} & set(s.facts.roles_of.get(person, ())):
        found += no(
            "T-ROLE",
            "Orang yang dituju tidak mempunyai peran untuk tugas ini.",
            "The person named does not hold the role for this task.",
            subject=task.id,
            group=task.group,
            remedy=Text(id="Pilih orang lain dari kelompok itu.", en="Choose another person of that group."),
        )
    about = (s.case.bag(kind).get(task.subject) for kind in ("seat", "assignment", "journey", "certificate"))
    if any(entity is not None and entity.person == person for entity in about):
        found += no(
            "R-SOD",
            "Tugas ini tentang orang yang dituju sendiri.",
            "This task is about the very person named.",
            subject=task.id,
            citation="[D] separation of duties: nobody decides on oneself",
            remedy=Text(id="Pilih orang lain.", en="Choose another person."),
        )
    return found


def trainers_of(case: Case, class_id: str) -> frozenset[str]:
    """The accepted trainers of a class: any of them may record its attendance."""
    return frozenset(
        a.person
        for a in case.assignments.values()
        if a.class_id == class_id and a.kind == "trainer" and a.state == "ACCEPTED"
    )


ATTENDANCE = "record_attendance"

ELIGIBLE = Guard("T-ELIGIBLE", eligible)
ON_BEHALF = Guard("A-BEHALF", on_behalf)
NOT_BARRED = Guard("R-SOD", not_barred)
IS_HOLDER = Guard("T-HOLDER", is_holder)
DECISION_FITS = Guard("T-DECISION", decision_fits, needs_command=True)

OFFERED, CLAIMED, COMPLETED, CANCELLED = "OFFERED", "CLAIMED", "COMPLETED", "CANCELLED"
OPEN_TASK = frozenset({OFFERED, CLAIMED})
"""States of a task that is still owed."""
_SYSTEM = frozenset({Role.SYSTEM})


def _both(
    trigger: str, dest: str | None, roles: frozenset[Role], label: Text, why: str, *guards: Guard
) -> tuple[Row, ...]:
    return tuple(Row(trigger, s, dest or s, roles, label, why, guards) for s in (OFFERED, CLAIMED))


TASK = Table(
    name="task",
    label=Text(id="Tugas", en="Task"),
    initial=(OFFERED,),
    states=(
        State(OFFERED, Text(id="ditawarkan", en="offered")),
        State(CLAIMED, Text(id="diambil", en="claimed")),
        State(COMPLETED, Text(id="selesai", en="completed"), terminal=True),
        State(CANCELLED, Text(id="batal", en="cancelled"), terminal=True),
    ),
    rows=(
        Row(
            "claim",
            OFFERED,
            CLAIMED,
            PEOPLE,
            Text(id="Ambil", en="Claim"),
            "[D] one holder at a time",
            (ELIGIBLE, ON_BEHALF, NOT_BARRED),
        ),
        Row(
            "release",
            CLAIMED,
            OFFERED,
            PEOPLE,
            Text(id="Lepaskan", en="Release"),
            "[D] the holder gives it back",
            (Guard("T-HOLDER", holder_or_operations),),
        ),
        *_both(
            "reassign",
            OFFERED,
            frozenset({Role.OPERATIONS}),
            Text(id="Alihkan", en="Reassign"),
            "[D] operations mend what is stuck",
            Guard("R-SOD", new_holder_may, needs_command=True),
        ),
        Row(
            "delegate",
            CLAIMED,
            CLAIMED,
            PEOPLE,
            Text(id="Delegasikan", en="Delegate"),
            "[D] the delegate holds it",
            (IS_HOLDER,),
        ),
        Row(
            "complete",
            CLAIMED,
            COMPLETED,
            PEOPLE,
            Text(id="Selesaikan", en="Complete"),
            "[D] late is allowed and recorded as late",
            (IS_HOLDER, ON_BEHALF, Guard("M-ROLE:group", wrong_hat), NOT_BARRED, DECISION_FITS),
        ),
        *_both(
            "settle",
            COMPLETED,
            _SYSTEM,
            Text(id="Selesai dengan sendirinya", en="Done by doing it"),
            "[D] what was owed has been done",
        ),
        *_both(
            "cancel",
            CANCELLED,
            _SYSTEM,
            Text(id="Batalkan", en="Cancel"),
            "[D] the process moved on without it",
        ),
        *_both(
            "comment",
            None,
            PEOPLE,
            Text(id="Komentari", en="Comment"),
            "[D] comments change nothing else",
            ELIGIBLE,
        ),
    ),
)
