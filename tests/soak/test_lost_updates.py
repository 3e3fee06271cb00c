"""Of many who change what they have seen, one does, and the others learn of it (If-Match)."""

import asyncio
from collections import Counter

import pytest
from httpx import Response

from apps.shared.presentation import entity_tags
from tests.support.budget import Budget
from tests.support.site import Member, Site, elsewhere

WRITERS = 32


async def a_round(ann: Member, path: str, number: int) -> list[Response]:
    """All have seen the same version, and each writes something of its own."""
    tag = (await ann.get(path)).headers["ETag"]

    async def write(writer: int) -> Response:
        note = {"note": f"{number}/{writer}"}
        return await ann.send("PATCH", path, note, headers={"If-Match": tag})

    return await asyncio.gather(*(elsewhere(write(writer)) for writer in range(WRITERS)))


async def ensure_one_write_a_round(site: Site, rounds: int) -> Counter[int]:
    """Raise AssertionError for a round in which not exactly one write is done, and seen after."""
    ann = await site.join("ann")
    path, told = f"/me/copies/{await ann.hold()}", Counter[int]()
    for number in range(rounds):
        answers = await a_round(ann, path, number)
        told.update(answer.status_code for answer in answers)
        done = [answer.json()["note"] for answer in answers if answer.is_success]
        assert done == [(await ann.get(path)).json()["note"]], "all but one of these are lost"
    assert set(told) <= {200, 409, 412}, told
    return told


async def test_of_32_writers_who_saw_the_same_version_one_changes_it(
    site: Site, budget: Budget
) -> None:
    told = await ensure_one_write_a_round(site, budget.of(10, 313))
    budget.tell(f"{told.total()} writes by {WRITERS} at a time: {dict(told)}")


async def test_where_nobody_compares_versions_writes_are_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: If-Match is sent, and any tag will do."""
    monkeypatch.setattr(entity_tags, "lists", lambda header, _: bool(header))
    with pytest.raises(AssertionError, match="lost"):
        await ensure_one_write_a_round(site, 10)
