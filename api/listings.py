"""SELECTs of row truth for lists and single rows: organisations, schemes, sessions, tokens, documents,
drafts. (Those of cases stand in db/reads.)"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.sight import mask_name, private
from db.people_tables import (
    EXPIRED,
    Account,
    AccountRole,
    ApiToken,
    Document,
    Draft,
    MasterAssessor,
    Organisation,
    RosterConflict,
    Scheme,
    SignInSession,
)
from db.tables import CheckpointRow, JourneyRow, ProgrammeRow, StreamRow


async def organisations(session: AsyncSession, *, kind: str = "", q: str = "") -> list[Organisation]:
    """Organisations by name; `q` is looked for in id and name."""
    query = select(Organisation)
    if kind:
        query = query.where(Organisation.kind == kind)
    if q:
        query = query.where(
            or_(
                col(Organisation.id).icontains(q, autoescape=True),
                col(Organisation.name).icontains(q, autoescape=True),
            )
        )
    return list(await session.exec(query.order_by(col(Organisation.name), col(Organisation.id)).limit(500)))


async def organisation(session: AsyncSession, id: str) -> Organisation | None:
    return await session.get(Organisation, id)


async def schemes(session: AsyncSession) -> list[tuple[str, str]]:
    """(id, version) of the current version of every scheme."""
    found = await session.exec(
        select(Scheme.id, Scheme.version).where(col(Scheme.current).is_(True)).order_by(col(Scheme.id))
    )
    return [(id_, version) for id_, version in found]


async def account(session: AsyncSession, id: str) -> Account | None:
    return await session.get(Account, id)


async def usernames(session: AsyncSession, ids: Iterable[str]) -> dict[str, str]:
    """User names by account, for those who watch; unknown ones are left out. Of who acts for themselves alone
    (`sight.PRIVATE`) they are masked."""
    wanted = sorted({id_ for id_ in ids if id_})
    found = await session.exec(
        select(Account.id, Account.username, AccountRole.role)
        .outerjoin(AccountRole, col(AccountRole.account) == col(Account.id))
        .where(col(Account.id).in_(wanted))
    )
    names: dict[str, str] = {}
    roles: dict[str, set[str]] = {}
    for id_, name, role in found:
        names[id_] = name
        roles.setdefault(id_, set()).update([role] if role else [])
    return {id_: mask_name(name) if private(roles[id_]) else name for id_, name in names.items()}


async def persons_in_role(session: AsyncSession, role: str) -> list[str]:
    """Persons who can sign in and wear that hat, in a fixed order."""
    found = await session.exec(
        select(Account.person)
        .join(AccountRole, col(AccountRole.account) == col(Account.id))
        .where(AccountRole.role == role, col(Account.disabled_at).is_(None))
        .distinct()
        .order_by(Account.person)
    )
    return list(found)


async def sessions_of(session: AsyncSession, account: str, now: datetime) -> list[SignInSession]:
    """The account's sessions that still hold."""
    found = await session.exec(
        select(SignInSession)
        .where(
            SignInSession.account == account,
            col(SignInSession.revoked_at).is_(None),
            col(SignInSession.expires_at) > now,
        )
        .order_by(col(SignInSession.created_at).desc(), col(SignInSession.id_hash))
    )
    return list(found)


async def tokens_of(session: AsyncSession, account: str) -> list[ApiToken]:
    """The account's API tokens, those that ended too."""
    found = await session.exec(
        select(ApiToken)
        .where(ApiToken.account == account)
        .order_by(col(ApiToken.created_at).desc(), col(ApiToken.id))
    )
    return list(found)


async def draft(session: AsyncSession, id: str, *, lock: bool = False) -> Draft | None:
    return await session.get(Draft, id, with_for_update=lock or None)


