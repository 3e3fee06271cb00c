"""A good request for every route about disputes, of parties and of moderators."""

from typing import Any

from uuid_utils.compat import uuid7

from tests.support.disputes import PLEA, REASON, Quarrel, a_moderator, a_quarrel
from tests.support.good import Good, Row, somebody
from tests.support.routes import API
from tests.support.site import Site

OF_A_TRADE, CASES = f"{API}/trades/{{trade_id}}", f"{API}/admin/cases"


def name() -> str:
    return f"mod{uuid7().hex[-20:]}"


async def a_heard_quarrel(site: Site) -> Quarrel:
    return await a_quarrel(
        site, heard=True, author=await somebody(site), other=await somebody(site)
    )


async def a_decided_quarrel(site: Site) -> Quarrel:
    quarrel = await a_heard_quarrel(site)
    answer = await quarrel.decide(await a_moderator(site, name()))
    assert answer.status_code == 200, answer.text
    return quarrel


def of_a_party(body: Any = None, *, decided: bool = False) -> Row:
    async def row(site: Site) -> Good:
        mine, other = [
            await (a_decided_quarrel(site) if decided else a_heard_quarrel(site)) for _ in range(2)
        ]
        return Good(
            by=mine.deal.other,
            ids={"trade_id": str(mine.deal.id)},
            foreign={"trade_id": str(other.deal.id)},
            body=body,
        )

    return row


async def queue(site: Site) -> Good:
    return Good(by=await a_moderator(site, name()), query={"state": "open", "overdue": "false"})


async def appeals(site: Site) -> Good:
    return Good(by=await a_moderator(site, name()))


async def case(site: Site) -> Good:
    quarrel = await a_heard_quarrel(site)
    return Good(by=await a_moderator(site, name()), ids={"case_id": str((await quarrel.case()).id)})


async def decision(site: Site) -> Good:
    quarrel = await a_heard_quarrel(site)
    case = {"case_id": str((await quarrel.case()).id)}
    body = {"verdict": "complete_legs", "legs": (await quarrel.legs())[:1], **REASON}
    faults = {"at_fault": [str(quarrel.deal.author.id)]}
    return Good(by=await a_moderator(site, name()), ids=case, body=body | faults)


async def appealed(site: Site) -> Good:
    quarrel = await a_decided_quarrel(site)
    await quarrel.appeal(quarrel.deal.other)
    case = {"case_id": str((await quarrel.case()).id)}
    body = {"outcome": "changed", "at_fault": [str(quarrel.deal.author.id)], **REASON}
    return Good(by=await a_moderator(site, name()), ids=case, body=body)


CASE_ROWS: dict[tuple[str, str], Row] = {
    ("GET", f"{OF_A_TRADE}/dispute"): of_a_party(),
    ("POST", f"{OF_A_TRADE}/statements"): of_a_party(PLEA),
    ("POST", f"{OF_A_TRADE}/appeal"): of_a_party({"text": "Look again."}, decided=True),
    ("GET", CASES): queue,
    ("GET", f"{CASES}/{{case_id}}"): case,
    ("POST", f"{CASES}/{{case_id}}/assign"): case,
    ("POST", f"{CASES}/{{case_id}}/decide"): decision,
    ("GET", f"{API}/admin/appeals"): appeals,
    ("POST", f"{API}/admin/appeals/{{case_id}}/decide"): appealed,
}
