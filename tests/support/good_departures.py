"""Good requests about leaving, and about archives of one's own data."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from apps.identity.application.export_me import KIND, Links
from apps.shared.application.long_work import Operations
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from tests.support.good import Good, somebody
from tests.support.site import Site


async def proven(site: Site) -> Good:
    """Asked by who has just signed in."""
    return Good(by=await somebody(site), status=202)


async def an_export(site: Site, of: MemberId) -> UUID:
    """An operation that is done."""
    operations = await site.port(Operations)  # type: ignore[type-abstract]
    at = (await site.port(Clock)).now()  # type: ignore[type-abstract]
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        id = await operations.begin(KIND, of=of, at=at)
        await operations.succeed(id, {}, file=b"PK", at=at)
    return id


async def operation(site: Site) -> Good:
    me, other = await somebody(site), await somebody(site)
    mine, theirs = await an_export(site, me.id), await an_export(site, other.id)
    return Good(by=me, ids={"operation_id": str(mine)}, foreign={"operation_id": str(theirs)})


async def archive(site: Site) -> Good:
    me = await somebody(site)
    id = await an_export(site, me.id)
    until = (await site.port(Clock)).now() + timedelta(hours=1)  # type: ignore[type-abstract]
    link = (await site.port(Links)).to(id, until=until)  # type: ignore[type-abstract]
    return Good(by=me, ids={"operation_id": str(id)}, query=dict(parse_qsl(urlsplit(link).query)))
