"""Who is an admin, and accounts as staff see them."""

from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import Select, bindparam, select

from apps.identity.application.administer import AccountView, Admins, ListAccounts
from apps.identity.domain.profile import nickname_key
from apps.identity.domain.user import Role, Status, UserNotFound
from apps.identity.infrastructure.models import ProfileModel, UserModel
from apps.identity.infrastructure.queries import LAST
from apps.identity.infrastructure.standings import StandingModel
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

ADMIN = (UserModel.role == Role.ADMIN) & (UserModel.status == Status.ACTIVE)
HELD = (
    select(UserModel.id, ADMIN.label("is_admin"))
    .where(ADMIN | (UserModel.id == bindparam("member")))
    .order_by(UserModel.id)
    .with_for_update(key_share=True)
)


class SqlAdmins(Admins):
    """All of them and the member are locked in one statement, in the order of their ids."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def hold(self, member: MemberId) -> AbstractSet[MemberId]:
        """Lock the rows; SQLite, with its one writer, needs no lock."""
        rows = await self._current.session.execute(HELD, {"member": member})
        return {row.id for row in rows if row.is_admin}


def accounts() -> Select[*tuple[Any, ...]]:
    """Return what is read of each account."""
    return (
        select(
            ProfileModel.id,
            ProfileModel.nickname,
            ProfileModel.nickname_key,
            UserModel.email,
            UserModel.email_verified_at,
            UserModel.role,
            UserModel.status,
            StandingModel.trust_level,
            UserModel.created_at,
        )
        .join(UserModel, UserModel.id == ProfileModel.id)
        .join(StandingModel, StandingModel.id == ProfileModel.id)
    )


PAGE = Question(
    accounts()
    .where(
        ProfileModel.nickname_key >= bindparam("prefix"),
        ProfileModel.nickname_key < bindparam("end"),
        ProfileModel.nickname_key > bindparam("after"),
    )
    .order_by(ProfileModel.nickname_key)
    .limit(bindparam("limit"))
)
ONE = Question(accounts().where(ProfileModel.id == bindparam("member")))


class SqlListAccounts(ListAccounts):
    """A range of the index on folded nicknames."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, *, prefix: str, after: str | None, limit: int) -> Page[AccountView]:
        """Read one row more than shown, to see whether there is a next page."""
        key = nickname_key(prefix)
        rows = await self._reads(
            PAGE, prefix=key, end=key + LAST, after=after or "", limit=limit + 1
        )
        page = Page.cut(rows, limit=limit, key=lambda row: row.nickname_key)
        return Page([view(row) for row in page.items], page.next)

    async def one(self, member: MemberId) -> AccountView:
        """Read one row."""
        for row in await self._reads(ONE, member=member):
            return view(row)
        raise UserNotFound


def view(row: Any) -> AccountView:
    """Return the account of a row."""
    return AccountView(
        id=row.id,
        nickname=row.nickname,
        email=row.email,
        email_verified=row.email_verified_at is not None,
        role=row.role,
        status=row.status,
        trust_level=row.trust_level,
        created_at=row.created_at,
    )
