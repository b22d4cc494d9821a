"""The keeper of secrets: personal data and free text, closed before they reach any table.

    root key ──HKDF──┬─ wrap      closes each person's own random data key (AES-256-GCM)
                     ├─ nik       keyed hash by which a NIK is found (HMAC-SHA-256)
                     ├─ email     the same for e-mail addresses
                     ├─ messages  tokens of messages between cases (HMAC-SHA-256)
                     └─ case text closes free text, one key a case

Forgetting a person destroys their data key; ids, hashes and commitments stay, so every chain still
verifies. Rotation: the first root key closes, all of them open and find; `rotate` moves rows over.
Nothing here puts what it opened into an error, a log or a repr.
"""

import hmac
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter
from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from db.candidate_tables import ApplicationPart
from db.desk_tables import Phrase, TaskDraft
from db.people_tables import ParticipantRecord, Person, PersonKey, SealedText
from db.sealing import (
    KEY_BYTES,
    SALT_BYTES,
    KeyLike,
    Root,
    VaultBroken,
    close,
    commitment,
    commitment_holds,
    derive,
    keyed,
    opened,
)
from domain.cases import Sealed
from domain.errors import Conflict, DomainError, NotFound
from domain.roster.cells import phone_number

T = TypeVar("T")


class PersonData(BaseModel):
    """What the vault keeps of a person. Restricted: shows nothing of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    full_name: str = Field(repr=False, min_length=1, max_length=200)
    nik: str | None = Field(default=None, repr=False, pattern=r"^[0-9]{16}$")
    sex: Literal["L", "P"] | None = Field(default=None, repr=False)
    birth_place: str = Field(default="", repr=False, max_length=100)
    birth_date: date | None = Field(default=None, repr=False)
    email: str = Field(default="", repr=False, max_length=254)
    phone: Annotated[str, AfterValidator(phone_number)] = Field(default="", repr=False, max_length=40)
    address: str = Field(default="", repr=False, max_length=500)


@dataclass(frozen=True)
class Owner:
    """To whom a text belongs: with a person's key it is forgotten together with the person."""

    kind: Literal["person", "case"]
    id: str


def person_owner(person: str) -> Owner:
    return Owner("person", person)


def case_owner(stream: str) -> Owner:
    return Owner("case", stream)


