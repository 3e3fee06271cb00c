"""Confirming the address of an account."""

import logging
from dataclasses import dataclass

from apps.identity.application.letters import VERIFICATION
from apps.identity.application.redeem import Redeem
from apps.identity.application.throttles import Floods
from apps.identity.contract import Standings
from apps.identity.domain.one_time_token import InvalidOrExpiredToken, Purpose
from apps.identity.domain.throttle import ASKING_FOR_LETTERS
from apps.identity.domain.user import UserRepository
from apps.shared.application.jobs import Jobs
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock

audit = logging.getLogger("kcs.audit")


@dataclass(frozen=True, slots=True)
class AskForVerification:
    """Have the link that confirms an address mailed again; the one before serves no longer.

    The answer is the same whether or not the address has an account that waits for it.
    """

    work: UnitOfWork
    jobs: Jobs
    floods: Floods

    async def __call__(self, email: str, *, host: str | None = None) -> None:
        await self.floods.enter(ASKING_FOR_LETTERS, host)
        async with self.work:
            await self.jobs.enqueue(VERIFICATION, {"email": email})


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Confirm your address by the token that was mailed to it."""

    work: UnitOfWork
    redeem: Redeem
    users: UserRepository
    standings: Standings
    clock: Clock

    async def __call__(self, token: str) -> None:
        found, now = await self.redeem.find(token, Purpose.VERIFY_EMAIL), self.clock.now()
        async with self.work:
            user = await self.redeem(found, at=now)
            if not user.has_email(found.email):
                raise InvalidOrExpiredToken
            user.verify_email(at=now)
            await self.users.save(user)
            await self.standings.review([user.id], at=now)
        audit.info("email verified member=%s", user.id)
