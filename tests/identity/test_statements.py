"""How many statements a request sends; the figure is exact, and the same for one and for many."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.identity.infrastructure.models import UserModel
from tests.identity.phones import Phone
from tests.identity.stage import login, post, register, statements
from tests.support.builders import FixedClock
from tests.support.levels import confirm_address
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


async def test_a_login_reads_twice_is_counted_and_writes_once(warm: Site) -> None:
    await register(warm, "ann")
    credentials, counted = ["SELECT"], ["INSERT", "DELETE"]
    means, account, audited = ["SELECT"], ["SELECT"], ["INSERT"]
    expected = [*credentials, *counted, *means, "INSERT", *account, "UPDATE", *audited]
    assert await sent_by(warm, lambda: login(warm, "ann")) == expected
    assert await sent_by(warm, lambda: login(warm, "ann")) == expected


async def test_a_failed_login_reads_once_is_counted_and_audited(warm: Site) -> None:
    for name in ("warm", "eve") * 5:
        sent = await sent_by(warm, lambda: login(warm, name, password="wrong"))  # noqa: B023
        assert sent == ["SELECT", "INSERT", "INSERT"]


async def test_attack_36_a_login_too_many_costs_the_same_for_every_address(warm: Site) -> None:
    for name in ("warm", "eve"):
        for _ in range(10):
            await login(warm, name, password="wrong")
        sent = await sent_by(warm, lambda: login(warm, name))  # noqa: B023
        assert sent == ["SELECT", "INSERT", "SELECT"]


async def test_attack_40_a_registration_does_the_same_for_every_address(warm: Site) -> None:
    nickname, address, account, job = ["SELECT"], ["SELECT"] * 2, ["INSERT"] * 3, ["INSERT"]
    for name, email, end in (
        ("ann", "ann@kcs.test", "RELEASE"),
        ("bea", "ann@kcs.test", "ROLLBACK"),
        ("cat", "ANN@KCS.TEST", "ROLLBACK"),
        ("dot", "dot@kcs.test", "RELEASE"),
    ):
        sent = await sent_by(warm, lambda: register(warm, name, email=email))  # noqa: B023
        assert sent == [*nickname, *address, "SAVEPOINT", *account, end, *job]
    assert await sent_by(warm, lambda: register(warm, "ann")) == ["SELECT"]


@pytest.mark.parametrize("path", ["/auth/email/resend", "/auth/password/forgot"])
async def test_attack_35_who_asks_for_a_letter_leaves_one_row_for_every_address(
    warm: Site, path: str
) -> None:
    ann = await warm.join("ann")
    await confirm_address(await warm.join("bea"))
    addresses = await warm.ask(select(UserModel.email))
    assert f"{ann.id.hex}@kcs.test" in addresses
    for email in [*addresses, "nobody@kcs.test", "NOBODY@kcs.test"]:
        assert await sent_by(warm, lambda: post(warm, path, {"email": email})) == [  # noqa: B023
            "INSERT"
        ]


async def test_a_change_of_address_is_asked_for_in_one_row_for_every_address(warm: Site) -> None:
    ann, bea = await warm.join("ann"), await warm.join("bea")
    for email in (f"{ann.id.hex}@kcs.test", f"{bea.id.hex}@kcs.test", "new@kcs.test"):
        sent = await sent_by(
            warm,
            lambda: ann.post("/auth/email/change", {"new_email": email}),  # noqa: B023
        )
        assert sent == ["SELECT", "INSERT"]


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/auth/email/verify", {}),
        ("/auth/email/confirm", {}),
        ("/auth/email/undo", {}),
        ("/auth/password/reset", {"new_password": "a new password"}),
    ],
)
async def test_a_token_that_nobody_has_is_looked_for_once(
    warm: Site, path: str, more: dict[str, str]
) -> None:
    async def guess() -> None:
        assert (await post(warm, path, {"token": "x" * 43} | more)).status_code == 400

    assert await sent_by(warm, guess) == ["SELECT"]


async def test_a_refresh_reads_once_and_swaps_once(warm: Site, phone: Phone) -> None:
    assert await sent_by(warm, phone.swap) == ["SELECT", "UPDATE"]
    assert await sent_by(warm, lambda: phone.ask(phone.tokens[0])) == ["SELECT"]


async def test_reuse_costs_one_write_that_is_audited_and_nothing_after_that(
    warm: Site, phone: Phone, clock: FixedClock
) -> None:
    await phone.swap()
    await phone.swap()
    del clock
    assert await sent_by(warm, lambda: phone.ask(phone.tokens[0])) == [
        "SELECT",
        "UPDATE",
        "INSERT",
    ]
    assert await sent_by(warm, lambda: phone.ask(phone.tokens[0])) == ["SELECT"]


async def test_a_logout_reads_once_and_writes_once(warm: Site, phone: Phone) -> None:
    assert await sent_by(warm, phone.leave) == ["SELECT", "UPDATE"]


async def test_devices_are_listed_by_one_question_and_signed_out_by_one_write(
    warm: Site, phone: Phone
) -> None:
    ann = Member(warm, phone.member, "ann", phone.access)
    assert await sent_by(warm, lambda: ann.get("/auth/sessions")) == ["SELECT", "SELECT"]
    missing = f"/auth/sessions/{uuid7()}"
    assert await sent_by(warm, lambda: ann.delete(missing)) == ["SELECT", "SELECT", "UPDATE"]
    lock, tickets, audited = ["SELECT"], ["DELETE"], ["INSERT"]
    left = await sent_by(warm, lambda: ann.post("/auth/logout-all"))
    assert left == ["SELECT", *lock, *tickets, "UPDATE", *audited]


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
