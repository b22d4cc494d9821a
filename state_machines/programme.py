"""A training programme: one request of an organiser, from draft to accepted report."""

from domain.cases import Programme
from domain.roles import Role
from domain.rules.matrix import Moment
from domain.rules.organiser import r_org
from domain.text import Text
from domain.verdict import Violation
from state_machines.guards import APPROVES, VERIFIES, no, own_organisation, rules
from state_machines.table import Guard, Row, Situation, State, Table
from state_machines.task import OPEN_TASK

_ORGANISER = frozenset({Role.ORGANISER})
_VERIFIER = frozenset({Role.VERIFIER})
_APPROVER = frozenset({Role.APPROVER})
_OPS = frozenset({Role.OPERATIONS})
_SYSTEM = frozenset({Role.SYSTEM})

LOST_JOURNEY = frozenset({"WITHDRAWN", "EXPIRED", "REJECTED"})
"""Journey states that give up the seat of a class that is still ahead."""
DECIDED_JOURNEY = LOST_JOURNEY | {"CLOSED", "CERTIFIED"}
"""Journey states that count as decided or ended for a programme's report."""


def _programme(s: Situation) -> Programme:
    assert isinstance(s.subject, Programme)
    return s.subject


OWN = own_organisation(lambda s: _programme(s).organiser)


def send_backs_left(s: Situation) -> list[Violation]:
    """Has the request been sent back fewer times than the policy allows (3 [D])?"""
    limit = s.policy.send_backs_maximum
    if _programme(s).send_backs < limit:
        return []
    return no(
        "M-SENDBACK",
        f"Permohonan sudah dikembalikan {limit} kali; setujui atau tolak.",
        f"The request has been sent back {limit} times; recommend or reject it.",
        subject=s.subject.id,
        send_backs=_programme(s).send_backs,
    )


def seats_settled(s: Situation) -> list[Violation]:
    """Is every seat judged, and every question for a person resolved?"""
    found: list[Violation] = []
    proposed = [x.id for x in s.case.seats.values() if x.state == "PROPOSED"]
    if proposed:
        found += no(
            "M-SEATS",
            f"{len(proposed)} peserta belum diverifikasi.",
            f"{len(proposed)} participants are not verified yet.",
            subject=s.subject.id,
            seats=proposed,
        )
    open_ = [
        t.id
        for t in s.case.tasks.values()
        if t.kind in ("resolve_equivalence", "resolve_exception") and t.state in OPEN_TASK
    ]
    if open_:
        found += no(
            "M-RESOLVE",
            f"{len(open_)} hal masih menunggu keputusan verifikator.",
            f"{len(open_)} matters still await a verifier's decision.",
            subject=s.subject.id,
            tasks=open_,
        )
    return found


def organiser_not_refused(s: Situation) -> list[Violation]:
    """Did no verifier refuse the organiser where R-ORG left it to a person?"""
    if _programme(s).organiser_answer != "refused":
        return []
    return no(
        "R-ORG",
        "Verifikator tidak menerima penyelenggara ini; kembalikan permohonan untuk perbaikan, atau tolak.",
        "A verifier did not accept this organiser; send the request back for correction, or reject it.",
        subject=s.subject.id,
        citation=r_org.citation,
        remedy=Text(
            id="Penyelenggara memperbaiki data skema atau lisensinya, lalu mengajukan kembali.",
            en="The organiser mends the facts about its schemes or licence, then submits again.",
        ),
    )


def classes_ready(s: Situation) -> list[Violation]:
    """Is every class READY or CANCELLED, and at least one READY?"""
    states = [c.state for c in s.case.classes.values()]
    if "READY" in states and set(states) <= {"READY", "CANCELLED"}:
        return []
    return no(
        "M-CLASSES",
        "Belum semua kelas siap.",
        "Not every class is ready.",
        subject=s.subject.id,
        states=states,
    )


def classes_not_ready(s: Situation) -> list[Violation]:
    return (
        []
        if classes_ready(s)
        else no("M-CLASSES", "Kelas masih siap.", "The classes are still ready.", subject=s.subject.id)
    )


def all_cancelled(s: Situation) -> list[Violation]:
    states = {c.state for c in s.case.classes.values()}
    return (
        []
        if states == {"CANCELLED"}
        else no(
            "M-CLASSES",
            "Masih ada kelas yang tidak batal.",
            "Some class is not cancelled.",
            subject=s.subject.id,
        )
    )


def a_class_runs(s: Situation) -> list[Violation]:
    return (
        []
        if any(c.state == "RUNNING" for c in s.case.classes.values())
        else no(
            "M-CLASSES", "Belum ada kelas yang berlangsung.", "No class is running yet.", subject=s.subject.id
        )
    )


