"""The main job, as two members do it over HTTP, from signing up to each other's binder."""

from httpx import Response

from tests.support.site import API, Site


async def signed_up(site: Site, nickname: str) -> dict[str, str]:
    email, password = f"{nickname}@kcs.test", "correct horse battery"
    account = {"email": email, "password": password, "nickname": nickname}
    registered = await site.client.post(f"{API}/auth/register", json=account)
    assert (registered.status_code, registered.json()) == (202, {"status": "accepted"})
    login = await site.client.post(f"{API}/auth/login", json={"email": email, "password": password})
    assert login.status_code == 200, login.text
    return {"Authorization": f"Bearer {login.json()['access_token']}"}


async def test_two_members_swap_a_card_each(site: Site) -> None:
    mine, theirs = await site.some_cards(2)
    ann, bea = await signed_up(site, "ann"), await signed_up(site, "bea")

    async def call(who: dict[str, str], method: str, path: str, body: object = None) -> Response:
        return await site.client.request(method, API + path, json=body, headers=who)

    async def add(who: dict[str, str], card: object) -> str:
        body = {"card_id": str(card), "condition": "mint", "for_trade": True, "note": "mine"}
        answer = await call(who, "POST", "/me/copies", body)
        assert answer.status_code == 201, answer.text
        copy: str = answer.json()["id"]
        return copy

    async def binder(who: dict[str, str]) -> list[tuple[str, bool, str | None]]:
        items = (await call(who, "GET", "/me/copies")).json()["items"]
        return [(copy["id"], copy["for_trade"], copy["note"]) for copy in items]

    anns, beas = await add(ann, mine), await add(bea, theirs)
    bea_id = (await call(bea, "GET", "/me")).json()["id"]
    body = {"to": bea_id, "give": [anns], "take": [beas], "method": "in_person", "place": "Taipei"}
    proposed = await call(ann, "POST", "/trades", body)
    assert proposed.status_code == 201, proposed.text
    trade = proposed.json()
    assert (trade["state"], trade["turn"], trade["allowed_actions"]) == (
        "proposed",
        bea_id,
        ["withdraw"],
    )
    path = proposed.headers["Location"].removeprefix(API)
    accepted = await call(bea, "POST", f"{path}/accept", {"revision": 1})
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted"), accepted.text
    first = await call(ann, "POST", f"{path}/confirm")
    assert (first.status_code, first.json()["state"]) == (200, "fulfilling"), first.text
    again = await call(ann, "POST", f"{path}/confirm")
    assert (again.status_code, again.json()["code"]) == (409, "invalid-transition")
    last = await call(bea, "POST", f"{path}/confirm", {})
    assert (last.status_code, last.json()["state"]) == (200, "completed"), last.text
    assert await binder(ann) == [(beas, False, None)]
    assert await binder(bea) == [(anns, False, None)]
    shown = await call(bea, "GET", f"/copies/{anns}/chain")
    assert shown.status_code == 200, shown.text
    chain = shown.json()["items"]
    assert [(link["from"]["nickname"], link["to"]["nickname"]) for link in chain] == [
        ("ann", "bea")
    ]
    assert chain[0]["agreement_id"] == trade["id"]
