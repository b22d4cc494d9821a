"""The picture of a machine, drawn on the server: states in layers, the way taken, and where it stands.

The layout is computed once a table: a state's layer is its distance from the beginning, by the shortest way;
within a layer states stand in the order of the table. Colours and lines are the style sheet's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from domain.text import Text
from state_machines.table import Table
from state_machines.tables import TABLES

WIDTH, HEIGHT = 168, 44
GAP_X, GAP_Y = 56, 22
MARGIN = 12


@dataclass(frozen=True)
class Box:
    name: str
    label: Text
    x: int
    y: int
    kind: str
    """`now`, `been`, `end`, or nothing of these."""


@dataclass(frozen=True)
class Line:
    source: str
    dest: str
    path: str
    taken: bool


@dataclass(frozen=True)
class Diagram:
    """Sizes are SVG units; `lines` that were taken come last, so that they are drawn on top."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    way: tuple[Text, ...]
    """The states passed through, in order: the same as words."""


@cache
def _places(name: str) -> dict[str, tuple[int, int]]:
    """state → (column, row)."""
    table = TABLES[name]
    layer = dict.fromkeys(table.initial, 0)
    todo = list(table.initial)
    while todo:
        source = todo.pop(0)
        for row in table.rows:
            if row.source == source and row.dest not in layer:
                layer[row.dest] = layer[source] + 1
                todo.append(row.dest)
    last = max(layer.values())
    filled: dict[int, int] = {}
    places = {}
    for state in table.states:
        column = layer.get(state.name, last)
        places[state.name] = (column, filled.get(column, 0))
        filled[column] = filled.get(column, 0) + 1
    return places


def diagram_of(table: Table, state: str, moves: Sequence[tuple[str, str]]) -> Diagram:
    """The machine with the moves that were made (source, dest) and the present state."""
    places = _places(table.name)
    been = {name for move in moves for name in move}
    boxes = tuple(
        Box(s.name, s.label, *_corner(*places[s.name]), _kind(s.name, state, been, s.terminal))
        for s in table.states
    )
    taken = set(moves)
    pairs = dict.fromkeys((r.source, r.dest) for r in table.rows if r.source != r.dest)
    lines = [Line(a, b, _path(places[a], places[b]), (a, b) in taken) for a, b in pairs]
    order = [moves[0][0], *(dest for _, dest in moves)] if moves else [state]
    columns = 1 + max(column for column, _ in places.values())
    rows = 1 + max(row for _, row in places.values())
    return Diagram(
        width=2 * MARGIN + columns * WIDTH + (columns - 1) * GAP_X,
        height=2 * MARGIN + rows * HEIGHT + (rows - 1) * GAP_Y,
        boxes=boxes,
        lines=tuple(sorted(lines, key=lambda line: line.taken)),
        way=tuple(table.state(name).label for name in order),
    )


def _kind(name: str, state: str, been: set[str], terminal: bool) -> str:
    if name == state:
        return "now"
    if name in been:
        return "been"
    return "end" if terminal else ""


def _corner(column: int, row: int) -> tuple[int, int]:
    return MARGIN + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y)


def _path(a: tuple[int, int], b: tuple[int, int]) -> str:
    """A curve from one box to the other; what goes back leaves on the left."""
    (ax, ay), (bx, by) = _corner(*a), _corner(*b)
    if b[0] > a[0]:
        x1, y1, x2, y2, bend = ax + WIDTH, ay + HEIGHT // 2, bx, by + HEIGHT // 2, GAP_X // 2
        return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    if b[0] == a[0]:
        x1, y1, x2, y2 = ax + WIDTH, ay + HEIGHT // 2, bx + WIDTH, by + HEIGHT // 2
        return f"M{x1} {y1}C{x1 + GAP_X // 2} {y1} {x2 + GAP_X // 2} {y2} {x2} {y2}"
    x1, y1, x2, y2 = ax, ay + HEIGHT // 2, bx + WIDTH, by + HEIGHT // 2
    return f"M{x1} {y1}C{x1 - GAP_X // 2} {y1} {x2 + GAP_X // 2} {y2} {x2} {y2}"
