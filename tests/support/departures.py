"""Members leave a site, as an operator lets them."""

from apps.identity.application.departures import ReinstateMember, RemoveMember, SuspendMember
from tests.support.site import Member

WHY = "three reports"


async def suspend(member: Member) -> None:
    await (await member.site.port(SuspendMember))(member.id, reason=WHY)


async def remove(member: Member) -> None:
    await (await member.site.port(RemoveMember))(member.id, reason=WHY)


async def reinstate(member: Member) -> None:
    await (await member.site.port(ReinstateMember))(member.id, reason=WHY)
