"""Whatever is sent to the doors of the application, the fault is found with the request."""

import json
from typing import Any

import pytest
from httpx import Response

from tests.identity.phones import Phone
from tests.identity.stage import PASSWORD, told
from tests.support.site import API, Site

Told = tuple[int, str | None]

INVALID: Told = (422, "validation-failed")
NOT_JSON: Told = (400, "malformed")
OTHER_MEDIA: Told = (415, "unsupported-media-type")
DOORS = {
    "register": {"email": "ann@kcs.test", "password": PASSWORD, "nickname": "ann"},
    "login": {"email": "ann@kcs.test", "password": PASSWORD},
    "refresh": {"refresh_token": "token"},
    "logout": {"refresh_token": "token"},
}
EMOJI, LIGATURE = "\U0001f996", "\ufdfa"
"""The second is one sign that is eighteen once its width is folded."""


async def knock(
    site: Site, door: str, content: bytes | str, kind: str | None = "application/json"
) -> Response:
    headers = {} if kind is None else {"Content-Type": kind}
    return await site.client.post(f"{API}/auth/{door}", content=content, headers=headers)


async def answers(site: Site, door: str, bodies: dict[str, Any]) -> dict[str, Told]:
    """What each is answered; lone surrogates travel as JSON escapes."""
    sent = {name: await knock(site, door, json.dumps(body)) for name, body in bodies.items()}
    return {name: told(answer) for name, answer in sent.items()}


def with_each(form: dict[str, Any], name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {case: form | {name: value} for case, value in values.items()}


@pytest.mark.parametrize("door", DOORS)
async def test_what_is_not_json_cannot_be_read(stage: Site, door: str) -> None:
    bodies = [b"{", b"email=ann", b"{'a': 1}", b"\xff\xfe", b'{"a": "\xff"}', b'{"a": 01}', b"\0"]
    bodies += [b"[" * 100_000, b'{"a":' * 50_000, b'{"a": "\n"}']
    assert {told(await knock(stage, door, body)) for body in bodies} == {NOT_JSON}


@pytest.mark.parametrize("door", DOORS)
async def test_what_is_not_said_to_be_json_is_not_read(stage: Site, door: str) -> None:
    kinds = ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "", None]
    body = json.dumps(DOORS[door])
    assert {told(await knock(stage, door, body, kind)) for kind in kinds} == {OTHER_MEDIA}
    said = await knock(stage, door, body, "Application/JSON; charset=utf-8")
    assert told(said)[0] not in {400, 415}


@pytest.mark.parametrize("door", [*DOORS][:3])
async def test_a_body_is_an_object_with_all_that_is_needed(stage: Site, door: str) -> None:
    odd = [b"", b"null", b"[]", b"[{}]", b'"text"', b"1", b"true", b"NaN", b"Infinity", b"{}"]
    assert {told(await knock(stage, door, body)) for body in odd} == {INVALID}
    form = DOORS[door]
    for name in form:
        missing = {key: value for key, value in form.items() if key != name}
        assert told(await knock(stage, door, json.dumps(missing))) == INVALID


@pytest.mark.parametrize("door", DOORS)
async def test_nobody_may_say_more_than_is_asked(stage: Site, door: str) -> None:
    extra = ["role", "status", "id", "email_verified_at", "trust_level", "__proto__", "Email", ""]
    bodies = {name: DOORS[door] | {name: "admin"} for name in extra}
    assert await answers(stage, door, bodies) == dict.fromkeys(extra, INVALID)


@pytest.mark.parametrize("door", DOORS)
async def test_text_is_text(stage: Site, door: str) -> None:
    odd = {"number": 12345678901, "float": 1.5, "nan": float("nan"), "list": ["ann@kcs.test"]}
    odd |= {"object": {}, "true": True, "surrogate": "ann\ud800@kcs.test"}
    for name in DOORS[door]:
        bodies = with_each(DOORS[door], name, odd)
        assert await answers(stage, door, bodies) == dict.fromkeys(odd, INVALID)