def training_and_decisions_done(s: Situation) -> list[Violation]:
    """Is every class DONE or CANCELLED, and has every attended participant's journey its first decision
    or an end? Re-assessments do not hold the report."""
    found: list[Violation] = []
    if not {c.state for c in s.case.classes.values()} <= {"DONE", "CANCELLED"}:
        found += no(
            "M-CLASSES",
            "Masih ada kelas yang belum selesai.",
            "Some class is not done.",
            subject=s.subject.id,
        )
    waiting = [
        x.id
        for x in s.case.seats.values()
        if x.state == "ATTENDED" and not x.first_decision and x.journey_state not in DECIDED_JOURNEY
    ]
    if waiting:
        found += no(
            "M-JOURNEYS",
            f"{len(waiting)} calon asesor belum mendapat keputusan pertama.",
            f"{len(waiting)} candidates have no first decision yet.",
            subject=s.subject.id,
            seats=waiting,
        )
    return found


def report_filed(s: Situation) -> list[Violation]:
    return (
        []
        if _programme(s).report_digest
        else no(
            "M-REPORT", "Laporan belum disampaikan.", "No report has been submitted.", subject=s.subject.id
        )
    )


def suspended_from(state: str) -> Guard:
    """Was the programme suspended from this very state?"""

    def ask(s: Situation) -> list[Violation]:
        if _programme(s).suspended_from == state:
            return []
        return no(
            "M-RESUME",
            "Program dihentikan dari keadaan lain.",
            "It was suspended from another state.",
            subject=s.subject.id,
        )

    return Guard(f"suspended_from:{state}", ask, selects=True)


NOT_REFUSED = Guard("R-ORG:answer", organiser_not_refused)

_CANCELLABLE = ("VERIFYING", "CORRECTION", "AWAITING_APPROVAL", "PREPARATION", "READY")
_OPEN = (
    "SUBMITTED",
    "VERIFYING",
    "CORRECTION",
    "AWAITING_APPROVAL",
    "PREPARATION",
    "READY",
    "RUNNING",
    "REPORTING",
)
_LABEL_CANCEL = Text(id="Batalkan", en="Cancel")

