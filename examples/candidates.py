"""A candidate whom every rule lets pass, as a journey is opened with: for journeys that stand alone."""

from datetime import date, timedelta

from domain.events import digest
from domain.facts import ParticipantFacts, PeriodFacts, RecommendationFacts, TechnicalCertificateFacts
from domain.months import add_months
from examples import organisations


def technical(today: date, months: int = 24) -> TechnicalCertificateFacts:
    """A technical certificate that lasts so many months more."""
    return TechnicalCertificateFacts(field=organisations.FIELD, valid_until=add_months(today, months))


def experience(today: date) -> PeriodFacts:
    """Five years of work in the field, up to today."""
    return PeriodFacts(field=organisations.FIELD, first=add_months(today, -60))


def candidate(
    person: str, organisation: str, today: date, *, certificate_months: int = 24
) -> ParticipantFacts:
    """That person, recommended by that organisation, on that day."""
    return ParticipantFacts(
        person=person,
        recommending=organisation,
        qualification="S1",
        technical=(technical(today, certificate_months),),
        experience=(experience(today),),
        recommendation=RecommendationFacts(
            organisation=organisation,
            number_given=True,
            day=today - timedelta(days=14),
            signatory_given=True,
            file_digest=digest(f"letter {person}"),
        ),
        it_declared=True,
    )
