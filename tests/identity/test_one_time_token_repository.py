"""What the repository of one-time tokens promises, in memory and in both databases alike."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from apps.identity.domain.one_time_token import (
    LIFETIME,
    OneTimeToken,
    OneTimeTokenRepository,
    Purpose,
)
from apps.identity.infrastructure.one_time_tokens import (
    OneTimeTokenModel,
    SqlOneTimeTokenRepository,
)
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import MemberId
from tests.identity.shelves import Shelves
from tests.identity.stage import built
from tests.support.accounts import TICK, open_accounts
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON
from tests.support.site import Site, elsewhere
from tests.support.stores import filled

VERIFY, CHANGE, UNDO, RESET = [
    *(Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL, Purpose.UNDO_EMAIL_CHANGE, Purpose.RESET_PASSWORD)
]
CONSUMERS = 50


def a_token(
    name: str = "one",
    purpose: Purpose = VERIFY,
    *,
    of: MemberId = ANN,
    email: str = "Ann@kcs.test",
    at: datetime = NOON,
) -> OneTimeToken:
    return OneTimeToken.issue(name, purpose=purpose, user_id=of, email=email, at=at)


async def issue(shelves: Shelves, *tokens: OneTimeToken) -> None:
    async with shelves.work:
        for token in tokens:
            await shelves.tokens.issue(token)


async def serving(shelves: Shelves, *tokens: OneTimeToken, at: datetime = NOON) -> list[str]:
    """Which of them serve."""
    found = [await shelves.tokens.seen(each.digest, purpose=each.purpose, at=at) for each in tokens]
    return [token.digest for token in found if token]


async def consume(shelves: Shelves, token: OneTimeToken, **given: object) -> OneTimeToken | None:
    asked = {"digest": token.digest, "purpose": token.purpose, "at": NOON} | given
    async with shelves.work:
        return await shelves.tokens.consume(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("purpose", Purpose)
async def test_a_token_comes_back_as_it_was_issued_and_serves_once(
    shelves: Shelves, purpose: Purpose
) -> None:
    token = a_token(purpose=purpose)
    await issue(shelves, token)
    seen = await shelves.tokens.seen("one", purpose=purpose, at=NOON)
    assert seen == await consume(shelves, token) == token
    assert await consume(shelves, token) is None
    assert await shelves.tokens.seen("one", purpose=purpose, at=NOON) is None


async def test_a_token_serves_its_own_purpose_until_it_expires(shelves: Shelves) -> None:
    token = a_token(purpose=RESET)
    await issue(shelves, token)
    end = NOON + LIFETIME[RESET]
    wrong: list[dict[str, object]] = [
        {"digest": "two"},
        {"purpose": VERIFY},
        {"purpose": CHANGE},
        {"at": end},
        {"at": end + HOUR},
    ]
    for other in wrong:
        assert await consume(shelves, token, **other) is None
    assert await serving(shelves, token, at=end) == []
    assert await consume(shelves, token, at=end - TICK) == token


@pytest.mark.parametrize("purpose", [VERIFY, CHANGE, RESET])
async def test_a_new_token_replaces_those_of_its_user_and_purpose(
    shelves: Shelves, purpose: Purpose
) -> None:
    old = a_token("old", purpose)
    hers, other = a_token("hers", purpose, of=BEA), a_token("undo", UNDO)
    new = a_token("new", purpose, email="a@b.c")
    await issue(shelves, old, hers, other, new)
    assert await serving(shelves, old, hers, other, new) == ["hers", "undo", "new"]
    assert await consume(shelves, old) is None
    assert await consume(shelves, new) == new
    await issue(shelves, replace(new, digest="newest"))
    assert await serving(shelves, new, replace(new, digest="newest")) == ["newest"]


async def test_a_way_back_is_replaced_by_one_to_the_same_address_only(shelves: Shelves) -> None:
    first = a_token("first", UNDO)
    second = a_token("second", UNDO, email="other@kcs.test")
    again = a_token("again", UNDO, email="ANN@KCS.test")
    await issue(shelves, first, second)
    assert await serving(shelves, first, second) == ["first", "second"]
    await issue(shelves, again)
    assert await serving(shelves, first, second, again) == ["second", "again"]


async def test_tokens_are_cancelled_by_user_and_purpose(shelves: Shelves) -> None:
    mine = [a_token(purpose, purpose) for purpose in (VERIFY, CHANGE, UNDO, RESET)]
    hers = a_token("hers", RESET, of=BEA)
    await issue(shelves, *mine, hers)
    async with shelves.work:
        await shelves.tokens.cancel(of=ANN, purposes=(RESET, CHANGE))
    assert await serving(shelves, *mine, hers) == [VERIFY, UNDO, "hers"]


async def test_an_address_is_claimed_by_who_can_take_it_back(shelves: Shelves) -> None:
    way_back = a_token("back", UNDO)
    later = a_token("later", UNDO, of=BEA, at=NOON + HOUR)
    others = [a_token(each, each, of=EVE, email="eve@kcs.test") for each in (VERIFY, CHANGE, RESET)]
    await issue(shelves, later, way_back, *others)

    async def claimant(email: str, at: datetime = NOON) -> MemberId | None:
        async with shelves.work:
            return await shelves.tokens.claimant(email, at=at)

    assert [await claimant(email) for email in ("ann@kcs.test", "ANN@KCS.TEST")] == [ANN, ANN]
    assert await claimant("eve@kcs.test") is None
    assert await claimant("ann@kcs.test", way_back.expires_at - TICK) == ANN
    assert await claimant("ann@kcs.test", way_back.expires_at) == BEA
    assert await claimant("ann@kcs.test", later.expires_at) is None
    assert await consume(shelves, way_back)
    assert await claimant("ann@kcs.test") == BEA


async def test_what_is_too_old_is_forgotten_some_at_a_time(shelves: Shelves) -> None:
    old = [a_token(name, UNDO, email=f"{name}@kcs.test") for name in ("a", "b", "c")]
    young = a_token("young", UNDO, of=BEA, at=NOON + HOUR)
    await issue(shelves, *old, young)

    async def forget() -> int:
        async with shelves.work:
            return await shelves.tokens.forget(at=old[0].expires_at, limit=2)

    assert [await forget() for _ in range(3)] == [2, 1, 0]
    assert await serving(shelves, *old, young) == ["young"]


class Meeting(SqlOneTimeTokenRepository):
    """Looks first and then writes, like any other repository: the protection taken off."""

    async def consume(self, digest: str, *, purpose: Purpose, at: datetime) -> OneTimeToken | None:
        token = await self.seen(digest, purpose=purpose, at=at)
        await asyncio.sleep(0.1)  # until others have looked
        row = OneTimeTokenModel
        await self._current.session.execute(
            update(row).where(row.digest == digest).values(used_at=at)
        )
        return token


@asynccontextmanager
async def a_crowd(
    url: str, keys: Path, kind: type[SqlOneTimeTokenRepository]
) -> AsyncIterator[tuple[Shelves, Sequence[OneTimeToken | None]]]:
    """Fifty who consume one token at the same moment, and what each of them got."""
    async with Site(url, keys, built(OneTimeTokenRepository, kind)) as site:
        shelves = await filled(Shelves, site)
        await open_accounts(shelves.users, shelves.work)
        token = a_token()
        await issue(shelves, token)
        tasks = [elsewhere(consume(shelves, token)) for _ in range(CONSUMERS)]
        yield shelves, [await task for task in tasks]


async def test_of_fifty_who_consume_a_token_at_once_one_gets_it(url: str, keys: Path) -> None:
    async with a_crowd(url, keys, SqlOneTimeTokenRepository) as (shelves, got):
        assert [token for token in got if token] == [a_token()]
        assert await serving(shelves, a_token()) == []


async def test_control_who_looks_before_using_it_up_is_not_alone(
    postgresql: str, keys: Path
) -> None:
    """SQLite has one writer at a time, who looks and writes before the next one looks."""
    async with a_crowd(postgresql, keys, Meeting) as (_, got):
        assert len([token for token in got if token]) > 1


async def test_the_index_alone_keeps_a_token_single(site: Site) -> None:
    shelves = await filled(Shelves, site)
    await open_accounts(shelves.users, shelves.work)
    await issue(shelves, a_token("one"), a_token("back", UNDO))
    with pytest.raises(Busy):
        async with shelves.work:
            await shelves.tokens.issue(a_token("two", RESET))
            await keep_beside(shelves.tokens, a_token("three"))
    async with shelves.work:
        await keep_beside(shelves.tokens, a_token("way", UNDO))
    assert await site.ask(select(OneTimeTokenModel.digest).order_by(OneTimeTokenModel.digest)) == [
        "back",
        "one",
        "way",
    ]


async def keep_beside(tokens: OneTimeTokenRepository, token: OneTimeToken) -> None:
    """Insert it without looking for what it replaces."""
    assert isinstance(tokens, SqlOneTimeTokenRepository)
    session = tokens._current.session  # noqa: SLF001
    session.add(OneTimeTokenModel.of(token))
    await session.flush()
