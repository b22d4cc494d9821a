"""An organiser's licence as its machine moves it: granted, suspended, reinstated, revoked, renewed."""

from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from db.registry.organisations import organisation_data, put_organisation
from db.streams import append_row_event
from db.vault import Vault, case_owner
from domain.errors import Forbidden, IllegalMove, Malformed
from domain.roles import LABELS, Actor, Role
from domain.text import Text
from domain.verdict import Violation
from state_machines.licence import LICENCE
from state_machines.table import Row

DATED = frozenset({"grant", "renew"})
"""Moves that give the licence a new last valid day."""


def licence_moves(licence: str, role: Role) -> tuple[Row, ...]:
    """What this role may do with a licence in this state."""
    return tuple(row for row in LICENCE.rows if row.source == licence and role in row.roles)


async def move_licence(
    session: AsyncSession,
    vault: Vault,
    organisation: str,
    trigger: str,
    *,
    valid_until: date | None,
    reason: str,
    expected: int,
    today: date,
    by: Actor,
    at: datetime,
) -> None:
    """Walk one row of the machine, for a reason that is sealed on the organisation's chain.

    IllegalMove (M-STATE) when no row leads out of the present state by it; Forbidden (M-ROLE); Malformed
    (G-DAY) without a last valid day to come where the move needs one; Conflict (A-VERSION).
    """
    before = await organisation_data(session, organisation)
    rows = LICENCE.by_trigger.get((before.licence, trigger), ())
    if not rows:
        raise IllegalMove.because(
            "M-STATE",
            "Langkah ini tidak berlaku dalam keadaan lisensi sekarang.",
            "This step does not apply in the licence's present state.",
            state=before.licence,
            trigger=trigger,
        )
    row = rows[0]
    if by.role not in row.roles:
        who = sorted(row.roles)
        raise Forbidden.because(
            "M-ROLE",
            f"Langkah ini hanya untuk: {', '.join(LABELS[r].id for r in who)}.",
            f"This step is for: {', '.join(LABELS[r].en for r in who)}.",
        )
    if trigger in DATED and (valid_until is None or valid_until <= today):
        raise Malformed(
            Violation(
                rule="G-DAY",
                text=Text(
                    id="Isi hari terakhir berlaku, setelah hari ini.",
                    en="Give the last valid day, later than today.",
                ),
                citation=row.why,
                facts={"field": "valid_until"},
            )
        )
    changes = {"licence": row.dest, **({"licence_valid_until": valid_until} if trigger in DATED else {})}
    await put_organisation(session, before.model_copy(update=changes), by=by, at=at, expected=expected)
    stream = f"org-{organisation}"
    sealed = await vault.seal_text(session, case_owner(stream), reason, by.account, at=at)
    payload = {"trigger": trigger, "source": row.source, "dest": row.dest, "reason": sealed.model_dump()}
    await append_row_event(session, stream, "licence_moved", by, payload, at)
