"""How scarce each lot and each ask is: what using it up would cost everybody else."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.matching.domain.barter import Barter, Step
from apps.matching.domain.stock import Stock

TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Scarcity:
    """Prices from 0 to 1: a trader's lots are dear where they have few for their many asks."""

    lots: list[float]
    asks: list[float]
    to_give: list[float]
    to_take: list[float]

    @classmethod
    def of(cls, barter: Barter, stock: Stock) -> "Scarcity":
        """Compare what is left with what is still asked for, good by good and trader by trader."""
        offered = [sum(stock.supply[lot] for lot in lots) for lots in barter.goods_lots]
        room = [min((stock.slots[pool] for pool in pools), default=1) for pools in barter.ask_pools]
        asked = [sum(room[ask] for ask in asks) for asks in barter.goods_asks]
        use = [min(1.0, asked[good] / max(1, offered[good])) for good in barter.lot_good]
        hope = [
            min(1.0, max((offered[good] / max(1, asked[good]) for good in goods), default=0.0))
            for goods in barter.ask_goods
        ]
        to_give = [
            sum(stock.supply[lot] * use[lot] for lot in lots) for lots in barter.traders_lots
        ]
        to_take = [sum(room[ask] * hope[ask] for ask in asks) for asks in barter.traders_asks]
        share = [
            taken / (given + taken + TINY) for given, taken in zip(to_give, to_take, strict=True)
        ]
        return cls(
            [use[lot] * share[trader] for lot, trader in enumerate(barter.lot_trader)],
            [hope[ask] * (1 - share[trader]) for ask, trader in enumerate(barter.ask_trader)],
            to_give,
            to_take,
        )

    def cost(self, step: Step) -> float:
        """Price a step."""
        return self.lots[step[0]] + self.asks[step[1]]

    def options(self) -> list[float]:
        """Tell how much each trader could swap at best."""
        return [min(pair) for pair in zip(self.to_give, self.to_take, strict=True)]

    def by_lot(self, lots: Iterable[int]) -> list[int]:
        """Put the cheapest lots first."""
        return sorted(lots, key=lambda lot: (self.lots[lot], lot))

    def by_ask(self, asks: Iterable[int]) -> list[int]:
        """Put the cheapest asks first."""
        return sorted(asks, key=lambda ask: (self.asks[ask], ask))
