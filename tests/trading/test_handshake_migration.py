"""Who agreed on a trade before there were handshakes gets a secret by the migration."""

from pathlib import Path

from alembic import command

from tests.support.deals import a_deal, told
from tests.support.phones import secret_of
from tests.support.site import Member, Site
from tests.test_migrations import move


async def test_who_had_agreed_already_gets_a_secret_too(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        agreed = await a_deal(site)
        proposed = await a_deal(site, author=await site.join("eve"), other=agreed.other)
        await agreed.accept()
    move(command.downgrade, url, "0012")
    move(command.upgrade, url, "head")
    async with Site(url, keys) as site:
        ann, bea, eve = [
            Member(site, each.id, each.nickname, each.token)
            for each in (agreed.author, agreed.other, proposed.author)
        ]
        secrets = {await secret_of(ann, agreed.path), await secret_of(bea, agreed.path)}
        assert {len(secret) for secret in secrets} == {20}
        assert len(secrets) == 2
        early = await eve.get(f"{proposed.path}/handshake")
        assert told(early) == (409, "invalid-transition")
