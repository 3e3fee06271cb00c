"""What each public event means to the market; of what is not there it means nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.catalogue.contract import CardId
from apps.collection.contract import AgreementId, CopyId, WantGroupId
from apps.market.domain.fold import Deal, Fold, Move, Swap
from apps.market.domain.spells import CopyNow, WantNow
from apps.shared.application.outbox import PublicEvent
from apps.shared.domain.ids import MemberId

TRUSTED = 1
"""The trust level from which a member's swaps count for the index (K5)."""
OF_TWO = 2

Reader = Callable[[Fold, PublicEvent, int], None]


def read(fold: Fold, event: PublicEvent, *, ordinal: int) -> None:
    """Take over what this event tells, which is the one of this number."""
    READERS[event.kind](fold, event, ordinal)


def copy_entered(fold: Fold, event: PublicEvent, at: int) -> None:
    """Somebody has a copy in hand."""
    told = event.payload
    now = CopyNow(
        card=CardId(UUID(told["card"])),
        owner=MemberId(UUID(told["owner"])),
        listed=told["for_trade"],
        agreement=None,
    )
    fold.copies.put(copy_of(event), now, at=at)


def copy_listed(fold: Fold, event: PublicEvent, at: int) -> None:
    """It can be asked for."""
    _ = changed(fold, event, at, listed=True)


def copy_unlisted(fold: Fold, event: PublicEvent, at: int) -> None:
    """It can be asked for no longer."""
    _ = changed(fold, event, at, listed=False)


def copy_promised(fold: Fold, event: PublicEvent, at: int) -> None:
    """It is not free any more."""
    _ = changed(fold, event, at, agreement=AgreementId(UUID(event.payload["agreement"])))


def copy_released(fold: Fold, event: PublicEvent, at: int) -> None:
    """It is free again."""
    _ = changed(fold, event, at, agreement=None)


def copy_removed(fold: Fold, event: PublicEvent, at: int) -> None:
    """Nobody has it any more."""
    fold.copies.put(copy_of(event), None, at=at)


def copy_handed_over(fold: Fold, event: PublicEvent, at: int) -> None:
    """Somebody else has it, who may have wanted it."""
    told, receiver = event.payload, MemberId(UUID(event.payload["receiver"]))
    before = changed(fold, event, at, owner=receiver, listed=False, agreement=None)
    if before is None:
        return
    fold.moves.append(
        Move(
            ordinal=at,
            position=0,
            completed=True,
            card=before.card,
            giver=MemberId(UUID(told["giver"])),
            receiver=receiver,
            agreement=UUID(told["agreement"]),
            at=event.at,
            wanted_at=fold.wants.first_wish(receiver, before.card),
        )
    )


def changed(fold: Fold, event: PublicEvent, at: int, **changes: Any) -> CopyNow | None:
    """Change a copy, and return how it was before."""
    copy = copy_of(event)
    before = fold.copies.now(copy)
    if before is not None:
        fold.copies.put(copy, replace(before, **changes), at=at)
    return before


def copy_of(event: PublicEvent) -> CopyId:
    """Return which copy an event is about."""
    return CopyId(event.aggregate_id)


def want_opened(fold: Fold, event: PublicEvent, at: int) -> None:
    """A member looks for cards; of old, that did not say which."""
    if "cards" not in event.payload:
        return
    want = WantNow(MemberId(UUID(event.payload["member"])), event.payload["count"], event.at)
    for card in event.payload["cards"]:
        fold.wants.put((WantGroupId(event.aggregate_id), CardId(UUID(card))), want, at=at)


def want_kept(fold: Fold, event: PublicEvent, at: int) -> None:
    """A member has looked for cards since before that was told in full."""
    want_opened(fold, event, at)


def want_changed(fold: Fold, event: PublicEvent, at: int) -> None:
    """They look for other cards, or for more or fewer; what they still want, they want as long."""
    group, told = WantGroupId(event.aggregate_id), event.payload
    here = fold.wants.of_group(group)
    if not here:
        return
    member = next(iter(here.values())).member
    named = list(here) if told["cards"] is None else [CardId(UUID(card)) for card in told["cards"]]
    for card in here.keys() - set(named):
        fold.wants.put((group, card), None, at=at)
    for card in named:
        since = here[card].wanted_at if card in here else event.at
        fold.wants.put((group, card), WantNow(member, told["count"], since), at=at)


def want_closed(fold: Fold, event: PublicEvent, at: int) -> None:
    """They look for these no longer."""
    group = WantGroupId(event.aggregate_id)
    for card in fold.wants.of_group(group):
        fold.wants.put((group, card), None, at=at)


