"""Reference data of the user's document [S]: kept word for word, and not verified by anybody.

`given` is the document's own line, slips included, without its list mark; `text` is that line with the
stray spaces before full stops gone, beside our English. `verified` becomes true only when BNSP confirms
an item. The unit titles of the three abilities are practice found in public material [P].
"""

import re

from pydantic import BaseModel, ConfigDict

from domain.errors import NotFound
from domain.text import Text


class Item(BaseModel):
    """One line of the document under a stable id for citation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    given: str
    en: str
    verified: bool = False

    @property
    def text(self) -> Text:
        """The line for people; only the spacing differs from `given`."""
        return Text(id=re.sub(r"\s+(?=[.,;])", "", self.given).strip(), en=self.en)


class LegalBasis(Item):
    """One of the nine regulations that the programme rests on."""

    short: str
    """Kind, number and year, as a verdict cites it."""
    note: Text | None = None


class Definition(Item):
    """A term and its meaning."""

    term: Text


class Named(Item):
    """One of a closed list that logic keys on by `key`."""

    key: str


class Ability(BaseModel):
    """One of the three abilities [S] with the title of its unit [P]. Logic keys on `id`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Text
    unit_title: Text
    code: str | None = None
    """Unit code of SKKNI 333/2020; it could not be read, and belongs to a scheme version."""
    verified: bool = False


PURPOSES: tuple[Item, ...] = (
    Item(
        id="PU-1",
        given="Meningkatkan kualitas uji kompetensi melalui penguatan peran Asesor Kompetensi .",
        en="To raise the quality of competency assessment by strengthening the role of competency assessors.",
    ),
    Item(
        id="PU-2",
        given="Memberikan acuan hukum bagi pelaksanaan Pelatihan dan Sertifikasi Kompetensi Asesor .",
        en="To give a legal reference for the training and certification of assessors' competence.",
    ),
)

BENEFIT = Item(
    id="BE-1",
    given="Menjamin mutu pelaksanaan Pelatihan dan Sertifikasi Kompetensi agar Asesor Kompetensi menjadi "
    "kompeten.",
    en="It assures the quality of training and certification, so that competency assessors are competent.",
)

FUNCTIONS: tuple[Item, ...] = (
    Item(
        id="FN-1",
        given="Pelaksanaan dan pengembangan sistem Sertifikasi Kompetensi Kerja .",
        en="Running and developing the system of work competency certification.",
    ),
    Item(
        id="FN-2",
        given="Pelaksanaan dan pengembangan sistem Sertifikasi Pendidikan dan Pelatihan Vokasi .",
        en="Running and developing the system of certification of vocational education and training.",
    ),
    Item(
        id="FN-3",
        given="Pembinaan dan pengawasan pelaksanaan sistem Sertifikasi Kompetensi Kerja Nasional .",
        en="Guiding and supervising the running of the national work competency certification system.",
    ),
    Item(
        id="FN-4",
        given="Pengembangan pengakuan Sertifikasi Kompetensi Kerja Nasional dan Internasional .",
        en="Developing national and international recognition of work competency certification.",
    ),
    Item(
        id="FN-5",
        given="Pelaksanaan dan pengembangan kerja sama (nasional dan internasional) di bidang sertifikasi "
        "profesi .",
        en="Running and developing co-operation, national and international, in professional certification.",
    ),
    Item(
        id="FN-6",
        given="Pelaksanaan dan pengembangan sistem data dan informasi sertifikasi kompetensi kerja yang "
        "terintegrasi.",
        en="Running and developing an integrated data and information system of competency certification.",
    ),
)

