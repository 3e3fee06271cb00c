"""Filling the catalogue from files."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from apps.catalogue.application.reading import Delivery, Stock, read_delivery
from apps.catalogue.application.sheets import COLUMNS, Refusal, Sheet
from apps.catalogue.domain.card import Card, CardRepository
from apps.catalogue.domain.change import CardChange, CardHistory, ChangeKind
from apps.catalogue.domain.entry import Code, Entries, Entry
from apps.catalogue.domain.group import GroupRepository
from apps.catalogue.domain.idol import Idol, IdolId, IdolRepository, Membership
from apps.catalogue.domain.release import ReleaseRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids

E = TypeVar("E", bound=Entry[Any])

PORTION = 5_000
"""Entries written at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the rows of a file."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import did, file by file; where anything was refused, it did nothing."""

    tallies: Mapping[str, Tally]
    refused: Sequence[Refusal] = ()


def silence(file: str, rows: int) -> None:
    """Tell nobody of the progress."""
    del file, rows


@dataclass(frozen=True, slots=True)
class ImportCatalogue:
    """Fill the catalogue from its five files: all of them or, if anything is refused, nothing.

    Entries are known again by their codes, so the same files a second time change nothing. What
    the files do not name stays as it is; nothing is ever deleted.
    """

    work: UnitOfWork
    groups: GroupRepository
    idols: IdolRepository
    releases: ReleaseRepository
    cards: CardRepository
    history: CardHistory
    ids: Ids
    clock: Clock

    async def __call__(
        self, sheets: Iterable[Sheet], *, progress: Callable[[str, int], None] = silence
    ) -> Report:
        """Return what happened; `progress` hears how many more rows of which file are done."""
        read = {file: Sheet.read(file, None) for file in COLUMNS}
        read |= {sheet.file: sheet for sheet in sheets}
        refused = [refusal for sheet in read.values() for refusal in sheet.refused]
        if refused:
            return Report(tallies={}, refused=refused)
        async with self.work:
            stock = Stock(
                groups=await self.groups.by_code(),
                idols=await self.idols.by_code(),
                releases=await self.releases.by_code(),
                cards=await self.cards.by_code(),
            )
            delivery = read_delivery(read, stock, self.ids.next)
            if delivery.refused:
                return Report(tallies={}, refused=delivery.refused)
            return Report(tallies=await self._keep(delivery, stock, progress))

    async def _keep(
        self, delivery: Delivery, stock: Stock, progress: Callable[[str, int], None]
    ) -> Mapping[str, Tally]:
        """Write first what others refer to."""
        await keep(self.groups, delivery.groups, stock.groups)
        progress("groups.csv", len(delivery.groups))
        await keep(self.idols, people(delivery, stock), stock.idols)
        progress("idols.csv", len(delivery.idols))
        progress("memberships.csv", len(delivery.memberships))
        await keep(self.releases, delivery.releases, stock.releases)
        progress("releases.csv", len(delivery.releases))
        for start in range(0, len(delivery.cards), PORTION):
            portion = delivery.cards[start : start + PORTION]
            await keep(self.cards, portion, stock.cards)
            await self.history.keep(changes(portion, stock.cards, at=self.clock.now()))
            progress("cards.csv", len(portion))
        return {
            "groups.csv": tally(delivery.groups, stock.groups),
            "idols.csv": tally(delivery.idols, stock.idols),
            "memberships.csv": tally_memberships(delivery, stock),
            "releases.csv": tally(delivery.releases, stock.releases),
            "cards.csv": tally(delivery.cards, stock.cards),
        }


async def keep(into: Entries[E], entries: Sequence[E], stored: Mapping[Code, E]) -> None:
    """Write those that are new, and those that are no longer what is stored."""
    await into.keep(
        new=[entry for entry in entries if entry.code not in stored],
        changed=[
            entry
            for entry in entries
            if entry.code in stored and not entry.same_as(stored[entry.code])
        ],
    )


def changes(
    cards: Sequence[Card], stored: Mapping[Code, Card], *, at: datetime
) -> list[CardChange]:
    """Return what the history has to tell of these cards."""
    known = [(stored.get(card.code), card) for card in cards]
    return [
        CardChange(
            kind=ChangeKind.CORRECTED if before else ChangeKind.ENTERED,
            before=before,
            after=card,
            by=None,
            at=at,
        )
        for before, card in known
        if before is None or not card.same_as(before)
    ]


def people(delivery: Delivery, stock: Stock) -> list[Idol]:
    """Return the idols of the files with their memberships: those stored, and those delivered."""
    joining: dict[IdolId, list[Membership]] = defaultdict(list)
    for idol_id, membership in delivery.memberships:
        joining[idol_id].append(membership)
    known = {idol.id: idol for idol in (*stock.idols.values(), *delivery.idols)}
    named = {idol.id for idol in delivery.idols} | set(joining)
    return [known[idol_id].joining(joining[idol_id]) for idol_id in known if idol_id in named]


def tally(entries: Sequence[E], stored: Mapping[Code, E]) -> Tally:
    """Count rows that are entries."""
    old = [stored[entry.code].same_as(entry) for entry in entries if entry.code in stored]
    return Tally(new=len(entries) - len(old), changed=old.count(False), unchanged=old.count(True))


def tally_memberships(delivery: Delivery, stock: Stock) -> Tally:
    """Count rows that are parts of idols."""
    stored = {
        (idol.id, membership.key): membership
        for idol in stock.idols.values()
        for membership in idol.memberships
    }
    told = [((idol_id, each.key), each) for idol_id, each in delivery.memberships]
    old = [stored[key] == membership for key, membership in told if key in stored]
    return Tally(new=len(told) - len(old), changed=old.count(False), unchanged=old.count(True))