async def test_a_deep_body_is_refused_and_not_a_fault_of_ours(stage: Site) -> None:
    deep = b'{"email": ' + b"[" * 900 + b"]" * 900 + b"}"
    assert told(await knock(stage, "login", deep)) == INVALID


async def test_attack_52_a_body_beyond_256_kib_is_too_large(stage: Site) -> None:
    huge = json.dumps(DOORS["login"] | {"password": "x" * 300_000})
    assert told(await knock(stage, "login", huge)) == (413, "payload-too-large")


ADDRESSES = {
    "empty": "",
    "no at": "ann",
    "two at": "ann@bea@kcs.test",
    "no name": "@kcs.test",
    "no host": "ann@",
    "no dot": "ann@kcs",
    "dot at the end": "ann@kcs.test.",
    "space": "an n@kcs.test",
    "line": "ann@kcs.test\n",
    "second line": "ann@kcs.test\r\nBcc: eve@kcs.test",
    "NUL": "ann\0@kcs.test",
    "control": "ann\x7f@kcs.test",
    "long": "a" * 246 + "@kcs.test",
    "long in bytes": "\u0390" * 123 + "@kcs.test",
    "long once folded": "\u0390" * 245 + "@kcs.test",
}


@pytest.mark.parametrize("door", ["register", "login"])
async def test_an_address_has_a_form(stage: Site, door: str) -> None:
    bodies = with_each(DOORS[door], "email", ADDRESSES)
    assert await answers(stage, door, bodies) == dict.fromkeys(ADDRESSES, INVALID)


async def test_the_longest_address_there_may_be_is_taken(stage: Site) -> None:
    longest = {"plain": "a" * 245 + "@kcs.test", "folded": "\u0390" * 122 + "@kcs.test"}
    forms = {
        name: DOORS["register"] | {"email": email, "nickname": name}
        for name, email in longest.items()
    }
    assert await answers(stage, "register", forms) == dict.fromkeys(longest, (202, None))
    bodies = with_each(DOORS["login"], "email", longest)
    assert await answers(stage, "login", bodies) == dict.fromkeys(longest, (200, None))


NICKNAMES = {
    "short": "a",
    "empty": "",
    "long": "a" * 31,
    "long once folded": LIGATURE * 30,
    "spaces": "   ",
    "wide spaces": "\u3000\u3000",
    "space before": " ann",
    "space behind": "ann ",
    "no-break space behind": "ann\u00a0",
    "line": "an\nn",
    "tab": "an\tn",
    "NUL": "an\0n",
    "C1": "an\x85n",
    "escape": "an\x1b[31mn",
    "nothing to see": "\u200b\u200b",
    "joiners": "\u200d\u2060\ufeff",
    "fillers": "\u3164\u3164",
}


async def test_a_nickname_can_be_seen_and_has_two_to_thirty_signs(stage: Site) -> None:
    bodies = with_each(DOORS["register"], "nickname", NICKNAMES)
    assert await answers(stage, "register", bodies) == dict.fromkeys(NICKNAMES, INVALID)


FINE = {
    "two": "yo",
    "thirty": "a" * 30,
    "emoji": EMOJI * 30,
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467 kim",
    "Hangul": "\uc7a5\uc6d0\uc601",
    "taken apart": "\u110c\u1161\u11bc\u110b\u116f\u11ab",
    "Kanji": "\u5bae\u8107\u54b2\u826f",
    "width": "\uff42" * 30,
    "folds to more": "\u00df" * 30,
    "three of each": "\u0390" * 30,
    "ligatures": LIGATURE * 2,
    "signs": "<b>&'\";--",
}


async def test_nicknames_of_every_script_are_taken(stage: Site) -> None:
    forms = {
        name: DOORS["register"] | {"nickname": nickname, "email": f"{number}@kcs.test"}
        for number, (name, nickname) in enumerate(FINE.items())
    }
    assert await answers(stage, "register", forms) == dict.fromkeys(FINE, (202, None))


