"""The MET registration number of an assessor: BNSP gives it, the software records it.

Its format could not be read in any public source, so the checks here are an **unverified placeholder**:
they keep out only what cannot be a number that somebody prints on a certificate.
"""

import unicodedata

from domain.errors import Malformed
from domain.text import Text
from domain.verdict import Violation

RULE = "P-MET"
CITATION = "[P] § 1"
MAX_LENGTH = 40


def normalise(text: str) -> str:
    """The number as it is stored and compared: upper case, single spaces, one form of each character.

    Raises Malformed (P-MET) when it is empty, longer than 40 characters, or holds a control, invisible
    or line-breaking character. The number belongs to the person for life, so facts hold its length only.
    """
    # Before any folding: invisible and right-to-left marks would make two numbers look like one.
    if any(unicodedata.category(c) in {"Zl", "Zp"} or unicodedata.category(c)[0] == "C" for c in text):
        raise _malformed(
            "Nomor registrasi MET memuat karakter kendali atau karakter yang tidak tampak.",
            "The MET registration number holds a control or invisible character.",
            length=len(text),
        )
    number = " ".join(unicodedata.normalize("NFKC", text.upper()).upper().split())
    if not number:
        raise _malformed("Nomor registrasi MET kosong.", "The MET registration number is empty.", length=0)
    if len(number) > MAX_LENGTH:
        raise _malformed(
            f"Nomor registrasi MET lebih dari {MAX_LENGTH} karakter.",
            f"The MET registration number is longer than {MAX_LENGTH} characters.",
            length=len(number),
            limit=MAX_LENGTH,
        )
    return number


def _malformed(indonesian: str, english: str, **facts: int) -> Malformed:
    return Malformed(
        Violation(
            rule=RULE,
            text=Text(id=indonesian, en=english),
            citation=CITATION,
            remedy=Text(id="Salin nomor seperti yang diberikan BNSP.", en="Copy the number as BNSP gave it."),
            facts=dict(facts),
        )
    )