PROGRAMME = Table(
    name="programme",
    label=Text(id="Program pelatihan", en="Training programme"),
    initial=("DRAFT",),
    states=(
        State("DRAFT", Text(id="draf", en="draft"), stage=1),
        State("SUBMITTED", Text(id="diajukan", en="submitted"), stage=1),
        State("VERIFYING", Text(id="verifikasi", en="verifying"), stage=2),
        State("CORRECTION", Text(id="perbaikan", en="correction"), stage=2),
        State("AWAITING_APPROVAL", Text(id="menunggu persetujuan", en="awaiting approval"), stage=2),
        State("PREPARATION", Text(id="pra pelaksanaan", en="preparation"), stage=3),
        State("READY", Text(id="siap", en="ready"), stage=3),
        State("RUNNING", Text(id="pelaksanaan", en="running"), stage=4),
        State("REPORTING", Text(id="pelaporan", en="reporting"), stage=4),
        State("SUSPENDED", Text(id="dihentikan sementara", en="suspended")),
        State("COMPLETED", Text(id="selesai", en="completed"), terminal=True, stage=4),
        State("REJECTED", Text(id="ditolak", en="rejected"), terminal=True, stage=2),
        State("CANCELLED", Text(id="dibatalkan", en="cancelled"), terminal=True),
        State("EXPIRED", Text(id="kedaluwarsa", en="expired"), terminal=True),
    ),
    rows=(
        Row(
            "submit",
            "DRAFT",
            "SUBMITTED",
            _ORGANISER,
            Text(id="Ajukan", en="Submit"),
            "[S] Permohonan",
            (OWN, rules(Moment.programme_submit)),
        ),
        Row(
            "expire", "DRAFT", "EXPIRED", _SYSTEM, Text(id="Kedaluwarsa", en="Expire"), "[D] idle for 90 days"
        ),
        Row(
            "start_verification",
            "SUBMITTED",
            "VERIFYING",
            _VERIFIER,
            Text(id="Mulai verifikasi", en="Start verification"),
            "[S] Verifikasi",
            (VERIFIES,),
        ),
        Row(
            "withdraw",
            "SUBMITTED",
            "DRAFT",
            _ORGANISER,
            Text(id="Tarik kembali", en="Withdraw"),
            "[D] before verification began",
            (OWN,),
        ),
        Row(
            "send_back",
            "VERIFYING",
            "CORRECTION",
            _VERIFIER,
            Text(id="Kembalikan untuk perbaikan", en="Send back"),
            "[D] at most 3 times",
            (VERIFIES, Guard("M-SENDBACK", send_backs_left)),
        ),
        Row(
            "recommend",
            "VERIFYING",
            "AWAITING_APPROVAL",
            _VERIFIER,
            Text(id="Rekomendasikan", en="Recommend"),
            "[S] Verifikasi dan Persetujuan",
            (VERIFIES, Guard("M-SEATS", seats_settled), NOT_REFUSED),
        ),
        Row(
            "reject",
            "VERIFYING",
            "REJECTED",
            _VERIFIER,
            Text(id="Tolak", en="Reject"),
            "[D] with a reason",
            (VERIFIES,),
        ),
        Row(
            "resubmit",
            "CORRECTION",
            "VERIFYING",
            _ORGANISER,
            Text(id="Ajukan kembali", en="Resubmit"),
            "[D]",
            (OWN, rules(Moment.programme_resubmit)),
        ),
        Row(
            "expire",
            "CORRECTION",
            "EXPIRED",
            _SYSTEM,
            Text(id="Kedaluwarsa", en="Expire"),
            "[D] 5 working days without a correction",
        ),
        Row(
            "approve",
            "AWAITING_APPROVAL",
            "PREPARATION",
            _APPROVER,
            Text(id="Setujui", en="Approve"),
            "[S] Persetujuan",
            (APPROVES, NOT_REFUSED, rules(Moment.programme_approve)),
        ),
        Row(
            "approve_without",
            "AWAITING_APPROVAL",
            "PREPARATION",
            _APPROVER,
            Text(id="Setujui tanpa sebagian peserta", en="Approve without some"),
            "[D]",
            (APPROVES, NOT_REFUSED, rules(Moment.programme_approve)),
        ),
        Row(
            "return_to_verifier",
            "AWAITING_APPROVAL",
            "VERIFYING",
            _APPROVER,
            Text(id="Kembalikan ke verifikator", en="Return to the verifier"),
            "[D]",
            (APPROVES,),
        ),
        Row(
            "reject",
            "AWAITING_APPROVAL",
            "REJECTED",
            _APPROVER,
            Text(id="Tolak", en="Reject"),
            "[D] with a reason",
            (APPROVES,),
        ),
        Row(
            "make_ready",
            "PREPARATION",
            "READY",
            _SYSTEM,
            Text(id="Siap", en="Ready"),
            "[D]",
            (Guard("M-CLASSES", classes_ready),),
        ),
        Row(
            "all_cancelled",
            "PREPARATION",
            "CANCELLED",
            _SYSTEM,
            Text(id="Semua kelas batal", en="All cancelled"),
            "[D]",
            (Guard("M-CLASSES", all_cancelled),),
        ),
        Row(
            "start",
            "PREPARATION",
            "RUNNING",
            _SYSTEM,
            Text(id="Mulai", en="Start"),
            "[S] Pelaksanaan",
            (Guard("M-CLASSES", a_class_runs),),
        ),
        Row(
            "start",
            "READY",
            "RUNNING",
            _SYSTEM,
            Text(id="Mulai", en="Start"),
            "[S] Pelaksanaan",
            (Guard("M-CLASSES", a_class_runs),),
        ),
        Row(
            "lose_readiness",
            "READY",
            "PREPARATION",
            _SYSTEM,
            Text(id="Kehilangan kesiapan", en="Lose readiness"),
            "[D]",
            (Guard("M-CLASSES", classes_not_ready),),
        ),
        Row(
            "conclude",
            "RUNNING",
            "REPORTING",
            _SYSTEM,
            Text(id="Masuk pelaporan", en="Conclude"),
            "[D]",
            (Guard("M-CLASSES", training_and_decisions_done),),
        ),
        Row(
            "submit_report",
            "REPORTING",
            "REPORTING",
            _ORGANISER,
            Text(id="Sampaikan laporan", en="Submit the report"),
            "[D] within 14 working days",
            (OWN,),
        ),
        Row(
            "return_report",
            "REPORTING",
            "REPORTING",
            _OPS,
            Text(id="Kembalikan laporan", en="Return the report"),
            "[D]",
            (Guard("M-REPORT", report_filed),),
        ),
        Row(
            "accept_report",
            "REPORTING",
            "COMPLETED",
            _OPS,
            Text(id="Terima laporan", en="Accept the report"),
            "[D]",
            (Guard("M-REPORT", report_filed),),
        ),
        *(
            Row("cancel", source, "CANCELLED", _ORGANISER | _OPS, _LABEL_CANCEL, "[D] with a reason", (OWN,))
            for source in _CANCELLABLE
        ),
        *(
            Row(
                "suspend",
                source,
                "SUSPENDED",
                _OPS,
                Text(id="Hentikan sementara", en="Suspend"),
                "[D] with a reason",
            )
            for source in _OPEN
        ),
        *(
            Row(
                "resume",
                "SUSPENDED",
                source,
                _OPS,
                Text(id="Lanjutkan", en="Resume"),
                "[D] back where it came from",
                (suspended_from(source),),
            )
            for source in _OPEN
        ),
        Row(
            "cancel", "SUSPENDED", "CANCELLED", _ORGANISER | _OPS, _LABEL_CANCEL, "[D] with a reason", (OWN,)
        ),
    ),
)
