"""What a round was solved from and what was found, each as one text that a digest stands for.

The text is canonical: JSON without spaces, its members in the order below, lists sorted by id. So
whoever has it can solve it again, and has to come to the same rings.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self
from uuid import UUID

from apps.catalogue.contract import CardId
from apps.collection.contract import Condition, CopyId, WantGroupId
from apps.matching.domain.market import Market, Offer, Wish
from apps.matching.domain.ring import Gift, Ring
from apps.shared.domain.ids import MemberId

FORM = 1
"""Rises when the texts get another form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A market with all that decides what is made of it.

    `watermark` is the last public event that was seen: its transaction and its number.
    """

    market: Market
    max_length: int
    seed: int
    strategy: str
    version: int
    watermark: tuple[int, int]

    @property
    def text(self) -> str:
        """Return it as canonical JSON; lines of lists are written out, for there are many."""
        market = self.market
        head = canonical(
            {
                "form": FORM,
                "strategy": self.strategy,
                "version": self.version,
                "max_length": self.max_length,
                "seed": self.seed,
                "watermark": self.watermark,
            }
        )
        offers = ",".join(sorted([told_offer(offer) for offer in market.offers]))
        wishes = ",".join(sorted([told_wish(wish) for wish in market.wishes]))
        apart = canonical(sorted(sorted(map(str, pair)) for pair in market.apart))
        return f'{head[:-1]},"offers":[{offers}],"wishes":[{wishes}],"apart":{apart}}}'

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what such a text says."""
        told = json.loads(text)
        return cls(
            market=Market(
                offers=tuple(map(read_offer, told["offers"])),
                wishes=tuple(map(read_wish, told["wishes"])),
                apart=frozenset(
                    frozenset(MemberId(UUID(member)) for member in pair) for pair in told["apart"]
                ),
            ),
            max_length=told["max_length"],
            seed=told["seed"],
            strategy=told["strategy"],
            version=told["version"],
            watermark=(told["watermark"][0], told["watermark"][1]),
        )


def canonical(told: object) -> str:
    """Return it as JSON without spaces."""
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def digest_of(text: str) -> str:
    """Return what stands for a text: its SHA-256, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def sealed(snapshot: Snapshot) -> tuple[str, str]:
    """Return its text, and what stands for that."""
    text = snapshot.text
    return text, digest_of(text)


def told_offer(offer: Offer) -> str:
    """Return copy, card, member and condition; no two lines begin with the same copy."""
    copy, card, member, condition = offer
    return f'["{copy}","{card}","{member}","{condition.value}"]'


def read_offer(told: Sequence[str]) -> Offer:
    """Read it again."""
    copy, card, member, condition = told
    return Offer(
        copy=CopyId(UUID(copy)),
        card=CardId(UUID(card)),
        member=MemberId(UUID(member)),
        condition=Condition(condition),
    )


def told_wish(wish: Wish) -> str:
    """Return group, member, cards, slots, rank, and the worst condition or null."""
    group, member, named, slots, rank, least = wish
    cards = ",".join(sorted([f'"{card}"' for card in named]))
    worst = f'"{least.value}"' if least else "null"
    return f'["{group}","{member}",[{cards}],{slots},{rank},{worst}]'


def read_wish(told: Sequence[Any]) -> Wish:
    """Read it again."""
    group, member, cards, slots, rank, worst = told
    return Wish(
        group=WantGroupId(UUID(group)),
        member=MemberId(UUID(member)),
        cards=tuple(CardId(UUID(card)) for card in cards),
        slots=slots,
        rank=rank,
        min_condition=None if worst is None else Condition(worst),
    )


def told_ring(ring: Ring) -> list[Any]:
    """Return leg for leg: the gifts in it, each as copy, card, giver, receiver, group and rank."""
    return [
        [
            [
                *map(str, (gift.copy, gift.card, gift.giver, gift.receiver, gift.group)),
                gift.rank,
            ]
            for gift in leg
        ]
        for leg in ring.legs
    ]


def read_ring(told: Sequence[Sequence[Sequence[Any]]]) -> Ring:
    """Read it again."""
    return Ring(tuple(tuple(map(read_gift, leg)) for leg in told))


def read_gift(told: Sequence[Any]) -> Gift:
    """Read it again."""
    copy, card, giver, receiver, group = (UUID(id) for id in told[:5])
    return Gift(
        copy=CopyId(copy),
        card=CardId(card),
        giver=MemberId(giver),
        receiver=MemberId(receiver),
        group=WantGroupId(group),
        rank=told[5],
    )


def rings_text(rings: Sequence[Ring]) -> str:
    """Return rings as canonical JSON, in the order in which they are proposed."""
    return canonical([told_ring(ring) for ring in rings])
