"""Row truth: organisations, schemes, persons and their evidence, master assessors, calendars, policies.

Whatever changes here appends an event to its own stream in the same transaction: `org-…`, `scheme-…`,
`person-…`, `policy-…`, `calendar-id`, `access-{day}`. Events hold ids, days and commitments, never a name
or number of a person. Moments (`at`) are UTC.
"""

from db.registry.base import DEFAULT_SCHEME, LETTER, REASON_MIN, REVEALERS, batched
from db.registry.calendars import HolidayData, calendar, put_calendar
from db.registry.documents import add_document, require_documents
from db.registry.filling import BNSP, SCHEME, seed
from db.registry.licences import DATED, licence_moves, move_licence
from db.registry.masters import (
    busy_days,
    class_holders,
    master_assessors,
    members,
    places_taken,
    put_master_assessor,
)
from db.registry.numbers import correct_registration_number
from db.registry.organisations import (
    OrganisationData,
    organisation_data,
    organisation_names,
    organisations,
    put_organisation,
)
from db.registry.participants import (
    ParticipantData,
    participant_details,
    participants,
    put_participant,
    record_answer,
)
from db.registry.persons import (
    RosterPerson,
    create_person,
    forget_person,
    name_person,
    record_consent,
    resolve_conflict,
    upsert_person_from_roster,
)
from db.registry.policies import known_policy, load_policies, put_policy, stored_policies
from db.registry.revealing import (
    OPEN_FOR,
    PersonField,
    opened,
    record_export,
    reveal_certificate,
    reveal_document,
    reveal_nik,
    reveal_person,
    reveals,
)
from db.registry.schemes import SchemeData, put_scheme, scheme_data, scheme_facts

__all__ = [
    "BNSP",
    "DATED",
    "DEFAULT_SCHEME",
    "LETTER",
    "OPEN_FOR",
    "REASON_MIN",
    "REVEALERS",
    "SCHEME",
    "HolidayData",
    "OrganisationData",
    "ParticipantData",
    "PersonField",
    "RosterPerson",
    "SchemeData",
    "add_document",
    "batched",
    "busy_days",
    "calendar",
    "class_holders",
    "correct_registration_number",
    "create_person",
    "forget_person",
    "known_policy",
    "licence_moves",
    "load_policies",
    "master_assessors",
    "members",
    "move_licence",
    "name_person",
    "opened",
    "organisation_data",
    "organisation_names",
    "organisations",
    "participant_details",
    "participants",
    "places_taken",
    "put_calendar",
    "put_master_assessor",
    "put_organisation",
    "put_participant",
    "put_policy",
    "put_scheme",
    "record_answer",
    "record_consent",
    "record_export",
    "require_documents",
    "resolve_conflict",
    "reveal_certificate",
    "reveal_document",
    "reveal_nik",
    "reveal_person",
    "reveals",
    "scheme_data",
    "scheme_facts",
    "seed",
    "stored_policies",
    "upsert_person_from_roster",
]
