"""What happened to rows, in words: see domain/event_labels.py."""

from domain.text import Text

ROW_EVENTS: dict[str, Text] = {
    "account_created": Text(id="Akun dibuat", en="An account was created"),
    "account_disabled": Text(id="Akun ditutup", en="The account was disabled"),
    "account_enabled": Text(id="Akun dibuka kembali", en="The account was enabled again"),
    "application_part_saved": Text(
        id="Satu bagian permohonan disimpan", en="A part of the application was saved"
    ),
    "calendar_version_added": Text(
        id="Versi baru tabel hari libur ditambahkan", en="A new version of the holiday table was added"
    ),
    "certificate_revealed": Text(
        id="Sertifikat tercetak dibuka dengan alasan tercatat",
        en="A printed certificate was opened for a recorded reason",
    ),
    "consent_given": Text(
        id="Persetujuan pemrosesan data pribadi diberikan",
        en="Consent to the processing of personal data was given",
    ),
    "document_added": Text(id="Dokumen diunggah", en="A document was uploaded"),
    "document_revealed": Text(
        id="Dokumen dibuka dengan alasan tercatat", en="A document was opened for a recorded reason"
    ),
    "draft_changed": Text(id="Draf diubah", en="The draft was changed"),
    "draft_created": Text(id="Draf dibuat", en="The draft was begun"),
    "draft_expired": Text(id="Draf kedaluwarsa", en="The draft expired"),
    "draft_renumbered": Text(
        id="Draf disesuaikan sebelum diajukan", en="The draft was renumbered before it was submitted"
    ),
    "hat_changed": Text(id="Peran yang dipakai diganti", en="Another hat was put on"),
    "licence_moved": Text(id="Lisensi lembaga berubah keadaan", en="The licence moved"),
    "invitation_asked": Text(id="Undangan diminta", en="An invitation was asked for"),
    "invitation_made": Text(id="Undangan dibuat", en="An invitation was made"),
    "invitation_used": Text(
        id="Undangan dipakai untuk membuka akun", en="The invitation was used to open an account"
    ),
    "list_exported": Text(id="Daftar diekspor sebagai berkas", en="A list was exported as a file"),
    "master_assessor_recorded": Text(
        id="Data Master Asesor dicatat", en="The master assessor's record was made"
    ),
    "nik_revealed": Text(
        id="NIK lengkap dibuka dengan alasan tercatat", en="The whole NIK was shown for a recorded reason"
    ),
    "organisation_changed": Text(id="Data lembaga diubah", en="The organisation's record was changed"),
    "organisation_registered": Text(id="Lembaga didaftarkan", en="The organisation was registered"),
    "participant_changed": Text(
        id="Data peserta dalam draf diubah", en="A participant of the draft was changed"
    ),
    "participant_facts_recorded": Text(
        id="Data persyaratan peserta dicatat", en="The facts that the requirements ask for were recorded"
    ),
    "participant_removed": Text(
        id="Peserta dihapus dari draf", en="A participant was taken out of the draft"
    ),
    "participant_restored": Text(id="Peserta dikembalikan", en="Participant put back"),
    "participants_imported": Text(id="Daftar peserta diimpor", en="A list of participants was imported"),
    "password_changed": Text(id="Kata sandi diganti", en="The password was changed"),
    "password_link_made": Text(id="Tautan kata sandi baru dibuat", en="A link for a new password was made"),
    "person_data_conflict_dropped": Text(
        id="Data yang berbeda tentang orang ini tidak dipakai",
        en="Differing data about the person was dropped",
    ),
    "person_data_conflict_reported": Text(
        id="Daftar peserta menyebut data yang berbeda tentang orang ini",
        en="A roster said something else about the person",
    ),
    "person_data_corrected": Text(id="Data orang ini dibetulkan", en="The person's data was corrected"),
    "person_forgotten": Text(id="Data pribadi orang ini dihapus", en="The person's data was erased"),
    "person_named": Text(id="Orang ini disebut dalam permohonan", en="The person was named in a request"),
    "person_registered": Text(id="Orang ini didaftarkan", en="The person was registered"),
    "person_revealed": Text(
        id="Data pribadi dibuka dengan alasan tercatat", en="Personal data was shown for a recorded reason"
    ),
    "policy_added": Text(id="Versi kebijakan disimpan", en="A version of the policy was stored"),
    "reason_recorded": Text(
        id="Alasan perubahan akun dicatat", en="The reason for a change of the account was recorded"
    ),
    "registration_number_corrected": Text(
        id="Nomor registrasi (MET) dibetulkan", en="The registration number (MET) was corrected"
    ),
    "role_granted": Text(id="Peran diberikan", en="A role was granted"),
    "role_withdrawn": Text(id="Peran dicabut", en="A role was withdrawn"),
    "scheme_version_added": Text(id="Versi skema ditambahkan", en="A version of the scheme was added"),
    "sessions_ended": Text(id="Sesi diakhiri petugas", en="Sessions were ended by operations"),
    "sign_in_failed": Text(id="Upaya masuk gagal", en="A sign-in failed"),
    "signed_in": Text(id="Masuk", en="Signed in"),
    "signed_out": Text(id="Keluar", en="Signed out"),
    "stream_thawed": Text(id="Perkara yang dibekukan dijalankan kembali", en="A frozen case was let go on"),
    "token_created": Text(id="Token API dibuat", en="An API token was made"),
    "token_revoked": Text(id="Token API dicabut", en="An API token was revoked"),
}
"""Events of rows: organisations, persons, accounts, drafts, policies, schemes and calendars."""
