"""A code of an authenticator, or on paper, serves once, also for many at the same moment."""

from asyncio import Barrier
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from apps.identity.application.ports import Passwords
from apps.identity.application.second_factor import SecondFactors
from apps.identity.domain.second_factor import Ticket
from apps.identity.infrastructure.second_factors import (
    AuthenticatorModel,
    RecoveryCodeModel,
    SqlSecondFactors,
)
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from tests.identity.letters import a_member
from tests.identity.stage import PlainPasswords, built, serving
from tests.support.authenticators import asked, set_up, verify
from tests.support.site import Site, elsewhere

MANY = 8
STEPS = Question(select(AuthenticatorModel.last_step))
CODES = Question(select(RecoveryCodeModel.digest))


async def crowd(site: Site, method: str) -> Counter[int]:
    """Many use one code, each with a ticket of their own."""
    app, codes = await set_up(await a_member(site, "ann"))
    code = await app.code() if method == "totp" else codes[0]
    tickets = [await asked(site) for _ in range(MANY)]
    answers = [elsewhere(verify(site, ticket, code, method)) for ticket in tickets]
    return Counter([(await answer).status_code for answer in answers])


@pytest.mark.parametrize("method", ["totp", "recovery_code"])
async def test_attack_50_one_of_many_gets_in(url: str, keys: Path, method: str) -> None:
    quick = serving(Passwords, PlainPasswords())
    async with Site(url, keys, quick, max_concurrency=100) as site:
        assert await crowd(site, method) == {200: 1, 401: MANY - 1}


class Hasty(SqlSecondFactors):
    """Looks before its turn, and believes what it has seen."""

    together = Barrier(MANY)
    step = 0
    codes: frozenset[str] = frozenset()

    async def attempt(self, digest: str, *, at: datetime) -> Ticket | None:
        ticket = await super().attempt(digest, at=at)
        for row in await self._reads(STEPS):
            type(self).step = row.last_step
        type(self).codes = frozenset(row.digest for row in await self._reads(CODES))
        await self.together.wait()
        return ticket

    async def use(self, member: MemberId, step: int) -> bool:
        mark = update(AuthenticatorModel).where(AuthenticatorModel.member_id == member)
        await self._run(mark.values(last_step=step))
        return self.step < step

    async def use_code(self, member: MemberId, digest: str) -> bool:
        await super().use_code(member, digest)
        return digest in self.codes


@pytest.mark.parametrize("method", ["totp", "recovery_code"])
async def test_who_looks_before_its_turn_lets_more_in(url: str, keys: Path, method: str) -> None:
    quick, hasty = serving(Passwords, PlainPasswords()), built(SecondFactors, Hasty)
    Hasty.together, Hasty.step = Barrier(MANY), 0
    async with Site(url, keys, quick, hasty, max_concurrency=100) as site:
        assert (await crowd(site, method))[200] > 1


async def test_a_ticket_is_not_good_for_more_guesses_in_parallel(url: str, keys: Path) -> None:
    quick = serving(Passwords, PlainPasswords())
    async with Site(url, keys, quick, max_concurrency=100) as site:
        await set_up(await a_member(site, "ann"))
        ticket = await asked(site)
        guesses = [elsewhere(verify(site, ticket, "no code")) for _ in range(20)]
        told = Counter([(await guess).status_code for guess in guesses])
    assert told == {401: 5, 400: 15}
