"""What a demo needs of an operator: what only time, letters or matching would bring about."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from dishka import AsyncContainer
from sqlalchemy import func, update

from apps.collection.contract import CopyId
from apps.identity.infrastructure.models import UserModel
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.current import Current
from apps.trading.application.propose_ring import ProposeRing

SEASONED = timedelta(days=200)
"""How long ago the account of a demo member was opened, as far as its trust level counts."""


async def season(container: AsyncContainer, member: str) -> None:
    """Let an account be some months old, and its address confirmed, as of level 2 is asked (R8)."""
    current, clock = await container.get(Current), await container.get(Clock)
    confirmed = func.coalesce(UserModel.email_verified_at, UserModel.created_at)
    async with await container.get(UnitOfWork):
        await current.session.execute(
            update(UserModel)
            .where(UserModel.id == UUID(member))
            .values(
                created_at=clock.now() - SEASONED,
                email_verified_at=confirmed,
                version=UserModel.version + 1,
            )
        )


async def propose_ring(container: AsyncContainer, gifts: Mapping[str, str]) -> str:
    """Propose a ring as matching will."""
    copies = {MemberId(UUID(who)): [CopyId(UUID(what))] for who, what in gifts.items()}
    return str(await (await container.get(ProposeRing))(copies))
