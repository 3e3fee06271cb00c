"""A market to search: all list so many cards and look for as many, and a few are in demand."""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.catalogue.contract import CardId
from apps.collection.domain.copy import Condition, Copy
from apps.collection.domain.copy_events import AgreementId, CopyId
from apps.collection.domain.want_group import WantGroup, WantGroupId
from apps.collection.infrastructure.models import (
    CopyModel,
    CopyPromiseModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.identity.infrastructure.models import ProfileModel, UserModel
from apps.identity.infrastructure.standings import StandingModel
from apps.shared.domain.ids import MemberId
from bench.people import FIRST_DAY, Kind, Size, id_of, is_promised
from bench.seeding import Table, catalogue, members
from bench.visitors import Visitors

SKEW = 3
"""The first hundredth of the cards is in a fifth of all lists."""
RANKS = 5


@dataclass(frozen=True, slots=True)
class Trade:
    """How large a market is."""

    members: int
    each: int = 20
    cards: int = 5_000

    @property
    def lines(self) -> range:
        """Every copy that is listed; and every card that is looked for."""
        return range(self.members * self.each)

    def card(self, line: int, *, wanted: bool) -> int:
        """Return the card of a line, the same each time."""
        return int(self.cards * drawn(2 * line + wanted) ** SKEW)

    def owner(self, line: int) -> int:
        """Return whose it is."""
        return line % self.members


def drawn(number: int) -> float:
    """Return a fraction that looks like any other; multiples of one number would lie in rows."""
    mixed = (number + 1) * 0x9E3779B97F4A7C15 % 2**64
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
    return (mixed ^ mixed >> 31) / 2**64


def tables(trade: Trade, visitors: Visitors) -> Iterator[Table]:
    """Yield everything, so that whatever refers to something comes later."""
    size = Size(trade.members, 0, 0, trade.cards)
    yield from catalogue(size)
    for table in members(size, visitors):
        row = table.like
        if isinstance(row, UserModel):
            row.email_verified_at = FIRST_DAY
        elif isinstance(row, ProfileModel):
            row.region = "TW-TPE"
        elif isinstance(row, StandingModel):
            row.trust_level = 1
        yield table
    yield from offers(trade)
    yield from wishes(trade)


def offers(trade: Trade) -> Iterator[Table]:
    """Yield copies, all for trade, and the promises over some of them."""
    conditions = tuple(Condition)
    copy = Copy.enter(
        CopyId(id_of(Kind.COPY, 0)),
        card_id=CardId(id_of(Kind.CARD, 0)),
        owner_id=MemberId(id_of(Kind.MEMBER, 0)),
        condition=Condition.MINT,
        for_trade=True,
        note=None,
        at=FIRST_DAY,
    )
    yield Table(
        CopyModel.of(copy),
        ("id", "card_id", "owner_id", "condition"),
        (
            (
                id_of(Kind.COPY, line),
                id_of(Kind.CARD, trade.card(line, wanted=False)),
                id_of(Kind.MEMBER, trade.owner(line)),
                conditions[line % 3],
            )
            for line in trade.lines
        ),
    )
    yield Table(
        CopyPromiseModel(agreement_id=AgreementId(id_of(Kind.AGREEMENT, 0)), promised_at=FIRST_DAY),
        ("id", "copy_id"),
        (
            (id_of(Kind.PROMISE, line), id_of(Kind.COPY, line))
            for line in filter(is_promised, trade.lines)
        ),
    )


def wishes(trade: Trade) -> Iterator[Table]:
    """Yield want groups of one card each."""
    group = WantGroup.open(
        WantGroupId(id_of(Kind.WANT, 0)),
        member_id=MemberId(id_of(Kind.MEMBER, 0)),
        card_ids=[CardId(id_of(Kind.CARD, 0))],
        count=1,
        rank=3,
        min_condition=Condition.NEAR_MINT,
        at=FIRST_DAY,
    )
    yield Table(
        WantGroupModel.of(group),
        ("id", "member_id", "rank"),
        (
            (id_of(Kind.WANT, line), id_of(Kind.MEMBER, trade.owner(line)), 1 + line % RANKS)
            for line in trade.lines
        ),
    )
    yield Table(
        WantedCardModel(position=0),
        ("want_group_id", "card_id"),
        (
            (id_of(Kind.WANT, line), id_of(Kind.CARD, trade.card(line, wanted=True)))
            for line in trade.lines
        ),
    )
