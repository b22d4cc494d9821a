"""R-30 after the list was judged: the share of external participants that departures leave behind."""

from domain.facts import OrganiserKind
from domain.rules.organiser import external_limit
from state_machines.turn import Turn


def flag_share(turn: Turn, *, approving: bool = False) -> None:
    """Flag a share above the limit, or take the flag away; nothing else changes (R-30).

    Call it after participants left: by a partial approval (`approving`), a withdrawal or a new list. Counts
    the main participants proposed or verified, whoever is confirmed, and reserves promoted by then.
    """
    programme = turn.case.programme
    if turn.case.revision < 1 and not approving:
        return  # cases of then flagged a partial approval alone
    if turn.case.revision >= 1 and programme.organiser_kind == OrganiserKind.BNSP:
        return  # R-30 does not apply; cases of before revision 1 flagged BNSP's programmes too
    counted = [
        s
        for s in turn.case.seats.values()
        if s.state == "CONFIRMED"
        or (s.state == "PROPOSED" and s.kind == "main")
        # A promoted reserve who is asked to confirm again is known by the journey that the seat opened.
        or (s.state == "VERIFIED" and (s.kind == "main" or s.journey))
    ]
    above = sum(s.external for s in counted) > external_limit(len(counted), turn.policy)
    if above != programme.share_flagged:
        turn.set("programme", programme.id, share_flagged=above)
