"""The same on databases: what is suggested is what all rules allow, and all of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from apps.collection.contract import AgreementId, CopyId, CopyState, WantGroupId
from apps.collection.infrastructure.models import (
    CopyModel,
    CopyPromiseModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.identity.domain.block import BlockId
from apps.identity.infrastructure.models import BlockModel, ProfileModel, UserModel
from apps.identity.infrastructure.standings import StandingModel
from apps.matching.application.find_matches import FindMatches
from apps.shared.domain.ids import MemberId
from tests.support.builders import NOON
from tests.support.site import Site
from tests.support.small_markets import (
    CARDS,
    Item,
    SmallMarket,
    all_cards,
    circles_of,
    drawn,
    ensure_sound,
    naive,
)


async def filled(site: Site, market: SmallMarket, *, number: int, without: str = "") -> SmallMarket:
    """Put a market into a database, each with cards of its own; ids are others there."""
    printed = (await site.some_cards(CARDS * (number + 1)))[CARDS * number :]
    cards = dict(zip(all_cards(), printed, strict=True))
    ids: dict[MemberId, MemberId] = {}
    for partner in market.partners.values():
        member = await site.join(uuid7().hex[-20:])
        ids[partner.id] = member.id
        suspended = partner.id in market.suspended and without != "suspended"
        status = "suspended" if suspended else "active"
        verified = NOON if partner.email_verified else None
        for change in (
            update(UserModel)
            .where(UserModel.id == member.id)
            .values(email_verified_at=verified, status=status),
            update(ProfileModel)
            .where(ProfileModel.id == member.id)
            .values(region=partner.region, accepts_proposals=partner.accepts_proposals),
            update(StandingModel)
            .where(StandingModel.id == member.id)
            .values(trust_level=partner.trust_level),
        ):
            await site.change(change)
    stranger = (await site.join(uuid7().hex[-20:])).id
    items = [
        replace(item, id=CopyId(uuid7()), card=cards[item.card], owner=ids[item.owner])
        for item in market.items
    ]
    wants = [
        replace(
            want,
            id=WantGroupId(uuid7()),
            member=ids[want.member],
            cards=tuple(cards[card] for card in want.cards),
        )
        for want in market.wants
    ]
    promises: list[tuple[Any, Any]] = [
        (item.id, None) for item in items if item.promised and without != "promised"
    ]
    full = [want for want in wants if not want.slots]
    coming = [a_row(uuid7(), want.cards[0], stranger) for want in full]
    if without != "closed":
        promises += [(row["id"], want.member) for row, want in zip(coming, full, strict=True)]
    await put(site, CopyModel, [*map(row_of, items), *coming])
    await put(
        site,
        WantGroupModel,
        [
            {
                "id": want.id,
                "member_id": want.member,
                "count": max(want.slots, 1),
                "rank": want.rank,
                "min_condition": want.minimum,
                "created_at": NOON,
                "updated_at": NOON,
                "version": 1,
            }
            for want in wants
        ],
    )
    await put(
        site,
        WantedCardModel,
        [
            {"want_group_id": want.id, "card_id": card, "position": place}
            for want in wants
            for place, card in enumerate(want.cards)
        ],
    )
    await put(
        site,
        CopyPromiseModel,
        [
            {
                "id": uuid7(),
                "copy_id": copy,
                "agreement_id": AgreementId(uuid7()),
                "receiver_id": receiver,
                "promised_at": NOON,
            }
            for copy, receiver in promises
        ],
    )
    blocks = {(ids[one], ids[other]) for one, other in market.blocks}
    await put(
        site,
        BlockModel,
        [
            {"id": BlockId(uuid7()), "blocker_id": one, "blocked_id": other, "created_at": NOON}
            for one, other in blocks
            if without != "blocked"
        ],
    )
    return SmallMarket(
        partners={ids[old]: replace(each, id=ids[old]) for old, each in market.partners.items()},
        items=items,
        wants=[
            replace(
                want,
                slots=max(want.slots, 1)
                - sum(e.member == want.member and e.cards[0] in want.cards for e in full),
            )
            for want in wants
        ],
        suspended={ids[member] for member in market.suspended},
        blocks=blocks,
    )


def row_of(item: Item) -> dict[str, Any]:
    return a_row(item.id, item.card, item.owner) | {
        "condition": item.condition,
        "for_trade": item.listed,
    }


def a_row(id: Any, card: Any, owner: Any) -> dict[str, Any]:
    return {
        "id": id,
        "card_id": card,
        "owner_id": owner,
        "condition": "mint",
        "state": CopyState.HELD,
        "for_trade": True,
        "note": None,
        "created_at": NOON,
        "updated_at": NOON,
        "version": 1,
    }


async def put(site: Site, table: type[Any], rows: list[dict[str, Any]]) -> None:
    if rows:
        await site.change(insert(table).values(rows))


async def test_on_databases_the_same_is_found(site: Site) -> None:
    for seed in range(8):
        there = await filled(site, drawn(seed, trades=False), number=seed)
        found = await (await site.port(FindMatches))(there.me)
        assert circles_of(found) == naive(there), seed
        ensure_sound(found, there)


@pytest.mark.parametrize("without", ["promised", "closed", "suspended", "blocked"])
async def test_on_a_database_without_it_something_else_is_found(
    sqlite: str, keys: Path, without: str
) -> None:
    """The controls: what protects is what the database says, and not luck."""
    async with Site(sqlite, keys) as site:
        for seed in range(40):
            market = drawn(seed, trades=False)
            there = await filled(site, market, number=seed, without=without)
            found = await (await site.port(FindMatches))(there.me)
            if circles_of(found) - naive(there):
                return
    raise AssertionError("This protects nothing.")
