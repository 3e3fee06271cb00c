"""A picture of the market of a card: what is free, what is wanted, and what has been swapped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from math import ceil, log10

from apps.market.application.show_market import SnapshotView

WIDTH, HEIGHT = 900, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 84, 64
PLOT_W, PLOT_H = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
LINES_ACROSS = 5
"""Of the grid, about."""
DAYS_NAMED = 8
"""Along the axis, at most."""
BAR = 14
"""How wide a bar is at most."""
ONE_DAY = timedelta(days=1)
NO_XML = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")
"""Signs that a name may have and no XML document, and what stands for them."""
NOTE = "Figures in steps of five. Gaps: fewer than five members, or no snapshot."


@dataclass(frozen=True, slots=True)
class Curve:
    """A figure over time; what happened on a day is a bar, and no line to the next day."""

    name: str
    label: str
    dashes: str = ""
    is_bars: bool = False


CURVES = (
    Curve("completions", "swapped that day", is_bars=True),
    Curve("free", "free for trade"),
    Curve("wanted", "wanted", "7 4"),
)
STYLE = """\
  <style>
    text { font: 13px sans-serif; fill: #1a1a1a }
    .title { font-size: 17px; font-weight: bold }
    .note { font-size: 12px; fill: #555 }
    .number { text-anchor: end; dominant-baseline: middle }
    .day { text-anchor: middle }
    .grid { stroke: #ddd }
    .axis { stroke: #555 }
    polyline { fill: none; stroke-width: 2.5; stroke-linejoin: round }
    .free { stroke: #0f766e; fill: #0f766e }
    .wanted { stroke: #c2410c; fill: #c2410c }
    .completions { stroke: #818cf8; fill: #818cf8 }
    polyline.free, polyline.wanted, circle.wanted { fill: none }
    circle.wanted { stroke-width: 2.5 }
  </style>"""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a day and a number are on the picture."""

    first: date
    last: date
    top: int

    def x(self, day: date) -> float:
        """Return how far right; a single day stands in the middle."""
        days = (self.last - self.first).days
        return LEFT + PLOT_W * ((day - self.first).days / days if days else 0.5)

    def y(self, number: int) -> float:
        """Return how far down."""
        return TOP + PLOT_H * (1 - number / self.top)


def market_svg(title: str, snapshots: Sequence[SnapshotView], *, first: date, last: date) -> str:
    """Draw it as an SVG document, with a title and a description for those who do not see it."""
    found = {each.day: each for each in snapshots}
    title = title.translate(NO_XML)
    told = [number for each in snapshots for number in numbers_of(each)]
    highest = max(told, default=0)
    step = step_of(highest)
    frame = Frame(first, last, step * max(1, ceil(highest / step)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        '  aria-labelledby="title desc">',
        f'  <title id="title">{escape(title)}</title>',
        f'  <desc id="desc">{escape(in_words(snapshots, first, last))}</desc>',
        STYLE,
        f'  <rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'  <text class="title" x="{LEFT}" y="28">{escape(title)}</text>',
        *legend(),
        *numbers(frame, step),
        *days(frame),
    ]
    for curve in CURVES:
        for run in runs(curve, found, frame):
            parts += bars(curve, run, frame) if curve.is_bars else [drawn(curve, run, frame)]
    if not told:
        parts.append(
            f'  <text class="day" x="{LEFT + PLOT_W / 2:.0f}" y="{TOP + PLOT_H / 2:.0f}">'
            "Nothing may be told of these days.</text>"
        )
    parts.append(f'  <text class="note" x="{LEFT}" y="{HEIGHT - 12}">{NOTE}</text>')
    return "\n".join([*parts, "</svg>", ""])


def numbers_of(snapshot: SnapshotView) -> Iterator[int]:
    """Yield what of it is drawn."""
    for curve in CURVES:
        number = getattr(snapshot.figures, curve.name)
        if number is not None:
            yield number


def step_of(highest: int) -> int:
    """Return how far apart lines of the grid are: 5, 10, 20, 50, 100 and so on."""
    wanted = max(5, highest / LINES_ACROSS)
    decade = 10 ** int(log10(wanted))
    return int(next(decade * times for times in (1, 2, 5, 10) if decade * times >= wanted))


def legend() -> Iterator[str]:
    """Say which line is which."""
    at = LEFT
    for curve in CURVES:
        yield (
            f'  <line class="{curve.name}" x1="{at}" y1="54" x2="{at + 30}" y2="54" '
            f'stroke-width="2.5" stroke-dasharray="{curve.dashes or "none"}"/>'
        )
        yield f'  <text x="{at + 38}" y="58">{curve.label}</text>'
        at += 190


def numbers(frame: Frame, step: int) -> Iterator[str]:
    """Draw the lines across, each with its number."""
    for number in range(0, frame.top + 1, step):
        y = frame.y(number)
        kind = "grid" if number else "axis"
        yield (
            f'  <line class="{kind}" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
        )
        yield f'  <text class="number" x="{LEFT - 8}" y="{y:.1f}">{number}</text>'


def days(frame: Frame) -> Iterator[str]:
    """Name some days below."""
    every = max(1, ceil(((frame.last - frame.first).days + 1) / DAYS_NAMED))
    day, bottom = frame.first, TOP + PLOT_H
    while day <= frame.last:
        x = frame.x(day)
        yield (f'  <line class="axis" x1="{x:.1f}" y1="{bottom}" x2="{x:.1f}" y2="{bottom + 5}"/>')
        yield f'  <text class="day" x="{x:.1f}" y="{bottom + 22}">{day}</text>'
        day += every * ONE_DAY


def runs(
    curve: Curve, found: dict[date, SnapshotView], frame: Frame
) -> Iterator[list[tuple[date, int]]]:
    """Yield what of a curve hangs together: a day without a figure is a gap."""
    run: list[tuple[date, int]] = []
    for number in range((frame.last - frame.first).days + 1):
        day = frame.first + number * ONE_DAY
        told = getattr(found[day].figures, curve.name) if day in found else None
        if told is not None:
            run.append((day, told))
        elif run:
            yield run
            run = []
    if run:
        yield run


def bars(curve: Curve, run: Sequence[tuple[date, int]], frame: Frame) -> list[str]:
    """Draw one for each day."""
    wide = min(BAR, PLOT_W / ((frame.last - frame.first).days + 1) * 0.6)
    return [
        f'  <rect class="{curve.name}" x="{frame.x(day) - wide / 2:.1f}" y="{frame.y(number):.1f}"'
        f' width="{wide:.1f}" height="{TOP + PLOT_H - frame.y(number):.1f}"/>'
        for day, number in run
    ]


def drawn(curve: Curve, run: Sequence[tuple[date, int]], frame: Frame) -> str:
    """Draw a piece of a curve; a day by itself is a point."""
    points = [(frame.x(day), frame.y(number)) for day, number in run]
    if len(points) == 1:
        ((x, y),) = points
        size = 7 if curve.dashes else 3.5  # around the other one, where both are the same
        return f'  <circle class="{curve.name}" cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = f' stroke-dasharray="{curve.dashes}"' if curve.dashes else ""
    return f'  <polyline class="{curve.name}" points="{path}"{dashes}/>'


def in_words(snapshots: Sequence[SnapshotView], first: date, last: date) -> str:
    """Say it for those who do not see it."""
    told = [f"From {first} to {last}. {NOTE}"]
    for curve in CURVES:
        known = [
            (each.day, number)
            for each in snapshots
            if (number := getattr(each.figures, curve.name)) is not None
        ]
        if not known:
            told.append(f"{curve.label}: nothing may be told.")
            continue
        (since, begun), (until, ended) = known[0], known[-1]
        told.append(f"{curve.label}: {begun} on {since}, {ended} on {until}.")
    return " ".join(told)
