"""One participant in one class."""

from domain.cases import Case, Class, Seat
from domain.facts import Facts, OrganiserFacts, OrganiserKind
from domain.policy import Policy
from domain.roles import Role
from domain.rules.matrix import Moment, run
from domain.text import Text
from domain.verdict import Outcome, Violation
from state_machines.class_ import BEFORE_START
from state_machines.guards import APPROVES, VERIFIES, no
from state_machines.table import Guard, Row, Situation, State, Table
from state_machines.task import OPEN_TASK, trainers_of

_VERIFIER = frozenset({Role.VERIFIER})
_SYSTEM = frozenset({Role.SYSTEM})
_PARTICIPANT = frozenset({Role.CANDIDATE, Role.ORGANISER})
"""The participant, or the organiser on behalf."""

HOLDING = frozenset({"CONFIRMED", "OFFERED"})
"""States that R-24 counts at every moment."""
WAITING = frozenset({"WAITLISTED", "OFFERED"})
OPEN = frozenset({"PROPOSED", "VERIFIED", "CONFIRMED", "WAITLISTED", "OFFERED"})


def holds_place(seat: Seat) -> bool:
    """Does this seat hold one of the class's places: confirmed, offered, or a main participant's to
    confirm?"""
    return seat.state in HOLDING or (seat.state == "VERIFIED" and seat.kind == "main")


def _seat(s: Situation) -> Seat:
    assert isinstance(s.subject, Seat)
    return s.subject


def own_seat(s: Situation) -> list[Violation]:
    """Is it the participant, or somebody of the programme's organiser?"""
    if s.actor.role is Role.ORGANISER and s.actor.organisation == s.case.programme.organiser:
        return []
    if s.actor.role is Role.SYSTEM or _seat(s).person in s.actor.hands:
        return []
    return no(
        "M-OWN", "Kursi ini milik peserta lain.", "This seat is another participant's.", subject=s.subject.id
    )


def nothing_to_resolve(s: Situation) -> list[Violation]:
    """Has every question that a person must decide about this participant been decided?"""
    open_ = [
        t.kind
        for t in s.case.tasks.values()
        if t.subject == s.subject.id
        and t.state in OPEN_TASK
        and t.kind in ("resolve_equivalence", "resolve_exception")
    ]
    if not open_:
        return []
    return no(
        "M-RESOLVE",
        "Ada hal tentang peserta ini yang masih harus diputuskan seorang verifikator.",
        "Something about this participant is still to be decided by a verifier.",
        subject=s.subject.id,
        tasks=open_,
    )


def pair_taken(s: Situation) -> list[Violation]:
    """Does this application hold the (person, scheme) pair? (R-DUP; the answer names no other organiser.)"""
    if _seat(s).pair_taken:
        return []
    return no(
        "R-DUP",
        "Pemeriksaan permohonan ganda untuk peserta ini belum selesai.",
        "The check for another application of this participant is not finished.",
        subject=s.subject.id,
        citation="[D] one active application per person and scheme",
    )


def judged_while(**states: str) -> Guard:
    """Is the programme in the state in which this role judges participants? (What follows by itself from
    another act is the system's, and was judged there.)"""

    def ask(s: Situation) -> list[Violation]:
        wanted = states.get(s.actor.role.value)
        if wanted is None or s.case.programme.state == wanted:
            return []
        return no(
            "M-STATE",
            "Peserta tidak sedang dinilai pada tahap ini.",
            "Participants are not being judged at this stage.",
            subject=s.subject.id,
            state=s.case.programme.state,
        )

    return Guard("M-STAGE", ask)


def left_out(s: Situation) -> list[Violation]:
    """Is it an approver's decision that approves without this participant, or the system's? (A single
    participant is refused by a verifier alone.)"""
    if s.actor.role is not Role.APPROVER or getattr(s.command, "decision", "") == "approve_without":
        return []
    return no(
        "M-ROLE",
        "Hanya verifikator yang menolak seorang peserta; penyetuju menyetujui tanpa peserta itu.",
        "Only a verifier refuses a participant; an approver approves without them.",
        subject=s.subject.id,
        remedy=Text(
            id="Putuskan permohonan dengan “setujui tanpa sebagian peserta”.",
            en="Decide on the request with “approve without some participants”.",
        ),
    )


