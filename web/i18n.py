"""The two languages of the pages: English in the templates, Indonesian from the catalogue."""

from functools import cache
from pathlib import Path
from typing import Literal, get_args

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from fastapi import Request
from fastapi.responses import Response

from domain.text import Text

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
COOKIE = "asesor-lang"
CATALOGUE = Path(__file__).parent / "locales" / "id" / "LC_MESSAGES" / "asesor.po"
YEAR = 365 * 24 * 3600


def language_of(request: Request) -> Language:
    """What the address asks for (`?lang=`), else what was chosen before, else Indonesian."""
    for given in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if given == "en":
            return "en"
        if given == "id":
            return "id"
    return "id"


def remember(request: Request, response: Response) -> None:
    """Keep a language that the address asks for."""
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(COOKIE, language_of(request), max_age=YEAR, samesite="lax", path="/")


@cache
def catalogue() -> Catalog:
    """The Indonesian catalogue as it stands in the file."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="id")


def gettext(language: Language, message: str) -> str:
    """The message in that language; as it stands where the catalogue lacks it (a test finds those)."""
    if language == "en" or not message:
        return message
    found = catalogue().get(message)
    return str(found.string) if found is not None and found.string else message


def ngettext(language: Language, one: str, many: str, number: int) -> str:
    """The same for what has a plural; Indonesian has one form."""
    if language == "en":
        return one if number == 1 else many
    found = catalogue().get(one)
    string = found.string if found is not None else ""
    return str(string[0] if isinstance(string, tuple) else string) or many


def say(language: Language, text: Text) -> str:
    """A sentence of the domain in that language."""
    return text.en if language == "en" else text.id
