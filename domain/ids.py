"""How cases and commands are named. Opaque ids only: no name, NIK or e-mail ever stands in a workflow id."""

from domain.events import derived_id


def command_id(account: str, stream: str, key: str) -> str:
    """The id of one command: of account, case and Idempotency-Key.

    The case is part of it, so that a key that a careless client sends to two cases at once is two commands:
    one id on two streams would fork the second one's record.
    """
    return derived_id("command", account, stream, key)


def programme_workflow(programme: str) -> str:
    return f"programme-{programme}"


def journey_workflow(person: str, scheme: str) -> str:
    """One id a person and scheme: a second open journey cannot start (R-DUP's second guard)."""
    return f"journey-{person}-{scheme}"


def certificate_workflow(certificate: str) -> str:
    return f"certificate-{certificate}"


def pair_key(person: str, scheme: str) -> str:
    """The scarce (person, scheme) pair of R-DUP."""
    return f"{person}/{scheme}"


ASSESSOR_PLACE = "assessor_place"
"""Kind of the scarce places of a class's assessor: `{class_assessor}/{n}`, held by the case that has it."""


def holder_of(stream: str, subject: str) -> str:
    """Who holds what is scarce: a class or an assignment, in the name of this case."""
    return f"{stream}/{subject}"


def class_assessor(programme: str, class_id: str, person: str) -> str:
    """An assessor of a class: the holder of the days that all journeys of the class share."""
    return f"{programme}/{class_id}/{person}"


def day_key(person: str, day: object) -> str:
    """One day of one person: a master assessor's or a committee member's."""
    return f"{person}/{day}"
