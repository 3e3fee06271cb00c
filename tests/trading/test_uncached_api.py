"""Secrets of handshakes and postal addresses stay in no cache on their way."""

from httpx import Response

from tests.support.deals import a_deal
from tests.support.mail import a_mailing
from tests.support.postal import HOME, entry
from tests.support.site import Site


async def test_addresses_and_secrets_are_kept_in_no_cache(site: Site) -> None:
    mailing = await a_mailing(site)
    ann, bea = mailing.author, mailing.other
    assert (await mailing.accept()).status_code == 200
    met = await a_deal(site, author=ann, other=bea)
    await met.accept()
    path = f"/me/addresses/{mailing.home}"
    answers: list[Response] = [
        await ann.get("/me/addresses"),
        await ann.get(path),
        await ann.post("/me/addresses", entry(HOME)),
        await ann.send("PUT", path, entry(HOME)),
        await mailing.address(ann),
        await bea.get(f"{met.path}/handshake"),
    ]
    for answer in answers:
        assert answer.is_success, answer.text
        assert answer.headers["Cache-Control"] == "no-store", answer.request.url
    keyed = {"headers": {"Idempotency-Key": "one"}}
    twice = [await ann.send("POST", "/me/addresses", entry(HOME), **keyed) for _ in range(2)]
    assert twice[1].headers["Idempotency-Replayed"] == "true"
    assert {answer.headers["Cache-Control"] for answer in twice} == {"no-store"}
