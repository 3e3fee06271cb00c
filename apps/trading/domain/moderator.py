"""Moderators: who decides what the parties of a trade cannot settle (T22)."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet

from apps.identity.contract import ModeratorsOnly, Rank
from apps.shared.domain.errors import Forbidden
from apps.shared.domain.ids import MemberId

__all__ = ["ModeratorsOnly", "OwnCase", "ensure_impartial", "ensure_moderator", "moderators_among"]


class OwnCase(Forbidden):
    """You are a party of this trade, so another moderator has to look at it."""


def ensure_moderator(member: Rank) -> None:
    """Raise ModeratorsOnly for anybody else."""
    if not member.role.is_staff:
        raise ModeratorsOnly


def moderators_among(members: Iterable[Rank]) -> AbstractSet[MemberId]:
    """Return those who may decide."""
    return {member.id for member in members if member.role.is_staff}


def ensure_impartial(member: MemberId, parties: Collection[MemberId]) -> None:
    """Raise OwnCase for a party."""
    if member in parties:
        raise OwnCase
