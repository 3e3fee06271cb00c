"""What is left of a market while loops are taken from it."""

from dataclasses import dataclass

from apps.matching.domain.barter import Barter, Loop, Step


@dataclass(slots=True)
class Stock:
    """Units of each lot and slots of each pool."""

    barter: Barter
    supply: list[int]
    slots: list[int]

    @classmethod
    def of(cls, barter: Barter) -> "Stock":
        """Begin with all of it."""
        return cls(barter, barter.supply[:], barter.slots[:])

    def accepts(self, ask: int) -> bool:
        """Whether an ask can still be filled."""
        return all(self.slots[pool] > 0 for pool in self.barter.ask_pools[ask])

    def allows(self, loop: Loop) -> bool:
        """Whether all that a loop needs is left, also where it needs something twice."""
        self.take(loop)
        enough = all(
            self.supply[lot] >= 0
            and all(self.slots[pool] >= 0 for pool in self.barter.ask_pools[ask])
            for lot, ask in loop
        )
        self.take(loop, -1)
        return enough

    def take(self, loop: Loop, times: int = 1) -> None:
        """Use what a loop needs."""
        for step in loop:
            self.draw(step, times)

    def draw(self, step: Step, times: int) -> None:
        """Use what one step needs."""
        lot, ask = step
        self.supply[lot] -= times
        for pool in self.barter.ask_pools[ask]:
            self.slots[pool] -= times