async def test_a_password_is_weak_or_too_long_but_any_text(stage: Site) -> None:
    weak: Told = (422, "weak-password")
    cases: dict[str, tuple[str, Told]] = {
        "empty": ("", weak),
        "nine": ("a" * 9, weak),
        "129": ("a" * 129, weak),
        "513 bytes": (EMOJI * 128 + "a", weak),
        "4097": ("a" * 4097, INVALID),
        "surrogate": ("\ud800" * 10, INVALID),
        "NUL": ("\0" * 10, (202, None)),
        "lines": ("\r\n" * 10, (202, None)),
    }
    bodies = {
        name: {"email": f"p{number}@kcs.test", "nickname": f"p{number}", "password": password}
        for number, (name, (password, _)) in enumerate(cases.items())
    }
    assert await answers(stage, "register", bodies) == {
        name: expected for name, (_, expected) in cases.items()
    }


async def test_a_password_is_never_repeated_to_whoever_sent_it(stage: Site) -> None:
    secret = "a secret that must not return"
    for odd in (secret * 200, [secret], {secret: secret}, secret[:9]):
        answer = await knock(stage, "register", json.dumps(DOORS["register"] | {"password": odd}))
        assert answer.status_code == 422
        assert secret[:9] not in answer.text


LOCALES = ["", "e", "english", "en_GB", "en-", "-en", "en-G", "en GB", "en\n", "e" * 36, 1, []]


async def test_a_locale_has_the_form_of_a_language_tag(stage: Site) -> None:
    for number, locale in enumerate(LOCALES):
        bodies = with_each(DOORS["register"], "locale", {str(number): locale})
        assert await answers(stage, "register", bodies) == {str(number): INVALID}


async def test_a_device_has_a_short_name_on_one_line(stage: Site) -> None:
    await knock(stage, "register", json.dumps(DOORS["register"]))
    cases: dict[str, Told] = dict.fromkeys(["x" * 65, "a\0b", "a\nb", "a\x9fb"], INVALID)
    cases |= dict.fromkeys(["x" * 64, "\uc601\u2019s phone"], (200, None))
    bodies = with_each(DOORS["login"], "device_name", {name: name for name in cases})
    assert await answers(stage, "login", bodies) == cases


async def test_a_fault_is_pointed_at(stage: Site) -> None:
    body = {"email": "ann", "password": PASSWORD, "nickname": "a", "extra/part~": 1}
    answer = await knock(stage, "register", json.dumps(body))
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {fault["pointer"] for fault in problem["errors"]} == {
        "/email",
        "/nickname",
        "/extra~1part~0",
    }
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert (problem["status"], problem["instance"]) == (422, f"{API}/auth/register")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_a_door_opens_by_post_only(stage: Site, method: str) -> None:
    for door in DOORS:
        answer = await stage.client.request(method, f"{API}/auth/{door}")
        assert told(answer) == (405, "method-not-allowed")


async def test_a_door_takes_no_parameters(stage: Site) -> None:
    for door, form in DOORS.items():
        answer = await stage.client.post(f"{API}/auth/{door}?token=x", json=form)
        assert told(answer) == (400, "unknown-parameter")


async def test_bodies_of_members_are_read_as_strictly(phone: Phone) -> None:
    headers = {"Authorization": f"Bearer {phone.access}", "Content-Type": "application/json"}
    cases = dict.fromkeys([b"{", b"[" * 100_000, b"\xff"], NOT_JSON)
    cases |= dict.fromkeys([b"", b"[]", b"NaN", b"null", b'{"nickname": NaN}'], INVALID)
    for content, expected in cases.items():
        answer = await phone.site.client.patch(f"{API}/me", content=content, headers=headers)
        assert told(answer) == expected
