"""Staff: moderators and admins, and what they may decide about members."""

from collections.abc import Set as AbstractSet

from apps.identity.domain.user import Role
from apps.shared.domain.errors import Conflict, Forbidden
from apps.shared.domain.ids import MemberId


class ModeratorsOnly(Forbidden):
    """Only a moderator or an admin may do this."""


class AdminsOnly(Forbidden):
    """Only an admin may do this."""


class StaffProtected(Forbidden):
    """Only an admin may decide about moderators and admins."""


class LastAdmin(Conflict):
    """There has to be an admin; appoint another one first."""


def ensure_staff(role: Role) -> None:
    """Raise ModeratorsOnly for members like any other."""
    if not role.is_staff:
        raise ModeratorsOnly


def ensure_admin(role: Role) -> None:
    """Raise AdminsOnly for anybody else."""
    if role is not Role.ADMIN:
        raise AdminsOnly


def ensure_may_decide(by: Role, *, about: Role) -> None:
    """Raise ModeratorsOnly, or StaffProtected for a moderator who turns against staff."""
    ensure_staff(by)
    if about.is_staff and by is not Role.ADMIN:
        raise StaffProtected


def ensure_not_the_last(member: MemberId, admins: AbstractSet[MemberId]) -> None:
    """Raise LastAdmin where nobody of these would be left without the member."""
    if member in admins and len(admins) == 1:
        raise LastAdmin