LEGAL_BASES: tuple[LegalBasis, ...] = (
    LegalBasis(
        id="LB-1",
        short="UU 13/2003",
        given="UU Nomor 13 Tahun 2003 Tentang Ketenagakerjaan.",
        en="Law 13 of 2003 on manpower.",
    ),
    LegalBasis(
        id="LB-2",
        short="PP 10/2018",
        given="PP Nomor 10 Tahun 2018 Tentang BNSP.",
        en="Government Regulation 10 of 2018 on BNSP.",
    ),
    LegalBasis(
        id="LB-3",
        short="KEP. 2171/BNSP/IX/2024",
        given="Keputusan Ketua BNSP Nomor KEP. 2171/BNSP/IX/2024 Tentang Penetapan Kemasan Skema Okupasi "
        "Bidang Sertifikasi Kompetensi",
        en="Decision of the Chair of BNSP KEP. 2171/BNSP/IX/2024 on the packaging of occupation schemes in "
        "the field of competency certification.",
    ),
    LegalBasis(
        id="LB-4",
        short="Kepmenaker 333/2020",
        given="Kepmenaker Nomor 333 Tahun 2020 Tentang SKKNI Bidang Standarisasi, Pelatihan Kerja Dan "
        "Sertifikasi.",
        en="Decision of the Minister of Manpower 333 of 2020 on the SKKNI (national work competency "
        "standards) in the field of standardisation, work training and certification.",
    ),
    LegalBasis(
        id="LB-5",
        short="Perpres 68/2022",
        given="PERPRES Nomor 68 Tahun 2022 Tentang Revitalisasi Pendidikan Vokasi dan Pelatihan Vokasi",
        en="Presidential Regulation 68 of 2022 on the revitalisation of vocational education and training.",
    ),
    LegalBasis(
        id="LB-6",
        short="PP 31/2006",
        given="PP Nomor 31 Tahun 2006 TentangSistem Pelatihan Kerja Nasional",
        en="Government Regulation 31 of 2006 on the national work training system.",
    ),
    LegalBasis(
        id="LB-7",
        short="Permenakertrans 8/2014",
        given="Permenakertrans Nomor 8 Tahun 2014 Tentang Revitalisasi Pendidikan Vokasi dan Pelatihan "
        "Vokasi",
        en="Regulation of the Minister of Manpower and Transmigration 8 of 2014 on the revitalisation of "
        "vocational education and training.",
        note=Text(
            id="Judul dicatat seperti dalam dokumen; judul itu milik Perpres 68/2022 dan belum diverifikasi.",
            en="The title is kept as the document gives it; it is that of Perpres 68/2022, and not verified.",
        ),
    ),
    LegalBasis(
        id="LB-8",
        short="Kepmenaker 3/2021",
        given="Kepmenaker Nomor 3 Tahun 2021 Tentang KKNI Bidang Pelatihan Kerja dan Sertifikasi",
        en="Decision of the Minister of Manpower 3 of 2021 on the KKNI (national qualification framework) in "
        "the field of work training and certification.",
    ),
    LegalBasis(
        id="LB-9",
        short="Kepdirjen KEP.2/4938/PR.00.01/XII/2023",
        given="Kepdirjen Nomor KEP.2/4938/PR.00.01/XII/2023 Tentang Juklak DIPA Kegiatan UPTP TA 2024",
        en="Decision of the Director General KEP.2/4938/PR.00.01/XII/2023 on carrying out the budget (DIPA) "
        "of the central training units' (UPTP) activities, fiscal year 2024.",
    ),
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        id="DF-1",
        term=Text(id="Asesor Kompetensi", en="Competency assessor"),
        given="Seseorang yang memiliki kompetensi dan memenuhi persyaratan untuk melakukan dan/atau menilai "
        "uji kompetensi pada jenis dan kualifikasi tertentu.",
        en="Somebody who is competent and entitled to conduct and/or judge competency assessments of given "
        "kinds and qualifications.",
    ),
    Definition(
        id="DF-2",
        term=Text(id="Master Asesor Kompetensi", en="Master assessor"),
        given="Personil bersertifikat Master Asesor Kompetensi , kompeten di bidang tertentu, dan diberi "
        "tugas untuk melatih dan melaksanakan asesmen asesor kompetensi .",
        en="A person certified as a master assessor, competent in a given field, and assigned to train and "
        "assess competency assessors.",
    ),
    Definition(
        id="DF-3",
        term=Text(id="Pelatihan Asesor Kompetensi", en="Assessor training"),
        given="Pelatihan yang fokus pada penguasaan kemampuan asesor kompetensi dalam merencanakan, "
        "melaksanakan, dan memvalidasi asesmen Kompetensi .",
        en="Training that concentrates on mastering the assessor's abilities to plan, conduct and validate "
        "competency assessment.",
    ),
    Definition(
        id="DF-4",
        term=Text(id="Pelatihan Peningkatan Kompetensi Asesor", en="Upgrading of assessors' competence"),
        given="Pelatihan yang fokus pada peningkatan kualitas penguasaan kemampuan asesor kompetensi dalam "
        "merencanakan, melaksanakan, dan memvalidasi asesmen Kompetensi .",
        en="Training that concentrates on raising the mastery of the assessor's abilities to plan, conduct "
        "and validate competency assessment.",
    ),
)

