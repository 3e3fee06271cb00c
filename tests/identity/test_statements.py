"""How many statements a request sends; the figure is exact, and the same for one and for many."""

from collections.abc import Awaitable, Callable

import pytest
from uuid_utils.compat import uuid7

from tests.identity.phones import Phone
from tests.identity.stage import login, post, register, statements
from tests.support.builders import FixedClock
from tests.support.site import Member, Site


async def sent_by(site: Site, request: Callable[[], Awaitable[object]]) -> list[str]:
    """The first word of each statement."""
    async with statements(site) as sent:
        await request()
    return [statement.split()[0] for statement in sent]


@pytest.fixture
async def warm(stage: Site) -> Site:
    """Both pools have connected, and every statement is compiled."""
    await register(stage, "warm")
    tokens = (await login(stage, "warm")).json()
    await post(stage, "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    return stage


async def test_a_login_reads_once_and_writes_once(warm: Site) -> None:
    await register(warm, "ann")
    credentials, account = ["SELECT"], ["SELECT"]
    expected = [*credentials, "INSERT", *account, "UPDATE"]
    assert await sent_by(warm, lambda: login(warm, "ann")) == expected
    assert await sent_by(warm, lambda: login(warm, "ann")) == expected


async def test_a_failed_login_reads_once(warm: Site) -> None:
    wrong = "wrong password"
    assert await sent_by(warm, lambda: login(warm, "warm", password=wrong)) == ["SELECT"]
    assert await sent_by(warm, lambda: login(warm, "eve", password=wrong)) == ["SELECT"]


async def test_a_registration_looks_twice_and_writes_three_rows(warm: Site) -> None:
    taken = ["SELECT", "SELECT"]
    assert await sent_by(warm, lambda: register(warm, "ann")) == [*taken, *["INSERT"] * 3]
    assert await sent_by(warm, lambda: register(warm, "bea", email="ann@kcs.test")) == taken
    assert await sent_by(warm, lambda: register(warm, "ann")) == ["SELECT"]


async def test_a_refresh_reads_once_and_swaps_once(warm: Site, phone: Phone) -> None:
    assert await sent_by(warm, phone.swap) == ["SELECT", "UPDATE"]
    assert await sent_by(warm, lambda: phone.ask(phone.tokens[0])) == ["SELECT"]


async def test_reuse_costs_one_write_and_nothing_after_that(
    warm: Site, phone: Phone, clock: FixedClock
) -> None:
    await phone.swap()
    await phone.swap()
    del clock
    assert await sent_by(warm, lambda: phone.ask(phone.tokens[0])) == ["SELECT", "UPDATE"]
    assert await sent_by(warm, lambda: phone.ask(phone.tokens[0])) == ["SELECT"]


async def test_a_logout_reads_once_and_writes_once(warm: Site, phone: Phone) -> None:
    assert await sent_by(warm, phone.leave) == ["SELECT", "UPDATE"]


async def test_devices_are_listed_by_one_question_and_signed_out_by_one_write(
    warm: Site, phone: Phone
) -> None:
    ann = Member(warm, phone.member, "ann", phone.access)
    assert await sent_by(warm, lambda: ann.get("/auth/sessions")) == ["SELECT", "SELECT"]
    missing = f"/auth/sessions/{uuid7()}"
    assert await sent_by(warm, lambda: ann.delete(missing)) == ["SELECT", "UPDATE"]
    assert await sent_by(warm, lambda: ann.post("/auth/logout-all")) == ["SELECT", "UPDATE"]


async def test_ones_account_takes_two_questions_the_first_of_them_who_one_is(
    warm: Site, phone: Phone
) -> None:
    assert await sent_by(warm, phone.look) == ["SELECT", "SELECT"]
    await phone.swap()
    assert await sent_by(warm, phone.look) == ["SELECT", "UPDATE", "SELECT"]
    assert await sent_by(warm, phone.look) == ["SELECT", "SELECT"]


async def test_a_patch_reads_the_profile_writes_it_and_shows_it(warm: Site) -> None:
    ann = await warm.join("ann")

    async def sent(**changes: object) -> list[str]:
        return await sent_by(warm, lambda: ann.send("PATCH", "/me", changes))

    assert await sent(bio="hello") == ["SELECT", "SELECT", "UPDATE", "SELECT"]
    assert await sent(nickname="bea") == ["SELECT", "SELECT", "SELECT", "UPDATE", "SELECT"]


@pytest.mark.parametrize("many", [1, 30])
async def test_one_member_or_many_are_found_by_two_questions(warm: Site, many: int) -> None:
    members: list[Member] = [await warm.join(f"ann {number}") for number in range(many)]
    ann = members[0]
    assert await sent_by(warm, lambda: ann.get("/members", q="ann", limit=100)) == ["SELECT"] * 2
    assert await sent_by(warm, lambda: ann.get(f"/members/{members[-1].id}")) == ["SELECT"] * 2


async def test_a_block_locks_looks_counts_and_writes_once(warm: Site) -> None:
    ann, bea = await warm.join("ann"), await warm.join("bea")
    path = f"/me/blocks/{bea.id}"
    lock, look, count = ["SELECT"], ["SELECT"], ["SELECT"]
    told_of_it = ["SELECT", "UPDATE"]
    sent = await sent_by(warm, lambda: ann.put(path))
    assert sent == ["SELECT", *lock, *look, *count, "INSERT", *told_of_it]
    assert await sent_by(warm, lambda: ann.put(path)) == ["SELECT", *lock, *look]
    assert await sent_by(warm, lambda: ann.get("/me/blocks")) == ["SELECT", "SELECT"]
    assert await sent_by(warm, lambda: ann.delete(path)) == ["SELECT", "DELETE"]
