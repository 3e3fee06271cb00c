"""Trust levels and confirmed addresses, as tests give and read them."""

from sqlalchemy import select, update

from apps.identity.infrastructure.models import UserModel
from apps.identity.infrastructure.standings import StandingModel
from tests.support.site import Member


async def raise_to(level: int, *members: Member) -> None:
    for member in members:
        row = update(StandingModel).where(StandingModel.id == member.id)
        await member.site.change(row.values(trust_level=level))


async def confirm_address(*members: Member) -> None:
    for member in members:
        row = update(UserModel).where(UserModel.id == member.id)
        await member.site.change(row.values(email_verified_at=UserModel.created_at))


async def level_of(member: Member) -> int:
    levels = select(StandingModel.trust_level).where(StandingModel.id == member.id)
    (level,) = await member.site.ask(levels)
    shown = (await member.get("/me")).json()["trust_level"]
    assert shown == level
    return int(level)
