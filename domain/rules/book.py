"""The rule book: every rule by its id, in the order of the domain specification, § 5."""

from collections.abc import Mapping
from typing import Any

from domain.errors import NotFound
from domain.rules.assessors import r_ma
from domain.rules.classes import r_24
from domain.rules.committee import r_2
from domain.rules.decisions import r_bk, r_vote
from domain.rules.duties import r_sod
from domain.rules.organiser import r_30, r_notice, r_org
from domain.rules.participants import r_dup, r_it, r_q3, r_rec
from domain.rules.recertification import r_kit, r_win
from domain.rules.rule import Rule
from domain.rules.technical import r_tech
from domain.verdict import Verdict

RULES: dict[str, Rule] = {
    entry.id: entry
    for entry in (
        r_org,
        r_30,
        r_24,
        r_2,
        r_notice,
        r_q3,
        r_tech,
        r_rec,
        r_it,
        r_kit,
        r_win,
        r_dup,
        r_sod,
        r_ma,
        r_bk,
        r_vote,
    )
}


def rule_of(id: str) -> Rule:
    """The rule of that id. Raises NotFound for any other id."""
    found = RULES.get(id)
    if found is None:
        raise NotFound.because("R-UNKNOWN", "Aturan itu tidak ada.", "There is no such rule.", rule_id=id)
    return found


def recall(rule_id: str, facts: Mapping[str, Any], subject: str = "") -> Verdict:
    """A verdict again, from what an event kept of it (`Finding.rule`, `.facts`, `.subject`)."""
    return rule_of(rule_id).recall(facts, subject)
