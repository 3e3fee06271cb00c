"""Nothing that a member has written anywhere is left of them, and what others have still holds."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import insert, select, update

from apps.identity.application.delete_account import EraseAccounts
from apps.identity.application.ports import Mailer, Passwords
from apps.identity.domain.session import Delivery
from apps.identity.domain.user import GRACE
from apps.identity.infrastructure import traces
from apps.identity.infrastructure.attempts import AttemptModel
from apps.identity.infrastructure.keys import load_or_create
from apps.identity.infrastructure.linked_identities import LinkedIdentityModel
from apps.identity.infrastructure.models import MfaTicketModel
from apps.identity.infrastructure.second_factors import AuthenticatorModel, RecoveryCodeModel
from apps.identity.infrastructure.throttles import ThrottleModel
from apps.identity.infrastructure.traces import SqlTraces
from apps.operations.application.check_invariants import CheckInvariants
from apps.shared.domain.ids import Clock
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.long_work import OperationFileModel, OperationModel
from apps.shared.infrastructure.sealing import Sealer
from apps.trading.infrastructure import erasure
from tests.identity.letters import Mails, a_member
from tests.identity.phones import a_phone
from tests.identity.provided import Provided
from tests.identity.stage import PlainPasswords, Postbox, dump, login, serving, told
from tests.support.authenticators import set_up
from tests.support.builders import FixedClock
from tests.support.labour import hurry, work_once
from tests.support.levels import confirm_address
from tests.support.lives import Life, a_life, well
from tests.support.served import ROOT
from tests.support.site import Member, Site
from tests.support.vaults import Glass

Fault = Callable[[dict[str, Any], list[dict[str, Any]]], str | None]


@pytest.fixture
async def stage(url: str, keys: Path, clock: FixedClock, postbox: Postbox) -> AsyncIterator[Site]:
    """Nothing is sealed here, so that words are found wherever they are left."""
    glass = Glass(lambda: load_or_create(keys / "keys").data)
    services = {Clock: clock, Mailer: postbox, Passwords: PlainPasswords(), Sealer: glass}
    overrides = [serving(kind, service) for kind, service in services.items()]
    async with Site(url, keys, *overrides, max_concurrency=100) as site:
        yield site


@pytest.fixture
async def life(stage: Site, postbox: Postbox) -> Life:
    return await a_life(stage, Mails(stage, postbox))


@pytest.fixture(scope="module")
def fault() -> Fault:
    """The recipe, as the page for members has it."""
    page = (ROOT / "docs" / "trade-history.md").read_text()
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    recipe: dict[str, Any] = {}
    exec(code, recipe)
    found: Fault = recipe["fault"]
    return found


async def leave(life: Life, clock: FixedClock) -> None:
    """Ann does, and does not come back."""
    well(await life.ann.delete("/me"), 202)
    await work_once(life.ann.site)
    clock.at += GRACE


async def erase(site: Site) -> None:
    """What a worker does each hour, and the jobs that it leaves."""
    await (await site.port(EraseAccounts))()
    await hurry(site)
    await work_once(site)


async def signed_in_anew(member: Member) -> Member:
    phone = await a_phone(member.site, member.id)
    return Member(member.site, member.id, member.nickname, phone.access)


async def test_no_word_of_who_is_erased_is_left_in_any_table(
    stage: Site, life: Life, clock: FixedClock
) -> None:
    well(await life.ann.post("/me/exports"), 202)
    before = await dump(stage)
    assert life.hers.seen_in(before) == life.hers.words.keys(), "all of it was there"
    await leave(life, clock)
    await erase(stage)
    after = await dump(stage)
    assert life.hers.seen_in(after) == set()
    assert life.beas.seen_in(after) >= life.beas.words.keys() - {"key"}, "it is older than a day"
    for table in (OperationModel.id, OperationFileModel.operation_id):
        assert await stage.ask(select(table)) == []


SKIPPED = {
    "addresses": {"street", "city", "recipient", "district", "label"},
    "trade_notes": {"note", "first note"},
    "trade_event_words": {"withdrawal", "reject", "cancel"},
    "case_statements": {"complaint", "evidence"},
}


@pytest.mark.parametrize("table", SKIPPED)
async def test_a_table_that_was_forgotten_is_found(
    stage: Site, life: Life, clock: FixedClock, table: str
) -> None:
    await leave(life, clock)
    everything = erasure.erasing

    def without(member: Any) -> Iterator[Any]:
        return (each for each in everything(member) if str(each.table) != table)

    with patch.object(erasure, "erasing", without):
        await erase(stage)
    assert life.hers.seen_in(await dump(stage)) == SKIPPED[table]


WAYS_IN = (
    *(AttemptModel, AuthenticatorModel, LinkedIdentityModel),
    *(MfaTicketModel, RecoveryCodeModel, ThrottleModel),
)


async def ways_in(site: Site) -> set[str]:
    """The tables of ways to sign in that have any row."""
    found = {model.__tablename__: await site.ask(select(model)) for model in WAYS_IN}
    return {table for table, rows in found.items() if rows}


@pytest.mark.parametrize("forgotten", [None, *(model.__tablename__ for model in WAYS_IN)])
async def test_no_way_in_of_who_is_erased_is_left(
    provided: Provided, clock: FixedClock, forgotten: str | None
) -> None:
    site = provided.site
    ann = await a_member(site, "ann")
    await confirm_address(ann)
    assert told(await provided.signs_in("ann", by=ann)) == (200, None)
    await set_up(ann)
    await provided.visitor.begins(ann)
    well(await ann.delete("/me"), 202)
    await work_once(site)
    clock.at += GRACE
    assert told(await login(site, "ann", password="wrong")) == (401, "invalid-credentials")
    ticket = {
        "digest": "0" * 64,
        "member_id": ann.id,
        "amr": "pwd",
        "delivery": Delivery.BODY,
        "attempts": 0,
        "expires_at": clock.at,
    }
    await site.change(insert(MfaTicketModel).values(ticket))  # which leaving has taken from her
    await site.change(update(AttemptModel).values(created_at=clock.at))  # else it is too old
    assert await ways_in(site) == {model.__tablename__ for model in WAYS_IN}
    everything = traces.erasing

    def without(*member: Any) -> Iterator[Any]:
        return (each for each in everything(*member) if str(each.table) != forgotten)

    with patch.object(traces, "erasing", without):
        await erase(site)
    assert await ways_in(site) == ({forgotten} if forgotten else set())


async def test_what_others_have_of_the_trades_still_holds(
    stage: Site, life: Life, clock: FixedClock, fault: Fault
) -> None:
    check = await stage.port(CheckInvariants)  # type: ignore[type-abstract]
    broken = await check()
    histories = {path: await shown(life.bea, path) for path in life.trades}
    await leave(life, clock)
    await erase(stage)
    bea, erased = await signed_in_anew(life.bea), 0
    for path, (trade, events) in histories.items():
        trade_now, events_now = await shown(bea, path)
        assert fault(trade_now, events_now) is None
        assert [event["hash"] for event in events_now] == [event["hash"] for event in events]
        for event, now in zip(events, events_now, strict=True):
            hers = event["actor_id"] == str(life.ann.id) and event["reason_salt"] is not None
            gone = {"reason": None, "reason_salt": None} if hers else {}
            assert now == event | gone
            erased += hers
        assert [leg["copies"] for leg in trade_now["legs"]] == [
            leg["copies"] for leg in trade["legs"]
        ]
        assert {party["nickname"] for party in trade_now["parties"]} == {bea.nickname, None}
    assert erased == 3
    changed = events_now[-1] | {"reason_digest": "sha256:" + "0" * 64}
    assert fault(trade_now, [*events_now[:-1], changed]), "the control"
    (rating,) = [
        each
        for each in (await bea.get(f"/members/{bea.id}/ratings")).json()["items"]
        if each["score"] == 5
    ]
    assert rating["comment"] is None
    chain = (await bea.get(f"/copies/{life.swapped}/chain")).json()["items"]
    assert len(chain) == 1
    assert await check() == broken


async def shown(reader: Member, path: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    trade = well(await reader.get(path))
    return trade, well(await reader.get(f"{path}/events", limit=100))["items"]


class Killed(Exception):
    """What the end of a process looks like from inside."""


async def test_an_erasure_that_is_broken_off_is_done_from_the_start(
    stage: Site, life: Life, clock: FixedClock
) -> None:
    await leave(life, clock)
    everything = erasure.erasing
    done: list[str] = []

    def until_killed(member: Any) -> Iterator[Any]:
        for each in everything(member):
            done.append(str(each.table))
            yield each
            if len(done) == 5:
                raise Killed

    with patch.object(erasure, "erasing", until_killed):
        await erase(stage)
    assert done
    outlived = {"key", "kept answer", "new email"}  # which others delete by then
    left = life.hers.seen_in(await dump(stage))
    assert left >= life.hers.words.keys() - outlived, "none of it is done"
    for _ in range(2):  # else days of the market are taken down beside what follows, or are not
        await hurry(stage)
        await work_once(stage)
    assert life.hers.seen_in(await dump(stage)) == set()
    after = await dump(stage)
    await erase(stage)
    assert life.hers.seen_in(await dump(stage)) == set()
    assert len(await dump(stage)) <= len(after) + 2_000, "nothing is done twice"


async def test_without_one_transaction_half_of_it_would_be_lost(
    stage: Site, life: Life, clock: FixedClock
) -> None:
    """The control: what `Traces` deletes is committed on its own, and then the process ends."""
    await leave(life, clock)
    erase_here = SqlTraces.erase

    async def and_commit(traces: SqlTraces, user: Any) -> None:
        await erase_here(traces, user)
        await (await stage.port(Current)).session.commit()
        raise Killed

    before = life.hers.seen_in(await dump(stage))
    with patch.object(SqlTraces, "erase", and_commit):
        await erase(stage)
    left = life.hers.seen_in(await dump(stage))
    assert set() < left < before
