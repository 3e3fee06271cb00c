"""A want list: items, what each would be given away for, and dummies that take one of several."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from apps.matching.domain.barter import Barter, Loop


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item or a dummy; it wants others by their place in the list."""

    owner: str
    name: str
    wants: tuple[int, ...]
    dummy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """An item that goes to somebody, who gives another of their own away for it."""

    giver: str
    item: str
    receiver: str
    for_item: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A want list in numbers; each item trades for itself, and is a good of its own."""

    barter: Barter
    items: list[Entry]

    def handovers(self, loop: Loop) -> tuple[Handover, ...]:
        """Tell who gives what to whom."""
        return tuple(
            Handover(
                giver=self.items[lot].owner,
                item=self.items[lot].name,
                receiver=self.items[self.barter.ask_trader[ask]].owner,
                for_item=self.items[self.barter.ask_trader[ask]].name,
            )
            for lot, ask in loop
        )


def listed(entries: Sequence[Entry], seed: int) -> Listed:
    """Number the items, in an order that the seed decides."""
    items = [place for place, entry in enumerate(entries) if not entry.dummy]
    Random(seed).shuffle(items)
    number = {place: trader for trader, place in enumerate(items)}
    barter = Barter()
    barter.add_traders(len(items))
    barter.add_goods(len(items))
    pools = {place: barter.add_pool(1) for place, entry in enumerate(entries) if entry.dummy}
    for place in items:
        barter.add_lot(number[place], number[place], 1)
        for path in paths(entries, (place,)):
            goods = [
                number[wanted]
                for wanted in entries[path[-1]].wants
                if wanted in number and entries[wanted].owner != entries[place].owner
            ]
            if goods:
                through = tuple(pools[dummy] for dummy in reversed(path[1:]))
                barter.add_ask(number[place], goods, through, 1)
    return Listed(barter, [entries[place] for place in items])


def paths(entries: Sequence[Entry], so_far: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Tell every way from an item through dummies, none of them twice."""
    yield so_far
    for wanted in entries[so_far[-1]].wants:
        if entries[wanted].dummy and wanted not in so_far:
            yield from paths(entries, (*so_far, wanted))
