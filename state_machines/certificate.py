"""A certificate, from its numbers to its end."""

from domain.cases import Certificate
from domain.clock import end_of_day
from domain.roles import Role
from domain.text import Text
from domain.verdict import Violation
from state_machines.guards import no
from state_machines.table import Guard, Row, Situation, State, Table

_OPS = frozenset({Role.OPERATIONS})
_SYSTEM = frozenset({Role.SYSTEM})
_EITHER = _OPS | _SYSTEM


def _certificate(s: Situation) -> Certificate:
    assert isinstance(s.subject, Certificate)
    return s.subject


def numbers_recorded(s: Situation) -> list[Violation]:
    """Are the certificate, registration and blank numbers recorded, and is the document made?"""
    c = _certificate(s)
    parts = {
        "certificate_number": c.certificate_number,
        "registration_number": c.registration_number,
        "blank_number": c.blank_number,
        "document": c.pdf_digest,
        "check_code": c.check_code,
    }
    missing = [name for name, value in parts.items() if not value]
    if not missing:
        return []
    return no(
        "M-NUMBERS",
        "Nomor atau dokumen sertifikat belum lengkap: {}.".format(", ".join(_WORDS[m] for m in missing)),
        "The certificate's numbers or its document are incomplete: {}.".format(", ".join(missing)),
        subject=c.id,
        citation="[D] § 3: three numbers kept apart",
        missing=missing,
    )


def validity_over(s: Situation) -> list[Violation]:
    """Has the printed last day passed (it is valid to its very end, WIB)?"""
    c = _certificate(s)
    if s.now >= end_of_day(c.valid_until):
        return []
    return no(
        "M-EARLY",
        f"Sertifikat masih berlaku sampai {c.valid_until}.",
        f"The certificate is still valid until {c.valid_until}.",
        subject=c.id,
        valid_until=c.valid_until.isoformat(),
    )


_WORDS = {
    "certificate_number": "nomor sertifikat",
    "registration_number": "nomor registrasi",
    "blank_number": "nomor blangko",
    "document": "dokumen",
    "check_code": "kode pemeriksaan",
}
_EXPIRE = (Guard("M-EARLY", validity_over),)

CERTIFICATE = Table(
    name="certificate",
    label=Text(id="Sertifikat", en="Certificate"),
    initial=("PREPARED",),
    states=(
        State("PREPARED", Text(id="disiapkan", en="prepared")),
        State("ACTIVE", Text(id="berlaku", en="active")),
        State("SUSPENDED", Text(id="dibekukan", en="suspended")),
        State("EXPIRED", Text(id="kedaluwarsa", en="expired"), terminal=True),
        State("REVOKED", Text(id="dicabut", en="revoked"), terminal=True),
        State("REPLACED", Text(id="diganti", en="replaced"), terminal=True),
        State("RENEWED", Text(id="diperpanjang", en="renewed"), terminal=True),
    ),
    rows=(
        Row(
            "record",
            "PREPARED",
            "ACTIVE",
            _EITHER,
            Text(id="Catat nomor", en="Record the numbers"),
            "[D] certificate, registration and blank numbers, kept apart",
            (Guard("M-NUMBERS", numbers_recorded),),
        ),
        Row(
            "expire",
            "ACTIVE",
            "EXPIRED",
            _SYSTEM,
            Text(id="Kedaluwarsa", en="Expire"),
            "[D] the day after the printed last day",
            _EXPIRE,
        ),
        Row(
            "expire",
            "SUSPENDED",
            "EXPIRED",
            _SYSTEM,
            Text(id="Kedaluwarsa", en="Expire"),
            "[D] a suspension does not stop the printed last day",
            _EXPIRE,
        ),
        Row("suspend", "ACTIVE", "SUSPENDED", _OPS, Text(id="Bekukan", en="Suspend"), "[D] with a reason"),
        Row(
            "reinstate",
            "SUSPENDED",
            "ACTIVE",
            _OPS,
            Text(id="Pulihkan", en="Reinstate"),
            "[D] the reason for the suspension is gone",
        ),
        *(
            Row("revoke", source, "REVOKED", _OPS, Text(id="Cabut", en="Revoke"), "[D] with a reason")
            for source in ("ACTIVE", "SUSPENDED")
        ),
        Row(
            "replace",
            "ACTIVE",
            "REPLACED",
            _EITHER,
            Text(id="Ganti", en="Replace"),
            "[D] another certificate takes its place; a spoiled blank is a new blank number only",
        ),
        Row(
            "renew",
            "ACTIVE",
            "RENEWED",
            _EITHER,
            Text(id="Perpanjang", en="Renew"),
            "[S] sertifikasi ulang gave a new certificate",
        ),
    ),
)
