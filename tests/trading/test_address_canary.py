"""An address that nobody else may see: it is planted, and every other place is searched for it."""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from httpx import Response
from sqlalchemy import select, text
from uuid_utils.compat import uuid7

from apps.shared.infrastructure.database import Model
from tests.support.mail import Mailing, a_mailing
from tests.support.postal import entry
from tests.support.routes import place_of, routes_of
from tests.support.site import API, Member, Site

CANARY = "Kanarienvogelgasse 4711"
KEPT_IN: set[str] = set()


class Ears:
    """Hears every answer of a site, and who got it."""

    def __init__(self, site: Site) -> None:
        self.heard: list[Response] = []
        site.client.event_hooks["response"].append(self.hear)

    async def hear(self, answer: Response) -> None:
        await answer.aread()
        self.heard.append(answer)

    def got_by(self, member: Member) -> set[str]:
        """The paths at which this member was told the canary."""
        return {
            answer.request.url.path.removeprefix(API)
            for answer in self.heard
            if answer.request.headers.get("Authorization") == f"Bearer {member.token}"
            and CANARY in answer.text
        }


@pytest.fixture
async def site(url: str, keys: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Site]:
    caplog.set_level(logging.INFO)  # as `write_logs` has it
    async with Site(url, keys) as site:
        yield site


async def plant(mailing: Mailing) -> None:
    """Ann lives there, and says so by sending the proposal anew; Bea accepts."""
    ann, bea = mailing.author, mailing.other
    body = entry(lines=[CANARY], recipient=f"Ann of {CANARY}", label=f"At {CANARY}")
    changed = await ann.send("PUT", f"/me/addresses/{mailing.home}", body)
    assert changed.status_code == 200, changed.text
    legs = {leg["from"]: [c["id"] for c in leg["copies"]] for leg in mailing.shown["legs"]}
    beas, anns = legs[str(bea.id)], legs[str(ann.id)]
    told = {"give": [*beas, str(await bea.hold())], "take": anns, "address_id": mailing.work}
    answer = await bea.post(f"{mailing.path}/counter", {"revision": 1, **told})
    assert answer.status_code == 200, answer.text
    accepted = {"revision": 2, "address_id": mailing.home}
    assert (await ann.post(f"{mailing.path}/accept", accepted)).status_code == 200


def questions(site: Site, mailing: Mailing) -> Iterator[str]:
    """Every path that a GET of the API may have here, with the ids of this trade in it."""
    ids = {
        "trade_id": [mailing.shown["id"]],
        "leg_id": [leg["id"] for leg in mailing.shown["legs"]],
        "member_id": [str(mailing.author.id), str(mailing.other.id)],
        "copy_id": [copy["id"] for leg in mailing.shown["legs"] for copy in leg["copies"]],
        "address_id": [mailing.home, mailing.work],
    }
    for route in routes_of(site.app):
        method, path = place_of(route)
        if method == "GET" and path.startswith(API):
            paths = [path.removeprefix(API)]
            for name in re.findall(r"{(\w+)}", path):
                values = ids.get(name, [str(uuid7())])
                paths = [p.replace(f"{{{name}}}", value) for p in paths for value in values]
            yield from paths


async def ask_everything(site: Site, mailing: Mailing, *readers: Member) -> None:
    for path in questions(site, mailing):
        for reader in readers:
            assert (await reader.get(path)).status_code < 500


async def test_an_address_is_told_to_its_sender_and_to_nobody_else(
    site: Site, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    mailing, ears = await a_mailing(site), Ears(site)
    ann, bea, eve = mailing.author, mailing.other, await site.join("eve")
    await plant(mailing)
    await ask_everything(site, mailing, ann, bea, eve)
    own = f"/me/addresses/{mailing.home}"
    assert ears.got_by(ann) == {"/me/addresses", own}
    assert ears.got_by(bea) == {f"{mailing.leg(bea)}/address"}
    assert ears.got_by(eve) == set()
    assert len(ears.heard) > 3 * 20
    assert (await bea.post(f"{mailing.path}/cancel")).status_code == 200
    ears.heard.clear()
    await ask_everything(site, mailing, bea, eve)
    assert ears.got_by(bea) | ears.got_by(eve) == set()
    printed = capsys.readouterr()
    assert not [each for each in (caplog.text, printed.out, printed.err) if CANARY in each]
    assert "/me/addresses" in caplog.text, "what was asked is in the log"
    assert await tables_with_the_canary(site) == KEPT_IN


async def tables_with_the_canary(site: Site) -> set[str]:
    """The tables in any of whose rows it stands."""
    found = set()
    async with (await site.engine()).connect() as connection:
        for table in Model.metadata.sorted_tables:
            rows = await connection.execute(select(text("*")).select_from(table))
            if any(CANARY in str(value) for row in rows for value in row):
                found.add(table.name)
    return found
