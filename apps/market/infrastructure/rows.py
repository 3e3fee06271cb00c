"""What a reading knows, as values of rows and back."""

from typing import Any
from uuid import UUID

from apps.collection.contract import CopyId
from apps.market.domain.fold import Deal, Move, Swap
from apps.market.domain.spells import CopyNow, Spell, WantKey, WantNow
from apps.shared.domain.ids import MemberId

Values = dict[str, Any]


def copy_of(row: Any) -> Spell[CopyId, CopyNow]:
    """Read a spell of a copy."""
    now = CopyNow(row.card_id, row.owner_id, row.listed, row.agreement_id)
    return Spell(row.copy_id, row.since_event, now)


def copy_row(generation: int, spell: Spell[CopyId, CopyNow], until: int | None) -> Values:
    """Write it."""
    return {
        "generation": generation,
        "copy_id": spell.key,
        "since_event": spell.since,
        "until_event": until,
        "card_id": spell.state.card,
        "owner_id": spell.state.owner,
        "listed": spell.state.listed,
        "agreement_id": spell.state.agreement,
    }


def want_of(row: Any) -> Spell[WantKey, WantNow]:
    """Read a spell of a wanted card."""
    now = WantNow(row.member_id, row.slots, row.wanted_at)
    return Spell((row.group_id, row.card_id), row.since_event, now)


def want_row(generation: int, spell: Spell[WantKey, WantNow], until: int | None) -> Values:
    """Write it."""
    group, card = spell.key
    return {
        "generation": generation,
        "group_id": group,
        "card_id": card,
        "since_event": spell.since,
        "until_event": until,
        "member_id": spell.state.member,
        "slots": spell.state.slots,
        "wanted_at": spell.state.wanted_at,
    }


def deal_of(row: Any) -> Deal:
    """Read a deal."""
    moves = {
        MemberId(UUID(member)): tuple(CopyId(UUID(copy)) for copy in copies)
        for member, copies in row.moves
    }
    return Deal(moves=moves, disputed=row.disputed)


def deal_row(generation: int, trade: UUID, deal: Deal) -> Values:
    """Write it; a list, for who gets what is in the order of the trade."""
    moves = [[str(member), [str(copy) for copy in copies]] for member, copies in deal.moves.items()]
    return {
        "generation": generation,
        "trade_id": trade,
        "moves": moves,
        "disputed": deal.disputed,
    }


def move_row(generation: int, move: Move) -> Values:
    """Write a move."""
    return {
        "generation": generation,
        "event": move.ordinal,
        "position": move.position,
        "completed": move.completed,
        "card_id": move.card,
        "giver_id": move.giver,
        "receiver_id": move.receiver,
        "agreement_id": move.agreement,
        "at": move.at,
        "wanted_at": move.wanted_at,
        "author_id": move.author,
    }


def swap_row(generation: int, swap: Swap) -> Values:
    """Write a swap."""
    return {
        "generation": generation,
        "trade_id": swap.trade,
        "event": swap.ordinal,
        "first_id": swap.first,
        "second_id": swap.second,
        "first_card_id": swap.first_card,
        "first_count": swap.first_count,
        "second_card_id": swap.second_card,
        "second_count": swap.second_count,
        "at": swap.at,
    }
