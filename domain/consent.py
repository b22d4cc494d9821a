"""What a candidate consents to: the purposes for which personal data is processed (Law 27/2022), by version.

The wording is ours [D] until BNSP gives its own; a new wording is a new version of the policy
(`consent_version`). It stands apart from FR.AK.01, which is about the assessment.
"""

from domain.text import Text

CONSENTS: dict[str, tuple[Text, ...]] = {
    "2026-01": (
        Text(
            id="Data pribadi dan dokumen saya diproses hanya untuk sertifikasi ini: memeriksa persyaratan, "
            "menyelenggarakan asesmen, memutuskan, dan menerbitkan sertifikat.",
            en="My personal data and documents are processed for this certification alone: to review the "
            "requirements, to hold the assessment, to decide, and to issue the certificate.",
        ),
        Text(
            id="Yang dapat melihatnya: petugas BNSP yang menangani permohonan, penyelenggara yang "
            "mengusulkan saya, dan asesor yang ditugaskan. NIK saya disimpan terenkripsi.",
            en="Who may see it: BNSP's staff who handle the application, the organiser who proposed me, and "
            "the assessor who is assigned. My NIK is stored encrypted.",
        ),
        Text(
            id="Setelah bersertifikat, siapa saja yang memegang kode sertifikat saya dapat melihat nama, "
            "skema, nomor, dan masa berlakunya.",
            en="Once I am certified, whoever has my certificate's code can see its name, scheme, numbers and "
            "validity.",
        ),
        Text(
            id="Bukti disimpan 2 tahun, keputusan dan sertifikat 5 tahun setelah berakhir; permohonan yang "
            "ditolak atau ditarik 1 tahun. Sesudahnya dihapus.",
            en="Evidence is kept for 2 years, decision and certificate for 5 years after expiry, a refused "
            "or withdrawn application for 1 year. After that it is erased.",
        ),
        Text(
            id="Saya dapat meminta data saya dibetulkan, dan menarik persetujuan ini selama komite belum "
            "memutuskan; permohonan saya kemudian berakhir.",
            en="I may ask for my data to be corrected, and withdraw this consent until the committee "
            "decides; my application then ends.",
        ),
    ),
}


def consent_text(version: str) -> tuple[Text, ...]:
    """The paragraphs of that version; empty for one whose wording this version of the product does not
    know."""
    return CONSENTS.get(version, ())
