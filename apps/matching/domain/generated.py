"""Markets that nobody is in, for measuring and for tests."""

from itertools import accumulate
from random import Random
from uuid import UUID

from apps.catalogue.contract import CardId
from apps.collection.contract import Condition, CopyId, WantGroupId
from apps.matching.domain.market import Market, Offer, Wish
from apps.shared.domain.ids import MemberId

CONDITIONS = tuple(Condition)
CARDS_PER_MEMBER = 1.4
"""At 10,000 members the cards of the market then come to about 2.4 million possible gifts."""
SKEW = 0.8
"""How much more popular the first card is than the last; what is common is not what is wanted."""


def generated_market(
    members: int, seed: int, *, haves: int = 20, wants: int = 20, cards: int = 0
) -> Market:
    """Draw one in which all have so many copies and so many wants; the same seed draws the same."""
    dice = Random(f"{members} {seed}")
    number = cards or max(10, round(members * CARDS_PER_MEMBER))
    ids = [CardId(UUID(int=(1 << 100) + place)) for place in range(number)]
    common, wanted = ids[:], ids[:]
    dice.shuffle(common)
    dice.shuffle(wanted)
    weights = list(accumulate((place + 1) ** -SKEW for place in range(number)))
    people = [MemberId(UUID(int=(2 << 100) + place)) for place in range(members)]
    offers: list[Offer] = []
    wishes: list[Wish] = []
    for member in people:
        held = dice.choices(common, cum_weights=weights, k=haves)
        first = len(offers)
        offers.extend(
            Offer(
                copy=CopyId(UUID(int=(3 << 100) + first + place)),
                card=card,
                member=member,
                condition=CONDITIONS[min(4, int(dice.expovariate(1)))],
            )
            for place, card in enumerate(held)
        )
        sought = set(dice.choices(wanted, cum_weights=weights, k=wants)).difference(held)
        start = len(wishes)
        wishes.extend(
            Wish(
                group=WantGroupId(UUID(int=(4 << 100) + start + place)),
                member=member,
                cards=(card,),
                slots=1,
                rank=dice.randint(1, 5),
                min_condition=Condition.LIGHT if dice.random() < 0.1 else None,  # noqa: PLR2004
            )
            for place, card in enumerate(sorted(sought, key=lambda card: card.int))
        )
    return Market(offers=offers, wishes=wishes)
