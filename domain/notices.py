"""What people are told by mail: one sentence or two for each template that a case uses (`Turn.notify`).

A placeholder is a name of the notice's data, said for people: a moment in WIB, a day in words, a kind of
task or a state by its label. Names of persons never stand in a notice: mail is no confidential channel, and
who signs in sees the rest.
"""

from datetime import date
from string import Formatter

from pydantic import BaseModel, ConfigDict

from domain.errors import NotFound
from domain.text import Text


class NoticeText(BaseModel):
    """Subject and body of one template. `machine` names the table whose label says `{state}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: Text
    body: Text
    machine: str = ""

    @property
    def placeholders(self) -> frozenset[str]:
        """Names of the data that the four sentences need."""
        texts = (self.subject.id, self.subject.en, self.body.id, self.body.en)
        return frozenset(name for text in texts for _, name, _, _ in Formatter().parse(text) if name)


def _notice(subject: tuple[str, str], body: tuple[str, str], machine: str = "") -> NoticeText:
    return NoticeText(
        subject=Text(id=subject[0], en=subject[1]), body=Text(id=body[0], en=body[1]), machine=machine
    )


NOTICES: dict[str, NoticeText] = {
    # ---- human tasks
    "task_opened": _notice(
        ("Tugas baru: {kind}", "New task: {kind}"),
        (
            "Ada tugas untuk Anda: {kind}. Selesaikan paling lambat {due_at}.",
            "There is a task for you: {kind}. It is due by {due_at}.",
        ),
    ),
    "task_reminder": _notice(
        ("Pengingat: {kind}", "Reminder: {kind}"),
        (
            "Tugas ini belum selesai: {kind}. Batas waktunya {due_at}.",
            "This task is still open: {kind}. It is due by {due_at}.",
        ),
    ),
    "task_escalated": _notice(
        ("Lewat batas waktu: {kind}", "Overdue: {kind}"),
        (
            "Tugas ini lewat batas waktunya ({due_at}): {kind}. Kelompok Anda kini dapat melihatnya juga; "
            "pemegangnya tetap yang sekarang.",
            "This task is past its due time ({due_at}): {kind}. Your group can see it now too; whoever holds "
            "it keeps it.",
        ),
    ),
    # ---- the programme
    "programme_approved": _notice(
        ("Permohonan program disetujui", "Your programme request is approved"),
        (
            "Permohonan program pelatihan Anda disetujui. Berikutnya: petugas BNSP menugaskan master asesor, "
            "dan peserta memastikan kehadiran. Lihat apa yang masih kurang pada setiap kelas.",
            "Your request for a training programme is approved. Next, BNSP operations assign the master "
            "assessors and the participants confirm their seats. See what each class still lacks.",
        ),
    ),
    "programme_completed": _notice(
        ("Program selesai", "The programme is completed"),
        (
            "BNSP menerima laporan Anda; program pelatihan ini selesai.",
            "BNSP accepted your report; this training programme is completed.",
        ),
    ),
    "programme_ended": _notice(
        ("Program berakhir: {state}", "The programme has ended: {state}"),
        (
            "Program pelatihan ini berakhir dengan keadaan: {state}. Semua tugasnya yang terbuka ditutup.",
            "This training programme has ended in the state: {state}. All its open tasks are closed.",
        ),
        machine="programme",
    ),
    "committee_busy": _notice(
        ("Panitia kelas berkurang", "A class has lost committee members"),
        (
            "Anggota panitia sebuah kelas sudah bertugas di kelas lain pada hari yang sama (R-2), sehingga "
            "dikeluarkan dari panitia kelas ini. Tambahkan penggantinya agar kelas dapat siap.",
            "Members of a class's committee serve another class on the same days (R-2), so they were taken "
            "off this one. Name others, so that the class can become ready.",
        ),
    ),
    "class_interrupted": _notice(
        ("Kelas terhenti sementara", "The class is interrupted"),
        (
            "Kelas pelatihan Anda terhenti sementara. Kehadiran yang sudah tercatat tetap berlaku; Anda "
            "diberi tahu ketika kelas dilanjutkan atau dibatalkan.",
            "Your training class is interrupted. What was attended still counts; you are told when it goes "
            "on or is cancelled.",
        ),
    ),
    "class_resumed": _notice(
        ("Kelas dilanjutkan", "The class goes on"),
        (
            "Kelas pelatihan Anda dilanjutkan. Tanyakan jam sesi berikutnya kepada penyelenggara.",
            "Your training class goes on. Ask the organiser for the hour of the next session.",
        ),
    ),
    # ---- seats
    "seat_waitlisted": _notice(
        ("Anda dalam daftar tunggu", "You are on the waiting list"),
        (
            "Anda berada dalam daftar tunggu kelas, urutan {position}. Bila ada kursi kosong, Anda mendapat "
            "tawaran yang berlaku terbatas; jawablah segera.",
            "You are on the class's waiting list, in place {position}. When a seat becomes free you get an "
            "offer that stands for a limited time; please answer at once.",
        ),
    ),
    "seat_closed": _notice(
        ("Kursi Anda: {state}", "Your seat: {state}"),
        (
            "Kursi Anda dalam kelas pelatihan ini ditutup. Keadaannya: {state}. Bila BNSP menolaknya, "
            "alasannya terlihat pada halaman program setelah Anda masuk.",
            "Your seat in this training class is closed. Its state: {state}. If BNSP refused it, the reason "
            "is on the programme's page once you have signed in.",
        ),
        machine="seat",
    ),
    "seat_refused": _notice(
        ("Seorang peserta tidak dapat diterima", "A participant cannot be admitted"),
        (
            "Seorang peserta dalam daftar Anda tidak dapat diikutkan ({rule}). Aturan dan langkah yang "
            "mungkin terlihat pada halaman program.",
            "A participant on your list cannot take part ({rule}). The programme's page shows the rule and "
            "what can be done.",
        ),
    ),
    "applied_twice": _notice(
        ("Anda sudah mempunyai permohonan lain", "You have another application already"),
        (
            "Anda diusulkan untuk skema yang sama dalam dua permohonan (R-DUP); satu saja yang berjalan, "
            "jadi kursi Anda dalam permohonan yang ini tidak dapat diteruskan. Bila Anda memilih yang ini, "
            "undurkan diri dari yang lain, lalu minta penyelenggara mengusulkan Anda lagi.",
            "You were proposed for the same scheme in two requests (R-DUP); only one can go on, so your seat "
            "in this one cannot. If you prefer this one, withdraw from the other, then ask the organiser to "
            "propose you again.",
        ),
    ),
    # ---- the account
    "account_invited": _notice(
        ("Undangan untuk membuka akun", "An invitation to open an account"),
        (
            "Penyelenggara mengusulkan Anda sebagai peserta pelatihan dan sertifikasi asesor kompetensi.",
            "An organiser proposed you as a participant of the training and certification of competency "
            "assessors.",
        ),
    ),
    # ---- the application
    "application_received": _notice(
        ("Permohonan sertifikasi diterima", "Your application was received"),
        (
            "Permohonan sertifikasi Anda diterima. Berikutnya: seorang penelaah memeriksa dokumennya.",
            "Your application for certification was received. Next, a reviewer looks at its documents.",
        ),
    ),
    "documents_checked": _notice(
        ("Pemeriksaan awal dokumen selesai", "The documents were checked by machine"),
        (
            "Pemeriksaan mesin atas dokumen sebuah permohonan selesai; {open} butir perlu diputuskan orang.",
            "The machine's check of an application's documents is done; {open} points need a person.",
        ),
    ),
    "documents_accepted": _notice(
        ("Dokumen Anda memenuhi syarat", "Your documents meet the requirements"),
        (
            "Kaji dokumen selesai: persyaratan terpenuhi. Berikutnya: asesmen Anda dijadwalkan.",
            "The review is done: the requirements are met. Next, your assessment is scheduled.",
        ),
    ),
    "application_rejected": _notice(
        ("Permohonan sertifikasi ditolak", "Your application was rejected"),
        (
            "Permohonan Anda ditolak; alasannya terlihat setelah Anda masuk. Banding dapat diajukan sampai "
            "{appeal_until}.",
            "Your application was rejected; sign in to see why. You may appeal until {appeal_until}.",
        ),
    ),
    # ---- assessment and decision
    "assessment_scheduled": _notice(
        ("Asesmen Anda dijadwalkan: {day}", "Your assessment is scheduled: {day}"),
        (
            "Asesmen Anda dijadwalkan pada {day}. Tempat dan asesornya terlihat setelah Anda masuk. "
            "Tanda tangani FR.AK.01 sebelum asesmen dimulai.",
            "Your assessment is on {day}. Sign in to see the venue and the assessor. Please sign FR.AK.01 "
            "before the assessment begins.",
        ),
    ),
    "exception_asked": _notice(
        ("Pengecualian sedang diperiksa", "An exception is being looked into"),
        (
            "Sertifikat teknis seorang calon tidak mencakup hari asesmen yang diminta (R-TECH). Verifikator "
            "BNSP memutuskan apakah penjadwalan tetap dapat dilakukan.",
            "A candidate's technical certificate does not cover the assessment day asked for (R-TECH). A "
            "BNSP verifier decides whether it can be scheduled all the same.",
        ),
    ),
    "assessor_busy": _notice(
        ("Asesor tidak tersedia pada hari itu", "The assessor is not free on that day"),
        (
            "Asesor yang Anda jadwalkan sudah bertugas pada hari yang sama, atau calon kelas ini yang "
            "diasesnya sudah sebanyak yang boleh (R-MA). Pilih asesor atau hari lain.",
            "The assessor whom you scheduled has another assignment on that day, or has as many candidates "
            "of this class as allowed (R-MA). Choose another assessor or another day.",
        ),
    ),
    "assessment_interrupted": _notice(
        ("Asesmen dihentikan", "An assessment was interrupted"),
        (
            "Asesor menghentikan asesmen ini. Yang sudah diajukan tetap disimpan; penyelenggara "
            "menjadwalkannya lagi.",
            "The assessor has stopped this assessment. What was filed is kept; the organiser schedules it "
            "again.",
        ),
    ),
    "technical_certificate_lapsed": _notice(
        ("Sertifikat teknis Anda berakhir", "Your technical certificate has ended"),
        (
            "Sertifikat kompetensi teknis Anda berakhir sebelum asesmen dijadwalkan (R-TECH). Dokumen Anda "
            "dikaji lagi; siapkan sertifikat yang masih berlaku.",
            "Your technical certificate ended before an assessment was scheduled (R-TECH). Your documents "
            "are reviewed again; have a valid certificate ready.",
        ),
    ),
    "lapse_being_decided": _notice(
        ("Sertifikat teknis berakhir sebelum asesmen", "A technical certificate ended before the assessment"),
        (
            "Sertifikat kompetensi teknis seorang calon berakhir sebelum asesmennya dijadwalkan, bukan "
            "karena keterlambatan calon (R-TECH). Verifikator BNSP memutuskan pengecualian; bila "
            "ditolak, calon mengajukan sertifikat yang diperpanjang.",
            "A candidate's technical certificate ended before the assessment was scheduled, not by the "
            "candidate's delay (R-TECH). A BNSP verifier decides on an exception; if it is refused, the "
            "candidate files a renewed certificate.",
        ),
    ),
    "assessment_filed": _notice(
        ("Hasil asesmen dilaporkan", "An assessment was filed"),
        (
            "FR.AK.02 dan FR.AK.05 seorang calon sudah masuk. Berikutnya: undang komite keputusan.",
            "FR.AK.02 and FR.AK.05 of a candidate are filed. Next, convene the decision committee.",
        ),
    ),
    "committee_convened": _notice(
        ("Anda diundang ke komite keputusan", "You are on a decision committee"),
        (
            "Anda menjadi anggota komite keputusan sertifikasi. Ketua mencatat suara dan keputusannya.",
            "You are a member of a certification decision committee. Its chair records votes and decision.",
        ),
    ),
    "decided_competent": _notice(
        ("Keputusan: kompeten", "Decision: competent"),
        (
            "Komite memutuskan Anda kompeten. Berikutnya: petugas BNSP menerbitkan sertifikat Anda.",
            "The committee found you competent. Next, BNSP operations issue your certificate.",
        ),
    ),
    "decided_not_yet_competent": _notice(
        ("Keputusan: belum kompeten", "Decision: not yet competent"),
        (
            "Komite memutuskan Anda belum kompeten; unit dan alasannya terlihat setelah Anda masuk. Banding "
            "dapat diajukan sampai {appeal_until}. Asesmen ulang hanya untuk unit yang belum kompeten.",
            "The committee found you not yet competent; sign in to see the units and the reason. You may "
            "appeal until {appeal_until}. A re-assessment covers the failing units only.",
        ),
    ),
    "journey_ended": _notice(
        ("Proses sertifikasi selesai: {state}", "Your certification has ended: {state}"),
        (
            "Proses sertifikasi Anda berakhir dengan keadaan: {state}.",
            "Your certification has ended in the state: {state}.",
        ),
        machine="journey",
    ),
    # ---- the certificate
    "numbers_refused": _notice(
        ("Nomor sertifikat ditolak", "Certificate numbers were refused"),
        (
            "Nomor sertifikat, registrasi, atau blangko sudah dipakai, atau orang ini sudah mempunyai nomor "
            "registrasi lain. Periksa dan catat lagi.",
            "One of the certificate, registration or blank numbers is in use already, or this person has "
            "another registration number. Check and record them again.",
        ),
    ),
    "certificate_active": _notice(
        ("Sertifikat Anda berlaku", "Your certificate is valid"),
        (
            "Sertifikat kompetensi Anda berlaku sampai dengan {valid_until}, termasuk hari itu.",
            "Your certificate of competence is valid through {valid_until}, that day included.",
        ),
    ),
    "certificate_reminder": _notice(
        ("Sertifikat Anda berakhir {valid_until}", "Your certificate ends on {valid_until}"),
        (
            "Sertifikat kompetensi Anda berlaku sampai dengan {valid_until}. Siapkan sertifikasi ulang.",
            "Your certificate of competence is valid through {valid_until}. Please prepare recertification.",
        ),
    ),
    "recertification_window_open": _notice(
        ("Sertifikasi ulang dapat diajukan", "You can apply for recertification"),
        (
            "Masa pengajuan sertifikasi ulang dibuka (R-WIN): mulai hari ini sampai dengan {until}. "
            "Sertifikat Anda berlaku sampai dengan {valid_until}.",
            "The window for recertification is open (R-WIN): from today through {until}. Your certificate is "
            "valid through {valid_until}.",
        ),
    ),
    "certificate_expired": _notice(
        ("Sertifikat Anda kedaluwarsa", "Your certificate has expired"),
        (
            "Sertifikat kompetensi Anda berlaku sampai dengan {valid_until} dan kini kedaluwarsa. Tanpa "
            "sertifikat yang berlaku Anda tidak dapat ditugaskan sebagai asesor.",
            "Your certificate of competence was valid through {valid_until} and has expired. Without a valid "
            "certificate you cannot be assigned as an assessor.",
        ),
    ),
}


def notice(template: str) -> NoticeText:
    """The texts of a template. Raises NotFound (N-TEMPLATE) for one that this version does not have."""
    found = NOTICES.get(template)
    if found is None:
        raise NotFound.because(
            "N-TEMPLATE",
            "Jenis pemberitahuan itu tidak ada.",
            "There is no such notice.",
            template=template,
        )
    return found


_MONTHS = (
    ("Januari", "January"),
    ("Februari", "February"),
    ("Maret", "March"),
    ("April", "April"),
    ("Mei", "May"),
    ("Juni", "June"),
    ("Juli", "July"),
    ("Agustus", "August"),
    ("September", "September"),
    ("Oktober", "October"),
    ("November", "November"),
    ("Desember", "December"),
)


def day_in_words(day: date) -> Text:
    """The day as letters and certificates say it: `2 Maret 2029`, `2 March 2029`."""
    indonesian, english = _MONTHS[day.month - 1]
    return Text(id=f"{day.day} {indonesian} {day.year}", en=f"{day.day} {english} {day.year}")
