"""The five files become entries of the catalogue, which refer to each other by code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast
from uuid import UUID

from apps.catalogue.application.cells import Cells, among, day_of, kind_of, read_rows
from apps.catalogue.application.sheets import Refusal, Sheet
from apps.catalogue.domain.card import Card, CardId
from apps.catalogue.domain.entry import Code, Entry, code_of, label_of, name_of
from apps.catalogue.domain.group import Group, GroupId
from apps.catalogue.domain.idol import Idol, IdolId, Membership
from apps.catalogue.domain.release import Release, ReleaseId

Id = TypeVar("Id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Everything in the catalogue, by code."""

    groups: Mapping[Code, Group]
    idols: Mapping[Code, Idol]
    releases: Mapping[Code, Release]
    cards: Mapping[Code, Card]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the files say, with the ids of what was there already; `refused` spoils all of it."""

    groups: list[Group] = field(default_factory=list)
    idols: list[Idol] = field(default_factory=list)
    memberships: list[tuple[IdolId, Membership]] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def read_delivery(
    sheets: Mapping[str, Sheet], stock: Stock, next_id: Callable[[], UUID]
) -> Delivery:
    """Read all files against what is there, noting every fault."""
    refused: list[Refusal] = []
    groups: Mapping[Code, GroupId] = identify(sheets["groups.csv"], stock.groups, next_id)
    idols: Mapping[Code, IdolId] = identify(sheets["idols.csv"], stock.idols, next_id)
    releases: Mapping[Code, ReleaseId] = identify(sheets["releases.csv"], stock.releases, next_id)
    cards: Mapping[Code, CardId] = identify(sheets["cards.csv"], stock.cards, next_id)

    def group(cells: Cells) -> Group:
        code = cells.take("code", code_of)
        name = cells.take("name", name_of)
        names = cells.several("names", name_of)
        cells.check()
        return Group.enter(groups[code], code=code, name=name, names=names)

    def membership(cells: Cells) -> tuple[IdolId, Membership]:
        group_id = cells.take("group", among("group", groups))
        idol_id = cells.take("idol", among("idol", idols))
        joined_on = cells.take("from", day_of)
        left_on = cells.perhaps("to", day_of)
        cells.check()
        return idol_id, Membership(group_id=group_id, joined_on=joined_on, left_on=left_on)

    def idol(cells: Cells) -> Idol:
        code = cells.take("code", code_of)
        name = cells.take("name", name_of)
        names = cells.several("names", name_of)
        cells.check()
        held = stock.idols[code].memberships if code in stock.idols else ()
        return Idol.enter(idols[code], code=code, name=name, names=names, memberships=held)

    def release(cells: Cells) -> Release:
        code = cells.take("code", code_of)
        group_id = cells.take("group", among("group", groups))
        title = cells.take("title", name_of)
        day = cells.take("released_on", day_of)
        names = cells.several("names", name_of)
        cells.check()
        return Release.enter(
            releases[code], code=code, group_id=group_id, title=title, released_on=day, names=names
        )

    def card(cells: Cells) -> Card:
        code = cells.take("code", code_of)
        release_id = cells.take("release", among("release", releases))
        idol_ids = cells.several("idols", among("idol", idols))
        kind = cells.take("kind", kind_of)
        retailer = cells.perhaps("retailer", label_of)
        version = cells.perhaps("version", label_of)
        number = cells.perhaps("number", label_of)
        names = cells.several("names", name_of)
        cells.check()
        if code in stock.cards and stock.cards[code].merged_into:
            return stock.cards[code]  # the row of the surviving card speaks for both
        return Card.enter(
            cards[code],
            code=code,
            release_id=release_id,
            idol_ids=idol_ids,
            kind=kind,
            retailer=retailer,
            version=version,
            number=number,
            image_url=stock.cards[code].image_url if code in stock.cards else None,
            names=names,
        )

    return Delivery(
        groups=read_rows(sheets["groups.csv"], ["code"], group, refused),
        idols=read_rows(sheets["idols.csv"], ["code"], idol, refused),
        memberships=read_rows(
            sheets["memberships.csv"], ["group", "idol", "from"], membership, refused
        ),
        releases=read_rows(sheets["releases.csv"], ["code"], release, refused),
        cards=read_rows(sheets["cards.csv"], ["code"], card, refused),
        refused=refused,
    )


def identify(
    sheet: Sheet, stock: Mapping[Code, Entry[Id]], next_id: Callable[[], UUID]
) -> Mapping[Code, Id]:
    """Give an id to each code of a file, also in rows with faults, lest others seem faulty too."""
    ids = {code: entry.id for code, entry in stock.items()}
    for row in sheet.rows:
        if (code := Code(row.cells["code"])) and code not in ids:
            ids[code] = cast("Id", next_id())
    return ids
