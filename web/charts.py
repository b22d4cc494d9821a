"""Charts, drawn on the server: bars as SVG numbers. Colours are the style sheet's, tables the page's."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640
LEFT, RIGHT = 190, 60
ROW, THICK = 44, 14
PLOT, BOTTOM, TOP = 180, 34, 14
BASE = -1
"""The series of the line on which upright bars stand."""
LETTERS = 24
"""Characters of a label that fit beside its bars."""


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True)
class Word:
    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class Chart:
    """Sizes are SVG units."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    words: tuple[Word, ...]
    series: tuple[str, ...]
    """What each series is called, for the legend."""


def number(value: float) -> str:
    """A number beside its bar: without decimals where it has none."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def rows(
    labels: Sequence[str], series: Sequence[str], values: Sequence[Sequence[float]], *, stacked: bool = False
) -> Chart:
    """Horizontal bars: `values[series][label]`, beside each other or, `stacked`, one after another."""
    totals = [sum(of) for of in zip(*values, strict=True)] if stacked else [v for of in values for v in of]
    scale = (WIDTH - LEFT - RIGHT) / (max(totals, default=0) or 1)
    row = ROW if not stacked else ROW - 10
    bars, words = [], []
    for n, label in enumerate(labels):
        top = TOP + n * row
        words.append(Word(LEFT - 8, top + row / 2 - 4, label[:LETTERS], "end"))
        x = float(LEFT)
        for s, of in enumerate(values):
            long = round(of[n] * scale, 1)
            y = top if stacked else top + s * (THICK + 2)
            bars.append(Bar(round(x, 1) if stacked else LEFT, y, long, THICK, s))
            x += long
            if not stacked:
                words.append(Word(LEFT + long + 4, y + THICK - 2, number(of[n])))
        if stacked:
            words.append(Word(round(x, 1) + 4, top + THICK - 2, number(totals[n])))
    return Chart(WIDTH, 2 * TOP + len(labels) * row, tuple(bars), tuple(words), tuple(series))


def columns(labels: Sequence[str], series: Sequence[str], values: Sequence[Sequence[float]]) -> Chart:
    """Upright bars over time, those of one label beside each other; every other label is left out when there
    are many."""
    most = max((v for of in values for v in of), default=0) or 1
    wide = max(28, (WIDTH - 2 * TOP) // max(1, len(labels)))
    thick = max(6, (wide - 8) // max(1, len(series)))
    every = 1 if wide >= 44 else 2
    bars, words = [Bar(TOP, TOP + 10 + PLOT, wide * len(labels), 1, BASE)], []
    for n, label in enumerate(labels):
        left = TOP + n * wide
        for s, of in enumerate(values):
            tall = round(of[n] / most * PLOT, 1)
            bars.append(Bar(left + s * thick, TOP + 10 + PLOT - tall, thick - 2, tall, s))
            if of[n]:
                middle = left + s * thick + (thick - 2) / 2
                words.append(Word(middle, TOP + 6 + PLOT - tall, number(of[n]), "middle"))
        if n % every == 0:
            words.append(Word(left, TOP + 10 + PLOT + 18, label))
    height = TOP + 10 + PLOT + BOTTOM
    return Chart(2 * TOP + wide * max(1, len(labels)), height, tuple(bars), tuple(words), tuple(series))
