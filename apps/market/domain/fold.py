"""What each public event means to the market, one after the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.catalogue.contract import CardId
from apps.collection.contract import AgreementId, CopyId, WantGroupId
from apps.market.domain.spells import CopyNow, Spells, WantKey, WantNow
from apps.shared.application.outbox import PublicEvent
from apps.shared.domain.ids import MemberId

OF_COPIES = {
    "copy_entered",
    "copy_listed",
    "copy_unlisted",
    "copy_promised",
    "copy_released",
    "copy_handed_over",
    "copy_removed",
}
OF_WANTS = {"want_opened", "want_changed", "want_closed"}
OF_TRADES = {"trade_proposed", "trade_countered", "trade_disputed", "trade_completed"}
KINDS = OF_COPIES | OF_WANTS | OF_TRADES | {"card_merged", "level_changed"}
"""Of which events the market consists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A trade as far as the market knows it; `moves` are the copies that each receiver gets."""

    moves: Mapping[MemberId, tuple[CopyId, ...]]
    disputed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """That a card was proposed to change hands, or did."""

    ordinal: int
    position: int
    completed: bool
    card: CardId
    giver: MemberId
    receiver: MemberId
    agreement: UUID
    at: datetime
    wanted_at: datetime | None
    """Since when its receiver had wanted it, where it was wanted and has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A trade of two that was completed undisputed, of one card on each side (K5)."""

    ordinal: int
    trade: UUID
    members: tuple[MemberId, MemberId]
    given: tuple[CardId, int]
    taken: tuple[CardId, int]
    at: datetime


@dataclass(slots=True)
class Fold:
    """The part of the market that some events are about, and what they change in it."""

    copies: Spells[CopyId, CopyNow] = field(default_factory=Spells)
    wants: Spells[WantKey, WantNow] = field(default_factory=Spells)
    deals: dict[UUID, Deal] = field(default_factory=dict)
    levels: dict[MemberId, int] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    merges: list[tuple[CardId, CardId, int]] = field(default_factory=list)

    def apply(self, event: PublicEvent, *, ordinal: int) -> None:
        """Take over what it tells; of what is not there it tells nothing."""
        HANDLERS[event.kind](self, event, event.payload, ordinal)

    def _enter(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del event
        now = CopyNow(
            card=CardId(UUID(told["card"])),
            owner=MemberId(UUID(told["owner"])),
            listed=told["for_trade"],
            agreement=None,
        )
        self.copies.put(CopyId(UUID(told["copy"])), now, at=at)

    def _change(self, told: Mapping[str, Any], at: int, **changes: Any) -> CopyNow | None:
        copy = CopyId(UUID(told["copy"]))
        before = self.copies.now(copy)
        if before is not None:
            self.copies.put(copy, replace(before, **changes), at=at)
        return before

    def _list(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del event
        _ = self._change(told, at, listed=True)

    def _unlist(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del event
        _ = self._change(told, at, listed=False)

    def _promise(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del event
        _ = self._change(told, at, agreement=AgreementId(UUID(told["agreement"])))

    def _release(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del event
        _ = self._change(told, at, agreement=None)

    def _remove(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del event
        self.copies.put(CopyId(UUID(told["copy"])), None, at=at)

    def _hand_over(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        receiver = MemberId(UUID(told["receiver"]))
        before = self._change(told, at, owner=receiver, listed=False, agreement=None)
        if before is None:
            return
        wanted = [
            want.state.wanted_at
            for (_, card), want in self.wants.lasting.items()
            if card == before.card and want.state.member == receiver
        ]
        self.moves.append(
            Move(
                ordinal=at,
                position=0,
                completed=True,
                card=before.card,
                giver=MemberId(UUID(told["giver"])),
                receiver=receiver,
                agreement=UUID(told["agreement"]),
                at=event.at,
                wanted_at=min(wanted, default=None),
            )
        )

    def _open_want(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        member = MemberId(UUID(told["member"]))
        for card in told["cards"]:
            key = (WantGroupId(UUID(told["group"])), CardId(UUID(card)))
            self.wants.put(key, WantNow(member, told["count"], event.at), at=at)

    def _change_want(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        group = WantGroupId(UUID(told["group"]))
        here = {card: self.wants.now((group, card)) for card in self._cards_of(group)}
        member = next((want.member for want in here.values() if want), None)
        if member is None:
            return
        named = here if told["cards"] is None else [CardId(UUID(card)) for card in told["cards"]]
        for card in here.keys() - set(named):
            self.wants.put((group, card), None, at=at)
        for card in named:
            since = (want.wanted_at if (want := here.get(card)) else None) or event.at
            self.wants.put((group, card), WantNow(member, told["count"], since), at=at)

    def _close_want(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del event
        group = WantGroupId(UUID(told["group"]))
        for card in self._cards_of(group):
            self.wants.put((group, card), None, at=at)

    def _cards_of(self, group: WantGroupId) -> list[CardId]:
        return [card for each, card in self.wants.lasting if each == group]

    def _propose(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        deal = self._deal(told)
        self.deals[event.aggregate_id] = deal
        parties = list(deal.moves)
        position = 0
        for receiver, copies in deal.moves.items():
            giver = next((each for each in parties if each != receiver), receiver)
            cards = {now.card for copy in copies if (now := self.copies.now(copy))}
            for card in sorted(cards):
                self.moves.append(
                    Move(
                        ordinal=at,
                        position=position,
                        completed=False,
                        card=card,
                        giver=giver,
                        receiver=receiver,
                        agreement=event.aggregate_id,
                        at=event.at,
                        wanted_at=None,
                    )
                )
                position += 1

    def _counter(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del at
        before = self.deals.get(event.aggregate_id)
        deal = self._deal(told)
        self.deals[event.aggregate_id] = replace(deal, disputed=bool(before and before.disputed))

    def _deal(self, told: Mapping[str, Any]) -> Deal:
        return Deal(
            moves={
                MemberId(UUID(member)): tuple(CopyId(UUID(copy)) for copy in copies)
                for member, copies in told["moves"].items()
            }
        )

    def _dispute(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del told, at
        if deal := self.deals.get(event.aggregate_id):
            self.deals[event.aggregate_id] = replace(deal, disputed=True)

    def _complete(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del told
        deal = self.deals.get(event.aggregate_id)
        if deal is None or deal.disputed or len(deal.moves) != 2:
            return
        sides = [
            ({now.card for copy in copies if (now := self.copies.now(copy))}, len(copies))
            for copies in deal.moves.values()
        ]
        first, second = deal.moves
        trusted = all(self.levels.get(member, 0) >= 1 for member in (first, second))
        if not trusted or any(len(cards) != 1 for cards, _ in sides):
            return
        taken, given = [(cards.pop(), count) for cards, count in sides]
        self.swaps.append(
            Swap(
                ordinal=at,
                trade=event.aggregate_id,
                members=(first, second),
                given=given,
                taken=taken,
                at=event.at,
            )
        )

    def _merge(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del event
        card, into = CardId(UUID(told["card"])), CardId(UUID(told["into"]))
        for copy, spell in list(self.copies.lasting.items()):
            if spell.state.card == card:
                self.copies.put(copy, replace(spell.state, card=into), at=at)
        for (group, wanted), spell in list(self.wants.lasting.items()):
            if wanted == card:
                self.wants.put((group, card), None, at=at)
                if self.wants.now((group, into)) is None:
                    self.wants.put((group, into), spell.state, at=at)
        self.merges.append((card, into, at))

    def _level(self, event: PublicEvent, told: Mapping[str, Any], at: int) -> None:
        del event, at
        self.levels[MemberId(UUID(told["member"]))] = told["trust_level"]


Handler = Callable[[Fold, PublicEvent, Mapping[str, Any], int], None]
HANDLERS: dict[str, Handler] = {
    "copy_entered": Fold._enter,  # noqa: SLF001
}
