"""Notes between the parties of a trade, over HTTP."""

import pytest

from tests.support.deals import Deal, a_deal, told
from tests.support.rings import Ring, a_ring
from tests.support.site import Member, Site, proposal

NUMBER = "call +886 912 345 678"


@pytest.fixture
async def deal(site: Site) -> Deal:
    return await a_deal(site)


async def texts(deal: Deal) -> list[str]:
    return [note["text"] for note in (await deal.other.get(f"{deal.path}/notes")).json()["items"]]


async def test_a_note_is_read_by_both_parties(deal: Deal) -> None:
    answer = await deal.other.post(f"{deal.path}/notes", {"text": "9번 출구?\nExit 9?"})
    assert answer.status_code == 201, answer.text
    note = answer.json()
    assert set(note) == {"id", "author_id", "text", "created_at"}
    assert (note["author_id"], note["text"]) == (str(deal.other.id), "9번 출구?\nExit 9?")
    for party in (deal.author, deal.other):
        page = (await party.get(f"{deal.path}/notes")).json()
        assert page == {"items": [note], "next_cursor": None}


async def test_the_note_of_a_proposal_is_the_first(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    body = proposal(bea, give=[await ann.hold()], take=[await bea.hold()])
    refused = await ann.post("/trades", body | {"note": NUMBER})
    assert told(refused) == (422, "contact-data")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/note"]
    trade = (await ann.post("/trades", body | {"note": "Hongdae?"})).json()["id"]
    await bea.post(f"/trades/{trade}/notes", {"text": "Fine."})
    items = (await bea.get(f"/trades/{trade}/notes")).json()["items"]
    assert [(item["author_id"], item["text"]) for item in items] == [
        (str(ann.id), "Hongdae?"),
        (str(bea.id), "Fine."),
    ]


async def test_how_to_reach_each_other_is_told_after_acceptance(deal: Deal) -> None:
    early = await deal.other.post(f"{deal.path}/notes", {"text": NUMBER})
    assert told(early) == (422, "contact-data")
    (error,) = early.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/text", "contact-data")
    assert "5 to 21" in error["detail"]
    await deal.accept()
    assert (await deal.other.post(f"{deal.path}/notes", {"text": NUMBER})).status_code == 201
    assert await texts(deal) == [NUMBER]


async def test_nothing_more_is_told_after_a_rejection(deal: Deal) -> None:
    await deal.reject()
    for text in (NUMBER, "A pity."):
        refused = await deal.author.post(f"{deal.path}/notes", {"text": text})
        assert told(refused) == (409, "invalid-transition")


async def test_a_stranger_neither_reads_nor_writes(site: Site, deal: Deal) -> None:
    eve = await site.join("eve")
    assert told(await eve.get(f"{deal.path}/notes")) == (404, "not-found")
    assert told(await eve.post(f"{deal.path}/notes", {"text": "Hi"})) == (404, "not-found")
    assert await texts(deal) == []


async def test_a_note_is_a_short_text(deal: Deal) -> None:
    for text in ("", "x" * 501, "bell \a", "nul \0", None, 5):
        answer = await deal.other.post(f"{deal.path}/notes", {"text": text})
        assert told(answer) == (422, "validation-failed"), text
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/text"]


async def test_five_hundred_characters_of_any_script_fit(deal: Deal) -> None:
    text = "포" * 500
    assert (await deal.other.post(f"{deal.path}/notes", {"text": text})).status_code == 201
    assert await texts(deal) == [text]


async def test_notes_come_page_by_page_the_oldest_first(deal: Deal) -> None:
    sent = [f"note {number}" for number in range(5)]
    for text in sent:
        await deal.other.post(f"{deal.path}/notes", {"text": text})
    read: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await deal.author.get(f"{deal.path}/notes", limit=2, **cursor)
        read += [note["text"] for note in answer.json()["items"]]
        following = answer.json()["next_cursor"]
        assert (following is None) == ("Link" not in answer.headers)
        if following is None:
            break
        cursor = {"cursor": following}
    assert read == sent


async def test_a_cursor_is_of_one_trade(site: Site, deal: Deal) -> None:
    other = await a_deal(site, author=deal.author, other=deal.other)
    for each in (deal, other):
        for text in ("one", "two"):
            await each.author.post(f"{each.path}/notes", {"text": text})
    cursor = (await deal.author.get(f"{deal.path}/notes", limit=1)).json()["next_cursor"]
    answer = await deal.author.get(f"{other.path}/notes", cursor=cursor)
    assert told(answer) == (400, "cursor-mismatch")


async def heard(ring: Ring, by: Member, text: str) -> tuple[int, str | None]:
    return told(await by.post(f"{ring.path}/notes", {"text": text}))


async def test_in_a_ring_all_write_to_all_and_read_it(site: Site) -> None:
    ring = await a_ring(site)
    for member in ring.members:
        assert await heard(ring, member, "Which sleeve?") == (201, None)
        assert await heard(ring, member, NUMBER) == (422, "contact-data")
    await ring.accept()
    for member in ring.members:
        assert await heard(ring, member, NUMBER) == (201, None)
    for member in ring.members:
        items = (await member.get(f"{ring.path}/notes")).json()["items"]
        assert [item["author_id"] for item in items] == [str(each.id) for each in ring.members] * 2


@pytest.mark.parametrize(("blocker", "blocked"), [(0, 1), (2, 1), (0, 2)])
async def test_a_ring_in_which_one_has_blocked_another_falls_silent(
    site: Site, blocker: int, blocked: int
) -> None:
    """BL3: whoever writes would write to both of them."""
    ring = await a_ring(site)
    await ring.accept()
    await ring.members[blocker].block(ring.members[blocked])
    for member in ring.members:
        assert await heard(ring, member, "Hello?") == (409, "thread-closed")
        assert (await member.get(f"{ring.path}/notes")).json()["items"] == []
    assert (await ring.ship(ring.members[0])).status_code == 200, "what was agreed can be done"
