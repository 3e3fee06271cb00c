"""A good request for every route of matching rounds."""

from uuid import UUID

from sqlalchemy import update

from apps.matching.infrastructure.round_models import MatchingRoundModel, MatchingRunModel
from tests.matching.fans import opening
from tests.support.good import Good, Row, somebody
from tests.support.levels import confirm_address, raise_to
from tests.support.routes import API
from tests.support.site import Member, Site

ROUND = f"{API}/rounds/{{round_id}}"


async def trusted(site: Site, level: int = 2) -> Member:
    member = await somebody(site)
    await confirm_address(member)
    await raise_to(level, member)
    return member


async def opened(site: Site, by: Member, *, max_length: int = 2) -> str:
    answer = await by.post("/rounds", await opening(site, max_length=max_length))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def new_round(site: Site) -> Good:
    body = await opening(site, region="TW-TPE", max_length=3)
    return Good(by=await trusted(site), body=body, status=201)


async def rounds(site: Site) -> Good:
    return Good(by=await somebody(site), query={"state": "open", "region": "TW-TPE"})


def a_round(*, by: str = "opener", joined: bool = False, status: int = 200) -> Row:
    async def row(site: Site) -> Good:
        opener = await trusted(site)
        round = await opened(site, opener)
        asks = opener if by == "opener" else await trusted(site, 0)
        if joined:
            assert (await asks.post(f"/rounds/{round}/join")).status_code == 200
        return Good(by=asks, ids={"round_id": round}, status=status)

    return row


async def joining(site: Site) -> Good:
    """With a part of what one has, in a round that is not for everybody."""
    round = await opened(site, await trusted(site), max_length=3)
    guest, (card,) = await trusted(site, 1), await site.some_cards(1)
    wish = (await guest.post("/me/wants", {"card_ids": [str(card)]})).json()["id"]
    body = {"copy_ids": [str(await guest.hold())], "want_group_ids": [wish]}
    return Good(by=guest, ids={"round_id": round}, body=body)


async def solved(site: Site) -> Good:
    """As a worker would leave it that has found nothing."""
    good = await a_round()(site)
    assert good.by
    assert (await good.by.post(f"/rounds/{good.ids['round_id']}/close")).status_code == 202
    found = {"bound": 0, "milliseconds": 1, "acceptance_permille": 950, "result_digest": "0" * 64}
    this, run = UUID(good.ids["round_id"]), update(MatchingRunModel)
    run = run.where(MatchingRunModel.round_id == this)
    await site.change(run.values(solved_at=MatchingRunModel.frozen_at, **found))
    round = update(MatchingRoundModel).where(MatchingRoundModel.id == this)
    await site.change(round.values(state="published"))
    return Good(by=good.by, ids=good.ids, query={"input": "false"})


ROUNDS: dict[tuple[str, str], Row] = {
    ("POST", f"{API}/rounds"): new_round,
    ("GET", f"{API}/rounds"): rounds,
    ("GET", ROUND): a_round(),
    ("POST", f"{ROUND}/join"): joining,
    ("POST", f"{ROUND}/leave"): a_round(by="guest", joined=True),
    ("POST", f"{ROUND}/close"): a_round(status=202),
    ("GET", f"{ROUND}/result"): solved,
}
