"""What the repositories of addresses and handshakes promise, in memory and on both databases."""

from dataclasses import replace

import pytest

from apps.trading.domain.address import Address, AddressId, AddressNotFound
from apps.trading.domain.handshake import (
    Handshake,
    HandshakeId,
    HandshakeNotFound,
    code_of,
    step_of,
)
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON, a_uuid
from tests.support.postal import HOME, WORK
from tests.support.stores import facts, kept
from tests.trading.shelves import Shelves, swap, trade_id

SECRET, ANOTHER = bytes(range(20)), bytes(range(20, 40))


def an_address(number: int, *, of: object = ANN, label: str | None = "home") -> Address:
    id = AddressId(a_uuid(number, of=8))
    return Address.enter(id, of=of, label=label, postal=HOME, at=NOON)  # type: ignore[arg-type]


def a_handshake(of: object = ANN, secret: bytes = SECRET) -> Handshake:
    id = HandshakeId(trade_id(1), of)  # type: ignore[arg-type]
    return Handshake.open(id, secret=secret, at=NOON)


async def test_an_address_comes_back_as_it_was_added_and_as_it_was_saved(shelves: Shelves) -> None:
    bare = replace(WORK, postal_code=None, region=None, phone=None)
    async with shelves.work:
        for each in (an_address(1), an_address(2, label=None), an_address(3, of=BEA)):
            await shelves.addresses.add(each)
    async with shelves.work:
        address = await shelves.addresses.lock(AddressId(a_uuid(1, of=8)), of=ANN)
        assert facts(address) == facts(an_address(1))
        address.replace(label=None, postal=bare, at=NOON + HOUR)
        await shelves.addresses.save(address)
    found = await kept(shelves.addresses, address.id, by=shelves.work)
    assert found == facts(address)
    assert (found["postal"], found["label"], found["updated_at"]) == (bare, None, NOON + HOUR)
    assert found["created_at"] == NOON


async def test_nobody_locks_the_address_of_another(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.addresses.add(an_address(1))
    for number, member in ((1, BEA), (2, ANN)):
        with pytest.raises(AddressNotFound):
            async with shelves.work:
                await shelves.addresses.lock(AddressId(a_uuid(number, of=8)), of=member)


async def test_addresses_are_counted_until_they_are_deleted(shelves: Shelves) -> None:
    async with shelves.work:
        for each in (an_address(1), an_address(2), an_address(3, of=BEA)):
            await shelves.addresses.add(each)
        assert [await shelves.addresses.count(of=each) for each in (ANN, BEA, EVE)] == [2, 1, 0]
    async with shelves.work:
        address = await shelves.addresses.lock(AddressId(a_uuid(2, of=8)), of=ANN)
        await shelves.addresses.delete(address)
    async with shelves.work:
        assert await shelves.addresses.count(of=ANN) == 1
    with pytest.raises(AddressNotFound):
        await kept(shelves.addresses, address.id, by=shelves.work)


async def test_a_trade_keeps_the_last_address_that_each_party_told(shelves: Shelves) -> None:
    await shelves.agree(swap(1), swap(2))
    for postal in (HOME, WORK):
        async with shelves.work:
            await shelves.trade_addresses.keep(trade_id(1), postal, of=ANN, at=NOON)
    async with shelves.work:
        await shelves.trade_addresses.keep(trade_id(1), HOME, of=BEA, at=NOON)
        await shelves.trade_addresses.keep(trade_id(2), HOME, of=ANN, at=NOON)
    async with shelves.work:
        assert await shelves.trade_addresses.of(trade_id(1)) == {ANN: WORK, BEA: HOME}
        assert await shelves.trade_addresses.of(trade_id(2)) == {ANN: HOME}
        assert await shelves.trade_addresses.of(trade_id(3)) == {}


async def test_a_handshake_comes_back_as_it_was_opened_and_saved(shelves: Shelves) -> None:
    await shelves.agree(swap(1))
    async with shelves.work:
        await shelves.handshakes.open([a_handshake(), a_handshake(BEA, ANOTHER)])
    async with shelves.work:
        mine = await shelves.handshakes.get(a_handshake().id)
        assert facts(mine) == facts(a_handshake())
        assert not mine.recognises("123456", entered_at=NOON, at=NOON + HOUR / 7)
        assert mine.recognises(code_of(SECRET, step_of(NOON)), entered_at=NOON, at=NOON)
        await shelves.handshakes.save(mine)
    assert mine.last_step
    assert mine.wrong_at == (NOON + HOUR / 7,)
    assert await kept(shelves.handshakes, mine.id, by=shelves.work) == facts(mine)
    theirs = a_handshake(BEA, ANOTHER)
    assert await kept(shelves.handshakes, theirs.id, by=shelves.work) == facts(theirs)


async def test_a_handshake_that_is_opened_again_begins_anew(shelves: Shelves) -> None:
    await shelves.agree(swap(1))
    async with shelves.work:
        await shelves.handshakes.open([a_handshake()])
    async with shelves.work:
        mine = await shelves.handshakes.get(a_handshake().id)
        mine.recognises("123456", entered_at=NOON, at=NOON)
        await shelves.handshakes.save(mine)
    again = Handshake.open(mine.id, secret=ANOTHER, at=NOON + HOUR)
    async with shelves.work:
        await shelves.handshakes.open([again, a_handshake(BEA)])
    assert await kept(shelves.handshakes, mine.id, by=shelves.work) == facts(again)


async def test_there_is_no_handshake_that_was_never_opened(shelves: Shelves) -> None:
    await shelves.agree(swap(1))
    async with shelves.work:
        await shelves.handshakes.open([a_handshake()])
    for id in (HandshakeId(trade_id(1), BEA), HandshakeId(trade_id(2), ANN)):
        with pytest.raises(HandshakeNotFound):
            async with shelves.work:
                await shelves.handshakes.get(id)
