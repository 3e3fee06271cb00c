"""A picture of a ring: who gives what to whom."""

from collections.abc import Sequence
from html import escape
from math import cos, pi, sin

from apps.matching.domain.want_list import Handover

MARGIN = 150
NODE = 34
BETWEEN = 130
"""How far apart two members stand at least."""
SHORT = 24
"""How many letters of a name are shown; the description has all of them."""
OPENING = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img"
  aria-labelledby="title desc">"""
REST = """\
  <style>
    text { font: 14px sans-serif; text-anchor: middle; dominant-baseline: middle; fill: #1a1a1a }
    .item { font-size: 12px; paint-order: stroke; stroke: #fff; stroke-width: 4px }
    circle { fill: #eef2ff; stroke: #4338ca; stroke-width: 2 }
    .arrow { fill: none; stroke: #4338ca; stroke-width: 2 }
    .tip { fill: #4338ca }
  </style>
  <defs>
    <marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"
      orient="auto"><path class="tip" d="M0 0 10 5 0 10z"/></marker>
  </defs>"""


def ring_svg(ring: Sequence[Handover]) -> str:
    """Draw it as an SVG document, with a title and a description for those who do not see it."""
    radius = max(BETWEEN, BETWEEN * len(ring) / (2 * pi))
    middle = radius + MARGIN
    places = [point(middle, radius, place, len(ring)) for place in range(len(ring))]
    parts = [
        OPENING.format(side=f"{2 * middle:.0f}"),
        f'  <title id="title">A ring of {len(ring)}</title>',
        f'  <desc id="desc">{escape(told(ring))}</desc>',
        REST,
    ]
    for number, handover in enumerate(ring):
        start, end = places[number], places[(number + 1) % len(ring)]
        parts.extend(arrow(start, end, handover.item))
    for (x, y), handover in zip(places, ring, strict=True):
        parts.append(f'  <circle cx="{x:.1f}" cy="{y:.1f}" r="{NODE}"/>')
        parts.append(f'  <text x="{x:.1f}" y="{y:.1f}">{shown(handover.giver)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def told(ring: Sequence[Handover]) -> str:
    """Say it in words."""
    return " ".join(f"{one.giver} gives {one.item} to {one.receiver}." for one in ring)


def point(middle: float, radius: float, place: int, of: int) -> tuple[float, float]:
    """Tell where a member stands: the first on top, then clockwise."""
    angle = 2 * pi * place / of - pi / 2
    return middle + radius * cos(angle), middle + radius * sin(angle)


def arrow(start: tuple[float, float], end: tuple[float, float], item: str) -> list[str]:
    """Bend outwards, so that the two arrows of a pair do not lie upon each other."""
    (x1, y1), (x2, y2) = start, end
    bend_x, bend_y = (x1 + x2) / 2 + (y2 - y1) * 0.2, (y1 + y2) / 2 - (x2 - x1) * 0.2
    x1, y1 = towards(start, (bend_x, bend_y))
    x2, y2 = towards(end, (bend_x, bend_y))
    label_x, label_y = (x1 + x2 + 2 * bend_x) / 4, (y1 + y2 + 2 * bend_y) / 4
    curve = f"M{x1:.1f} {y1:.1f} Q{bend_x:.1f} {bend_y:.1f} {x2:.1f} {y2:.1f}"
    return [
        f'  <path class="arrow" d="{curve}" marker-end="url(#tip)"/>',
        f'  <text class="item" x="{label_x:.1f}" y="{label_y:.1f}">{shown(item)}</text>',
    ]


def towards(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Tell where an arrow leaves the circle of a member."""
    distance = max(1.0, ((other[0] - one[0]) ** 2 + (other[1] - one[1]) ** 2) ** 0.5)
    part = (NODE + 3) / distance
    return one[0] + (other[0] - one[0]) * part, one[1] + (other[1] - one[1]) * part


def shown(name: str) -> str:
    """Shorten a long name, and let it be nothing but text."""
    return escape(name if len(name) <= SHORT else f"{name[: SHORT - 1]}…")
