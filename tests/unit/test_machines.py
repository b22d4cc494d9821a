"""Properties that every machine has, whatever its rows."""

import pytest

from domain.roles import Role
from state_machines.table import Table, to_mermaid
from state_machines.tables import TABLES

EVERY = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


@EVERY
def test_every_state_that_is_not_an_end_has_a_way_out(table: Table) -> None:
    stuck = {s.name for s in table.states} - table.terminal - {r.source for r in table.rows}
    assert not stuck


@EVERY
def test_no_row_leads_out_of_an_end(table: Table) -> None:
    assert not {r.source for r in table.rows} & table.terminal


@EVERY
def test_every_state_can_be_reached(table: Table) -> None:
    reached = set(table.initial)
    while True:
        further = {r.dest for r in table.rows if r.source in reached} - reached
        if not further:
            break
        reached |= further
    assert reached == {s.name for s in table.states}


@EVERY
def test_an_end_can_be_reached_from_every_state(table: Table) -> None:
    leads = set(table.terminal)
    while True:
        further = {r.source for r in table.rows if r.dest in leads} - leads
        if not further:
            break
        leads |= further
    assert leads == {s.name for s in table.states}


@EVERY
def test_rows_of_one_trigger_and_source_are_told_apart_by_selectors(table: Table) -> None:
    for rows in table.by_trigger.values():
        if len({r.dest for r in rows}) > 1:
            assert all(any(g.selects for g in r.guards) for r in rows), rows


@EVERY
def test_every_row_permits_somebody_and_says_why(table: Table) -> None:
    for row in table.rows:
        assert row.roles
        assert row.why.startswith("[")
        assert row.label.id
        assert row.label.en
        assert Role.AUDITOR not in row.roles


@EVERY
def test_triggers_are_usable_names(table: Table) -> None:
    import keyword

    for row in table.rows:
        assert row.trigger.isidentifier()
        assert not keyword.iskeyword(row.trigger)


@EVERY
def test_the_picture_names_every_state_and_trigger(table: Table) -> None:
    picture = to_mermaid(table)
    for state in table.states:
        assert state.name in picture
    for row in table.rows:
        assert row.trigger in picture


@EVERY
def test_the_machine_has_no_way_round_the_rows(table: Table) -> None:
    assert set(table.machine.events) == {r.trigger for r in table.rows}
    assert not [name for name in table.machine.events if name.startswith("to_")]
