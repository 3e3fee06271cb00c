"""What a demo needs of an operator: what only time, letters or matching would bring about."""

from collections.abc import Mapping
from uuid import UUID

from dishka import AsyncContainer
from sqlalchemy import func, update

from apps.collection.contract import CopyId
from apps.identity.infrastructure.models import UserModel
from apps.identity.infrastructure.standings import StandingModel
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.trading.application.propose_ring import ProposeRing


async def promote(container: AsyncContainer, member: str, level: int) -> None:
    """Write down what only months of trades and a letter would show."""
    current = await container.get(Current)
    confirmed = func.coalesce(UserModel.email_verified_at, UserModel.created_at)
    async with await container.get(UnitOfWork):
        for change in (
            update(UserModel)
            .where(UserModel.id == UUID(member))
            .values(email_verified_at=confirmed, version=UserModel.version + 1),
            update(StandingModel).where(StandingModel.id == UUID(member)).values(trust_level=level),
        ):
            await current.session.execute(change)


async def propose_ring(container: AsyncContainer, gifts: Mapping[str, str]) -> str:
    """Propose a ring as matching will."""
    copies = {MemberId(UUID(who)): [CopyId(UUID(what))] for who, what in gifts.items()}
    return str(await (await container.get(ProposeRing))(copies))
