"""The picture of a machine, drawn on the server: states in layers, the way taken, and where it stands.

The layout is computed once a table: a row for each of the four stages, or, where there are none, a column for
each step away from the beginning; within it states stand in the order of the table. Colours and lines are the
style sheet's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from domain.text import Text
from state_machines.table import Table
from state_machines.tables import TABLES

WIDTH, HEIGHT = 168, 44
GAP_X, GAP_Y = 44, 30
MARGIN = 12


@dataclass(frozen=True)
class Box:
    name: str
    label: Text
    x: int
    y: int
    kind: str
    """`now`, `been`, `end`, or nothing of these."""
    visits: int = 0
    """How often the case came to be in it."""
    incidents: int = 0
    """What fails in it now."""


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
    """state → (column, row): a row a stage, what is in no stage and what is an end below; or, for a machine
    without stages, a column for each step away from its beginning."""
    table = TABLES[name]
    staged = {s.name: s.stage for s in table.states if s.stage and not s.terminal}
    layer = _layers(table)
    if staged:
        lanes = sorted(set(staged.values()))
        rows = {s.name: lanes.index(staged[s.name]) if s.name in staged else len(lanes) for s in table.states}
        return _filled(table, rows, swap=True)
    last = max(layer.values())
    return _filled(table, {s.name: layer.get(s.name, last) for s in table.states}, swap=False)


def _layers(table: Table) -> dict[str, int]:
    """state → its distance from the beginning, by the shortest way."""
    layer = dict.fromkeys(table.initial, 0)
    todo = list(table.initial)
    while todo:
        source = todo.pop(0)
        for row in table.rows:
            if row.source == source and row.dest not in layer:
                layer[row.dest] = layer[source] + 1
                todo.append(row.dest)
    return layer


def _filled(table: Table, group: Mapping[str, int], *, swap: bool) -> dict[str, tuple[int, int]]:
    """The states of each group one after another, in the order of the table."""
    taken: Counter[int] = Counter()
    places = {}
    for state in table.states:
        line = group[state.name]
        places[state.name] = (taken[line], line) if swap else (line, taken[line])
        taken[line] += 1
    return places


def diagram_of(table: Table, state: str, moves: Sequence[tuple[str, str]], *, incidents: int = 0) -> Diagram:
    """The machine with the moves that were made (source, dest), the present state, and how many things fail
    in it now."""
    places = _places(table.name)
    been = {name for move in moves for name in move}
    visits = Counter([moves[0][0] if moves else state, *(dest for _, dest in moves)])
    boxes = tuple(
        Box(
            s.name,
            s.label,
            *_corner(*places[s.name]),
            _kind(s.name, state, been, s.terminal),
            visits[s.name],
            incidents if s.name == state else 0,
        )
        for s in table.states
    )
    taken = set(moves)
    pairs = dict.fromkeys((r.source, r.dest) for r in table.rows if r.source != r.dest)
    lanes = any(s.stage for s in table.states)
    if lanes:  # almost every state may end or pause: said once, by the last row
        aside = {s.name for s in table.states if s.terminal or not s.stage}
        pairs = {pair: None for pair in pairs if pair in taken or not aside & {*pair}}
    lines = [Line(a, b, _path(places[a], places[b], lanes=lanes), (a, b) in taken) for a, b in pairs]
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


def _path(a: tuple[int, int], b: tuple[int, int], *, lanes: bool) -> str:
    """A curve from one box to the other; what goes back leaves on the left. With `lanes`, rows follow each
    other."""
    (ax, ay), (bx, by) = _corner(*a), _corner(*b)
    if lanes and b[1] != a[1]:  # out below or above, and in on the other side
        down = b[1] > a[1]
        x1, y1 = ax + WIDTH // 2, ay + (HEIGHT if down else 0)
        x2, y2 = bx + WIDTH // 2, by + (0 if down else HEIGHT)
        bend = GAP_Y if down else -GAP_Y
        return f"M{x1} {y1}C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"
    if b[0] > a[0]:
        x1, y1, x2, y2, bend = ax + WIDTH, ay + HEIGHT // 2, bx, by + HEIGHT // 2, GAP_X // 2
        return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    if b[0] == a[0]:
        x1, y1, x2, y2 = ax + WIDTH, ay + HEIGHT // 2, bx + WIDTH, by + HEIGHT // 2
        return f"M{x1} {y1}C{x1 + GAP_X // 2} {y1} {x2 + GAP_X // 2} {y2} {x2} {y2}"
    x1, y1, x2, y2 = ax, ay + HEIGHT // 2, bx + WIDTH, by + HEIGHT // 2
    return f"M{x1} {y1}C{x1 - GAP_X // 2} {y1} {x2 + GAP_X // 2} {y2} {x2} {y2}"