def placed(s: Situation) -> list[Violation]:
    """Is it a main participant's seat, or one that was promoted from the waiting list?"""
    # A reserve promoted before revision 1 stayed one in name; the journey that the seat opened tells.
    if _seat(s).kind == "main" or _seat(s).journey:
        return []
    return no(
        "M-SEAT-KIND",
        "Peserta ini masih dalam daftar cadangan.",
        "This participant is still a reserve.",
        subject=s.subject.id,
        kind=_seat(s).kind,
    )


def is_kind(kind: str) -> Guard:
    def ask(s: Situation) -> list[Violation]:
        if _seat(s).kind == kind:
            return []
        return no(
            "M-SEAT-KIND",
            "Langkah ini untuk jenis kursi lain.",
            "This step is for another kind of seat.",
            subject=s.subject.id,
            kind=_seat(s).kind,
        )

    return Guard(f"kind:{kind}", ask)


def counted(case: Case, seat: Seat, facts: Facts, policy: Policy) -> Facts:
    """The facts with this case's own seats, `seat` left out: R-24 asks it of every seat move, R-30 of a
    promotion."""
    others = [x for x in case.seats.values() if x.class_id == seat.class_id and x.id != seat.id]
    standing = [x for x in case.seats.values() if x.external and x.id != seat.id and holds_place(x)]
    return facts.model_copy(
        update={
            "policy": policy,
            "organiser": facts.organiser
            or OrganiserFacts(id=case.programme.organiser, kind=OrganiserKind(case.programme.organiser_kind)),
            "class_id": seat.class_id,
            "seats_confirmed": sum(x.state == "CONFIRMED" for x in others),
            "seats_offered": sum(x.state == "OFFERED" for x in others),
            "submitted_total": case.programme.submitted_total,
            "external_held": len(standing) + int(seat.external),
        }
    )


def room(moment: Moment) -> Guard:
    """Do R-24 (every seat move) and R-30 (promotion) leave room for this seat?"""

    def ask(s: Situation) -> list[Violation]:
        facts = counted(s.case, _seat(s), s.facts, s.policy)
        return [v.violation() for v in run(moment, facts) if v.outcome is Outcome.FAIL]

    return Guard(f"rules:{moment.value}", ask)


def place_free(s: Situation) -> list[Violation]:
    """Is a place left when those count, too, whose main participants have yet to confirm?"""
    seat, limit = _seat(s), s.policy.class_maximum
    held = sum(holds_place(x) for x in s.case.seats.values() if x.class_id == seat.class_id)
    if held < limit or s.case.revision < 1:  # offers of then went past those who had yet to confirm
        return []
    return no(
        "R-24",
        f"Semua tempat di kelas ini masih dipegang; paling banyak {limit}.",
        f"Every place of this class is held; at most {limit}.",
        subject=seat.id,
        citation="[S] 1 kelas maksimal 24 peserta",
        held=held,
    )


def class_not_started(s: Situation) -> list[Violation]:
    """Is the class still ahead? A seat is freed and offered on before the start only."""
    class_: Class = s.case.classes[_seat(s).class_id]
    if class_.state in BEFORE_START:
        return []
    return no(
        "M-STARTED",
        "Kelas sudah dimulai atau berakhir.",
        "The class has started or ended.",
        subject=s.subject.id,
        state=class_.state,
    )


def receives(s: Situation) -> list[Violation]:
    """Is it the programme's organiser, or an accepted trainer of the class, who receives its participants?"""
    if s.actor.role is Role.ORGANISER and s.actor.organisation == s.case.programme.organiser:
        return []
    if s.actor.role is Role.MASTER_ASSESSOR and trainers_of(s.case, _seat(s).class_id) & s.actor.hands:
        return []
    return no(
        "M-OWN",
        "Hanya pelatih kelas ini atau penyelenggaranya.",
        "Only this class's trainers or its organiser.",
        subject=s.subject.id,
    )


