"""An organiser's licence by BNSP."""

from domain.roles import Role
from domain.text import Text
from state_machines.table import Row, State, Table

_OPS = frozenset({Role.OPERATIONS})
_SYSTEM = frozenset({Role.SYSTEM})

LICENCE = Table(
    name="licence",
    label=Text(id="Lisensi penyelenggara", en="Organiser's licence"),
    initial=("IN_PROCESS", "ACTIVE"),
    states=(
        State("IN_PROCESS", Text(id="dalam proses (CLSP)", en="in process (candidate LSP)")),
        State("ACTIVE", Text(id="aktif", en="active")),
        State("SUSPENDED", Text(id="dibekukan", en="suspended")),
        State("EXPIRED", Text(id="kedaluwarsa", en="expired")),
        State("REVOKED", Text(id="dicabut", en="revoked"), terminal=True),
    ),
    rows=(
        Row(
            "grant",
            "IN_PROCESS",
            "ACTIVE",
            _OPS,
            Text(id="Terbitkan lisensi", en="Grant"),
            "[S] LSP terlisensi BNSP",
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
        *(
            Row(
                "expire",
                source,
                "EXPIRED",
                _SYSTEM,
                Text(id="Kedaluwarsa", en="Expire"),
                "[D] the day after its last valid day",
            )
            for source in ("ACTIVE", "SUSPENDED")
        ),
        *(
            Row(
                "renew", source, "ACTIVE", _OPS, Text(id="Perpanjang", en="Renew"), "[D] a new last valid day"
            )
            for source in ("ACTIVE", "EXPIRED")
        ),
    ),
)
