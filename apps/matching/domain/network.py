"""A network with arcs of limited room, and the port of those who send the best flow round in it."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class Network:
    """Arcs by number: from, to, room, what a unit gains, and what it costs between equal gains."""

    nodes: int = 0
    tails: "array[int]" = field(default_factory=lambda: array("i"))
    heads: "array[int]" = field(default_factory=lambda: array("i"))
    room: "array[int]" = field(default_factory=lambda: array("q"))
    gains: "array[int]" = field(default_factory=lambda: array("i"))
    costs: "array[int]" = field(default_factory=lambda: array("i"))

    def add_node(self) -> int:
        """Number another node."""
        self.nodes += 1
        return self.nodes - 1

    def add_arc(self, tail: int, head: int, *, room: int, gain: int = 0, cost: int = 0) -> int:
        """Allow so many units from one node to another."""
        self.tails.append(tail)
        self.heads.append(head)
        self.room.append(room)
        self.gains.append(gain)
        self.costs.append(cost)
        return len(self.tails) - 1

    def add_gaining(self, tails: Sequence[int], heads: Sequence[int], room: Sequence[int]) -> None:
        """Add arcs by each of which a unit gains one, all at once."""
        self.tails.extend(tails)
        self.heads.extend(heads)
        self.room.extend(room)
        self.gains.extend([1] * len(tails))
        self.costs.extend([0] * len(tails))


class Circulations(Protocol):
    """Sends units round a network so that as much flows out of each node as flows into it."""

    def __call__(self, network: Network) -> Sequence[int]:
        """Return how many units flow through each arc: the most gain, then the least cost."""
        ...