def trade_proposed(fold: Fold, event: PublicEvent, at: int) -> None:
    """Cards are to change hands; of old, that did not say which."""
    if "moves" not in event.payload:
        return
    deal = Deal(moves=moves_of(event))
    fold.deals[event.aggregate_id] = deal
    givers, actor = givers_in(deal), event.payload.get("actor")
    cards = sorted(
        (card, givers[receiver], receiver)
        for receiver, copies in deal.moves.items()
        for card in cards_among(fold, copies)
    )
    fold.moves += [
        Move(
            ordinal=at,
            position=position,
            completed=False,
            card=card,
            giver=giver,
            receiver=receiver,
            agreement=event.aggregate_id,
            at=event.at,
            author=MemberId(UUID(actor)) if actor else None,
        )
        for position, (card, giver, receiver) in enumerate(cards)
    ]


def trade_kept(fold: Fold, event: PublicEvent, at: int) -> None:
    """Cards were to change hands since before that was told in full."""
    del at
    disputed = event.payload["disputed"]
    fold.deals[event.aggregate_id] = Deal(moves=moves_of(event), disputed=disputed)


def trade_countered(fold: Fold, event: PublicEvent, at: int) -> None:
    """Other cards are to change hands; it is the same trade still, disputed before or not."""
    del at
    deal = fold.deals.get(event.aggregate_id)
    if deal is not None and "moves" in event.payload:
        fold.deals[event.aggregate_id] = replace(deal, moves=moves_of(event))


def trade_disputed(fold: Fold, event: PublicEvent, at: int) -> None:
    """What comes of it counts for no index."""
    del at
    if deal := fold.deals.get(event.aggregate_id):
        fold.deals[event.aggregate_id] = replace(deal, disputed=True)


def trade_completed(fold: Fold, event: PublicEvent, at: int) -> None:
    """So many of one card were given for so many of another, if it was nothing else."""
    deal = fold.deals.get(event.aggregate_id)
    if deal is None or deal.disputed or len(deal.moves) != OF_TWO:
        return
    first, second = sorted(deal.moves)
    taken = [cards_among(fold, deal.moves[member]) for member in (first, second)]
    if any(fold.levels.get(member, 0) < TRUSTED for member in (first, second)):
        return
    if any(len(cards) != 1 for cards in taken):
        return
    (second_card,), (first_card,) = taken
    fold.swaps.append(
        Swap(
            ordinal=at,
            trade=event.aggregate_id,
            first=first,
            second=second,
            first_card=first_card,
            first_count=len(deal.moves[second]),
            second_card=second_card,
            second_count=len(deal.moves[first]),
            at=event.at,
        )
    )


def moves_of(event: PublicEvent) -> Mapping[MemberId, tuple[CopyId, ...]]:
    """Return what each receiver of a trade gets, as the event tells it."""
    return {
        MemberId(UUID(member)): tuple(CopyId(UUID(copy)) for copy in copies)
        for member, copies in event.payload["moves"].items()
    }


def givers_in(deal: Deal) -> Mapping[MemberId, MemberId]:
    """Return from whom each receiver gets: in a ring, from the one before."""
    receivers = list(deal.moves)
    return dict(zip(receivers, [receivers[-1], *receivers[:-1]], strict=True))


def cards_among(fold: Fold, copies: Sequence[CopyId]) -> list[CardId]:
    """Return the different cards that these copies are of."""
    return sorted({now.card for copy in copies if (now := fold.copies.now(copy))})


def card_merged(fold: Fold, event: PublicEvent, at: int) -> None:
    """Copies and wants of one card are of another from now on (P9)."""
    card, into = CardId(UUID(event.payload["card"])), CardId(UUID(event.payload["into"]))
    for copy, held in list(fold.copies.lasting.items()):
        if held.state.card == card:
            fold.copies.put(copy, replace(held.state, card=into), at=at)
    for (group, named), want in list(fold.wants.lasting.items()):
        if named == card:
            fold.wants.put((group, card), None, at=at)
            if fold.wants.now((group, into)) is None:
                fold.wants.put((group, into), want.state, at=at)
    fold.merges.append((card, into, at))


def level_changed(fold: Fold, event: PublicEvent, at: int) -> None:
    """A member is trusted more or less."""
    del at
    fold.levels[MemberId(event.aggregate_id)] = event.payload["trust_level"]


READERS: dict[str, Reader] = {
    reader.__name__: reader
    for reader in (
        *(copy_entered, copy_listed, copy_unlisted, copy_promised, copy_released),
        *(copy_handed_over, copy_removed, want_opened, want_changed, want_closed),
        *(trade_proposed, trade_countered, trade_disputed, trade_completed),
        *(want_kept, trade_kept, card_merged, level_changed),
    )
}
"""The kinds of events that the market is made of; each reader bears the name of its kind."""
