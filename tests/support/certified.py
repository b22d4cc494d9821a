"""A candidate who was assessed, decided on and certified, on the real server."""

from db import reads
from db.tables import CertificateRow
from domain import commands as c
from tests.support.eligible import days_on, eligible
from tests.support.patience import eventually
from tests.support.stack import Stack
from tests.support.stories import begun, convened, decided, on, scheduled


async def decided_on(stack: Stack, number: int, **results: str) -> str:
    """The application, with the committee's decision: competent, unless a unit is BK in `results`."""
    stream = await eligible(stack, number)
    day, master = await days_on(stack, 5), stack.staff("master3")
    await scheduled(stack, stream, master, day)
    await on(stack, day)
    await begun(stack, stream, stack.candidate(number), master)
    await convened(stack, stream, master, **results)
    await decided(stack, stream, "decide_not_yet" if "BK" in results.values() else "decide_competent")
    return stream


async def issued(stack: Stack, stream: str, number: int) -> CertificateRow:
    """The numbers are recorded; gives the certificate once it is valid and printed."""
    numbers = c.NumbersForm(
        certificate_number=f"74909 2635 7 {number:07} 2026",
        registration_number=f"MET.000.{number:06} 2026",
        blank_number=f"BL {number:06}",
    )
    await stack.complete(stack.staff("petugas"), stream, "issue_certificate", "issue", form=numbers)
    case = await stack.until(stream, lambda x: bool(x.journey.certificate))
    found: CertificateRow | None = None

    async def printed() -> bool:
        nonlocal found
        async with stack.db.read() as session:
            found = await reads.certificate(session, case.journey.certificate)
        return found is not None and found.state == "ACTIVE" and bool(found.pdf_digest)

    await eventually(printed)
    assert found is not None
    return found
