"""The decisions that complete human tasks: what they are called, and which form each of them needs.

Which decisions a task has, and which need a reason, is policy (domain/policy); a form's shape is the
command's (domain/commands).
"""

from domain import commands as c
from domain.text import Text

DECISIONS: dict[str, Text] = {
    "accept": Text(id="Terima", en="Accept"),
    "accept_offer": Text(id="Terima tawaran", en="Accept the offer"),
    "accept_report": Text(id="Terima laporan", en="Accept the report"),
    "approve": Text(id="Setujui", en="Approve"),
    "approve_without": Text(id="Setujui tanpa sebagian peserta", en="Approve without some participants"),
    "assign": Text(id="Tugaskan master asesor", en="Assign the master assessors"),
    "assign_reviewer": Text(id="Tugaskan penelaah", en="Assign the reviewer"),
    "begin": Text(id="Mulai asesmen", en="Begin the assessment"),
    "cancel": Text(id="Batalkan", en="Cancel"),
    "clarify": Text(id="Minta penjelasan", en="Ask for clarification"),
    "confirm": Text(id="Konfirmasi", en="Confirm"),
    "convene": Text(id="Undang komite", en="Convene the committee"),
    "decide_competent": Text(id="Putuskan kompeten", en="Decide: competent"),
    "decide_not_yet": Text(id="Putuskan belum kompeten", en="Decide: not yet competent"),
    "decline": Text(id="Tolak", en="Decline"),
    "finish": Text(id="Simpan daftar hadir", en="Record the attendance"),
    "give_up": Text(id="Lepaskan permohonan ini", en="Give this application up"),
    "issue": Text(id="Terbitkan", en="Issue"),
    "keep": Text(id="Pertahankan permohonan ini", en="Keep this application"),
    "no_show": Text(id="Tidak hadir", en="Did not come"),
    "reassess": Text(id="Jadwalkan asesmen ulang", en="Schedule the re-assessment"),
    "recommend": Text(id="Rekomendasikan", en="Recommend"),
    "refuse": Text(id="Tolak", en="Refuse"),
    "reject": Text(id="Tolak", en="Reject"),
    "reschedule": Text(id="Pindahkan jadwal", en="Move the dates"),
    "resubmit": Text(id="Ajukan lagi", en="Send again"),
    "return_report": Text(id="Kembalikan laporan", en="Return the report"),
    "return_to_verifier": Text(id="Kembalikan kepada verifikator", en="Return to the verifier"),
    "schedule": Text(id="Jadwalkan", en="Schedule"),
    "send_back": Text(id="Kembalikan untuk diperbaiki", en="Send back for correction"),
    "sign": Text(id="Tanda tangani", en="Sign"),
    "submit": Text(id="Ajukan", en="Submit"),
    "submit_report": Text(id="Kirim laporan", en="Send the report"),
    "withdraw": Text(id="Mengundurkan diri", en="Withdraw"),
}

IRREVERSIBLE: frozenset[tuple[str, str]] = frozenset(
    {
        ("verify_programme", "reject"),
        ("approve_programme", "approve"),
        ("approve_programme", "approve_without"),
        ("approve_programme", "reject"),
        ("correct_programme", "cancel"),
        ("resolve_equivalence", "accept"),
        ("resolve_equivalence", "refuse"),
        ("resolve_exception", "accept"),
        ("resolve_exception", "refuse"),
        ("review_documents", "reject"),
        ("submit_application", "withdraw"),
        ("correct_application", "withdraw"),
        ("choose_application", "give_up"),
    }
)
"""Task kind and decision that no later step takes back: whoever decides is asked once more."""

FORMS: dict[tuple[str, str], type[c.Model]] = {
    ("verify_programme", "send_back"): c.PointsForm,
    ("approve_programme", "approve_without"): c.ApproveWithoutForm,
    ("correct_programme", "resubmit"): c.ResubmitProgrammeForm,
    ("assign_master_assessors", "assign"): c.LettersForm,
    ("resolve_class_day", "reschedule"): c.RescheduleClassForm,
    ("record_attendance", "finish"): c.AttendanceForm,
    ("submit_report", "submit_report"): c.ReportForm,
    ("submit_application", "submit"): c.ApplicationForm,
    ("assign_reviewer", "assign_reviewer"): c.ReviewerForm,
    ("review_documents", "accept"): c.ReviewForm,
    ("review_documents", "send_back"): c.PointsForm,
    ("schedule_assessment", "schedule"): c.ScheduleForm,
    ("begin_assessment", "begin"): c.BeginForm,
    ("file_assessment", "recommend"): c.UnitsForm,
    ("convene", "convene"): c.ConveneForm,
    ("decide", "decide_competent"): c.VotesForm,
    ("decide", "decide_not_yet"): c.VotesForm,
    ("reassess", "reassess"): c.ScheduleForm,
    ("issue_certificate", "issue"): c.NumbersForm,
}
"""Task kind and decision → the form that it needs; the others need none."""
