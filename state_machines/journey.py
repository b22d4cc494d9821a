"""A candidate's certification journey, from application to decision (domain specification, § 3)."""

from domain.roles import Role
from domain.text import Text
from state_machines import journey_guards as g
from state_machines.overrides import trainer_may_assess
from state_machines.table import Guard, Row, State, Table

_CANDIDATE = frozenset({Role.CANDIDATE})
_ORGANISER = frozenset({Role.ORGANISER})
_REVIEWER = frozenset({Role.REVIEWER})
_ASSESSOR = frozenset({Role.MASTER_ASSESSOR})
_COMMITTEE = frozenset({Role.COMMITTEE})
_OPS = frozenset({Role.OPERATIONS})
_SYSTEM = frozenset({Role.SYSTEM})

_STEP_1 = "[S] Alur Sertifikasi: Penerimaan Permohonan Sertifikasi"
_STEP_2 = "[S] Alur Sertifikasi: Mengkaji Kelengkapan Dokumen Persyaratan Asesi"
_STEP_3 = "[S] Alur Sertifikasi: Menyelenggarakan Proses Asesmen Kompetensi"
_STEP_4 = "[S] Alur Sertifikasi: Membuat Keputusan Sertifikasi"

BEFORE_SCHEDULE = ("INVITED", "RECEIVED", "DOCUMENT_REVIEW", "CORRECTION", "ELIGIBLE")
"""A seat that closes then takes its journey with it."""
BEFORE_DECISION = ("DRAFT", *BEFORE_SCHEDULE, "SCHEDULED", "ASSESSMENT", "RECOMMENDED")

_EXPIRE = Text(id="Kedaluwarsa", en="Expire")
_APPEAL = Text(id="Ajukan banding", en="Appeal")
_CLOSE = Text(id="Tutup", en="Close")
_NO_SHOW = Text(id="Calon tidak hadir", en="No-show")
_DISMISSED = Text(id="Banding ditolak", en="Appeal dismissed")
_UPHELD = Text(id="Banding diterima", en="Appeal upheld")

