"""One notice as one mail: who it is for, what it says in both languages, and its file.

A repetition is the same mail, byte for byte, in the same file: its Message-ID, its date and its name come
from the notice and its recipient. Names of other persons never stand in a mail.
"""

import email.policy
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from db.tables import OutboxRow
from db.vault import PersonData
from domain.clock import format_wib, local_day
from domain.notices import NoticeText, day_in_words
from domain.policy import default
from domain.policy import policy as policy_of
from domain.text import Text
from state_machines.tables import TABLES

LOCAL_DOMAIN = "asesor.invalid"
"""Domain of Message-IDs and of the sender while the product has no public name (RFC 2606: never real)."""
SENDER = "Sertifikasi Asesor Kompetensi"


@dataclass(frozen=True)
class Mail:
    """One file to write; its content names a person and shows in no repr."""

    file: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Occasion:
    """What all mails of one notice share. `about` is the kind of case, None for a stream of rows;
    `public_url` is where to sign in, empty when the reader is not to be sent anywhere."""

    row: OutboxRow
    text: NoticeText
    about: Text | None
    policy_version: str
    simulation: bool
    public_url: str = ""


def address_of(person: PersonData) -> Address | None:
    """The person's address with the name to it; None when there is none that a mail can go to."""
    try:
        address = Address(_line(person.full_name), addr_spec=person.email.strip())
    except (MessageError, ValueError, IndexError):  # what the parser raises on odd input
        return None
    return address if address.addr_spec.isascii() and address.username and address.domain else None


def compose(occasion: Occasion, person: str, address: Address, invitation: str = "") -> Mail:
    """The mail to that person: Indonesian first, English under it. `invitation`: the address at which who has
    no account yet opens one.

    Raises KeyError for a notice whose data lacks what its text says, NotFound for a kind or policy that
    this version does not know.
    """
    row, about = occasion.row, occasion.about
    subject, body = sentences(occasion)
    name, domain = message_name(row, person), _domain(occasion.public_url)
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["Message-ID"] = f"<{name}@{domain}>"
    mail["Date"] = row.created_at  # the event's business time
    mail["From"] = Address(SENDER, "noreply", domain)
    mail["To"] = address
    mail["Subject"] = ("SIMULASI – " if occasion.simulation else "") + _line(f"{subject.id} / {subject.en}")
    mail["Content-Language"] = "id, en"
    mail["Auto-Submitted"] = "auto-generated"
    url = occasion.public_url
    mail.set_content(
        _LETTER.format(
            simulation=_SIMULATION if occasion.simulation else "",
            name=address.display_name,
            body_id=body.id,
            about_id=f"Perkara: {about.id}, {row.stream}\n" if about else "",
            link_id=_way_in(url, invitation).id,
            body_en=body.en,
            about_en=f"Case: {about.en}, {row.stream}\n" if about else "",
            link_en=_way_in(url, invitation).en,
        ),
        cte="quoted-printable",
    )
    return Mail(f"{name}.eml", mail.as_bytes())


def sentences(occasion: Occasion) -> tuple[Text, Text]:
    """Subject and body. Raises as `compose` does."""
    values = said(occasion)
    return _filled(occasion.text.subject, values), _filled(occasion.text.body, values)


def said(occasion: Occasion) -> dict[str, Text]:
    """What the notice's placeholders stand for, as people say it. Raises KeyError for a missing one."""
    data = occasion.row.data
    return {name: _value(occasion, name, data[name]) for name in sorted(occasion.text.placeholders)}


def message_name(row: OutboxRow, person: str) -> str:
    """What Message-ID and file name are made of: the same for the same notice and recipient, always."""
    stream = re.sub(r"[^A-Za-z0-9._-]", "_", row.stream)
    recipient = sha256(f"{row.stream}/{row.seq}/{row.n}/{person}".encode()).hexdigest()[:16]
    return f"{stream}-{row.seq}-{row.n}-{recipient}"


def publish(folder: Path, mails: Iterable[Mail]) -> None:
    """Put the mails into the folder, on the disk for good before this returns. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for mail in mails:
        # a dot: whoever lists *.eml never meets half a mail
        draft = folder / f".{mail.file}.{secrets.token_hex(4)}"
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(mail.content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(folder / mail.file)
        finally:
            draft.unlink(missing_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ---- within ------------------------------------------------------------------------------------------


def _value(occasion: Occasion, name: str, value: Any) -> Text:
    if isinstance(value, list | tuple):
        parts = [_value(occasion, name, part) for part in value]
        return Text(id=", ".join(p.id for p in parts), en=", ".join(p.en for p in parts))
    plain = _line(str(value))
    if name == "kind":
        version, day = occasion.policy_version, local_day(occasion.row.created_at)
        policy = policy_of(version) if version else default(day)
        return policy.task(plain).label
    if name == "state" and occasion.text.machine:
        return TABLES[occasion.text.machine].state(plain).label
    if re.fullmatch(r"\d{4}-\d\d-\d\d", plain):
        return day_in_words(date.fromisoformat(plain))
    if re.match(r"\d{4}-\d\d-\d\dT", plain):
        plain = format_wib(datetime.fromisoformat(plain))
    return Text(id=plain, en=plain)


_SIMULATION = "SIMULASI – tidak ada yang sungguh terjadi / SIMULATION – nothing of this is real\n\n"
_LETTER = """\
{simulation}Yth. {name},

{body_id}

{about_id}{link_id}Surel ini dikirim otomatis; jangan dibalas.

-- English --

Dear {name},

{body_en}

{about_en}{link_en}This mail was sent automatically; please do not reply.
"""


def _way_in(url: str, invitation: str) -> Text:
    if invitation:
        return Text(
            id=f"Anda belum mempunyai akun. Buka akun Anda di sini, sekali saja, lalu lihat perkaranya: "
            f"{invitation}\nTautan ini untuk Anda sendiri; jangan diteruskan.\n",
            en=f"You have no account yet. Open yours here, once, and see the case: {invitation}\n"
            "The link is for you alone; do not pass it on.\n",
        )
    if url:
        return Text(id=f"Masuk untuk melihatnya: {url}\n", en=f"Sign in to see it: {url}\n")
    return Text(id="", en="")


def _filled(text: Text, values: Mapping[str, Text]) -> Text:
    return Text(
        id=text.id.format(**{name: value.id for name, value in values.items()}),
        en=text.en.format(**{name: value.en for name, value in values.items()}),
    )


def _line(text: str) -> str:
    """On one line: a line break in a header would begin another header."""
    return " ".join(text.split())


def _domain(public_url: str) -> str:
    host = urlsplit(public_url).hostname or ""
    return host if re.fullmatch(r"[a-z0-9.-]+\.[a-z][a-z0-9-]*", host) else LOCAL_DOMAIN
