"""Curators: moderators and admins, who change the catalogue without asking anybody (K2)."""

from apps.identity.contract import Rank
from apps.shared.domain.errors import Forbidden


class CuratorsOnly(Forbidden):
    """Only a moderator or an admin may do this; anybody may propose it."""


def curates(member: Rank) -> bool:
    """Tell whether this member is a curator."""
    return member.role.is_staff


def ensure_curator(member: Rank) -> None:
    """Raise CuratorsOnly for anybody else."""
    if not curates(member):
        raise CuratorsOnly
