"""One key follows another: first seen, then signing, then only verifying, then gone."""

import logging
import shutil
import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from jose import jwt

from apps.identity.application.keep_keys import (
    AHEAD,
    AT_ONCE,
    KeyFollows,
    KeyInUse,
    KeyKind,
    KeyNotFound,
    KeyState,
)
from apps.identity.infrastructure import key_folder
from apps.identity.infrastructure.claims import ACCESS_AUDIENCE
from apps.identity.infrastructure.key_files import KeysMissing, KeysUnfit
from apps.identity.infrastructure.key_folder import FolderChest
from apps.identity.infrastructure.key_terms import ACCESS_KEPT, REFRESH_KEPT, stamp
from apps.identity.infrastructure.keys import PLAIN, load, load_or_create
from apps.shared.domain.ids import Clock
from tests.identity.forging import parts
from tests.identity.phones import Phone, a_phone
from tests.identity.stage import serving, told
from tests.support.builders import FixedClock
from tests.support.site import API, Site

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
INVALID = (401, "invalid-token")


@pytest.fixture(autouse=True)
def watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the folder whenever a key is asked for."""
    monkeypatch.setattr(key_folder, "LOOK", 0.0)


@pytest.fixture
def chest(folder: Path, clock: FixedClock) -> FolderChest:
    return FolderChest(folder, clock)


@pytest.fixture
async def site(url: str, folder: Path, clock: FixedClock) -> AsyncIterator[Site]:
    async with Site(url, folder.parent, serving(Clock, clock)) as site:
        yield site


def states(chest: FolderChest, kind: KeyKind) -> list[KeyState]:
    return [key.state for key in chest.shown() if key.kind is kind]


async def published(site: Site) -> list[str]:
    answer = await site.client.get("/.well-known/jwks.json")
    return [key["kid"] for key in answer.json()["keys"]]


async def kid_of_a_new_token(phone: Phone) -> str:
    await phone.swap()
    kid: str = parts(phone.access)[0]["kid"]
    return kid


async def test_the_public_keys_verify_what_is_signed_and_tell_no_secret(
    site: Site, folder: Path
) -> None:
    phone = await a_phone(site, (await site.join("ann")).id)
    answer = await site.client.get("/.well-known/jwks.json")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=3600")
    (key,) = answer.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert key["kid"] == load(folder).access_kid
    claims = jwt.decode(
        phone.access,
        key,
        algorithms=["ES256"],
        audience=ACCESS_AUDIENCE,
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims["sub"] == str(phone.member)
    assert (await site.client.get(f"{API}/.well-known/jwks.json")).status_code == 404


async def test_the_next_key_is_shown_an_hour_before_it_signs(
    site: Site, chest: FolderChest, clock: FixedClock
) -> None:
    phone = await a_phone(site, (await site.join("ann")).id)
    (old,) = await published(site)
    new = chest.rotate(KeyKind.ACCESS, ahead=AHEAD)
    assert (new.state, new.since) == (KeyState.NEXT, clock.at + AHEAD)
    assert await published(site) == [old, new.name]
    clock.at += AHEAD - SECOND
    assert await kid_of_a_new_token(phone) == old
    before = phone.access
    clock.at += SECOND
    assert states(chest, KeyKind.ACCESS) == [KeyState.RETIRED, KeyState.ACTIVE]
    assert await published(site) == [new.name, old]
    assert await kid_of_a_new_token(phone) == new.name
    for access in (before, phone.access):
        assert (await phone.look(access)).status_code == 200


async def test_a_retired_key_verifies_for_as_long_as_a_token_lives(
    site: Site, chest: FolderChest, clock: FixedClock, folder: Path
) -> None:
    phone = await a_phone(site, (await site.join("ann")).id)
    (old,) = await published(site)
    stolen = folder.parent / "stolen"
    shutil.copytree(folder, stolen / "keys")
    chest.rotate(KeyKind.ACCESS, ahead=AHEAD)
    clock.at += AHEAD + ACCESS_KEPT - SECOND
    assert old in await published(site)
    async with Site(site.settings.database_url, stolen, serving(Clock, clock)) as thief:
        mint = await a_phone(thief, phone.member)
    assert (await phone.look(mint.access)).status_code == 200
    clock.at += SECOND
    assert old not in await published(site)
    assert told(await phone.look(mint.access)) == INVALID


async def test_vouch_cards_outlive_the_key_that_signed_them(
    site: Site, chest: FolderChest, clock: FixedClock
) -> None:
    ann = await site.join("ann")
    card = await ann.post("/me/vouch")
    assert card.status_code == 201, card.text
    token = card.json()["token"]
    chest.rotate(KeyKind.ACCESS, ahead=AHEAD)
    clock.at += 29 * DAY
    assert (await site.client.get(f"{API}/vouches/{token}")).status_code == 200
    assert chest.tidy() == []
    clock.at += AHEAD + DAY
    assert states(chest, KeyKind.ACCESS) == [KeyState.ENDED, KeyState.ACTIVE]
    assert len(chest.tidy()) == 1
    assert states(chest, KeyKind.ACCESS) == [KeyState.ACTIVE]
    assert len(await published(site)) == 1


async def test_attack_30_a_refresh_key_is_rotated_and_nobody_is_signed_out(
    site: Site, chest: FolderChest, clock: FixedClock
) -> None:
    phone = await a_phone(site, (await site.join("ann")).id)
    assert chest.rotate(KeyKind.REFRESH, ahead=AHEAD).name == "refresh-2"
    await phone.swap()
    assert (await phone.row()).mac_kid == 1
    clock.at += AHEAD
    await phone.swap()
    assert (await phone.row()).mac_kid == 2
    again = await phone.ask(phone.tokens[1])
    assert (again.status_code, again.json()["refresh_token"]) == (200, phone.refresh)
    assert states(chest, KeyKind.REFRESH) == [KeyState.RETIRED, KeyState.ACTIVE]
    clock.at += REFRESH_KEPT
    assert [key.name for key in chest.tidy()] == ["refresh-1"]
    assert chest.rotate(KeyKind.REFRESH, ahead=AHEAD).name == "refresh-3"


async def test_attack_30_a_process_that_has_not_looked_yet_knows_the_next_key(
    url: str, folder: Path, clock: FixedClock, chest: FolderChest
) -> None:
    """Both know it before either signs with it, so neither refuses what the other has signed."""
    chest.rotate(KeyKind.REFRESH, ahead=AT_ONCE)
    chest.rotate(KeyKind.ACCESS, ahead=AT_ONCE)
    async with Site(url, folder.parent, serving(Clock, clock)) as one:
        phone = await a_phone(one, (await one.join("ann")).id)
        slow = FixedClock()
        async with Site(url, folder.parent, serving(Clock, slow)) as other:
            clock.at = slow.at + AT_ONCE
            await phone.swap()
            assert (await phone.row()).mac_kid == 2
            elsewhere = Phone(other, phone.member, phone.id, phone.access, [*phone.tokens])
            slow.at = clock.at - SECOND  # the other's clock is behind
            assert (await elsewhere.look()).status_code == 200
            await elsewhere.swap()


def test_what_is_laid_down_is_for_its_owner_only(folder: Path, chest: FolderChest) -> None:
    for kind in KeyKind:
        chest.rotate(kind, ahead=AHEAD)
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert len(files) == 2 * len(KeyKind) + len(PLAIN)
    assert {*files.values()} == {0o600}


def test_one_key_follows_at_a_time(chest: FolderChest, clock: FixedClock) -> None:
    for kind in KeyKind:
        chest.rotate(kind, ahead=AHEAD)
        with pytest.raises(KeyFollows):
            chest.rotate(kind, ahead=AHEAD)
        soon = chest.rotate(kind, ahead=AT_ONCE)  # after a leak nobody waits for the hour
        clock.at += AT_ONCE
        (active,) = [
            key for key in chest.shown() if (key.kind, key.state) == (kind, KeyState.ACTIVE)
        ]
        assert active.name == soon.name


def test_the_key_that_signs_stays_and_a_leaked_one_goes(
    folder: Path, chest: FolderChest, clock: FixedClock
) -> None:
    old = load(folder).access_kid
    for name in (old, "refresh-1"):
        with pytest.raises(KeyInUse):
            chest.retire(name)
    for kind in KeyKind:
        chest.rotate(kind, ahead=AT_ONCE)
    clock.at += AT_ONCE
    for name in (old, "refresh-1"):
        assert chest.retire(name).state is KeyState.RETIRED
        with pytest.raises(KeyNotFound):
            chest.retire(name)
    assert load(folder, clock.at).retired == {}
    assert [*load(folder, clock.at).refresh] == [2]


async def test_a_folder_that_became_unfit_changes_nothing(
    site: Site, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    phone = await a_phone(site, (await site.join("ann")).id)
    (folder / "refresh-2.key").write_text("changeme")
    with caplog.at_level(logging.ERROR):
        await phone.swap()
    assert "refresh-2.key holds" in caplog.text
    assert "changeme" not in caplog.text
    (folder / "refresh-2.key").write_text(bytes(range(32)).hex())
    await phone.swap()
    assert (await phone.row()).mac_kid == 2


@pytest.mark.parametrize(
    "name",
    [
        "access-2.pem",
        "access-20261399T130000Z.pem",
        "access-20261129.pem",
        "refresh-2-soon.key",
        "refresh-2-20261129T250000Z.key",
        "refresh-1-20261129T130000Z.key",
    ],
)
def test_a_name_that_tells_no_moment_or_a_number_twice_is_refused(folder: Path, name: str) -> None:
    pattern = "access.pem" if name.startswith("access") else "refresh-1.key"
    (folder / name).write_bytes((folder / pattern).read_bytes())
    for read in (load, load_or_create):
        with pytest.raises(KeysUnfit, match=r"-2|number"):
            read(folder)


def test_a_key_that_is_still_to_come_is_none_yet(folder: Path, clock: FixedClock) -> None:
    (folder / "access.pem").rename(folder / f"access-{stamp(clock.at + AHEAD)}.pem")
    with pytest.raises(KeysMissing, match=r"access\.pem"):
        load(folder, clock.at)
    assert load(folder, clock.at + AHEAD).upcoming == {}
