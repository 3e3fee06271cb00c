"""What is done to the second factor of one member leaves that of another as it was."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.identity.application.second_factor import SecondFactors
from apps.identity.domain.second_factor import Authenticator, Ticket
from apps.identity.domain.session import Delivery
from apps.identity.domain.user import UserNotFound
from apps.identity.infrastructure.models import MfaTicketModel
from apps.identity.infrastructure.second_factors import AuthenticatorModel, RecoveryCodeModel
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from tests.support.builders import NOON
from tests.support.site import Site

Held = tuple[list[tuple[int, bool]], set[str], set[str]]
LATER = NOON + timedelta(hours=1)


async def held(site: Site, member: MemberId) -> Held:
    """Steps of authenticators and whether they count, codes on paper, and tickets."""
    row, code, ticket = AuthenticatorModel, RecoveryCodeModel, MfaTicketModel
    rows = await site.ask(select(row).where(row.member_id == member))
    return (
        [(each.last_step, each.confirmed_at is not None) for each in rows],
        {*await site.ask(select(code.digest).where(code.member_id == member))},
        {*await site.ask(select(ticket.digest).where(ticket.member_id == member))},
    )


@pytest.fixture
async def factors(site: Site) -> SecondFactors:
    return await site.port(SecondFactors)  # type: ignore[type-abstract]


async def within(site: Site, step: Callable[[], Awaitable[object]]) -> object:
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        return await step()


def a_ticket(member: MemberId, digest: str) -> Ticket:
    return Ticket.issue(
        digest, member_id=member, amr="pwd", device_name=None, delivery=Delivery.BODY, at=NOON
    )


async def set_up(site: Site, factors: SecondFactors, member: MemberId, mark: str) -> None:
    new = Authenticator(member_id=member, sealed="sealed", confirmed=False)

    async def steps() -> None:
        assert await factors.enroll(new, at=NOON)
        assert await factors.use(member, 7)
        await factors.confirm(member, at=NOON)
        await factors.replace_codes(member, [mark * 64, mark * 63 + "9"])
        await factors.open_ticket(a_ticket(member, mark * 64), at=NOON)

    await within(site, steps)


async def test_each_step_is_of_one_member(site: Site, factors: SecondFactors) -> None:
    ann, bea = [(await site.join(name)).id for name in ("ann", "bea")]
    new = Authenticator(member_id=ann, sealed="sealed", confirmed=False)
    await set_up(site, factors, bea, "b")
    theirs: Held = ([(7, True)], {"b" * 64, "b" * 63 + "9"}, {"b" * 64})
    assert await held(site, bea) == theirs
    assert await within(site, lambda: factors.enroll(new, at=NOON))
    assert not await within(site, lambda: factors.remove(ann)), "it was never confirmed"
    assert await held(site, ann) == ([(0, False)], set(), set())
    assert await within(site, lambda: factors.use(ann, 9))
    await within(site, lambda: factors.confirm(ann, at=NOON))
    await within(site, lambda: factors.replace_codes(ann, ["a" * 64]))
    await within(site, lambda: factors.open_ticket(a_ticket(ann, "a" * 64), at=NOON))
    assert await held(site, ann) == ([(9, True)], {"a" * 64}, {"a" * 64})
    assert await held(site, bea) == theirs
    assert not await within(site, lambda: factors.use_code(ann, "b" * 64))
    await within(site, lambda: factors.open_ticket(a_ticket(ann, "c" * 64), at=LATER))
    assert (await held(site, ann))[2] == {"c" * 64}, "the old one is forgotten"
    await within(site, lambda: factors.replace_codes(ann, ["d" * 64]))
    assert (await held(site, ann))[1] == {"d" * 64}
    assert await within(site, lambda: factors.remove(ann))
    assert await held(site, ann) == ([], set(), {"c" * 64})
    assert await held(site, bea) == theirs


async def test_of_who_is_not_there_nothing_is_known(site: Site, factors: SecondFactors) -> None:
    with pytest.raises(UserNotFound):
        await within(site, lambda: factors.means(MemberId(uuid7())))
