"""One class of a programme."""

from datetime import datetime

from domain.cases import Case, Class
from domain.clock import at
from domain.roles import Role
from domain.rules.matrix import Moment
from domain.text import Text
from domain.verdict import Outcome, Violation
from state_machines.class_facts import STANDING, ready_verdicts
from state_machines.guards import no, own_organisation, rules
from state_machines.table import Guard, Row, Situation, State, Table
from state_machines.task import trainers_of

_SYSTEM = frozenset({Role.SYSTEM})
_ORGANISERS = frozenset({Role.ORGANISER, Role.OPERATIONS})
_FINISHERS = frozenset({Role.MASTER_ASSESSOR, Role.ORGANISER})

OWN = own_organisation(lambda s: s.case.programme.organiser)


def _class(s: Situation) -> Class:
    assert isinstance(s.subject, Class)
    return s.subject


def starts_at(class_: Class) -> datetime:
    """The first session's hour in the venue's own zone, as UTC."""
    return at(min(class_.days), class_.start_hour, zone=class_.zone)


def _people_before_revision_1(case: Case, class_: Class, *, committee: int, trainers: int) -> list[str]:
    """How committee and master assessors were judged before R-2 and R-MA were asked."""
    assignments = [a for a in case.assignments.values() if a.class_id == class_.id]
    standing = [a for a in assignments if a.state in STANDING]
    accepted = [a for a in assignments if a.state == "ACCEPTED"]
    missing = []
    if len(set(class_.committee)) < committee:
        missing.append("committee")
    if (
        any(a.state != "ACCEPTED" for a in standing)
        or len({a.person for a in accepted if a.kind == "trainer"}) < trainers
        or not any(a.kind == "assessor" for a in accepted)
    ):
        missing.append("assignments")
    return missing


def complete(s: Situation) -> list[Violation]:
    """Has the class its committee (R-2), its master assessors (R-MA), its venue and its seats?"""
    class_, failed = _class(s), list[Violation]()
    if s.case.revision >= 1:  # a class that was READY under the former logic stays so
        failed = [v.violation() for v in ready_verdicts(s, class_) if v.outcome is Outcome.FAIL]
        missing = list(dict.fromkeys(_PARTS[v.rule] for v in failed))
    else:
        missing = _people_before_revision_1(
            s.case, class_, committee=s.policy.committee_minimum, trainers=s.policy.trainers_minimum
        )
    if not class_.venue_confirmed:
        missing.append("venue")
    seats = [x.state for x in s.case.seats.values() if x.class_id == class_.id]
    if "CONFIRMED" not in seats or "PROPOSED" in seats or "VERIFIED" in seats:
        missing.append("seats")
    if not missing:
        return []
    summary = no(
        "M-READY",
        "Kelas belum siap; yang masih kurang: {}.".format(", ".join(_WORDS[m] for m in missing)),
        "The class is not ready; still missing: {}.".format(", ".join(missing)),
        subject=s.subject.id,
        missing=missing,
    )
    return [*summary, *failed]


def incomplete(s: Situation) -> list[Violation]:
    return (
        []
        if complete(s)
        else no("M-READY", "Kelas masih siap.", "The class is still ready.", subject=s.subject.id)
    )


def hour_has_come(s: Situation) -> list[Violation]:
    """Has the first session's hour come?"""
    if s.now >= starts_at(_class(s)):
        return []
    return no(
        "M-EARLY", "Sesi pertama belum tiba.", "The first session's hour has not come.", subject=s.subject.id
    )


def last_day_recorded(s: Situation) -> list[Violation]:
    """Is the last day's attendance recorded, and has that day come?"""
    class_ = _class(s)
    found: list[Violation] = []
    if s.now < at(max(class_.days), class_.start_hour, zone=class_.zone):
        found += no(
            "M-EARLY",
            "Hari terakhir kelas belum tiba.",
            "The class's last day has not come.",
            subject=class_.id,
            last_day=max(class_.days).isoformat(),
        )
    if not class_.attendance_recorded:
        found += no(
            "M-ATTEND", "Kehadiran belum dicatat.", "Attendance has not been recorded.", subject=class_.id
        )
    return found


def trains_here(s: Situation) -> list[Violation]:
    """Is a master assessor who acts here one of this class's accepted trainers?"""
    if s.actor.role is not Role.MASTER_ASSESSOR:
        return []
    if trainers_of(s.case, s.subject.id) & s.actor.hands:
        return []
    return no("M-OWN", "Hanya pelatih kelas ini.", "Only this class's trainers.", subject=s.subject.id)


