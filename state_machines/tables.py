"""All machines by the name that entities and events use."""

from state_machines.assignment import ASSIGNMENT
from state_machines.certificate import CERTIFICATE
from state_machines.class_ import CLASS
from state_machines.journey import JOURNEY
from state_machines.licence import LICENCE
from state_machines.programme import PROGRAMME
from state_machines.seat import SEAT
from state_machines.table import Table
from state_machines.task import TASK

TABLES: dict[str, Table] = {
    t.name: t for t in (PROGRAMME, CLASS, SEAT, JOURNEY, CERTIFICATE, TASK, ASSIGNMENT, LICENCE)
}