class Vault:
    """Closes, opens and finds. Holds keys only; every row goes through the caller's session."""

    def __init__(self, root_keys: bytes | Sequence[bytes | KeyLike]) -> None:
        """One root key of 32 bytes, or several: the first closes, all open. Usually
        `Vault(settings.keys("vault"))`."""
        given = [root_keys] if isinstance(root_keys, bytes) else list(root_keys)
        keys = [key if isinstance(key, bytes) else key.material for key in given]
        if not keys:
            raise ValueError("a vault needs a root key")
        self._roots = {root.id: root for root in map(Root.of, keys)}
        self._current = next(iter(self._roots.values()))

    # ---- persons -------------------------------------------------------------------------------

    async def seal_person(
        self, session: AsyncSession, person_id: str, data: PersonData, *, by: str, at: datetime
    ) -> None:
        """Make the person, or put the new data in place of the old.

        Conflict (V-NIK) when another person has that NIK; NotFound (V-FORGOTTEN) for a forgotten one.
        """
        held = await self.find_by_nik(session, data.nik) if data.nik else None
        if held not in (None, person_id):
            raise Conflict.because(
                "V-NIK",
                "NIK ini sudah dimiliki orang lain; petugas BNSP harus memeriksanya.",
                "Another person has this NIK already; BNSP operations must look into it.",
            )
        row = await session.get(Person, person_id)
        if row is None:
            row = Person(id=person_id, created_at=at, created_by=by, updated_at=at)
            session.add(row)
            await session.flush()
            data_key = await self._new_key(session, person_id)
        else:
            data_key = await self._held_key(session, person_id)
        row.ciphertext = close(AESGCM(data_key), data.model_dump_json().encode(), "person", person_id)
        row.hmac_key = self._current.id
        row.nik_hmac = keyed(self._current.nik, data.nik) if data.nik else None
        row.nik_last4 = data.nik[-4:] if data.nik else ""
        row.email_hmac = keyed(self._current.email, _email(data.email)) if data.email else None
        row.updated_at = at
        await session.flush()

    async def open_person(self, session: AsyncSession, person_id: str) -> PersonData:
        """What is kept of the person. NotFound (V-PERSON, V-FORGOTTEN); VaultBroken."""
        row = await session.get(Person, person_id)
        if row is None:
            raise _unknown_person()
        key = await self._data_key(session, person_id)
        if row.ciphertext is None:
            raise _forgotten()
        plain = opened(AESGCM(key), row.ciphertext, "person", person_id)
        return PersonData.model_validate_json(plain)

    async def open_persons(self, session: AsyncSession, ids: Iterable[str]) -> dict[str, PersonData]:
        """The same for many in two reads; who is unknown or forgotten is left out."""
        wanted = list(dict.fromkeys(ids))
        rows = await session.exec(
            select(Person, PersonKey)
            .join(PersonKey, col(PersonKey.person) == col(Person.id))
            .where(col(Person.id).in_(wanted))
        )
        found: dict[str, PersonData] = {}
        for row, key in rows:
            if row.ciphertext is None or key.wrapped is None:
                continue
            plain = opened(AESGCM(self._unwrap(key)), row.ciphertext, "person", row.id)
            found[row.id] = PersonData.model_validate_json(plain)
        return found

    async def forget_person(self, session: AsyncSession, person_id: str, *, at: datetime) -> None:
        """Destroy the person's key and all that it closed. Ids and commitments stay; it cannot be undone.

        NotFound (V-PERSON) for an unknown person; a forgotten one stays forgotten.
        """
        key = await session.get(PersonKey, person_id, with_for_update=True, populate_existing=True)
        row = await session.get(Person, person_id)
        if row is None or key is None:
            raise _unknown_person()
        if key.wrapped is None:
            return
        key.wrapped, key.forgotten_at = None, at
        row.ciphertext, row.updated_at = None, at
        row.nik_hmac, row.email_hmac, row.nik_last4 = None, None, ""  # pseudonyms are personal data too
        # Useless without the key; removed so that not even their lengths are left.
        await session.exec(
            update(SealedText)
            .where(col(SealedText.owner_kind) == "person", col(SealedText.owner) == person_id)
            .values(ciphertext=None)
        )
        await session.exec(
            update(ParticipantRecord)
            .where(col(ParticipantRecord.person) == person_id)
            .values(ciphertext=None)
        )
        for kept in (TaskDraft, Phrase, ApplicationPart):
            await session.exec(delete(kept).where(col(kept.person) == person_id))
        await session.flush()

    async def find_by_nik(self, session: AsyncSession, nik: str) -> str | None:
        """Id of the person with that NIK, or None."""
        hashes_ = [keyed(root.nik, nik) for root in self._roots.values()]
        return (await session.exec(select(Person.id).where(col(Person.nik_hmac).in_(hashes_)))).first()

    async def find_by_niks(self, session: AsyncSession, niks: Iterable[str]) -> dict[str, str]:
        """Those of these NIKs that somebody has, with the person's id, in one read."""
        hashes_ = {keyed(root.nik, nik): nik for nik in niks for root in self._roots.values()}
        rows = await session.exec(
            select(Person.nik_hmac, Person.id).where(col(Person.nik_hmac).in_(list(hashes_)))
        )
        return {hashes_[hash_]: person for hash_, person in rows if hash_ is not None}

    async def find_by_email(self, session: AsyncSession, email: str) -> list[str]:
        """Ids of the persons who gave that address: several may share one."""
        hashes_ = [keyed(root.email, _email(email)) for root in self._roots.values()]
        found = select(Person.id).where(col(Person.email_hmac).in_(hashes_)).order_by(col(Person.id))
        return list(await session.exec(found))

    # ---- texts ---------------------------------------------------------------------------------

    async def seal_text(
        self,
        session: AsyncSession,
        owner: Owner,
        text: str,
        by: str,
        *,
        at: datetime,
        id: str | None = None,
    ) -> Sealed:
        """Keep a free text; gives its id and the salted commitment that events carry.

        `id` (a uuid derived from the command) makes a repetition harmless: the same text again gives the
        same Sealed, another text Conflict (A-KEY). Raises NotFound for a person unknown or forgotten.
        """
        if id is not None and (kept := await session.get(SealedText, id)) is not None:
            if (kept.owner_kind, kept.owner) == (owner.kind, owner.id) and (
                await self._text_of(session, kept) == text
            ):
                return Sealed(id=kept.id, commitment=kept.commitment)
            raise Conflict.because(
                "A-KEY",
                "Kunci idempoten ini sudah dipakai untuk isi lain.",
                "This idempotency key was used with other content.",
            )
        text_id = id or str(uuid.uuid4())
        salt = secrets.token_bytes(SALT_BYTES)
        if owner.kind == "person":
            await self._held_key(session, owner.id)
        cipher, key_id = await self._text_cipher(session, owner, self._current)
        row = SealedText(
            id=text_id,
            owner_kind=owner.kind,
            owner=owner.id,
            ciphertext=close(cipher, salt + text.encode(), "text", text_id, owner.kind, owner.id),
            key_id=key_id,
            commitment=commitment(text, salt),
            created_at=at,
            created_by=by,
        )
        session.add(row)
        await session.flush()
        return Sealed(id=row.id, commitment=row.commitment)

    async def open_text(self, session: AsyncSession, id: str) -> str:
        """The text. NotFound (V-TEXT, V-FORGOTTEN); VaultBroken when it does not hold its commitment."""
        row = await session.get(SealedText, id)
        if row is None:
            raise NotFound.because("V-TEXT", "Teks ini tidak ada.", "There is no such text.")
        return await self._text_of(session, row)

    async def open_texts(self, session: AsyncSession, ids: Iterable[str]) -> dict[str, str]:
        """Those texts that can be opened, by id; forgotten and unknown ones are left out."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, str] = {}
        for row in await session.exec(select(SealedText).where(col(SealedText.id).in_(wanted))):
            try:
                found[row.id] = await self._text_of(session, row)
            except NotFound:
                continue
        return found

    async def forget_texts(self, session: AsyncSession, owner: Owner) -> None:
        """Remove what a case or person wrote (retention); ids and commitments stay."""
        await session.exec(
            update(SealedText)
            .where(col(SealedText.owner_kind) == owner.kind, col(SealedText.owner) == owner.id)
            .values(ciphertext=None)
        )

    async def send_again(self, session: AsyncSession, ids: Iterable[str], *, at: datetime) -> frozenset[str]:
        """Which of these texts are kept already. They count as sent at `at` (UTC) from now on, so that who
        stored them first, and was refused, does not discard them any more."""
        query = select(SealedText).where(col(SealedText.id).in_(list(ids))).order_by(col(SealedText.id))
        rows = list(await session.exec(query.with_for_update()))
        for row in rows:
            row.created_at = max(at, row.created_at + timedelta(microseconds=1))
            session.add(row)
        await session.flush()
        return frozenset(row.id for row in rows)

    async def discard_texts(self, session: AsyncSession, ids: Iterable[str], *, stored_at: datetime) -> None:
        """Remove texts that no event names: what they were stored with, at that moment (UTC), was refused.
        One that was sent again since stays: what it was sent with may have been taken."""
        mine = col(SealedText.id).in_(list(ids)) & (col(SealedText.created_at) == stored_at)
        await session.exec(delete(SealedText).where(mine))

    # ---- a person's further details ------------------------------------------------------------

    async def close_for(self, session: AsyncSession, person_id: str, what: str, value: Any) -> bytes:
        """JSON closed under the person's own key, for a column of another table. `what` names the row."""
        key = await self._held_key(session, person_id)
        return close(AESGCM(key), _ANY.dump_json(value), "detail", person_id, what)

    async def open_for(self, session: AsyncSession, person_id: str, what: str, closed: bytes) -> Any:
        """What `close_for` closed. NotFound (V-PERSON, V-FORGOTTEN); VaultBroken."""
        key = await self._data_key(session, person_id)
        return _ANY.validate_json(opened(AESGCM(key), closed, "detail", person_id, what))

    # ---- messages between cases ----------------------------------------------------------------

    def sign(self, message: bytes) -> str:
        """A token that only this vault's keys can make: `key id.HMAC-SHA-256 in hex`."""
        return f"{self._current.id}.{hmac.digest(self._current.messages, message, 'sha256').hex()}"

    def signed(self, message: bytes, token: str) -> bool:
        """Was the token made by `sign` for this very message? False for anything malformed."""
        key_id, _, mac = token.partition(".")
        root = self._roots.get(key_id)
        # Compared as bytes: compare_digest raises on text that is not ASCII.
        given = mac.encode("utf-8", "replace")
        if root is None:
            return False
        return hmac.compare_digest(hmac.digest(root.messages, message, "sha256").hex().encode(), given)

    # ---- rotation ------------------------------------------------------------------------------

    async def rotate(self, session: AsyncSession, *, limit: int = 200) -> int:
        """Move up to `limit` persons and texts to the root key in use; 0 means all are there.

        Each is locked before it is read: what is being forgotten meanwhile must not come back.
        """
        current = self._current.id
        moved = 0
        stale = select(PersonKey).where(col(PersonKey.key_id) != current, col(PersonKey.wrapped).is_not(None))
        for key in await _locked_first(session, stale.order_by(col(PersonKey.person)).limit(limit)):
            data_key = self._unwrap(key)
            key.wrapped = close(self._current.wrap, data_key, "key", key.person)
            key.key_id = current
            row = await session.get_one(Person, key.person, populate_existing=True)
            if row.ciphertext is not None:
                plain = opened(AESGCM(data_key), row.ciphertext, "person", row.id)
                data = PersonData.model_validate_json(plain)
                row.hmac_key = current
                row.nik_hmac = keyed(self._current.nik, data.nik) if data.nik else None
                row.email_hmac = keyed(self._current.email, _email(data.email)) if data.email else None
            moved += 1
        old_texts = select(SealedText).where(
            col(SealedText.owner_kind) == "case",
            col(SealedText.key_id) != current,
            col(SealedText.ciphertext).is_not(None),
        )
        some = old_texts.order_by(col(SealedText.id)).limit(max(limit - moved, 0))
        for text in await _locked_first(session, some):
            owner = Owner("case", text.owner)
            bound = ("text", text.id, owner.kind, owner.id)
            old, _ = await self._text_cipher(session, owner, self._root(text.key_id, text.id))
            new, text.key_id = await self._text_cipher(session, owner, self._current)
            assert text.ciphertext is not None
            text.ciphertext = close(new, opened(old, text.ciphertext, *bound), *bound)
            moved += 1
        await session.flush()
        return moved

    # ---- within --------------------------------------------------------------------------------

    def _root(self, key_id: str, row: str) -> Root:
        root = self._roots.get(key_id)
        if root is None:
            raise VaultBroken(f"root key {key_id} of row {row} is not among those given")
        return root

    def _unwrap(self, key: PersonKey) -> bytes:
        if key.wrapped is None:
            raise _forgotten()
        return opened(self._root(key.key_id, key.person).wrap, key.wrapped, "key", key.person)

    async def _data_key(self, session: AsyncSession, person_id: str) -> bytes:
        key = await session.get(PersonKey, person_id)
        if key is None:
            raise _unknown_person()
        return self._unwrap(key)

    async def _held_key(self, session: AsyncSession, person_id: str) -> bytes:
        """The key for closing something new: shared with others who close, but nobody forgets the person
        before this transaction ends. Else what was just destroyed would be written again."""
        held = {"read": True}
        key = await session.get(PersonKey, person_id, with_for_update=held, populate_existing=True)
        if key is None:
            raise _unknown_person()
        return self._unwrap(key)

    async def _new_key(self, session: AsyncSession, person_id: str) -> bytes:
        data_key = secrets.token_bytes(KEY_BYTES)
        wrapped = close(self._current.wrap, data_key, "key", person_id)
        session.add(PersonKey(person=person_id, wrapped=wrapped, key_id=self._current.id))
        await session.flush()
        return data_key

    async def _text_cipher(self, session: AsyncSession, owner: Owner, root: Root) -> tuple[AESGCM, str]:
        if owner.kind == "person":
            return AESGCM(await self._data_key(session, owner.id)), ""
        return AESGCM(derive(root.case_text, f"case/{owner.id}")), root.id

    async def _text_of(self, session: AsyncSession, row: SealedText) -> str:
        if row.ciphertext is None:
            raise _forgotten()
        owner = person_owner(row.owner) if row.owner_kind == "person" else case_owner(row.owner)
        root = self._current if owner.kind == "person" else self._root(row.key_id, row.id)
        cipher, _ = await self._text_cipher(session, owner, root)
        plain = opened(cipher, row.ciphertext, "text", row.id, owner.kind, owner.id)
        salt, text = plain[:SALT_BYTES], plain[SALT_BYTES:].decode()
        if not commitment_holds(text, salt, row.commitment):
            raise VaultBroken(f"text {row.id} is not what its commitment says")
        return text


_ANY: TypeAdapter[Any] = TypeAdapter(Any)


async def _locked_first(session: AsyncSession, query: SelectOfScalar[T]) -> list[T]:
    """These rows, locked and as they are then: first those that nobody holds, without waiting; when there are
    none of those, the others, as their holders leave them."""
    fresh = query.execution_options(populate_existing=True)
    free = list(await session.exec(fresh.with_for_update(skip_locked=True)))
    return free or list(await session.exec(fresh.with_for_update()))


def _email(address: str) -> str:
    return address.strip().casefold()


def _unknown_person() -> DomainError:
    return NotFound.because("V-PERSON", "Orang ini tidak dikenal.", "This person is not known.")


def _forgotten() -> DomainError:
    return NotFound.because(
        "V-FORGOTTEN", "Data pribadi ini telah dihapus.", "This personal data has been erased."
    )
