"""Rounds page by page, all of them or some."""

from tests.matching.fans import a_round, close, opener
from tests.support.deals import told
from tests.support.site import Member, Site


async def listed(member: Member, **query: object) -> list[str]:
    """The ids of all pages of two, in order."""
    ids: list[str] = []
    answer = (await member.get("/rounds", limit=2, **query)).json()
    while True:
        assert len(answer["items"]) <= 2
        ids += [item["id"] for item in answer["items"]]
        if not answer["next_cursor"]:
            return ids
        cursor = {"cursor": answer["next_cursor"]}
        answer = (await member.get("/rounds", limit=2, **query, **cursor)).json()


async def test_rounds_are_listed_newest_first_by_state_and_region(hall: Site) -> None:
    olga, otto = await opener(hall), await opener(hall, "otto")
    rounds = [
        await a_round(olga, region="KR-11"),
        await a_round(olga),
        await a_round(olga, region="KR-11"),
        await a_round(otto, region="TW-TPE"),
        await a_round(otto),
    ]
    newest = rounds[::-1]
    for round in rounds[:2]:
        await close(round, olga)
    assert await listed(olga) == newest
    assert await listed(olga, state="open") == newest[:3]
    assert await listed(olga, state="closed") == newest[3:]
    assert await listed(olga, state=["open", "closed"]) == newest
    assert await listed(olga, region="KR-11") == [rounds[2], rounds[0]]
    assert await listed(olga, region="KR-11", state="open") == [rounds[2]]
    assert await listed(olga, state="settled") == []


async def test_a_cursor_serves_the_list_that_it_was_made_for(hall: Site) -> None:
    olga = await opener(hall)
    for _ in range(3):
        await a_round(olga)
    cursor = (await olga.get("/rounds", limit=2)).json()["next_cursor"]
    answer = await olga.get("/rounds", limit=2, cursor=cursor, state="open")
    assert told(answer) == (400, "cursor-mismatch")
    assert told(await olga.get("/rounds", region="Seoul")) == (422, "validation-failed")
    assert told(await olga.get("/rounds", status="open")) == (400, "unknown-parameter")


async def test_who_is_hidden_is_not_named_as_an_opener(hall: Site) -> None:
    olga, otto = await opener(hall), await opener(hall, "otto")
    round = await a_round(olga)
    assert (await otto.get(f"/rounds/{round}")).json()["opener_id"] == str(olga.id)
    await olga.block(otto)
    assert (await otto.get(f"/rounds/{round}")).json()["opener_id"] is None
    assert [item["opener_id"] for item in (await otto.get("/rounds")).json()["items"]] == [None]
