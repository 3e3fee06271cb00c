"""Addresses are sealed: whoever gets at the database alone reads none, and mixes none up."""

import hashlib
import logging
from asyncio import to_thread
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from apps import cli
from apps.identity.infrastructure.keys import load_or_create
from apps.shared.application.reseal import SealBroken
from apps.shared.infrastructure import sealing
from apps.shared.infrastructure.sealing import Sealer
from apps.trading.application.find_neighbours import FindNeighbours, Neighbour
from apps.trading.infrastructure.addresses import AddressModel, TradeAddressModel
from tests.identity.stage import serving
from tests.support.deals import told
from tests.support.mail import a_mailing, address_of
from tests.support.postal import HOME, WORK, entry
from tests.support.served import PRODUCTION, environment, typed
from tests.support.site import Member, Site
from tests.support.vaults import Glass, places_with

BROKEN = (503, "seal-broken")


@pytest.fixture(autouse=True)
def aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands that start servers leave signals and logs of this process alone."""
    monkeypatch.setattr(cli, "leave_when_told", lambda: None)
    monkeypatch.setattr(cli, "write_logs", lambda *_, **__: None)


async def plant(site: Site) -> str:
    """Let somebody live there, and tell it to a trade; return the word to look for."""
    word = f"Kanarienvogelgasse{uuid7().hex}"
    mailing = await a_mailing(site)
    body = entry(lines=[word], recipient=f"Ann of {word}", label=f"At {word}"[:40])
    path = f"/me/addresses/{mailing.work}"
    assert (await mailing.other.send("PUT", path, body)).status_code == 200
    assert (await mailing.accept()).status_code == 200
    shown = await mailing.address(mailing.author)
    assert shown.json()["lines"] == [word]
    return word


async def test_no_word_of_an_address_is_in_files_logs_or_dumps(
    url: str,
    keys: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO)
    async with Site(url, keys) as site:
        word = await plant(site)
        assert places_with(url, word) == set()
    printed = capsys.readouterr()
    assert "/me/addresses" in caplog.text
    assert word not in caplog.text + printed.out + printed.err


async def test_where_nothing_is_sealed_it_is_in_all_of_them(url: str, keys: Path) -> None:
    """The control: it shows that the test above can fail."""
    glass = Glass(lambda: load_or_create(keys / "keys").data)
    async with Site(url, keys, serving(Sealer, glass)) as site:
        word = await plant(site)
        assert places_with(url, word) == {"files", "log", "dump"}


async def mixed_up(site: Site) -> list[tuple[Member, str]]:
    """Put sealed texts into other rows, other tables and other hands; return where they show."""
    mailing = await a_mailing(site)
    ann, bea = mailing.author, mailing.other
    assert (await mailing.accept()).status_code == 200
    other, third = [await address_of(ann), await address_of(ann)]
    books, trades = AddressModel, TradeAddressModel
    texts = {str(row.id): row.sealed for row in await site.ask(select(books))}
    kept = {row.member_id: row.sealed for row in await site.ask(select(trades))}
    for id, text in ((mailing.home, texts[other]), (other, kept[ann.id])):
        await site.change(update(books).where(books.id == UUID(id)).values(sealed=text))
    into = update(trades).where(trades.member_id == bea.id)
    await site.change(into.values(sealed=texts[mailing.work]))
    await site.change(update(books).where(books.id == UUID(third)).values(member_id=bea.id))
    return [
        (ann, f"/me/addresses/{mailing.home}"),
        (ann, f"/me/addresses/{other}"),
        (bea, f"/me/addresses/{third}"),
        (ann, f"{mailing.leg(ann)}/address"),
        (ann, "/me/addresses"),
        (bea, "/me/addresses"),
    ]


async def test_what_was_put_elsewhere_in_the_database_is_shown_to_nobody(site: Site) -> None:
    for member, path in await mixed_up(site):
        answer = await member.get(path)
        assert told(answer) == BROKEN, path
        assert answer.json()["detail"] == SealBroken.__doc__
        assert not [word for word in (*HOME.lines, *WORK.lines) if word in answer.text]


async def test_unless_places_are_not_authenticated(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the test above can fail."""
    monkeypatch.setattr(sealing, "told", lambda header, _: header.encode())
    codes = [(await member.get(path)).status_code for member, path in await mixed_up(site)]
    assert codes.count(200) >= 3, codes


async def test_without_the_right_key_nothing_is_shown_and_nobody_starts(
    url: str, keys: Path, tmp_path: Path
) -> None:
    async with Site(url, keys) as site:
        mailing = await a_mailing(site)
    load_or_create(tmp_path / "keys")
    for name in {file.name for file in (keys / "keys").iterdir()} - {"data-1.key"}:
        (tmp_path / "keys" / name).write_bytes((keys / "keys" / name).read_bytes())
    async with Site(url, tmp_path) as other:
        ann = Member(other, mailing.author.id, "ann", mailing.author.token)
        assert told(await ann.get("/me/addresses")) == BROKEN
        assert told(await ann.get(f"/me/addresses/{mailing.home}")) == BROKEN
        assert (await ann.get("/me/copies")).status_code == 200
    env = environment(url, tmp_path)
    for command in ("kcs worker --once", "kcs serve --port 0", "kcs data status"):
        refused = await to_thread(typed, command, env)
        assert (refused.returncode, "put it back" in refused.stderr) == (1, True), command
    checked = await to_thread(typed, "kcs config check", env)
    assert (checked.returncode, "put it back" in checked.stdout + checked.stderr) == (1, True)


def test_production_starts_with_data_keys_only(url: str, tmp_path: Path) -> None:
    env = environment(url, tmp_path, **PRODUCTION)
    for missing in ("data-1.key", "index.key"):
        load_or_create(tmp_path / "keys")
        (tmp_path / "keys" / missing).unlink()
        refused = typed("kcs worker --once", env)
        assert (refused.returncode, f"has no {missing}" in refused.stderr) == (1, True)


async def test_members_who_share_a_place_are_found_though_it_is_sealed(
    site: Site, keys: Path, url: str
) -> None:
    ann, bea, eve = [await site.join(name) for name in ("ann", "bea", "eve")]
    for postal in (HOME, WORK):
        await address_of(ann, entry(postal))
    await address_of(bea, entry(HOME, recipient="Bea", phone=None, label=None))
    spelled = entry(WORK, recipient="Bea", lines=["110 ZHONGXIAO, East Road"], city="taipei")
    await address_of(bea, spelled)
    await address_of(eve, entry(WORK, lines=["111 Zhongxiao East Road"]))
    find = await site.port(FindNeighbours)  # type: ignore[type-abstract]
    assert await find(ann.id) == [Neighbour(member_id=bea.id, places=2)]
    assert await find(eve.id) == []
    row, *_ = await site.ask(select(AddressModel))
    place = f"{HOME.place}|{WORK.place}"
    assert row.fingerprint not in {
        hashlib.sha256(each.encode()).hexdigest() for each in (HOME.place, WORK.place, place)
    }
    printed = await to_thread(typed, f"kcs trades neighbours {bea.id}", environment(url, keys))
    assert printed.stdout == f"{ann.id}  2\n"
