"""What the repositories of identities and attempts promise, in memory and in both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.identity.domain.attempt import LIFETIME, Attempt, Exchange, Linking
from apps.identity.domain.linked_identity import (
    IdentityTaken,
    LinkedIdentity,
    LinkedIdentityId,
    Opened,
)
from apps.identity.domain.session import Delivery, SessionId
from apps.shared.domain.ids import MemberId
from tests.identity.shelves import Shelves
from tests.support.accounts import a_user
from tests.support.builders import ANN, BEA, EVE, NOON, a_uuid
from tests.support.stores import facts, kept

TICK = timedelta(microseconds=1)
EXCHANGE = Exchange(
    holder="h" * 64,
    verifier="v" * 43,
    redirect_uri="https://app.kcs.test/" + "x" * 2_000,
    delivery=Delivery.COOKIE,
)
LINKING = Linking(member_id=ANN, session_id=SessionId(a_uuid(1, of=9)))


def an_identity(
    number: int, *, of: MemberId = ANN, subject: str | None = None, issuer: str = "https://a.test"
) -> LinkedIdentity:
    return LinkedIdentity.link(
        LinkedIdentityId(a_uuid(number, of=7)),
        to=of,
        provider="generic",
        issuer=issuer,
        subject=subject or f"subject-{number}",
        email="Ann@kcs.test",
        at=NOON,
    )


async def add(shelves: Shelves, *identities: LinkedIdentity) -> None:
    async with shelves.work:
        for identity in identities:
            await shelves.identities.add(identity)


async def counts(shelves: Shelves) -> list[int]:
    async with shelves.work:
        return [await shelves.identities.count(of=member) for member in (ANN, BEA, EVE)]


async def test_an_identity_comes_back_as_it_was_linked(shelves: Shelves) -> None:
    await add(shelves, an_identity(1), an_identity(2, of=BEA))
    assert await kept(shelves.identities, an_identity(1).id, by=shelves.work) == facts(
        an_identity(1)
    )
    assert await counts(shelves) == [1, 1, 0]


async def test_an_identity_opens_one_account(shelves: Shelves) -> None:
    await add(shelves, an_identity(1, subject="s"))
    with pytest.raises(IdentityTaken):
        await add(shelves, an_identity(2, subject="s", of=BEA))
    await add(shelves, an_identity(3, subject="S", of=BEA))
    await add(shelves, an_identity(4, subject="s", of=EVE, issuer="https://b.test"))
    asked = [("https://a.test", "s"), ("https://a.test", "S"), ("https://b.test", "s")]
    opened = [
        await shelves.identities.opened_by(issuer=issuer, subject=subject)
        for issuer, subject in (*asked, ("https://b.test", "S"), ("https://A.test", "s"))
    ]
    accounts = [Opened(member_id=each, status=a_user(each).status) for each in (ANN, BEA, EVE)]
    assert opened == [*accounts, None, None]


async def test_an_identity_is_unlinked_by_its_member_only(shelves: Shelves) -> None:
    await add(shelves, an_identity(1), an_identity(2), an_identity(3, of=BEA), an_identity(4))
    async with shelves.work:
        unlinked = [
            await shelves.identities.unlink(an_identity(1).id, of=member)
            for member in (BEA, ANN, ANN)
        ]
    assert unlinked == [False, True, False]
    assert await counts(shelves) == [2, 1, 0]
    async with shelves.work:
        await shelves.identities.unlink_all(of=ANN)
    assert await counts(shelves) == [0, 1, 0]


def an_attempt(
    digest: str = "a" * 64,
    *,
    exchange: Exchange | None = EXCHANGE,
    linking: Linking | None = None,
) -> Attempt:
    return Attempt(
        digest=digest,
        provider="generic",
        nonce="n" * 43,
        exchange=exchange,
        linking=linking,
        created_at=NOON,
    )


async def begin(shelves: Shelves, *attempts: Attempt) -> None:
    async with shelves.work:
        for attempt in attempts:
            await shelves.attempts.begin(attempt)


async def finish(shelves: Shelves, attempt: Attempt, **given: object) -> Attempt | None:
    holder = attempt.exchange.holder if attempt.exchange else None
    asked = {"provider": attempt.provider, "holder": holder, "at": NOON} | given
    async with shelves.work:
        return await shelves.attempts.finish(attempt.digest, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("exchange", [EXCHANGE, None])
@pytest.mark.parametrize("linking", [LINKING, None])
async def test_an_attempt_comes_back_as_it_was_begun_and_once(
    shelves: Shelves, exchange: Exchange | None, linking: Linking | None
) -> None:
    attempt = an_attempt(exchange=exchange, linking=linking)
    await begin(shelves, attempt)
    assert await finish(shelves, attempt) == attempt
    assert await finish(shelves, attempt) is None


async def test_an_attempt_is_finished_by_who_began_it_where_it_was_begun_in_time(
    shelves: Shelves,
) -> None:
    attempt, native = an_attempt(), an_attempt("b" * 64, exchange=None)
    await begin(shelves, attempt, native)
    end = NOON + LIFETIME
    for wrong in ({"provider": "google"}, {"holder": "x" * 64}, {"holder": None}, {"at": end}):
        assert await finish(shelves, attempt, **wrong) is None
    assert await finish(shelves, native, holder="h" * 64) is None
    assert await finish(shelves, replace(attempt, digest="c" * 64)) is None
    assert await finish(shelves, attempt, at=end - TICK) == attempt


async def test_attempts_that_are_too_old_are_forgotten_some_at_a_time(shelves: Shelves) -> None:
    old = [an_attempt(digest * 64) for digest in "abc"]
    young = replace(an_attempt("d" * 64), created_at=NOON + TICK)
    await begin(shelves, *old, young)

    async def forget() -> int:
        async with shelves.work:
            return await shelves.attempts.forget(at=NOON + LIFETIME, limit=2)

    assert [await forget() for _ in range(3)] == [2, 1, 0]
    assert await finish(shelves, young) == young
