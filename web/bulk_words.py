"""What acts on many, and the states of their items, are called."""

from api.bulk import OF_TASKS
from api.offers import COMMANDS, command_of
from domain.decisions import DECISIONS
from domain.text import Text
from state_machines.tables import TABLES

STATES: dict[str, Text] = {
    "WAITING": Text(id="menunggu giliran", en="waiting"),
    "DONE": Text(id="selesai", en="done"),
    "REFUSED": Text(id="ditolak", en="refused"),
    "FAILED": Text(id="belum diketahui", en="not known"),
    "STOPPED": Text(id="dihentikan", en="stopped"),
}


def act_label(command: str, decision: str = "") -> Text:
    """What a command is called: by the move that it asks for, or by the decision that it takes."""
    if decision:
        return DECISIONS[decision]
    if command in OF_TASKS:
        trigger = command.removesuffix("_task")
        return next(row.label for row in TABLES["task"].rows if row.trigger == trigger)
    for kind, table in TABLES.items():
        for row in table.rows:
            cls = command_of(kind, row.trigger)
            if cls is not None and COMMANDS.get(command) is cls:
                return row.label
    return Text(id=command.replace("_", " "), en=command.replace("_", " "))