JOURNEY = Table(
    name="journey",
    label=Text(id="Sertifikasi calon asesor", en="Certification journey"),
    initial=("DRAFT", "INVITED"),
    states=(
        State("DRAFT", Text(id="draf", en="draft"), stage=1),
        State("INVITED", Text(id="diundang", en="invited"), stage=1),
        State("RECEIVED", Text(id="diterima", en="received"), stage=1),
        State("DOCUMENT_REVIEW", Text(id="kaji dokumen", en="document review"), stage=2),
        State("CORRECTION", Text(id="perbaikan", en="correction"), stage=2),
        State("ELIGIBLE", Text(id="memenuhi syarat", en="eligible"), stage=2),
        State("SCHEDULED", Text(id="dijadwalkan", en="scheduled"), stage=3),
        State("ASSESSMENT", Text(id="asesmen", en="assessment"), stage=3),
        State("RECOMMENDED", Text(id="direkomendasikan", en="recommended"), stage=3),
        State("DECISION", Text(id="keputusan", en="decision"), stage=4),
        State("COMPETENT", Text(id="kompeten", en="competent"), stage=4),
        State("NOT_YET_COMPETENT", Text(id="belum kompeten", en="not yet competent"), stage=4),
        State("REJECTED", Text(id="ditolak", en="rejected"), stage=2),
        State("APPEAL", Text(id="banding", en="appeal"), stage=4),
        State("CERTIFIED", Text(id="tersertifikasi", en="certified"), terminal=True, stage=4),
        State("WITHDRAWN", Text(id="mengundurkan diri", en="withdrawn"), terminal=True),
        State("EXPIRED", Text(id="kedaluwarsa", en="expired"), terminal=True),
        State("CLOSED", Text(id="ditutup", en="closed"), terminal=True),
    ),
    rows=(
        # 1. Penerimaan permohonan
        *(
            Row(
                "submit",
                source,
                "RECEIVED",
                _CANDIDATE,
                Text(id="Ajukan permohonan", en="Submit the application"),
                _STEP_1,
                (g.CANDIDATE, g.APPLICATION),
            )
            for source in ("DRAFT", "INVITED")
        ),
        Row("expire", "INVITED", "EXPIRED", _SYSTEM, _EXPIRE, "[D] 10 working days without an application"),
        Row(
            "assign_reviewer",
            "RECEIVED",
            "DOCUMENT_REVIEW",
            _OPS,
            Text(id="Tunjuk penelaah", en="Assign a reviewer"),
            "[D] § 3; R-SOD: neither recommender nor trainer",
            (g.REVIEWER_FREE,),
        ),
        # 2. Kaji kelengkapan dokumen
        Row(
            "accept",
            "DOCUMENT_REVIEW",
            "ELIGIBLE",
            _REVIEWER,
            Text(id="Terima dokumen", en="Accept the documents"),
            _STEP_2,
            (g.apart("reviewer"), g.REQUIREMENTS),
        ),
        Row(
            "send_back",
            "DOCUMENT_REVIEW",
            "CORRECTION",
            _REVIEWER,
            Text(id="Kembalikan untuk perbaikan", en="Send back"),
            "[D] at most 3 times, with points",
            (g.apart("reviewer"), g.SEND_BACKS),
        ),
        Row(
            "reject",
            "DOCUMENT_REVIEW",
            "REJECTED",
            _REVIEWER,
            Text(id="Tolak", en="Reject"),
            "[D] with a reason",
            (g.apart("reviewer"),),
        ),
        Row(
            "resubmit",
            "CORRECTION",
            "DOCUMENT_REVIEW",
            _CANDIDATE,
            Text(id="Ajukan kembali", en="Resubmit"),
            "[D] § 3",
            (g.CANDIDATE, g.APPLICATION),
        ),
        Row("expire", "CORRECTION", "EXPIRED", _SYSTEM, _EXPIRE, "[D] 10 working days without a correction"),
        # 3. Asesmen
        Row(
            "schedule",
            "ELIGIBLE",
            "SCHEDULED",
            _ORGANISER,
            Text(id="Jadwalkan asesmen", en="Schedule the assessment"),
            _STEP_3,
            (g.ORGANISER, g.TRAINING, g.CLASS_ASSESSOR, g.SCHEDULE),
        ),
        Row(
            "lapse",
            "ELIGIBLE",
            "DOCUMENT_REVIEW",
            _SYSTEM,
            Text(id="Sertifikat teknis habis berlaku", en="A certificate lapses"),
            "[S] sertifikat kompetensi teknis yang masih berlaku; [D] § 6",
        ),
        Row(
            "lapse",
            "SCHEDULED",
            "DOCUMENT_REVIEW",
            _SYSTEM,
            Text(id="Sertifikat teknis habis berlaku", en="A certificate lapses"),
            "[D] the assessor fell away, and no schedule stands that the certificate reaches",
            (g.UNSCHEDULED,),
        ),
        Row(
            "begin",
            "SCHEDULED",
            "ASSESSMENT",
            _ASSESSOR,
            Text(id="Mulai asesmen", en="Begin the assessment"),
            f"{_STEP_3}; [P] FR.AK.01, FR.MAPA",
            (g.ASSESSOR, g.apart("assessor"), g.ASSIGNED, g.DAY_HAS_COME, g.AK01, g.MAPA),
        ),
        Row(
            "no_show",
            "SCHEDULED",
            "ELIGIBLE",
            _ASSESSOR,
            _NO_SHOW,
            "[D] the first and the second time",
            (g.CHANCE_LEFT, g.ASSESSOR, g.BOUND, g.DAY_HAS_COME),
        ),
        Row(
            "no_show",
            "SCHEDULED",
            "CLOSED",
            _ASSESSOR,
            _NO_SHOW,
            "[D] the third time",
            (g.THIRD_NO_SHOW, g.ASSESSOR, g.BOUND, g.DAY_HAS_COME),
        ),
        Row(
            "reschedule",
            "SCHEDULED",
            "SCHEDULED",
            _ORGANISER,
            Text(id="Jadwal ulang", en="Reschedule"),
            "[D] every date rule runs again",
            (g.ORGANISER, g.CLASS_ASSESSOR, g.SCHEDULE),
        ),
        *(
            Row(
                "override_separation",
                source,
                source,
                _OPS,
                Text(id="Izinkan pelatih mengases", en="Let a trainer assess"),
                "[D] § 5 R-SOD: BNSP may override with a recorded reason",
                (Guard("R-SOD:override", trainer_may_assess, needs_command=True),),
            )
            for source in ("ELIGIBLE", "SCHEDULED", "NOT_YET_COMPETENT")
        ),
        Row(
            "recommend",
            "ASSESSMENT",
            "RECOMMENDED",
            _ASSESSOR,
            Text(id="Ajukan rekomendasi", en="Recommend"),
            f"{_STEP_3}; [P] FR.AK.02, FR.AK.05",
            (g.ASSESSOR, g.apart("assessor"), g.UNITS),
        ),
        Row(
            "interrupt",
            "ASSESSMENT",
            "SCHEDULED",
            _ASSESSOR,
            Text(id="Hentikan asesmen", en="Interrupt"),
            "[D] § 6: what was filed stays; the organiser schedules it again",
            (g.ASSESSOR,),
        ),
        # 4. Keputusan
        Row(
            "convene",
            "RECOMMENDED",
            "DECISION",
            _OPS,
            Text(id="Undang komite", en="Convene the committee"),
            "[P] ISO/IEC 17024; R-SOD for each member",
            (g.COMMITTEE,),
        ),
        Row(
            "decide_competent",
            "DECISION",
            "COMPETENT",
            _COMMITTEE,
            Text(id="Putuskan kompeten", en="Decide: competent"),
            f"{_STEP_4}; [D] only on a recommendation K",
            (g.CHAIR, g.RECOMMENDED_K, g.VOTES),
        ),
        Row(
            "decide_not_yet",
            "DECISION",
            "NOT_YET_COMPETENT",
            _COMMITTEE,
            Text(id="Putuskan belum kompeten", en="Decide: not yet competent"),
            f"{_STEP_4}; [D] with a reason",
            (g.CHAIR, g.VOTES),
        ),
        Row(
            "clarify",
            "DECISION",
            "ASSESSMENT",
            _COMMITTEE,
            Text(id="Minta klarifikasi", en="Ask for clarification"),
            "[D] a question to the assessor",
            (g.CHAIR, g.apart("decision")),
        ),
        Row(
            "issue",
            "COMPETENT",
            "CERTIFIED",
            _OPS | _SYSTEM,
            Text(id="Terbitkan sertifikat", en="Issue the certificate"),
            "[D] operations ask for the numbers; certified when they are taken",
            (g.NUMBERS,),
        ),
        # After a negative result
        Row(
            "reassess",
            "NOT_YET_COMPETENT",
            "SCHEDULED",
            _ORGANISER,
            Text(id="Jadwalkan asesmen ulang", en="Schedule a re-assessment"),
            "[D] R-BK: at most 2, the failing units, within 6 months of the first decision",
            (g.ORGANISER, g.REASSESSMENT, g.CLASS_ASSESSOR, g.SCHEDULE),
        ),
        *(
            Row("appeal", source, "APPEAL", _CANDIDATE, _APPEAL, why, (g.CANDIDATE, g.APPEAL_OPEN))
            for source, why in (
                ("NOT_YET_COMPETENT", "[D] within 7 working days of the decision; [P] FR.AK.04"),
                ("REJECTED", "[D] within 7 working days of the rejection; [P] FR.AK.04"),
            )
        ),
        Row(
            "close",
            "NOT_YET_COMPETENT",
            "CLOSED",
            _SYSTEM,
            _CLOSE,
            "[D] neither a re-assessment nor an appeal is possible any more",
            (g.NOTHING_LEFT,),
        ),
        Row("close", "REJECTED", "CLOSED", _SYSTEM, _CLOSE, "[D] 7 working days passed", (g.NOTHING_LEFT,)),
        *(
            Row(
                "dismissed",
                "APPEAL",
                origin,
                _SYSTEM,
                _DISMISSED,
                "[D] back where it came from; no second appeal",
                (g.appealed_from(origin),),
            )
            for origin in ("NOT_YET_COMPETENT", "REJECTED")
        ),
        Row(
            "upheld",
            "APPEAL",
            "SCHEDULED",
            _SYSTEM,
            _UPHELD,
            "[D] with other assessors",
            (g.appealed_from("NOT_YET_COMPETENT"),),
        ),
        Row(
            "upheld",
            "APPEAL",
            "DOCUMENT_REVIEW",
            _SYSTEM,
            _UPHELD,
            "[D] the documents are reviewed again",
            (g.appealed_from("REJECTED"),),
        ),
        # Ends from outside
        *(
            Row(
                f"seat_closed_{reason}",
                source,
                dest,
                _SYSTEM,
                label,
                f"[D] § 2 Seat and journey: {why}",
            )
            for reason, dest, label, why in (
                (
                    "no_show",
                    "CLOSED",
                    Text(id="Tidak hadir di kelas", en="Did not attend the class"),
                    "a no-show at the class closes it",
                ),
                (
                    "withdrawn",
                    "WITHDRAWN",
                    Text(id="Kursi ditarik", en="The seat was withdrawn"),
                    "withdrawing a seat withdraws its journey",
                ),
                (
                    "cancelled",
                    "CLOSED",
                    Text(id="Kelas dibatalkan", en="The class was cancelled"),
                    "a cancelled class closes it",
                ),
            )
            for source in BEFORE_SCHEDULE
        ),
        *(
            Row(
                "withdraw",
                source,
                "WITHDRAWN",
                _CANDIDATE | _ORGANISER,
                Text(id="Undurkan diri", en="Withdraw"),
                "[D] any state before the decision; the organiser on behalf",
                (g.CANDIDATE_OR_ORGANISER,),
            )
            for source in BEFORE_DECISION
        ),
    ),
)