def class_runs(s: Situation) -> list[Violation]:
    """Is the class running?"""
    state = s.case.classes[_seat(s).class_id].state
    if state == "RUNNING":
        return []
    return no(
        "M-STATE",
        "Kelas ini tidak sedang berlangsung.",
        "This class is not running.",
        subject=s.subject.id,
        state=state,
    )


def attended_all(s: Situation) -> list[Violation]:
    """Was the participant there on every class day? [D]"""
    seat = _seat(s)
    missing = [d.isoformat() for d in s.case.classes[seat.class_id].days if d not in seat.attended]
    return (
        no(
            "M-ATTEND",
            "Tidak hadir pada semua hari kelas.",
            "Not there on every class day.",
            subject=seat.id,
            missing=missing,
        )
        if missing
        else []
    )


def missed_a_day(s: Situation) -> list[Violation]:
    return (
        []
        if attended_all(s)
        else no("M-ATTEND", "Hadir pada semua hari kelas.", "There on every class day.", subject=s.subject.id)
    )


def second_silence(s: Situation) -> list[Violation]:
    """Has the offer gone unanswered as often as the policy allows?"""
    if _seat(s).offers >= s.policy.offers_per_reserve:
        return []
    return no("M-OFFERS", "Masih ada kesempatan tawaran.", "An offer is still left.", subject=s.subject.id)


def offer_left(s: Situation) -> list[Violation]:
    return (
        []
        if second_silence(s)
        else no("M-OFFERS", "Kesempatan tawaran habis.", "No offer is left.", subject=s.subject.id)
    )


OWN = Guard("M-OWN", own_seat)
PLACED = Guard("M-SEAT-KIND", placed)
RESOLVED = Guard("M-RESOLVE", nothing_to_resolve)
STARTED_NOT = Guard("M-STARTED", class_not_started)

