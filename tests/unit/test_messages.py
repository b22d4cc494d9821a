"""No sentence of a page is left in one language."""

import re

from babel.messages.pofile import read_po

from tools.messages import CATALOGUE, TEMPLATES, collected, written
from web.i18n import gettext, ngettext


def test_the_catalogue_has_what_the_templates_say_and_nothing_else() -> None:
    assert CATALOGUE.read_bytes() == written(collected()), "run: make docs"


def test_every_sentence_is_translated() -> None:
    with CATALOGUE.open("rb") as file:
        found = read_po(file, locale="id")
    empty = [m.id for m in found if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string)]
    assert not empty


def test_no_translation_says_the_same_again() -> None:
    """A merge by lines doubles what goes over several of them."""
    with CATALOGUE.open("rb") as file:
        found = read_po(file, locale="id")
    said = [m.string for m in found if isinstance(m.string, str) and len(m.string) > 40]
    assert not [text for text in said if text[:40] in text[40:]]


def test_no_template_says_anything_outside_the_catalogue() -> None:
    """Text between tags that has letters and is not an expression."""
    for path in TEMPLATES.glob("*.html"):
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<(code|title)[^>]*>.*?</\1>", "", path.read_text(), flags=re.S
        )
        between = re.findall(r">([^<>]*)<", text)
        left = [
            t.strip()
            for t in between
            if re.search(r"[A-Za-z]{2,}", t) and '="' not in t and t.strip() not in SAME
        ]
        assert not left, f"{path.name}: {left}"


SAME = {"Asesor", "CSV", "NIK", "OpenAPI", "PDF", "XLSX", "SIMULASI", "Bahasa Indonesia", "English"}
"""Words that are the same in both languages, and languages by their own names."""


def test_a_language_is_asked_for_and_given() -> None:
    assert gettext("id", "Sign in") == "Masuk"
    assert gettext("en", "Sign in") == "Sign in"
    assert gettext("id", "") == ""
    assert ngettext("en", "one", "many", 1) == "one"
    assert ngettext("id", "one", "many", 1) == "many"
