"""The most that can change hands at all: units go from traders to goods to asks to traders."""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise

from apps.matching.domain.barter import Barter
from apps.matching.domain.network import Circulations, Network

Path = tuple[int, tuple[int, ...]]
"""A trader, and the pools on the way to them."""


@dataclass(frozen=True, slots=True)
class Flow:
    """How many units leave each lot, and of which good fill which ask how many."""

    given: Sequence[int]
    taken: Sequence[tuple[int, int, int]]

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
    mixes: dict[tuple[int, ...], tuple[int, list[int]]] = field(default_factory=dict)
    gates: dict[int, tuple[int, int]] = field(default_factory=dict)
    inside: dict[tuple[int, int], int] = field(default_factory=dict)
    paths: dict[Path, int] = field(default_factory=dict)

    @classmethod
    def of(cls, barter: Barter) -> "Plan":
        """Draw it: traders first, then goods, then pools where they are needed."""
        plan = cls(barter, Network(len(barter.traders_lots) + len(barter.goods_lots)))
        goods = [plan.good(good) for good in barter.lot_good]
        plan.network.add_gaining(barter.lot_trader, goods, barter.supply)
        users = [0] * len(barter.slots)
        for pool in chain.from_iterable(barter.ask_pools):
            users[pool] += 1
        for ask, pools in enumerate(barter.ask_pools):
            if len(pools) > 1 or (pools and users[pools[0]] > 1):
                plan.add_sharing(ask)
            elif barter.ask_goods[ask]:
                plan.add_own(ask)
        return plan

    def good(self, good: int) -> int:
        """Tell which node a good is."""
        return len(self.barter.traders_lots) + good

    def add_own(self, ask: int) -> None:
        """Lead goods to a trader; where a pool limits several of them, they are mixed before."""
        barter, pools = self.barter, self.barter.ask_pools[ask]
        goods, trader = barter.ask_goods[ask], barter.ask_trader[ask]
        room = barter.slots[pools[0]] if pools else 1
        if pools and len(goods) > 1:
            sources = [self.mixed(tuple(goods))]
        else:
            sources = [self.good(good) for good in goods]
        for source in sources:
            arc = self.network.add_arc(source, trader, room=room, cost=barter.ask_rank[ask] - 1)
            self.entries.append(arc)
            self.entered.append(ask)

    def mixed(self, goods: tuple[int, ...]) -> int:
        """Tell the node in which these are one as good as the other, whoever asks for them."""
        if goods not in self.mixes:
            node = self.network.add_node()
            arcs = []
            for good in goods:
                had = sum(self.barter.supply[lot] for lot in self.barter.goods_lots[good])
                arcs.append(self.network.add_arc(self.good(good), node, room=had))
            self.mixes[goods] = node, arcs
        return self.mixes[goods][0]

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
        first = self.good(0)
        mixtures = self.mixtures(flows)
        taken: list[tuple[int, int, int]] = []
        for arc, ask in zip(self.entries, self.entered, strict=True):
            if units := flows[arc]:
                source = self.network.tails[arc]
                if source in mixtures:
                    taken.extend((mixtures[source].pop(), ask, 1) for _ in range(units))
                else:
                    taken.append((source - first, ask, units))
        taken.extend((good, ask, 1) for good, ask in self.followed(flows))
        return Flow(flows[: len(self.barter.supply)], taken)

    def mixtures(self, flows: Sequence[int]) -> dict[int, list[int]]:
        """Tell of what each mixture has been made, unit by unit."""
        found: dict[int, list[int]] = {}
        for goods, (node, arcs) in self.mixes.items():
            each = [[good] * flows[arc] for good, arc in zip(goods, arcs, strict=True)]
            found[node] = list(chain.from_iterable(each))
        return found

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
