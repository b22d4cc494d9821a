"""A master assessor's assignment to a class, by surat tugas."""

from domain.cases import Assignment
from domain.roles import Role
from domain.text import Text
from domain.verdict import Outcome, Violation
from state_machines.class_facts import letter_verdicts
from state_machines.guards import no
from state_machines.table import Guard, Row, Situation, State, Table

_OPS = frozenset({Role.OPERATIONS})
_SYSTEM = frozenset({Role.SYSTEM})
_MASTER = frozenset({Role.MASTER_ASSESSOR})


def letter_given(s: Situation) -> list[Violation]:
    """Has the surat tugas its number and date?"""
    assert isinstance(s.subject, Assignment)
    if s.subject.letter_number and s.subject.letter_date:
        return []
    return no(
        "R-MA",
        "Surat tugas belum bernomor dan bertanggal.",
        "The letter of assignment has no number or date.",
        subject=s.subject.id,
        citation="[S] surat tugas",
    )


def is_the_master(s: Situation) -> list[Violation]:
    assert isinstance(s.subject, Assignment)
    if s.subject.person in s.actor.hands:
        return []
    return no(
        "M-OWN",
        "Hanya master asesor yang ditugaskan yang dapat menjawab.",
        "Only the master assessor who was assigned can answer.",
        subject=s.subject.id,
    )


def fits(s: Situation) -> list[Violation]:
    """Is the master assessor of the scheme's field, certified on all class days, free on them, and in no
    other hat of this class?"""
    assert isinstance(s.subject, Assignment)
    if s.case.revision < 1:  # letters of then were not judged, and stand
        return []
    if s.case.kind == "journey":  # a re-assessment's assessor was judged with its schedule, day and all
        return []
    return [v.violation() for v in letter_verdicts(s, s.subject) if v.outcome is Outcome.FAIL]


THE_MASTER = Guard("M-OWN", is_the_master)

ASSIGNMENT = Table(
    name="assignment",
    label=Text(id="Penugasan", en="Assignment"),
    initial=("PROPOSED",),
    states=(
        State("PROPOSED", Text(id="diusulkan", en="proposed")),
        State("ASSIGNED", Text(id="ditugaskan", en="assigned")),
        State("ACCEPTED", Text(id="diterima", en="accepted")),
        State("DECLINED", Text(id="ditolak", en="declined"), terminal=True),
        State("LAPSED", Text(id="gugur", en="lapsed"), terminal=True),
        State("DONE", Text(id="selesai", en="done"), terminal=True),
        State("REPLACED", Text(id="diganti", en="replaced"), terminal=True),
    ),
    rows=(
        Row(
            "assign",
            "PROPOSED",
            "ASSIGNED",
            _OPS,
            Text(id="Tugaskan", en="Assign"),
            "[S] surat tugas",
            (Guard("R-MA:letter", letter_given), Guard("rules:assign", fits, needs_command=True)),
        ),
        Row(
            "drop",
            "PROPOSED",
            "REPLACED",
            _SYSTEM | _OPS,
            Text(id="Lepas usulan", en="Drop the proposal"),
            "[D] a proposal that operations did not take up",
        ),
        Row("accept", "ASSIGNED", "ACCEPTED", _MASTER, Text(id="Terima", en="Accept"), "[D]", (THE_MASTER,)),
        Row("decline", "ASSIGNED", "DECLINED", _MASTER, Text(id="Tolak", en="Decline"), "[D]", (THE_MASTER,)),
        Row(
            "lapse",
            "ASSIGNED",
            "LAPSED",
            _SYSTEM,
            Text(id="Gugur", en="Lapse"),
            "[D] 3 working days without an answer, or a day that was not free",
        ),
        Row("finish", "ACCEPTED", "DONE", _SYSTEM, Text(id="Selesai", en="Finish"), "[D]"),
        Row("replace", "ASSIGNED", "REPLACED", _OPS | _SYSTEM, Text(id="Ganti", en="Replace"), "[D]"),
        Row("replace", "ACCEPTED", "REPLACED", _OPS | _SYSTEM, Text(id="Ganti", en="Replace"), "[D]"),
    ),
)
