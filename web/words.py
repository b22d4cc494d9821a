"""Words for closed lists that pages show: kinds of organisations, licences, outcomes, units of time."""

from domain.text import Text

ORGANISER_KINDS: dict[str, Text] = {
    "BNSP": Text(id="BNSP", en="BNSP"),
    "LSP": Text(id="LSP (lembaga sertifikasi profesi)", en="LSP (certification body)"),
    "CLSP": Text(id="CLSP (calon LSP)", en="CLSP (future certification body)"),
    "TECHNICAL_AGENCY": Text(id="Instansi teknis", en="Technical agency"),
}
LICENCES: dict[str, Text] = {
    "NONE": Text(id="tidak ada", en="none"),
    "IN_PROCESS": Text(id="dalam proses", en="in process"),
    "ACTIVE": Text(id="berlaku", en="active"),
    "SUSPENDED": Text(id="dibekukan", en="suspended"),
    "REVOKED": Text(id="dicabut", en="revoked"),
    "EXPIRED": Text(id="kedaluwarsa", en="expired"),
}
OUTCOMES: dict[str, Text] = {
    "pass": Text(id="terpenuhi", en="met"),
    "fail": Text(id="tidak terpenuhi", en="not met"),
    "needs_human": Text(id="diputuskan orang", en="a person decides"),
    "not_applicable": Text(id="tidak berlaku", en="does not apply"),
}
UNITS: dict[str, Text] = {
    "wd": Text(id="hari kerja", en="working days"),
    "days": Text(id="hari", en="days"),
    "months": Text(id="bulan", en="months"),
    "hours": Text(id="jam", en="hours"),
}
