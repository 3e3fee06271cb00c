"""The most that can change hands at all: units go from traders to goods to asks to traders."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from apps.matching.domain.barter import Barter
from apps.matching.domain.network import Circulations, Network

Path = tuple[int, tuple[int, ...]]
"""A trader, and the pools on the way to them."""


@dataclass(frozen=True, slots=True)
class Flow:
    """How many units leave each lot, and how many of each good fill each ask."""

    given: Sequence[int]
    taken: dict[tuple[int, int], int]

    @property
    def cards(self) -> int:
        """How many units move."""
        return int(sum(self.given))


def largest_flow(barter: Barter, circulate: Circulations) -> Flow:
    """Move as much as possible, and of all ways to do so one of the lowest ranks."""
    plan = Plan.of(barter)
    return plan.read(circulate(plan.network))


@dataclass(slots=True)
class Plan:
    """The network of a barter, and what its arcs stand for; the first arcs are the lots."""

    barter: Barter
    network: Network
    entries: "array[int]" = field(default_factory=lambda: array("i"))
    entered: "array[int]" = field(default_factory=lambda: array("i"))
    gates: dict[int, tuple[int, int]] = field(default_factory=dict)
    inside: dict[tuple[int, int], int] = field(default_factory=dict)
    paths: dict[Path, int] = field(default_factory=dict)

    @classmethod
    def of(cls, barter: Barter) -> "Plan":
        """Draw it: traders first, then goods, then pools where they are needed."""
        plan = cls(barter, Network(len(barter.traders_lots) + len(barter.goods_lots)))
        for lot, trader in enumerate(barter.lot_trader):
            good = plan.good(barter.lot_good[lot])
            plan.network.add_arc(trader, good, room=barter.supply[lot], gain=1)
        users = Counter(pool for pools in barter.ask_pools for pool in pools)
        for ask, pools in enumerate(barter.ask_pools):
            if len(pools) > 1 or any(users[pool] > 1 for pool in pools):
                plan.add_sharing(ask)
            elif barter.ask_goods[ask]:
                plan.add_own(ask)
        return plan

    def good(self, good: int) -> int:
        """Tell which node a good is."""
        return len(self.barter.traders_lots) + good

    def add_own(self, ask: int) -> None:
        """Lead goods to a trader; a node in between where a pool limits several of them."""
        barter, network = self.barter, self.network
        goods, trader = barter.ask_goods[ask], barter.ask_trader[ask]
        room = min((barter.slots[pool] for pool in barter.ask_pools[ask]), default=1)
        cost = barter.ask_rank[ask] - 1
        end = trader
        if len(goods) > 1 and barter.ask_pools[ask]:
            end = network.add_node()
            network.add_arc(end, trader, room=room)
        for good in goods:
            self.entries.append(network.add_arc(self.good(good), end, room=room, cost=cost))
            self.entered.append(ask)

    def add_sharing(self, ask: int) -> None:
        """Lead goods through pools that others use too."""
        barter, network = self.barter, self.network
        trader, pools = barter.ask_trader[ask], barter.ask_pools[ask]
        self.paths[trader, pools] = ask
        for pool in pools:
            if pool not in self.gates:
                gates = network.add_node(), network.add_node()
                network.add_arc(*gates, room=barter.slots[pool])
                self.gates[pool] = gates
        nodes = [self.gates[pool] for pool in pools]
        joints = [(self.good(good), nodes[0][0], 0) for good in barter.ask_goods[ask]]
        joints += [(one[1], two[0], 0) for one, two in pairwise(nodes)]
        joints.append((nodes[-1][1], trader, barter.ask_rank[ask] - 1))
        for tail, head, cost in joints:
            if (tail, head) not in self.inside:
                room = barter.slots[pools[0]]
                self.inside[tail, head] = network.add_arc(tail, head, room=room, cost=cost)

    def read(self, flows: Sequence[int]) -> Flow:
        """Tell what the units in each arc mean."""
        taken: dict[tuple[int, int], int] = {}
        traders = len(self.barter.traders_lots)
        for arc, ask in zip(self.entries, self.entered, strict=True):
            if flows[arc]:
                taken[self.network.tails[arc] - traders, ask] = int(flows[arc])
        for good, ask in self.followed(flows):
            taken[good, ask] = taken.get((good, ask), 0) + 1
        return Flow(flows[: len(self.barter.supply)], taken)

    def followed(self, flows: Sequence[int]) -> list[tuple[int, int]]:
        """Follow each unit through shared pools to its trader."""
        traders = len(self.barter.traders_lots)
        onward: defaultdict[int, list[int]] = defaultdict(list)
        for (tail, head), arc in self.inside.items():
            onward[tail].extend([head] * int(flows[arc]))
        pool_of = {gates[0]: (pool, gates[1]) for pool, gates in self.gates.items()}
        found: list[tuple[int, int]] = []
        for tail in [node for node in onward if node < self.good(len(self.barter.goods_lots))]:
            for entrance in onward[tail]:
                node, pools = entrance, []
                while node >= traders:
                    pool, exit_ = pool_of[node]
                    pools.append(pool)
                    node = onward[exit_].pop()
                found.append((tail - traders, self.paths[node, tuple(pools)]))
        return found