ORGANISER_KINDS: tuple[Named, ...] = (
    Named(
        id="OK-1",
        key="bnsp",
        given="BNSP (Badan Nasional Sertifikasi Profesi).",
        en="BNSP (the national professional certification authority).",
    ),
    Named(
        id="OK-2",
        key="lsp",
        given="LSP (Lembaga Sertifikasi Profesi) terlisensi BNSP .",
        en="An LSP (certification body) licensed by BNSP.",
    ),
    Named(
        id="OK-3",
        key="clsp",
        given="CLSP (Calon LSP) yang telah memiliki skema terverifikasi BNSP .",
        en="A CLSP (candidate LSP) that has a scheme verified by BNSP.",
    ),
    Named(id="OK-4", key="technical_agency", given="Instansi Teknis .", en="A technical agency."),
)

STAGES: tuple[Named, ...] = (
    Named(id="ST-1", key="request", given="Permohonan", en="Request"),
    Named(id="ST-2", key="verification", given="Verifikasi dan Persetujuan", en="Verification and approval"),
    Named(id="ST-3", key="preparation", given="Pra Pelaksanaan", en="Preparation"),
    Named(id="ST-4", key="execution", given="Pelaksanaan", en="Execution"),
)

CERTIFICATION_STEPS: tuple[Named, ...] = (
    Named(
        id="CS-1",
        key="receive",
        given="Penerimaan Permohonan Sertifikasi",
        en="Receive the application for certification",
    ),
    Named(
        id="CS-2",
        key="review",
        given="Mengkaji Kelengkapan Dokumen Persyaratan Asesi",
        en="Review the completeness of the candidate's requirement documents",
    ),
    Named(
        id="CS-3",
        key="assess",
        given="Menyelenggarakan Proses Asesmen Kompetensi",
        en="Hold the competency assessment",
    ),
    Named(
        id="CS-4", key="decide", given="Membuat Keputusan Sertifikasi", en="Make the certification decision"
    ),
)

ABILITIES: tuple[Ability, ...] = (
    Ability(
        id="plan",
        name=Text(id="Merencanakan", en="Plan"),
        unit_title=Text(
            id="Merencanakan Aktivitas dan Proses Asesmen", en="Plan assessment activities and processes"
        ),
    ),
    Ability(
        id="conduct",
        name=Text(id="Melaksanakan", en="Conduct"),
        unit_title=Text(id="Melaksanakan Asesmen", en="Conduct assessment"),
    ),
    Ability(
        id="validate",
        name=Text(id="Memvalidasi", en="Validate"),
        unit_title=Text(
            id="Memberikan Kontribusi dalam Validasi Asesmen", en="Contribute to the validation of assessment"
        ),
    ),
)

_BASES = {basis.id: basis for basis in LEGAL_BASES}


def legal_basis(id: str) -> LegalBasis:
    """The legal basis `LB-1` … `LB-9`. Raises NotFound for any other id."""
    if id not in _BASES:
        raise NotFound.because(
            "LB", "Dasar hukum dengan id itu tidak ada.", "There is no legal basis with that id."
        )
    return _BASES[id]
