"""The question whose a password is going to be."""

from sqlalchemy import bindparam, select

from apps.identity.application.find_owner import FindOwner, Owner
from apps.identity.domain.user import UserNotFound
from apps.identity.infrastructure.models import ProfileModel, UserModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

OWNER = Question(
    select(UserModel.email, ProfileModel.nickname, UserModel.role)
    .join(ProfileModel, ProfileModel.id == UserModel.id)
    .where(UserModel.id == bindparam("member"))
)


class SqlFindOwner(FindOwner):
    """Two primary keys."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, member: MemberId) -> Owner:
        """Read both rows."""
        for row in await self._reads(OWNER, member=member):
            return Owner(**row._asdict())
        raise UserNotFound
