"""What the repositories of standings and vouch cards promise, in memory and in both databases."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from apps.identity.domain.standing import Footing, Standing, TradeRecord
from apps.identity.domain.vouch import VALID_FOR, Vouch, VouchId, VouchNotFound
from apps.shared.domain.ids import MemberId
from tests.identity.shelves import Shelves
from tests.support.accounts import a_standing, a_user, open_accounts
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON, a_uuid
from tests.support.site import Site
from tests.support.stores import LOCKED, UNLOCKED, Waiting, facts, filled, in_turn, kept
from tests.support.weakening import an_unguarded_site

DAY = timedelta(days=1)
FOOTING = Footing(email_confirmed=True, member_since=a_user().created_at)


def a_vouch(number: int = 1, *, of: MemberId = ANN) -> Vouch:
    return Vouch.issue(VouchId(a_uuid(number, of=12)), to=of, at=NOON)


async def test_standings_are_locked_in_the_order_of_ids_with_their_footing(
    shelves: Shelves,
) -> None:
    async with shelves.work:
        user = await shelves.users.get(BEA)
        user.email_verified_at = None
        await shelves.users.save(user)
        for member in (EVE, ANN, BEA):
            await shelves.standings.add(a_standing(member))
    async with shelves.work:
        found = await shelves.standings.lock([BEA, ANN, MemberId(a_uuid(404, of=1))])
        assert [(facts(standing), footing) for standing, footing in found] == [
            (facts(a_standing(ANN)), FOOTING),
            (facts(a_standing(BEA)), replace(FOOTING, email_confirmed=False)),
        ]


async def test_a_standing_comes_back_as_it_was_saved(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.standings.add(Standing.begin(ANN, at=NOON))
    async with shelves.work:
        ((standing, _),) = await shelves.standings.lock([ANN])
        standing.recount(a_standing().trades, at=NOON + HOUR)
        standing.trust_level = 2
        await shelves.standings.save(standing)
        ((again, _),) = await shelves.standings.lock([ANN])
        assert facts(again) == facts(standing)
    assert await kept(shelves.standings, ANN, by=shelves.work) == facts(standing)


async def test_those_who_have_traded_come_some_at_a_time(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.standings.add(a_standing(EVE))
        await shelves.standings.add(Standing.begin(BEA, at=NOON))
        await shelves.standings.add(a_standing(ANN))
    async with shelves.work:
        assert await shelves.standings.traded(after=None, limit=9) == [ANN, EVE]
        assert await shelves.standings.traded(after=None, limit=1) == [ANN]
        assert await shelves.standings.traded(after=ANN, limit=9) == [EVE]
        assert await shelves.standings.traded(after=EVE, limit=9) == []


async def test_a_card_comes_back_as_it_was_added_and_as_it_was_saved(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.vouches.add(a_vouch())
    async with shelves.work:
        vouch = await shelves.vouches.get(a_vouch().id)
        assert facts(vouch) == facts(a_vouch())
        vouch.revoke(by=ANN, at=NOON + HOUR)
        await shelves.vouches.save(vouch)
    assert await kept(shelves.vouches, vouch.id, by=shelves.work) == facts(vouch)
    assert vouch.revoked_at == NOON + HOUR
    with pytest.raises(VouchNotFound):
        async with shelves.work:
            await shelves.vouches.get(a_vouch(404).id)


async def test_good_cards_are_counted_and_all_taken_back_at_once(shelves: Shelves) -> None:
    async with shelves.work:
        for vouch in (a_vouch(1), a_vouch(2), a_vouch(3, of=BEA)):
            await shelves.vouches.add(vouch)
    async with shelves.work:
        vouch = await shelves.vouches.get(a_vouch(1).id)
        vouch.revoke(by=ANN, at=NOON)
        await shelves.vouches.save(vouch)
    async with shelves.work:
        counts = [await shelves.vouches.count_good(of=of, at=NOON) for of in (ANN, BEA, EVE)]
        assert counts == [1, 1, 0]
        assert await shelves.vouches.count_good(of=ANN, at=NOON + VALID_FOR) == 0
    async with shelves.work:
        await shelves.vouches.revoke_all(of=ANN, at=NOON + DAY)
        assert await shelves.vouches.count_good(of=ANN, at=NOON) == 0
        assert await shelves.vouches.count_good(of=BEA, at=NOON) == 1
    stamps = [
        (await kept(shelves.vouches, a_vouch(number).id, by=shelves.work))["revoked_at"]
        for number in (1, 2, 3)
    ]
    assert stamps == [NOON, NOON + DAY, None]


async def write_to_a_standing(site: Site, *, patience: float) -> Waiting:
    shelves = await filled(Shelves, site)
    await open_accounts(shelves.users, shelves.work)
    async with shelves.work:
        await shelves.standings.add(Standing.begin(ANN, at=NOON))

    async def lock() -> Standing:
        ((standing, _),) = await shelves.standings.lock([ANN])
        return standing

    async def save(standing: Standing) -> None:
        standing.recount(TradeRecord(completed_trades=1), at=NOON)
        await shelves.standings.save(standing)

    return await in_turn(shelves.work, lock, save, patience=patience)


async def test_who_locks_a_standing_waits_and_sees_what_was_counted(site: Site) -> None:
    waiting = await write_to_a_standing(site, patience=LOCKED)
    assert waiting.waited
    assert waiting.found["trades"].completed_trades == 1


async def test_without_locks_nobody_waits_for_a_standing(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        waiting = await write_to_a_standing(site, patience=UNLOCKED)
    assert not waiting.waited
    assert waiting.found["trades"].completed_trades == 0