_PARTS = {"R-2": "committee", "R-MA": "assignments"}
_WORDS = {
    "committee": "panitia",
    "assignments": "jawaban master asesor",
    "venue": "kepastian tempat",
    "seats": "konfirmasi peserta",
}

PREPARED = ("SCHEDULED", "READY")
"""States of a class that is being prepared: dates, venue, committee and letters may change."""
BEFORE_START = ("PLANNED", *PREPARED)
"""States of a class that is still ahead."""

CLASS = Table(
    name="class",
    label=Text(id="Kelas", en="Class"),
    initial=("PLANNED",),
    states=(
        State("PLANNED", Text(id="direncanakan", en="planned")),
        State("SCHEDULED", Text(id="dijadwalkan", en="scheduled")),
        State("READY", Text(id="siap", en="ready")),
        State("RUNNING", Text(id="berlangsung", en="running")),
        State("INTERRUPTED", Text(id="terhenti", en="interrupted")),
        State("DONE", Text(id="selesai", en="done"), terminal=True),
        State("CANCELLED", Text(id="batal", en="cancelled"), terminal=True),
    ),
    rows=(
        Row(
            "schedule",
            "PLANNED",
            "SCHEDULED",
            _SYSTEM,
            Text(id="Jadwalkan", en="Schedule"),
            "[D] at approval, with the dates asked for",
        ),
        Row(
            "ready",
            "SCHEDULED",
            "READY",
            _SYSTEM,
            Text(id="Nyatakan siap", en="Ready"),
            "[S] at least two committee members; surat tugas answered",
            (Guard("M-READY", complete),),
        ),
        Row(
            "lose_resource",
            "READY",
            "SCHEDULED",
            _SYSTEM,
            Text(id="Kehilangan kesiapan", en="Lose readiness"),
            "[D] committee, master assessor or venue was lost",
            (Guard("M-READY", incomplete),),
        ),
        *(
            Row(
                "reschedule",
                source,
                "SCHEDULED",
                _ORGANISERS,
                Text(id="Jadwal ulang", en="Reschedule"),
                "[D] every date rule runs again",
                (OWN, rules(Moment.reschedule)),
            )
            for source in PREPARED
        ),
        *(
            Row(
                "confirm_venue",
                source,
                source,
                _ORGANISERS,
                Text(id="Pastikan tempat", en="Confirm the venue"),
                "[D] the venue is one of the things that READY needs",
                (OWN,),
            )
            for source in PREPARED
        ),
        *(
            Row(
                "set_committee",
                source,
                source,
                _ORGANISERS,
                Text(id="Ubah panitia", en="Change the committee"),
                "[S] at least two committee members; [D] R-2 runs again for a list that names fewer",
                (OWN, rules(Moment.committee_removal)),
            )
            for source in PREPARED
        ),
        Row(
            "start",
            "READY",
            "RUNNING",
            _SYSTEM,
            Text(id="Mulai", en="Start"),
            "[S] Pelaksanaan",
            (Guard("M-EARLY", hour_has_come), rules(Moment.class_start)),
        ),
        Row(
            "finish",
            "RUNNING",
            "DONE",
            _FINISHERS,
            Text(id="Selesaikan kelas", en="Finish"),
            "[D] needs the last day's attendance",
            (OWN, Guard("M-OWN:trainer", trains_here), Guard("M-ATTEND", last_day_recorded)),
        ),
        Row(
            "interrupt",
            "RUNNING",
            "INTERRUPTED",
            _FINISHERS,
            Text(id="Hentikan sementara", en="Interrupt"),
            "[D]",
            (OWN, Guard("M-OWN:trainer", trains_here)),
        ),
        Row(
            "resume_class",
            "INTERRUPTED",
            "RUNNING",
            _FINISHERS,
            Text(id="Lanjutkan", en="Resume"),
            "[D]",
            (OWN, Guard("M-OWN:trainer", trains_here)),
        ),
        Row(
            "cancel",
            "INTERRUPTED",
            "CANCELLED",
            _FINISHERS | _SYSTEM,
            Text(id="Batalkan", en="Cancel"),
            "[D]",
            (OWN, Guard("M-OWN:trainer", trains_here)),
        ),
        *(
            Row(
                "cancel",
                source,
                "CANCELLED",
                _ORGANISERS | _SYSTEM,
                Text(id="Batalkan kelas", en="Cancel"),
                "[D] before the start",
                (OWN,),
            )
            for source in BEFORE_START
        ),
    ),
)
