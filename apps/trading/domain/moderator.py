"""Moderators: who decides what the parties of a trade cannot settle (T22)."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet

from apps.identity.contract import Rank, Role
from apps.shared.domain.errors import Forbidden
from apps.shared.domain.ids import MemberId

MODERATORS = {Role.MODERATOR, Role.ADMIN}


class ModeratorsOnly(Forbidden):
    """Only a moderator or an admin may do this."""


class OwnCase(Forbidden):
    """You are a party of this trade, so another moderator has to look at it."""


def ensure_moderator(member: Rank) -> None:
    """Raise ModeratorsOnly for anybody else."""
    if member.role not in MODERATORS:
        raise ModeratorsOnly


def moderators_among(members: Iterable[Rank]) -> AbstractSet[MemberId]:
    """Return those who may decide."""
    return {member.id for member in members if member.role in MODERATORS}


def ensure_impartial(member: MemberId, parties: Collection[MemberId]) -> None:
    """Raise OwnCase for a party."""
    if member in parties:
        raise OwnCase
