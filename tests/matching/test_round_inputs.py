"""What a round is solved from, and who is shown what of it."""

import hashlib
import json

from tests.matching.fans import (
    a_circle,
    a_round,
    close,
    fan,
    join,
    opener,
    published,
    result,
    work,
)
from tests.support.authenticators import employ
from tests.support.deals import told
from tests.support.departures import suspend
from tests.support.site import Site, proposal


async def test_the_input_is_what_lists_were_at_closing(hall: Site) -> None:
    olga, circle, late = await opener(hall), await a_circle(hall), await fan(hall, "late")
    round = await a_round(olga)
    await join(round, *circle.members, late)
    _ = await close(round, olga)
    await late.hold((await hall.some_cards(1))[0])
    await work(hall)
    bound_to = (await olga.get(f"/rounds/{round}")).json()["input_digest"]
    (run,) = (await result(round, olga))["runs"]
    assert (run["members"], run["offers"], run["wishes"], run["cards"]) == (3, 3, 3, 3)
    assert run["input_digest"] == bound_to


async def test_a_part_of_the_lists_is_all_that_counts(hall: Site) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    extra = await circle.members[0].hold((await hall.some_cards(4))[3])
    rest = await a_round(olga)
    await join(rest, *circle.members[1:])
    body = {"copy_ids": [str(extra)], "want_group_ids": None}
    assert (await circle.members[0].post(f"/rounds/{rest}/join", body)).status_code == 200
    _ = await close(rest, olga)
    await work(hall)
    (run,) = (await result(rest, olga))["runs"]
    assert (run["offers"], run["wishes"], run["cards"]) == (3, 3, 0)


async def test_what_cannot_be_given_or_asked_for_is_left_out(hall: Site) -> None:
    """A promised copy, a want that is full, who was suspended, and who has much to answer."""
    olga, circle = await opener(hall), await a_circle(hall, 4)
    ann, bea, eve, dan = circle.members
    round = await a_round(olga, max_length=4)
    await join(round, *circle.members)
    zoe = await fan(hall, "zoe")
    (card,) = await hall.some_cards(1)
    _ = await ann.propose(zoe, give=[circle.copies[0]], take=[await zoe.hold(card)])
    await suspend(bea)
    for _ in range(3):
        body = proposal(eve, give=[await zoe.hold(card)], take=[circle.copies[2]])
        assert (await zoe.post("/trades", body)).status_code == 201
    _ = await close(round, olga)
    await work(hall)
    staff = await hall.join("staff")
    await employ(staff, "moderator")
    (run,) = (await result(round, staff, input="true"))["runs"]
    told_input = run["input"]
    assert [copy for copy, *_ in told_input["offers"]] == [str(circle.copies[3])]
    assert {wish[1] for wish in told_input["wishes"]} == {str(ann.id), str(dan.id)}


async def test_members_see_their_own_rings_and_staff_all_of_it(hall: Site) -> None:
    olga = await opener(hall)
    one, other = [await a_circle(hall, start=3 * n, mark=str(n)) for n in range(2)]
    await one.members[0].block(other.members[0])
    round = await published(hall, olga, one, other)
    staff = await hall.join("staff")
    await employ(staff, "moderator")
    assert len((await result(round, one.members[0]))["rings"]) == 1
    assert (await result(round, olga))["rings"] == []
    assert (await result(round, await hall.join("zoe")))["rings"] == []
    assert len((await result(round, staff))["rings"]) == 2
    for reader in (olga, one.members[0]):
        refused = await reader.get(f"/rounds/{round}/result", input="true")
        assert told(refused) == (403, "moderators-only")
        assert str(other.members[0].id) not in json.dumps(await result(round, reader))
    (run,) = (await result(round, staff, input="true"))["runs"]
    text = json.dumps(run["input"], separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == run["input_digest"]
    pair = sorted(str(member.id) for member in (one.members[0], other.members[0]))
    assert run["input"]["apart"] == [pair]
    assert (run["input"]["seed"], run["input"]["max_length"]) == (run["seed"], 3)
    (mine,) = (await result(round, olga))["runs"]
    assert mine == run | {"input": None}
    assert (mine["cards"], mine["expected_cards"]) == (6, 5.1)
