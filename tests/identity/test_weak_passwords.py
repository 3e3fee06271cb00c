"""Passwords that are guessed first: which are refused, where, and what is said."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from apps.identity.domain.password import PasswordPolicy, WeakPassword
from apps.identity.infrastructure.common_passwords import FILE, WIDTH, is_common
from tests.identity.letters import Mails, a_member, ask
from tests.identity.stage import PASSWORD, Postbox, login, post, register, told
from tests.support.site import Site

WEAK = (422, "weak-password")
KNOWN = ("anna.lena", "Lena the Great")


def rule_of(password: str, about: Sequence[str] = KNOWN, *, staff: bool = False) -> str | None:
    try:
        PasswordPolicy(10, is_common).check(password, about=about, staff=staff)
    except WeakPassword as weak:
        return str(weak.members["rule"])
    return None


@pytest.mark.parametrize(
    ("rule", "password"),
    [
        ("too-short", "nine char"),
        ("too-long", "x" * 129),
        ("common", "qwertyuiop"),
        ("common", "QWERTYUIOP"),
        ("common", "1234567890"),
        ("common", "1q2w3e4r5t"),
        ("common", "b4sketb@ll"),
        ("common", "\uff51\uff57\uff45\uff52\uff54\uff59\uff55\uff49\uff4f\uff50"),
        ("common", "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10"),
        ("common", "qwerty\u200buiop\u2060"),
        ("derived", "Password123!"),
        ("derived", "\uff30assword\uff11\uff12\uff13!"),
        ("derived", "\U0001d40f\U0001d41aSSWORD\U0001d7cf\U0001d7d0\U0001d7d1!"),
        ("derived", "P@ssw0rd2024"),
        ("derived", "Blackpink!24"),
        ("derived", "manchester..!!"),
        ("personal", "annalena2024"),
        ("personal", "Anna-Lena--!!"),
        ("personal", "annalenaannalena"),
        ("personal", "lena the great 99"),
        ("personal", "1kcardswapkcardswap"),
        ("personal", "\uff41nna\uff4cen\uff412024"),
    ],
)
def test_attack_39_a_password_that_is_guessed_first_is_refused(rule: str, password: str) -> None:
    assert rule_of(password) == rule


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "correct horse battery staple",
        "manchester-by-the-sea",
        "password for the swap",
        "annalena and the others",
        "\U0001f996" * 20,
        "네가 없는 세상은 상상할 수 없어",
    ],
)
def test_what_is_more_than_a_listed_word_is_taken(password: str) -> None:
    assert rule_of(password) is None


def test_a_short_name_makes_no_password_bad() -> None:
    assert rule_of("annannannann x", about=("ann",)) is None


def test_staff_choose_longer_ones() -> None:
    assert rule_of("fourteen signs", staff=True) == "too-short"
    assert rule_of("fifteen  signs!", staff=True) is None
    assert rule_of("fourteen signs") is None


def test_the_list_is_small_sorted_and_long_enough() -> None:
    listed = FILE.read_bytes()
    digests = [listed[at : at + WIDTH] for at in range(0, len(listed), WIDTH)]
    assert len(listed) <= 2_000_000
    assert len(digests) == len({*digests}) == 138_163
    assert digests == sorted(digests)


def test_nothing_next_to_the_ends_of_the_list_is_found_in_it() -> None:
    assert not [word for word in ("", "\0", "no such password", "한") if is_common(word)]


# Over HTTP


@pytest.mark.parametrize("password", ["qwertyuiop", "Password123!", "annabella99", "KCardSwap2026"])
async def test_attack_39_it_opens_no_account(stage: Site, password: str) -> None:
    refused = await register(stage, "ann", email="annabella@kcs.test", password=password)
    assert told(refused) == WEAK
    assert refused.json()["rule"] in {"common", "derived", "personal"}
    assert "Choose several words" in refused.json()["detail"]


async def test_attack_39_nor_is_it_set_by_mail_and_the_link_stays_good(
    stage: Site, postbox: Postbox
) -> None:
    await register(stage, "annabella")
    mails = Mails(stage, postbox)
    await mails.of("annabella@kcs.test")
    await ask(stage, "password/forgot", "annabella@kcs.test")
    token = await mails.token("annabella@kcs.test", "reset")
    for password in ("short", "qwertyuiop", "Annabella2024"):
        body = {"token": token, "new_password": password}
        assert told(await post(stage, "/auth/password/reset", body)) == WEAK
    body = {"token": token, "new_password": "several other words"}
    assert told(await post(stage, "/auth/password/reset", body)) == (204, None)
    assert (await login(stage, "annabella", password="several other words")).status_code == 200


async def test_attack_39_nor_is_the_password_changed_to_it(stage: Site) -> None:
    ann = await a_member(stage, "annabella")
    for password in ("short", "qwertyuiop", "Annabella2024"):
        body = {"current_password": PASSWORD, "new_password": password}
        assert told(await ann.post("/auth/password/change", body)) == WEAK
    assert (await login(stage, "annabella")).status_code == 200


async def test_staff_change_to_fifteen_characters_or_more(stage: Site) -> None:
    ann = await a_member(stage, "ann")
    await stage.run("UPDATE users SET role = 'moderator'")
    body = {"current_password": PASSWORD, "new_password": "fourteen signs"}
    refused = await ann.post("/auth/password/change", body)
    assert told(refused) == WEAK
    assert "15" in refused.json()["detail"]
    body["new_password"] = "fifteen  signs!"
    assert (await ann.post("/auth/password/change", body)).status_code == 200


async def test_an_installation_may_keep_to_nist(url: str, keys: Path) -> None:
    async with Site(url, keys, password_min_length="nist") as site:
        refused = await register(site, "ann", password="fourteen signs")
        assert told(refused) == WEAK
        assert "at least 15" in refused.json()["detail"]
