"""A small catalogue with everything filled in, kept through its repositories."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.catalogue.domain.card import Card, CardId, CardRepository, Kind
from apps.catalogue.domain.entry import Code
from apps.catalogue.domain.group import Group, GroupId, GroupRepository
from apps.catalogue.domain.idol import Idol, IdolId, IdolRepository, Membership
from apps.catalogue.domain.release import Release, ReleaseId, ReleaseRepository
from apps.shared.application.work import UnitOfWork
from tests.support.builders import A_CARD, ANOTHER_CARD, a_uuid

A_GROUP, ANOTHER_GROUP = (GroupId(a_uuid(number, of=11)) for number in (1, 2))
AN_IDOL, ANOTHER_IDOL = (IdolId(a_uuid(number, of=12)) for number in (1, 2))
A_RELEASE, ANOTHER_RELEASE = (ReleaseId(a_uuid(number, of=13)) for number in (1, 2))
A_THIRD_CARD = CardId(a_uuid(3, of=2))
JOINED, LEFT = date(2022, 7, 22), date(2025, 2, 28)


def a_group(id: GroupId = A_GROUP, **given: Any) -> Group:
    told: dict[str, Any] = {
        "code": Code(f"group-{id.int % 100}"),
        "name": "뉴진스",
        "names": ("NewJeans", "NJ"),
    }
    return Group(id=id, **(told | given))


def an_idol(id: IdolId = AN_IDOL, **given: Any) -> Idol:
    told: dict[str, Any] = {
        "code": Code(f"idol-{id.int % 100}"),
        "name": "하니",
        "names": ("Hanni",),
        "memberships": (
            Membership(group_id=A_GROUP, joined_on=JOINED, left_on=LEFT),
            Membership(group_id=ANOTHER_GROUP, joined_on=LEFT),
        ),
    }
    return Idol(id=id, **(told | given))


def a_release(id: ReleaseId = A_RELEASE, **given: Any) -> Release:
    told: dict[str, Any] = {
        "code": Code(f"release-{id.int % 100}"),
        "group_id": A_GROUP,
        "title": "OMG",
        "released_on": date(2023, 1, 2),
        "names": ("오마이갓",),
    }
    return Release(id=id, **(told | given))


def a_card(id: CardId = A_CARD, **given: Any) -> Card:
    """Idols as they stand on it, which is not the order of their ids."""
    told: dict[str, Any] = {
        "code": Code(f"card-{id.int % 100}"),
        "release_id": A_RELEASE,
        "idol_ids": (ANOTHER_IDOL, AN_IDOL),
        "kind": Kind.LUCKY_DRAW,
        "retailer": "위드뮤",
        "version": "Message Card",
        "number": "No. 7",
        "image_url": "https://kcs.test/7.webp",
        "names": ("하니 셀카", "selfie"),
    }
    return Card(id=id, **(told | given))


@dataclass
class Printer:
    """Prints the catalogue that copies, want groups and proposals refer to."""

    work: UnitOfWork
    groups: GroupRepository
    idols: IdolRepository
    releases: ReleaseRepository
    cards: CardRepository

    async def all_but_cards(self) -> None:
        async with self.work:
            await self.groups.keep(new=[a_group(), a_group(ANOTHER_GROUP)], changed=[])
            await self.idols.keep(new=[an_idol(), an_idol(ANOTHER_IDOL)], changed=[])
            await self.releases.keep(new=[a_release(), a_release(ANOTHER_RELEASE)], changed=[])

    async def all(self) -> None:
        await self.all_but_cards()
        async with self.work:
            cards = [a_card(id) for id in (A_CARD, ANOTHER_CARD, A_THIRD_CARD)]
            await self.cards.keep(new=cards, changed=[])