async def open_drafts(session: AsyncSession, *, organiser: str = "", limit: int = 100) -> list[Draft]:
    """Programmes' drafts that were never submitted, or were taken back; the latest change first."""
    query = (
        select(Draft)
        .outerjoin(ProgrammeRow, col(ProgrammeRow.stream) == col(Draft.id))
        .where(
            Draft.kind == "programme",
            Draft.state != EXPIRED,
            or_(col(ProgrammeRow.stream).is_(None), col(ProgrammeRow.state) == "DRAFT"),
        )
    )
    if organiser:
        query = query.where(Draft.organiser == organiser)
    found = await session.exec(query.order_by(col(Draft.updated_at).desc(), col(Draft.id)).limit(limit))
    return list(found)


async def documents_of(
    session: AsyncSession, applications: Sequence[str], *, person: str = ""
) -> list[Document]:
    """What was uploaded for these applications or drafts, the newest first."""
    query = select(Document).where(col(Document.application).in_(list(applications)))
    if person:
        query = query.where(Document.person == person)
    found = await session.exec(query.order_by(col(Document.uploaded_at).desc(), col(Document.id)))
    return list(found)


async def documents_kept(session: AsyncSession, application: str, account: str) -> tuple[int, int]:
    """How many documents this account sent for this case, and their bytes (the same file for several persons
    counts once)."""
    mine = and_(col(Document.application) == application, col(Document.uploaded_by) == account)
    count = (await session.exec(select(func.count()).select_from(Document).where(mine))).one()
    files = select(Document.digest, Document.size).where(mine).distinct()
    size = (await session.exec(select(func.coalesce(func.sum(files.subquery().c.size), 0)))).one()
    return int(count), int(size)


async def documents_same(
    session: AsyncSession, application: str, digest: str, requirement: str, persons: Sequence[str]
) -> list[Document]:
    """These very bytes as they were noted before, for this purpose and these persons."""
    found = await session.exec(
        select(Document)
        .where(
            Document.application == application,
            Document.digest == digest,
            Document.requirement == requirement,
            col(Document.person).in_(persons),
        )
        .order_by(col(Document.person))
    )
    return list(found)


async def documents_by_id(session: AsyncSession, id: str) -> Document | None:
    return await session.get(Document, id)


async def journeys_of_assessor(session: AsyncSession, person: str, limit: int = 200) -> list[JourneyRow]:
    """Journeys that this person assesses or assessed."""
    found = await session.exec(
        select(JourneyRow)
        .where(JourneyRow.assessor == person)
        .order_by(col(JourneyRow.updated_at).desc(), col(JourneyRow.stream))
        .limit(limit)
    )
    return list(found)


async def all_master_assessors(session: AsyncSession) -> list[MasterAssessor]:
    found = await session.exec(select(MasterAssessor).order_by(col(MasterAssessor.person)))
    return list(found)


async def conflicts(session: AsyncSession, *, open: bool = True, limit: int = 200) -> list[RosterConflict]:
    """Rosters that said something else about a known person."""
    query = select(RosterConflict)
    if open:
        query = query.where(col(RosterConflict.resolved_at).is_(None))
    found = await session.exec(
        query.order_by(col(RosterConflict.created_at), col(RosterConflict.id)).limit(limit)
    )
    return list(found)


async def ledger_summary(session: AsyncSession) -> tuple[int, int, int]:
    """Streams, events and frozen streams."""
    found = await session.exec(
        select(
            func.count(),
            func.coalesce(func.sum(StreamRow.head_seq), 0),
            func.count().filter(col(StreamRow.frozen).is_(True)),
        ).select_from(StreamRow)
    )
    streams, events, frozen = found.one()
    return int(streams), int(events), int(frozen)


async def stream_row(session: AsyncSession, stream: str) -> StreamRow | None:
    return await session.get(StreamRow, stream)


async def last_checkpoint(session: AsyncSession) -> CheckpointRow | None:
    found = await session.exec(select(CheckpointRow).order_by(col(CheckpointRow.id).desc()).limit(1))
    return found.first()
