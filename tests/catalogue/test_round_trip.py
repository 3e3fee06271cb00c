"""Every field of every entry comes back from both databases as it was written."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

from uuid_utils.compat import uuid7

from apps.catalogue.domain.card import Card, CardId, CardRepository, Kind
from apps.catalogue.domain.entry import Entry
from apps.catalogue.domain.group import Group, GroupId, GroupRepository
from apps.catalogue.domain.idol import Idol, IdolId, IdolRepository, Membership
from apps.catalogue.domain.release import Release, ReleaseId, ReleaseRepository
from apps.shared.application.work import UnitOfWork
from tests.support.site import Site

GROUP = Group.enter(GroupId(uuid7()), code="newjeans", name="NewJeans", names=["뉴진스", "🐰"])
IDOL = Idol.enter(
    IdolId(uuid7()),
    code="hanni",
    name="Hanni",
    names=["하니", 'a "quoted" \\ name'],
    memberships=[
        Membership(group_id=GROUP.id, joined_on=date(2022, 7, 22)),
        Membership(group_id=GROUP.id, joined_on=date(2020, 1, 1), left_on=date(2020, 2, 29)),
    ],
)
OTHER = Idol.enter(IdolId(uuid7()), code="minji", name="Minji")
RELEASE = Release.enter(
    ReleaseId(uuid7()),
    code="omg",
    group_id=GROUP.id,
    title="OMG",
    released_on=date(2023, 1, 2),
    names=["오엠지"],
)
SURVIVOR = Card.enter(
    CardId(uuid7()),
    code="omg-minji",
    release_id=RELEASE.id,
    idol_ids=[OTHER.id],
    kind=Kind.ALBUM,
)
ENTERED = Card.enter(
    CardId(uuid7()),
    code="omg-both",
    release_id=RELEASE.id,
    idol_ids=[OTHER.id, IDOL.id],
    kind=Kind.LUCKY_DRAW,
    retailer="Soundwave",
    version="A ver.",
    number="07",
    image_url="https://kcs.test/omg-both.webp",
    names=["Blue"],
)
CARD = replace(ENTERED, merged_into=SURVIVOR.id)


def facts(entry: Entry[Any]) -> dict[str, object]:
    return {each.name: getattr(entry, each.name) for each in fields(entry) if each.init}


async def test_every_field_of_every_entry_survives(site: Site) -> None:
    kept: list[tuple[Any, list[Entry[Any]]]] = [
        (GroupRepository, [GROUP]),
        (IdolRepository, [IDOL, OTHER]),
        (ReleaseRepository, [RELEASE]),
        (CardRepository, [SURVIVOR, CARD]),
    ]
    work = await site.port(UnitOfWork)  # type: ignore[type-abstract]
    async with work:
        for repository, entries in kept:
            await (await site.port(repository)).keep(new=entries, changed=[])
    async with work:
        for repository, entries in kept:
            stored = await (await site.port(repository)).by_code()
            assert {code: facts(entry) for code, entry in stored.items()} == {
                entry.code: facts(entry) for entry in entries
            }


async def test_no_field_is_left_at_its_default() -> None:
    for entry in (GROUP, IDOL, RELEASE, CARD):
        assert all(facts(entry).values())
