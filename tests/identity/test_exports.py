"""What is known of a member, in an archive of their own, found by a link that is good for a day."""

import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zipfile import ZipFile

from httpx import Response
from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.identity.infrastructure.exports import SignedLinks, ZippedJson
from apps.main import DISCLOSURES
from apps.shared.application.long_work import KEPT_FOR
from apps.shared.infrastructure.long_work import OperationFileModel, OperationModel
from apps.trading.infrastructure.disclosure import DiscloseTrades
from tests.identity.letters import Mails
from tests.identity.phones import a_phone
from tests.identity.stage import Postbox, told
from tests.support.accounts import TICK
from tests.support.builders import FixedClock
from tests.support.departures import suspend
from tests.support.labour import hurry, work_once
from tests.support.lives import a_life, well
from tests.support.site import API, Member, Site

MINUTES = timedelta(minutes=5)


async def asked(member: Member) -> dict[str, Any]:
    """The operation of an archive that this member has asked for."""
    answer = await member.post("/me/exports")
    operation: dict[str, Any] = well(answer, 202)
    assert answer.headers["Location"] == f"{API}/operations/{operation['id']}"
    return operation


async def outcome(member: Member, operation: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = well(await member.get(f"/operations/{operation['id']}"))
    return shown


async def made(member: Member) -> str:
    """The link to an archive that is ready."""
    operation = await asked(member)
    await work_once(member.site)
    href: str = (await outcome(member, operation))["result"]["href"]
    return href


async def fetch(site: Site, href: str, **headers: str) -> Response:
    return await site.client.get(href, headers=headers)


def read(archive: bytes) -> dict[str, Any]:
    with ZipFile(io.BytesIO(archive)) as files:
        return {name: json.loads(files.read(name)) for name in files.namelist()}


async def test_an_archive_is_made_and_found_by_its_link(stage: Site, clock: FixedClock) -> None:
    ann = await stage.join("ann")
    operation = await asked(ann)
    assert (operation["kind"], operation["status"]) == ("export", "queued")
    assert operation["progress"] == 0
    assert (operation["result"], operation["problem"]) == (None, None)
    await work_once(stage)
    done = await outcome(ann, operation)
    assert (done["status"], done["progress"], done["problem"]) == ("succeeded", 100, None)
    assert done["result"]["expires_at"] == f"{clock.at + KEPT_FOR:%Y-%m-%dT%H:%M:%SZ}"
    answer = await fetch(stage, done["result"]["href"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="kcardswap.zip"'
    assert answer.headers["Cache-Control"] == "no-store"
    archive = read(answer.content)
    (account,) = archive["account.json"]
    assert (account["id"], account["nickname"]) == (str(ann.id), "ann")


async def test_all_of_it_is_in_and_nothing_of_others(stage: Site, postbox: Postbox) -> None:
    life = await a_life(stage, Mails(stage, postbox))
    href = await made(life.ann)
    files = read((await fetch(stage, href)).content)
    text = json.dumps(files, ensure_ascii=False)
    assert life.hers.seen_in(text) == life.hers.words.keys()
    assert life.beas.seen_in(text) == set()
    assert str(life.bea.id) not in text
    assert {trade["with_member"] for trade in files["trades.json"]} == {"member-2"}
    assert {leg["giver_id"] for leg in files["legs.json"]} == {"me", "member-2"}
    assert len(files["trades.json"]) == len(life.trades)
    assert len(files["ratings_received.json"]) == 1
    with patch.object(DiscloseTrades, "chapters", {}):
        bare = await bare_archive(life.bea)
    assert life.beas.seen_in(bare) < life.beas.words.keys(), "the control"


async def bare_archive(member: Member) -> str:
    files = read((await fetch(member.site, await made(member))).content)
    return json.dumps(files, ensure_ascii=False)


async def test_it_takes_a_password_given_just_now(stage: Site, clock: FixedClock) -> None:
    ann = await stage.join("ann")
    assert (await stage.client.post(f"{API}/me/exports")).status_code == 401
    clock.at += MINUTES + TICK
    assert told(await ann.post("/me/exports")) == (403, "reauth-required")
    assert await stage.ask(select(OperationModel.id)) == []


async def test_one_is_made_at_a_time_and_one_a_day(
    stage: Site, keys: Path, clock: FixedClock
) -> None:
    del keys
    ann, bea = await stage.join("ann"), await stage.join("bea")
    first = await asked(ann)
    assert (await asked(ann))["id"] == first["id"], "it is under way"
    assert (await asked(bea))["id"] != first["id"]
    await work_once(stage)
    again = await ann.post("/me/exports")
    assert told(again) == (429, "export-too-soon")
    assert int(again.headers["Retry-After"]) == KEPT_FOR.total_seconds() + 1
    assert again.json()["limit_key"] == "data_exports"
    clock.at += KEPT_FOR
    phone = await a_phone(stage, ann.id)
    later = await asked(Member(stage, ann.id, "ann", phone.access))
    assert later["id"] != first["id"]


async def test_nobody_else_finds_the_operation_or_the_archive(stage: Site) -> None:
    ann, eve = await stage.join("ann"), await stage.join("eve")
    operation = await asked(ann)
    path = f"/operations/{operation['id']}"
    assert told(await eve.get(path)) == told(await eve.get(f"/operations/{uuid7()}"))
    assert told(await eve.get(path)) == (404, "not-found")
    assert (await stage.client.get(API + path)).status_code == 401
    await work_once(stage)
    href = (await outcome(ann, operation))["result"]["href"]
    eves = {"Authorization": f"Bearer {eve.token}"}
    assert told(await fetch(stage, href, **eves)) == (404, "not-found")
    assert (await fetch(stage, href, Authorization=f"Bearer {ann.token}")).status_code == 200
    assert (await fetch(stage, href, Authorization="Bearer x")).status_code == 401


async def test_a_link_that_was_forged_or_is_too_old_is_refused(
    stage: Site, clock: FixedClock
) -> None:
    ann, eve = await stage.join("ann"), await stage.join("eve")
    href, eves = await made(ann), await made(eve)
    (until,) = re.findall(r"until=(\d+)", href)
    id, other = (re.findall(r"exports/([\w-]+)", each)[0] for each in (href, eves))
    signature = href.rpartition("=")[2]
    forged = [
        href.replace(until, str(int(until) + 1)),
        href.replace(id, other),
        href.replace(id, str(uuid7())),
        href.replace(signature, "0" * 64),
        href.replace(signature, SignedLinks(b"another").to(
            uuid7(), until=clock.at + KEPT_FOR).rpartition("=")[2]),
    ]  # fmt: skip
    for each in forged:
        assert told(await fetch(stage, each)) == (404, "not-found"), each
    for each in (href.replace(signature, "x"), href.partition("?")[0], href + "&a=b"):
        assert (await fetch(stage, each)).status_code in {400, 422}
    clock.at += KEPT_FOR - TICK
    assert (await fetch(stage, href)).status_code == 200
    clock.at += TICK
    assert told(await fetch(stage, href)) == (404, "not-found")
    with patch.object(SignedLinks, "holds", return_value=True):
        assert told(await fetch(stage, href)) == (404, "not-found"), "the file has its time, too"
    await hurry(stage)
    await work_once(stage)
    for row in (OperationModel.id, OperationFileModel.operation_id):
        assert await stage.ask(select(row)) == []


async def test_without_a_signature_any_archive_could_be_had(stage: Site) -> None:
    """The control."""
    href = await made(await stage.join("ann"))
    forged = href.replace(href.rpartition("=")[2], "0" * 64)
    with patch.object(SignedLinks, "holds", return_value=True):
        assert (await fetch(stage, forged)).status_code == 200


async def test_it_is_hidden_with_its_member(stage: Site) -> None:
    ann, bea = await stage.join("ann"), await stage.join("bea")
    links = [await made(ann), await made(bea)]
    well(await ann.delete("/me"), 202)
    await suspend(bea)
    for href in links:
        assert told(await fetch(stage, href)) == (404, "not-found")


async def test_one_that_fails_is_tried_again_and_then_given_up(stage: Site) -> None:
    ann = await stage.join("ann")
    operation = await asked(ann)
    with patch.object(ZippedJson, "__call__", side_effect=ValueError):
        for _ in range(9):
            await work_once(stage)
            assert (await outcome(ann, operation))["status"] == "running"
            await stage.run(f"UPDATE jobs SET run_at = {LONG_AGO} WHERE kind = 'exports.build'")
        await work_once(stage)
    failed = await outcome(ann, operation)
    assert (failed["status"], failed["result"]) == ("failed", None)
    assert failed["problem"]["code"] == "internal-error"
    assert (await asked(ann))["id"] != operation["id"], "it may be asked for anew"


LONG_AGO = "'2020-01-01 00:00:00.000000'"


async def test_every_context_tells_what_it_knows() -> None:
    """Those that keep anything about members are those of docs/privacy.md."""
    assert {each.__module__.split(".")[1] for each in DISCLOSURES} == {
        *("identity", "catalogue", "collection", "trading", "matching", "group_orders")
    }
