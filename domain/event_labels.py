"""What happened, in words: one sentence for every type of event, in both languages.

A test finds each type that the code can write (in workflows, state machines, db and the API) and wants its
sentence here.
"""

from domain.row_event_labels import ROW_EVENTS
from domain.text import Text

CASE_EVENTS: dict[str, Text] = {
    "agreement_signed": Text(
        id="Persetujuan asesmen (FR.AK.01) ditandatangani", en="The agreement (FR.AK.01) was signed"
    ),
    "answer_had_no_effect": Text(
        id="Jawaban sistem datang, tetapi tidak lagi mengubah apa pun",
        en="An answer of the system came and changed nothing any more",
    ),
    "appeal_passed": Text(id="Masa banding berakhir", en="The time for an appeal ended"),
    "application_given_up": Text(
        id="Calon melepas permohonan ini dan memilih yang lain",
        en="The candidate gave this application up for another one",
    ),
    "application_kept": Text(
        id="Calon mempertahankan permohonan ini", en="The candidate kept this application"
    ),
    "application_rejected": Text(id="Permohonan sertifikasi ditolak", en="The application was rejected"),
    "application_resubmitted": Text(
        id="Permohonan sertifikasi dikirim ulang setelah diperbaiki",
        en="The application was corrected and sent again",
    ),
    "application_sent_back": Text(
        id="Permohonan sertifikasi dikembalikan untuk diperbaiki",
        en="The application was sent back for correction",
    ),
    "application_submitted": Text(id="Permohonan sertifikasi dikirim", en="The application was sent"),
    "assessment_begun": Text(id="Asesmen dimulai", en="The assessment began"),
    "assessment_filed": Text(id="Hasil asesmen dicatat", en="The result of the assessment was filed"),
    "assessment_interrupted": Text(id="Asesmen terhenti", en="The assessment was interrupted"),
    "assessment_rescheduled": Text(id="Asesmen dijadwalkan ulang", en="The assessment was given another day"),
    "assessment_scheduled": Text(id="Asesmen dijadwalkan", en="The assessment was scheduled"),
    "assessor_assigned": Text(
        id="Surat tugas asesor diterbitkan", en="The assessor's letter of assignment was issued"
    ),
    "assessor_day_answered": Text(
        id="Permintaan hari asesor dijawab setelah tidak diperlukan lagi",
        en="The request for the assessor's day was answered when nobody needed it any more",
    ),
    "assessor_day_refused": Text(
        id="Hari asesor sudah terisi oleh tugas lain",
        en="The assessor's day was taken by another assignment already",
    ),
    "assessor_day_taken": Text(id="Hari asesor dipesan", en="The assessor's day was taken for this case"),
    "assessor_place_answered": Text(
        id="Permintaan tempat pada asesor dijawab setelah tidak diperlukan lagi",
        en="The request for a place with the assessor was answered when nobody needed it any more",
    ),
    "assessor_place_refused": Text(
        id="Asesor sudah mempunyai jumlah calon yang paling banyak",
        en="The assessor had as many candidates as one may have",
    ),
    "assessor_place_taken": Text(id="Tempat pada asesor dipesan", en="A place with the assessor was taken"),
    "assessors_changed": Text(
        id="Susunan asesor program berubah", en="The assessors of the programme changed"
    ),
    "assignment_accepted": Text(
        id="Penugasan diterima Master Asesor", en="The master assessor accepted the assignment"
    ),
    "assignment_days_answered": Text(
        id="Permintaan hari Master Asesor dijawab setelah tidak diperlukan lagi",
        en="The request for the master assessor's days was answered when nobody needed them any more",
    ),
    "assignment_days_refused": Text(
        id="Hari Master Asesor sudah terisi oleh tugas lain",
        en="The master assessor's days were taken by another assignment already",
    ),
    "assignment_days_taken": Text(
        id="Hari Master Asesor dipesan", en="The master assessor's days were taken for this case"
    ),
    "assignment_declined": Text(
        id="Penugasan ditolak Master Asesor", en="The master assessor declined the assignment"
    ),
    "assignment_lapsed": Text(
        id="Penugasan tidak dijawab sampai batas waktunya", en="The assignment was not answered in time"
    ),
    "assignment_replaced": Text(id="Master Asesor diganti", en="The master assessor was replaced"),
    "attendance_recorded": Text(id="Kehadiran kelas dicatat", en="The attendance of the class was recorded"),
    "calendar_extended": Text(
        id="Kalender perkara diperpanjang dengan tahun baru",
        en="The case's calendar was extended by a new year",
    ),
    "cancel_request_ignored": Text(
        id="Permintaan pembatalan dari Temporal diabaikan; perkara berakhir hanya menurut aturannya",
        en="A request to cancel that came through Temporal was ignored: a case ends by its own rules alone",
    ),
    "candidate_did_not_come": Text(
        id="Calon tidak hadir pada asesmen", en="The candidate did not come to the assessment"
    ),
    "certificate_activated": Text(
        id="Sertifikat dicetak dan mulai berlaku", en="The certificate was printed and became valid"
    ),
    "certificate_expired": Text(id="Masa berlaku sertifikat berakhir", en="The certificate expired"),
    "certificate_issued": Text(id="Sertifikat diterbitkan", en="The certificate was issued"),
    "certificate_opened": Text(id="Perkara sertifikat dibuka", en="The case of the certificate was opened"),
    "certificate_reminded": Text(
        id="Pemegang diingatkan bahwa sertifikatnya akan berakhir",
        en="The holder was reminded that the certificate will expire",
    ),
    "checked_in_kit_incomplete": Text(
        id="Peserta hadir, perlengkapannya belum lengkap",
        en="The participant checked in without everything that was to be brought",
    ),
    "checked_in": Text(
        id="Peserta hadir dan perlengkapannya lengkap",
        en="The participant checked in with everything that was to be brought",
    ),
    "clarification_asked": Text(id="Komite meminta penjelasan", en="The committee asked for a clarification"),
    "class_cancelled": Text(id="Kelas dibatalkan", en="The class was cancelled"),
    "class_interrupted": Text(id="Kelas terhenti", en="The class was interrupted"),
    "class_moved": Text(id="Hari kelas program berubah", en="The days of the programme's class changed"),
    "class_not_ready_on_its_day": Text(
        id="Pada harinya kelas belum siap", en="The class was not ready on its day"
    ),
    "class_rescheduled": Text(id="Kelas dijadwalkan ulang", en="The class was given other days"),
    "class_resumed": Text(id="Kelas dilanjutkan", en="The class was resumed"),
    "class_started": Text(id="Kelas dimulai", en="The class began"),
    "committee_convened": Text(id="Komite keputusan dibentuk", en="The decision committee was convened"),
    "committee_days_refused": Text(
        id="Hari panitia sudah terisi oleh kelas lain",
        en="A committee member's days were taken by another class already",
    ),
    "committee_days_taken": Text(
        id="Hari panitia dipesan", en="The committee's days were taken for this class"
    ),
    "committee_set": Text(id="Panitia kelas ditetapkan", en="The committee of the class was set"),
    "deadline_had_no_effect": Text(
        id="Batas waktu lewat, tetapi tidak mengubah apa pun", en="A deadline passed and changed nothing"
    ),
    "decided_competent": Text(id="Komite memutuskan: kompeten", en="The committee decided: competent"),
    "decided_not_yet_competent": Text(
        id="Komite memutuskan: belum kompeten", en="The committee decided: not yet competent"
    ),
    "documents_accepted": Text(id="Dokumen dinyatakan memenuhi syarat", en="The documents were accepted"),
    "documents_check_superseded": Text(
        id="Pemeriksaan dokumen selesai setelah ada kiriman yang lebih baru",
        en="The check of the documents came after something newer had been sent",
    ),
    "documents_checked": Text(id="Dokumen diperiksa oleh sistem", en="The system checked the documents"),
    "equivalence_accepted": Text(id="Kesetaraan diakui", en="The equivalence was recognised"),
    "equivalence_refused": Text(id="Kesetaraan tidak diakui", en="The equivalence was not recognised"),
    "exception_accepted": Text(id="Pengecualian diberikan", en="The exception was granted"),
    "exception_refused": Text(id="Pengecualian tidak diberikan", en="The exception was refused"),
    "journey_closed": Text(id="Permohonan sertifikasi ditutup", en="The application was closed"),
    "journey_exists_already": Text(
        id="Permohonan sertifikasi peserta ini sudah ada", en="The participant's application existed already"
    ),
    "journey_expired": Text(id="Permohonan sertifikasi kedaluwarsa", en="The application expired"),
    "journey_moved": Text(
        id="Permohonan sertifikasi seorang peserta berpindah keadaan",
        en="A participant's application reached another state",
    ),
    "journey_opened": Text(id="Permohonan sertifikasi dibuka", en="The application was opened"),
    "journey_started": Text(
        id="Permohonan sertifikasi peserta dimulai", en="The participant's application was started"
    ),
    "journey_withdrawn": Text(id="Calon mengundurkan diri", en="The application was withdrawn"),
    "lapse_needs_exception": Text(
        id="Sertifikat teknis berakhir selagi menunggu; verifikator diminta memutuskan",
        en="The technical certificate ended while waiting; a verifier is asked to decide",
    ),
    "master_assessors_assigned": Text(
        id="Surat tugas Master Asesor diterbitkan",
        en="The master assessors' letters of assignment were issued",
    ),
    "message_answered": Text(id="Kabar tersampaikan ke perkara lain", en="The news reached the other case"),
    "message_had_no_effect": Text(
        id="Kabar dari perkara lain datang, tetapi tidak mengubah apa pun",
        en="News of another case came and changed nothing",
    ),
    "numbers_refused": Text(
        id="Nomor sertifikat sudah dipakai", en="A number of the certificate was in use already"
    ),
    "numbers_requested": Text(
        id="Nomor sertifikat dicatat dan dipesan",
        en="The certificate's numbers were given and are being reserved",
    ),
    "offer_accepted": Text(
        id="Cadangan menerima tawaran tempat", en="The person on the waiting list took the place"
    ),
    "offer_declined": Text(
        id="Cadangan menolak tawaran tempat", en="The person on the waiting list declined the place"
    ),
    "offer_unanswered": Text(
        id="Tawaran tempat tidak dijawab sampai batas waktunya",
        en="The offer of a place was not answered in time",
    ),
    "pairs_taken": Text(
        id="Peserta diperiksa terhadap permohonan lain untuk skema yang sama",
        en="The participants were checked against other applications for the same scheme",
    ),
    "programme_approved": Text(id="Permohonan program disetujui", en="The request was approved"),
    "programme_cancelled": Text(id="Program dibatalkan", en="The programme was cancelled"),
    "programme_completed": Text(
        id="Laporan diterima dan program selesai", en="The report was accepted and the programme completed"
    ),
    "programme_expired": Text(id="Permohonan program kedaluwarsa", en="The request expired"),
    "programme_recommended": Text(
        id="Verifikator mengusulkan persetujuan", en="The verifier recommended the approval"
    ),
    "programme_rejected": Text(id="Permohonan program ditolak", en="The request was rejected"),
    "programme_resubmitted": Text(
        id="Permohonan program diajukan lagi setelah diperbaiki",
        en="The request was corrected and submitted again",
    ),
    "programme_returned_to_verifier": Text(
        id="Penyetuju mengembalikan permohonan kepada verifikator",
        en="The approver returned the request to the verifier",
    ),
    "programme_sent_back": Text(
        id="Permohonan program dikembalikan untuk diperbaiki", en="The request was sent back for correction"
    ),
    "programme_submitted": Text(id="Permohonan program diajukan", en="The request was submitted"),
    "programme_withdrawn": Text(
        id="Penyelenggara menarik permohonannya", en="The organiser took the request back"
    ),
    "reassessment_scheduled": Text(id="Asesmen ulang dijadwalkan", en="The re-assessment was scheduled"),
    "reassessment_window_passed": Text(
        id="Masa asesmen ulang berakhir", en="The time for a re-assessment ended"
    ),
    "recertification_window_opened": Text(
        id="Masa sertifikasi ulang dibuka", en="The time for recertification began"
    ),
    "release_answered": Text(id="Pemesanan dilepas", en="What had been reserved was given back"),
    "render_certificate_answered": Text(id="Sertifikat selesai dicetak", en="The certificate was printed"),
    "report_returned": Text(
        id="Laporan dikembalikan untuk diperbaiki", en="The report was returned for correction"
    ),
    "report_submitted": Text(id="Laporan disampaikan", en="The report was submitted"),
    "reserve_answered": Text(id="Pemesanan dijawab", en="The reservation was answered"),
    "review_documents_answered": Text(
        id="Pemeriksaan dokumen dijawab", en="The check of the documents was answered"
    ),
    "reviewer_assigned": Text(id="Penelaah ditunjuk", en="A reviewer was assigned"),
    "schedule_needs_exception": Text(
        id="Jadwal asesmen memerlukan pengecualian", en="The day of the assessment needs an exception"
    ),
    "seat_closed": Text(
        id="Tempat peserta dalam program ditutup", en="The participant's seat in the programme was closed"
    ),
    "seat_confirmed": Text(id="Peserta memastikan kehadirannya", en="The participant confirmed the seat"),
    "seat_refused": Text(id="Seorang peserta tidak diterima", en="A participant was refused"),
    "seat_withdrawn": Text(id="Seorang peserta mundur", en="A participant withdrew"),
    "seats_verified": Text(id="Peserta dinyatakan memenuhi syarat", en="The participants were verified"),
    "separation_overridden": Text(
        id="BNSP mengizinkan seorang pelatih mengases, dengan alasan",
        en="BNSP let a trainer assess, for a recorded reason",
    ),
    "start_certificate_answered": Text(
        id="Perkara sertifikat dimulai", en="The case of the certificate was started"
    ),
    "start_journey_answered": Text(id="Permohonan sertifikasi dimulai", en="The application was started"),
    "task_claimed": Text(id="Tugas diambil", en="A task was claimed"),
    "task_commented": Text(id="Catatan ditulis pada tugas", en="A comment was written on a task"),
    "task_escalated": Text(
        id="Tugas lewat batas waktunya; kelompok berikutnya ikut melihat",
        en="A task passed its due time; the next group can see it too",
    ),
    "task_reassigned": Text(id="Tugas dialihkan", en="A task was reassigned"),
    "task_released": Text(
        id="Tugas dikembalikan kepada kelompoknya", en="A task was given back to its group"
    ),
    "task_reminded": Text(id="Pengingat tugas dikirim", en="A reminder of a task was sent"),
    "technical_certificate_lapsed": Text(
        id="Sertifikat kompetensi teknis calon berakhir", en="The candidate's technical certificate lapsed"
    ),
    "training_recorded": Text(id="Pelatihan calon dicatat", en="The candidate's training was recorded"),
    "venue_confirmed": Text(id="TUK dipastikan", en="The venue was confirmed"),
}
"""Events of cases."""


def event_label(type: str) -> Text:
    """The sentence of that type; its own words for one that only an older version wrote."""
    found = CASE_EVENTS.get(type) or ROW_EVENTS.get(type)
    return found or Text(id=type.replace("_", " "), en=type.replace("_", " "))
