"""One refresh token for the next: what is answered, to whom, and what becomes of the session."""

import logging
from datetime import timedelta

import pytest

from apps.identity.domain.session import RevokeReason, SessionRepository
from apps.shared.application.work import UnitOfWork
from tests.identity.forging import b64, hs, parts, respelled
from tests.identity.phones import Phone, a_phone
from tests.identity.stage import PASSWORD, dump, login, post, register, statements, told
from tests.support.builders import FixedClock
from tests.support.site import Site

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
REUSED = (401, "refresh-token-reused")
INVALID = (401, "invalid-refresh-token")
EXPIRED = (401, "session-expired")


async def test_attack_19_each_refresh_makes_the_next_generation(
    phone: Phone, clock: FixedClock
) -> None:
    for generation in (1, 2, 3):
        before = await phone.row()
        clock.at += HOUR
        await phone.swap()
        after = await phone.row()
        assert after.generation == generation
        assert after.previous_hash == before.current_hash
        assert after.current_hash not in {before.current_hash, before.previous_hash}
        assert (after.rotated_at, after.idle_expires_at) == (clock.at, clock.at + 14 * DAY)
        assert (await phone.look()).status_code == 200
    assert len({*phone.tokens}) == 4


async def test_attack_19_no_token_stands_in_any_column_or_log(
    stage: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await register(stage, "ann")
    tokens = (await login(stage, "ann")).json()
    refreshed = (await post(stage, "/auth/refresh", tokens_of(tokens))).json()
    await post(stage, "/auth/refresh", {"refresh_token": tokens["access_token"]})
    kept, logged = await dump(stage), caplog.text
    assert refreshed["session_id"].replace("-", "") in kept.replace("-", "")
    for secret in (tokens, refreshed):
        for name in ("access_token", "refresh_token"):
            for part in (secret[name], secret[name].rpartition(".")[2]):
                assert part not in kept
                assert part not in logged
    assert "ann@kcs.test" in kept
    assert "ann@kcs.test" not in logged
    assert PASSWORD not in logged


def tokens_of(answer: dict[str, str]) -> dict[str, str]:
    return {"refresh_token": answer["refresh_token"]}


async def test_the_answer_says_how_long_both_tokens_live(phone: Phone, clock: FixedClock) -> None:
    clock.at += 80 * SECOND
    answer = await phone.ask(phone.refresh)
    told_now = answer.json()
    assert (told_now["session_id"], told_now["token_type"]) == (str(phone.id), "Bearer")
    assert (told_now["expires_in"], told_now["refresh_expires_in"]) == (600, 14 * 86400)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("after", [0 * SECOND, 10 * SECOND])
async def test_a_retry_within_ten_seconds_gets_the_very_same_successor(
    phone: Phone, clock: FixedClock, after: timedelta
) -> None:
    await phone.swap()
    assert (await phone.look()).status_code == 200  # the successor has arrived
    row = await phone.row()
    clock.at += after
    for _ in range(3):
        again = await phone.ask(phone.tokens[0])
        assert (again.status_code, again.json()["refresh_token"]) == (200, phone.refresh)
        assert again.json()["access_token"] != phone.access
        assert (await phone.look(again.json()["access_token"])).status_code == 200
    assert vars(await phone.row()) == vars(row)


@pytest.mark.parametrize("after", [11 * SECOND, HOUR])
async def test_a_lost_answer_can_be_asked_for_again_within_the_hour(
    phone: Phone, clock: FixedClock, after: timedelta
) -> None:
    await phone.swap()
    clock.at += after
    again = await phone.ask(phone.tokens[0])
    assert (again.status_code, again.json()["refresh_token"]) == (200, phone.refresh)
    assert (await phone.row()).generation == 1
    phone.take(again)
    await phone.swap()
    assert (await phone.row()).generation == 2


async def test_after_that_hour_it_was_no_lost_answer(phone: Phone, clock: FixedClock) -> None:
    await phone.swap()
    clock.at += HOUR + SECOND
    assert told(await phone.ask(phone.tokens[0])) == REUSED
    assert told(await phone.ask(phone.refresh)) == INVALID


async def test_using_the_new_access_token_confirms_its_generation_once(
    phone: Phone, stage: Site
) -> None:
    old = phone.access
    await phone.swap()
    await phone.look(old)
    assert (await phone.row()).confirmed_generation == 0
    await phone.look()
    assert (await phone.row()).confirmed_generation == 1
    async with statements(stage) as sent:
        await phone.look()
        await phone.look(old)
    assert not [statement for statement in sent if statement.startswith("UPDATE")]
    assert (await phone.row()).confirmed_generation == 1


@pytest.mark.parametrize("late", [0, 1, 3])
async def test_a_late_or_impossible_confirmation_moves_no_mark(phone: Phone, late: int) -> None:
    await phone.swap()
    await phone.swap()
    await phone.look()
    sessions = await phone.site.port(SessionRepository)  # type: ignore[type-abstract]
    async with await phone.site.port(UnitOfWork):  # type: ignore[type-abstract]
        await sessions.confirm(phone.id, late)
    assert (await phone.row()).confirmed_generation == 2


async def test_a_refresh_by_the_new_token_leaves_no_doubt_either(
    phone: Phone, clock: FixedClock
) -> None:
    await phone.swap()
    await phone.swap()
    clock.at += 11 * SECOND
    assert told(await phone.ask(phone.tokens[0])) == REUSED


async def test_attack_21_the_parent_after_ten_seconds_ends_the_family(
    phone: Phone, clock: FixedClock
) -> None:
    await phone.swap()
    await phone.look()
    clock.at += 11 * SECOND
    assert told(await phone.ask(phone.tokens[0])) == REUSED
    row = await phone.row()
    assert (row.revoked_at, row.revoke_reason) == (clock.at, RevokeReason.REUSE)
    assert await phone.is_dead()
    assert told(await phone.ask(phone.tokens[0])) == INVALID


async def test_attack_22_the_grandparent_does_so_even_at_once(phone: Phone) -> None:
    await phone.swap()
    await phone.swap()
    assert told(await phone.ask(phone.tokens[0])) == REUSED
    assert (await phone.row()).revoke_reason is RevokeReason.REUSE
    assert await phone.is_dead()


async def test_reuse_ends_one_device_and_not_the_others(phone: Phone, stage: Site) -> None:
    other = await a_phone(stage, phone.member)
    await phone.swap()
    await phone.swap()
    await phone.ask(phone.tokens[0])
    assert (await other.look()).status_code == 200
    await other.swap()


async def test_reuse_and_what_is_impossible_are_told_to_the_operator(
    phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kcs.audit")
    await phone.swap()
    await phone.swap()
    await phone.ask(phone.tokens[0])
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", f"refresh token reused session={phone.id}")
    ]


async def test_a_token_of_the_future_means_an_old_backup_or_a_lost_key(
    phone: Phone, stage: Site, caplog: pytest.LogCaptureFixture
) -> None:
    await phone.swap()
    await stage.run(
        "UPDATE refresh_sessions SET generation = 0, current_hash = previous_hash,"
        " previous_hash = NULL WHERE generation = 1"
    )
    assert told(await phone.ask(phone.refresh)) == INVALID
    assert (await phone.row()).revoke_reason is RevokeReason.IMPOSSIBLE
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert await phone.is_dead()


def resigned(token: str, secret: bytes) -> str:
    message = token.rpartition(".")[0]
    return f"{message}.{b64(hs(secret)(message.encode()))}"


@pytest.mark.parametrize("secret", [b"", bytes(32), b"secret"])
async def test_attack_23_a_forged_signature_changes_nothing(phone: Phone, secret: bytes) -> None:
    await phone.swap()
    row = await phone.row()
    for token in phone.tokens:
        assert told(await phone.ask(resigned(token, secret))) == INVALID
    assert vars(await phone.row()) == vars(row)
    await phone.swap()


async def test_attack_23_a_session_that_is_not_there(phone: Phone, stage: Site) -> None:
    await stage.run("DELETE FROM refresh_sessions")
    assert told(await phone.ask(phone.refresh)) == INVALID


async def test_attack_24_what_does_not_look_like_a_refresh_token_costs_no_query(
    phone: Phone, stage: Site
) -> None:
    odd = [*respelled(phone.refresh), phone.access, "token", "\u00e9", "." * 4000, "a.b.c"]
    async with statements(stage) as sent:
        answers = {token: told(await phone.ask(token)) for token in odd}
    assert answers == dict.fromkeys(odd, INVALID)
    assert sent == []
    await phone.swap()


async def test_attack_25_a_fortnight_without_use_ends_a_session(
    phone: Phone, clock: FixedClock
) -> None:
    clock.at += 14 * DAY - SECOND
    await phone.swap()
    clock.at += 14 * DAY
    assert told(await phone.ask(phone.refresh)) == EXPIRED
    row = await phone.row()
    assert (row.generation, row.revoked_at) == (1, None)


async def test_attack_25_ninety_days_end_it_however_often_it_is_used(
    phone: Phone, clock: FixedClock
) -> None:
    expires_at = (await phone.row()).expires_at
    for _ in range(8):
        clock.at += 11 * DAY
        await phone.swap()
    assert (await phone.row()).expires_at == (await phone.row()).idle_expires_at == expires_at
    clock.at += 2 * DAY - SECOND
    await phone.swap()
    answer = await phone.look()
    assert answer.status_code == 200
    clock.at += SECOND
    assert told(await phone.ask(phone.refresh)) == EXPIRED
    assert told(await phone.look()) == (401, "invalid-token")


async def test_attack_25_what_is_left_of_the_ninety_days_is_told(
    phone: Phone, clock: FixedClock
) -> None:
    for _ in range(8):
        clock.at += 11 * DAY
        await phone.swap()
    answer = await phone.ask(phone.refresh)
    assert answer.json()["refresh_expires_in"] == 2 * 86400
    claims = parts(answer.json()["refresh_token"])[1]
    assert claims["exp"] - claims["iat"] == 2 * 86400


# At most sixty a minute


async def test_a_session_is_refreshed_sixty_times_a_minute_and_not_ended_by_one_more(
    phone: Phone, clock: FixedClock
) -> None:
    for _ in range(60):
        await phone.swap()
    clock.at += timedelta(seconds=45)
    refused = await phone.ask(phone.refresh)
    assert told(refused) == (429, "rate-limited")
    assert refused.headers["Retry-After"] == "15"
    assert refused.headers["RateLimit-Policy"] == '"refresh";q=60;w=60'
    assert (await phone.look()).status_code == 200
    assert (await phone.row()).generation == 60
    clock.at += timedelta(seconds=15)
    for _ in range(60):
        await phone.swap()
    assert told(await phone.ask(phone.refresh)) == (429, "rate-limited")


async def test_a_refresh_too_many_changes_nothing_and_reads_once(stage: Site, phone: Phone) -> None:
    for _ in range(60):
        await phone.swap()
    async with statements(stage) as sent:
        assert told(await phone.ask(phone.refresh)) == (429, "rate-limited")
    assert [statement.split()[0] for statement in sent] == ["SELECT"]
