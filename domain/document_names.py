"""What documents are called: requirement documents, forms, and the files of a programme."""

from domain.policy import CURRENT, Policy
from domain.text import Text

DOCUMENTS: dict[str, Text] = {
    "assessment_records": Text(id="Rekaman asesmen yang pernah dilakukan", en="Records of assessments done"),
    "diploma": Text(id="Ijazah atau sertifikat KKNI", en="Diploma or KKNI certificate"),
    "direct_evidence": Text(id="Bukti langsung", en="Direct evidence"),
    "evidence": Text(id="Bukti", en="Evidence"),
    "experience_letter": Text(id="Surat keterangan pengalaman kerja", en="Letter of work experience"),
    "it_declaration": Text(
        id="Pernyataan mampu mengoperasikan komputer", en="Declaration of computer skills"
    ),
    "photo": Text(id="Pasfoto", en="Photograph"),
    "recommendation_letter": Text(id="Surat rekomendasi", en="Letter of recommendation"),
    "report": Text(id="Laporan pelaksanaan", en="Report"),
    "technical_certificate": Text(id="Sertifikat kompetensi teknis", en="Technical certificate"),
    "laptop": Text(id="Laptop", en="Laptop"),
}
"""By the name of the requirement that an upload is for (`requirement`)."""


def document_name(name: str, policy: Policy = CURRENT) -> Text:
    """What the document of that name is called; of a form its code and title (`FR.APL.01`, or a filed form's
    `FR.APL.01@2026-01`); the name itself for one that nobody knows."""
    if name in DOCUMENTS:
        return DOCUMENTS[name]
    code = name.partition("@")[0]
    form = next((f for f in policy.forms if f.code == code), None)
    if form is not None:
        return Text(id=f"{code} {form.title.id}", en=f"{code} {form.title.en}")
    return Text(id=name.replace("_", " "), en=name.replace("_", " "))
