"""Rows of a machine as the specification writes them: source, trigger, destination, who may."""

from state_machines.table import Table

Rows = set[tuple[str, str, str, str]]


def rows(table: Table) -> Rows:
    return {(r.source, r.trigger, r.dest, " ".join(sorted(x.value for x in r.roles))) for r in table.rows}


def spread(sources: str, trigger: str, dest: str, roles: str) -> Rows:
    return {(source, trigger, dest, roles) for source in sources.split()}
