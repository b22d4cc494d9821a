"""Facts: what the rules of one act see, gathered from the case, from the command and from rows.

The case says what is so, the command says what is to be, and rows say the rest: licences, evidence,
certificates, days that others took. Facts from rows are a pre-check; what is scarce is decided by its
reservation (design § 4).
"""

from db.facts.gather import JUDGED, facts_for, purpose_of

__all__ = ["JUDGED", "facts_for", "purpose_of"]