SEAT = Table(
    name="seat",
    label=Text(id="Kursi peserta", en="Seat"),
    initial=("PROPOSED",),
    states=(
        State("PROPOSED", Text(id="diusulkan", en="proposed")),
        State("VERIFIED", Text(id="terverifikasi", en="verified")),
        State("CONFIRMED", Text(id="terkonfirmasi", en="confirmed")),
        State("WAITLISTED", Text(id="daftar tunggu", en="on the waiting list")),
        State("OFFERED", Text(id="ditawari kursi", en="offered a seat")),
        State("ATTENDED", Text(id="hadir", en="attended"), terminal=True),
        State("NO_SHOW", Text(id="tidak hadir", en="did not attend"), terminal=True),
        State("REJECTED", Text(id="ditolak", en="rejected"), terminal=True),
        State("RELEASED", Text(id="dilepas", en="released"), terminal=True),
        State("WITHDRAWN", Text(id="mengundurkan diri", en="withdrawn"), terminal=True),
    ),
    rows=(
        Row(
            "verify",
            "PROPOSED",
            "VERIFIED",
            _VERIFIER,
            Text(id="Verifikasi", en="Verify"),
            "[D]",
            (
                VERIFIES,
                judged_while(verifier="VERIFYING"),
                RESOLVED,
                Guard("R-DUP", pair_taken),
            ),
        ),
        Row(
            "refuse",
            "PROPOSED",
            "REJECTED",
            _VERIFIER | _SYSTEM,
            Text(id="Tolak", en="Refuse"),
            "[D] by the verifier with a reason, or by R-DUP",
            (VERIFIES, judged_while(verifier="VERIFYING")),
        ),
        Row(
            "refuse",
            "VERIFIED",
            "REJECTED",
            frozenset({Role.APPROVER}) | _SYSTEM,
            Text(id="Tolak", en="Refuse"),
            "[D] approve_without",
            (
                APPROVES,
                judged_while(approver="AWAITING_APPROVAL"),
                Guard("M-ROLE:approve_without", left_out),
            ),
        ),
        *(
            Row(
                "refuse",
                source,
                "REJECTED",
                _SYSTEM,
                Text(id="Tolak", en="Refuse"),
                "[D] an exception that a verifier refused after the class moved",
            )
            for source in ("WAITLISTED", "OFFERED")
        ),
        Row(
            "confirm",
            "VERIFIED",
            "CONFIRMED",
            _PARTICIPANT,
            Text(id="Konfirmasi hadir", en="Confirm"),
            "[S] at most 24 in a class",
            (PLACED, OWN, RESOLVED, room(Moment.seat_move)),
        ),
        Row(
            "waitlist",
            "VERIFIED",
            "WAITLISTED",
            _SYSTEM,
            Text(id="Masuk daftar tunggu", en="Put on the waiting list"),
            "[D]",
            (is_kind("reserve"),),
        ),
        Row(
            "offer",
            "WAITLISTED",
            "OFFERED",
            _SYSTEM,
            Text(id="Tawarkan kursi", en="Offer a seat"),
            "[S] R-24 and R-30 hold at the promotion; reserved for 24 h [D]",
            (
                STARTED_NOT,
                RESOLVED,
                Guard("M-PLACE", place_free),
                room(Moment.promotion),
                room(Moment.seat_move),
            ),
        ),
        Row(
            "accept_offer",
            "OFFERED",
            "CONFIRMED",
            _PARTICIPANT,
            Text(id="Terima tawaran", en="Accept the offer"),
            "[D]",
            (OWN, STARTED_NOT, RESOLVED, room(Moment.seat_move)),
        ),
        Row(
            "decline",
            "OFFERED",
            "RELEASED",
            _PARTICIPANT,
            Text(id="Tolak tawaran", en="Decline the offer"),
            "[D]",
            (OWN,),
        ),
        Row(
            "unanswered",
            "OFFERED",
            "WAITLISTED",
            _SYSTEM,
            Text(id="Tawaran tidak dijawab", en="Offer not answered"),
            "[D] the first time: to the end of the list",
            (Guard("M-OFFERS", offer_left, selects=True),),
        ),
        Row(
            "unanswered",
            "OFFERED",
            "RELEASED",
            _SYSTEM,
            Text(id="Tawaran tidak dijawab", en="Offer not answered"),
            "[D] the second time",
            (Guard("M-OFFERS", second_silence, selects=True),),
        ),
        Row(
            "reconfirm",
            "CONFIRMED",
            "VERIFIED",
            _SYSTEM,
            Text(id="Minta konfirmasi ulang", en="Ask to confirm again"),
            "[D] at a reschedule",
        ),
        Row(
            "check_in",
            "CONFIRMED",
            "CONFIRMED",
            frozenset({Role.MASTER_ASSESSOR, Role.ORGANISER}),
            Text(id="Registrasi ulang", en="Check in"),
            "[S] membawa kelengkapan pelatihan; what is missing is a task, no refusal [D]",
            (Guard("M-OWN:class", receives), Guard("M-STATE:class", class_runs)),
        ),
        Row(
            "attend",
            "CONFIRMED",
            "ATTENDED",
            _SYSTEM,
            Text(id="Hadir", en="Attended"),
            "[D] every class day",
            (Guard("M-ATTEND", attended_all),),
        ),
        Row(
            "miss",
            "CONFIRMED",
            "NO_SHOW",
            _SYSTEM,
            Text(id="Tidak hadir", en="No-show"),
            "[D]",
            (Guard("M-ATTEND", missed_a_day),),
        ),
        Row(
            "release",
            "WAITLISTED",
            "RELEASED",
            _SYSTEM,
            Text(id="Lepas", en="Release"),
            "[D] the class started or was cancelled",
        ),
        Row(
            "release",
            "OFFERED",
            "RELEASED",
            _SYSTEM,
            Text(id="Lepas", en="Release"),
            "[D] the class started or was cancelled",
        ),
        *(
            Row(
                "withdraw",
                source,
                "WITHDRAWN",
                _PARTICIPANT | _SYSTEM,
                Text(id="Undurkan diri", en="Withdraw"),
                "[D] the participant, or the organiser on behalf; the system when journey or class ended",
                (OWN,),
            )
            for source in ("PROPOSED", "VERIFIED", "CONFIRMED", "WAITLISTED", "OFFERED")
        ),
    ),
)
