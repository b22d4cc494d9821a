"""Collect the sentences of the templates into the Indonesian catalogue; what is translated stays.

`python tools/messages.py` writes web/locales/id/LC_MESSAGES/asesor.po again; a test fails when it is stale or
when a sentence has no translation.
"""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "web" / "templates"
CATALOGUE = ROOT / "web" / "locales" / "id" / "LC_MESSAGES" / "asesor.po"
OPTIONS = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
"""Not silent: a template that does not parse would lose its sentences, and their translations with them."""


def collected() -> Catalog:
    """The catalogue with every sentence that the templates have now, and none that they have no more."""
    found = Catalog(locale="id", project="asesor", fuzzy=False)
    for name, line, sentence, comments, context in extract_from_dir(
        TEMPLATES, [("**.html", "jinja2")], OPTIONS
    ):
        found.add(sentence, None, [(name, line)], auto_comments=comments, context=context)
    if CATALOGUE.exists():
        with CATALOGUE.open("rb") as file:
            before = read_po(file, locale="id")
        for message in found:
            known = before.get(message.id) if message.id else None
            if known is not None:
                message.string = known.string
    return found


def written(catalogue: Catalog) -> bytes:
    """The file: no dates and no line numbers, so that it changes with its sentences alone."""
    target = io.BytesIO()
    write_po(
        target,
        catalogue,
        omit_header=True,
        no_location=True,
        sort_output=True,
        ignore_obsolete=True,
        width=110,
    )
    return target.getvalue()


def main() -> int:
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_bytes(written(collected()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
