"""Bringing a binder up to a list that its owner keeps elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from apps.catalogue.contract import MOST_WORDS, CardId, Catalogue, Found
from apps.collection.application.add_copies import AddCopies, Pile
from apps.collection.application.limits import CollectionLimits
from apps.collection.domain.copy import Condition, CopyRepository
from apps.collection.domain.copy_events import CopyId
from apps.collection.domain.recognition import Description, recognise
from apps.identity.contract import Directory
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import DomainError, DuplicateIds
from apps.shared.domain.ids import MemberId

MOST_TEXTS = 50
"""Different texts that are looked for in one import; each costs a search."""

MOST_CANDIDATES = 5


class TooManySearches(DomainError):
    """Too many lines name their card in words; give more of them the card's code."""


class Outcome(StrEnum):
    """Whether it is clear which card a line means (K3)."""

    RESOLVED = "resolved"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCopy:
    """A line of the list; a card has a `code`, or else `words`, unless `copy_id` suffices.

    Of the words some may be told to name a part of the card: its group, idols, release and so on.
    """

    line: int
    copy_id: CopyId | None
    code: str
    words: str
    parts: AbstractSet[str]
    condition: Condition
    for_trade: bool
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """What a line means: a copy that is `new` to the binder, or the one it stands for already."""

    line: int
    outcome: Outcome
    new: bool
    copy_id: CopyId | None
    candidates: Sequence[Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Lines by outcome; of those resolved, how many are held already and how many are new."""

    lines: int
    resolved: int
    doubtful: int
    unknown: int
    held: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportView:
    """What an import did or, in a dry run, would do; `room` is what the binder took before it."""

    dry_run: bool
    created: int
    room: int
    counts: Counts
    lines: Sequence[LineView]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCopy:
    """A copy that a member holds, or once handed over to somebody else."""

    card_id: CardId
    held: bool


class Stock(Protocol):
    """What an import has to know of a binder."""

    async def named(
        self, copies: Collection[CopyId], *, by: MemberId
    ) -> Mapping[CopyId, NamedCopy]:
        """Return those of these copies that the member holds or has handed over."""
        ...

    async def of_cards(
        self, cards: Collection[CardId], *, by: MemberId
    ) -> Mapping[CopyId, Description]:
        """Return the copies of these cards that the member holds, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class ImportCopies:
    """Bring your binder up to a list: what it has already is recognised, what is new is created.

    Nothing is created in a dry run, which is the default, nor for lines that leave it open which
    card they mean. The same list a second time creates nothing new (K3).
    """

    work: UnitOfWork
    copies: CopyRepository
    stock: Stock
    catalogue: Catalogue
    directory: Directory
    limits: CollectionLimits
    add: AddCopies

    async def __call__(
        self, listed: Sequence[ListedCopy], *, by: MemberId, dry_run: bool
    ) -> ImportView:
        async with self.work:
            await self.directory.lock([by])
            room = self.limits.copies_count_max - await self.copies.count(of=by)
            lines = await self._recognise(listed, await self._read(listed, by), by)
            created = 0 if dry_run else await self._create(listed, lines, by)
            return ImportView(
                dry_run=dry_run,
                created=created,
                room=max(room, 0),
                counts=count(lines),
                lines=lines,
            )

    async def _read(self, listed: Sequence[ListedCopy], by: MemberId) -> list[LineView]:
        """Find out which card each line means: by its copy, by a code, or in words."""
        ensure_named_once(listed)
        named = await self.stock.named({each.copy_id for each in listed if each.copy_id}, by=by)
        cards = await self.catalogue.cards({copy.card_id for copy in named.values()})
        open = [each for each in listed if each.copy_id not in named]
        coded = await self.catalogue.by_code({each.code for each in open if each.code})
        told = await self.catalogue.find(texts_of(open))

        def read(each: ListedCopy) -> LineView:
            if each.copy_id and (copy := named.get(each.copy_id)):
                why = "id" if copy.held else "handed_over"
                found = [Found(card=cards[copy.card_id], score=1.0, why=(why,))]
                return line_of(each, found, sure=copy.held, copy_id=each.copy_id)
            if each.code:
                card = coded.get(each.code)
                found = [Found(card=card, score=1.0, why=("code",))] if card else []
                return line_of(each, found, sure=True)
            candidates = told.get(each.words, ())
            return line_of(each, candidates, sure=is_certain(each, candidates))

        return [read(each) for each in listed]

    async def _recognise(
        self, listed: Sequence[ListedCopy], lines: Sequence[LineView], by: MemberId
    ) -> list[LineView]:
        """Tell lines that stand for a copy held already from those that are new."""
        taken = {line.copy_id for line in lines}
        described = {
            each.line: Description(
                card_id=line.candidates[0].card.id,
                condition=each.condition,
                for_trade=each.for_trade,
                note=each.note,
            )
            for each, line in zip(listed, lines, strict=True)
            if line.new
        }
        held = await self.stock.of_cards({each.card_id for each in described.values()}, by=by)
        known = recognise(described, {id: copy for id, copy in held.items() if id not in taken})
        return [
            replace(line, new=False, copy_id=known[line.line]) if line.line in known else line
            for line in lines
        ]

    async def _create(
        self, listed: Sequence[ListedCopy], lines: list[LineView], by: MemberId
    ) -> int:
        """Create what is new, and note under which id. Raises LimitExceeded."""
        places = [place for place, line in enumerate(lines) if line.new]
        piles = [
            Pile(
                card_id=lines[place].candidates[0].card.id,
                condition=listed[place].condition,
                for_trade=listed[place].for_trade,
                note=listed[place].note,
            )
            for place in places
        ]
        created = await self.add(piles, by=by) if piles else []
        for place, id in zip(places, created, strict=True):
            lines[place] = replace(lines[place], copy_id=id)
        return len(created)


def ensure_named_once(listed: Sequence[ListedCopy]) -> None:
    """Hold that each line stands for a copy of its own; raise DuplicateIds (P11)."""
    first = {each.copy_id: each.line for each in reversed(listed)}
    again = [each for each in listed if each.copy_id and first[each.copy_id] != each.line]
    if again:
        detail = "This copy stands in the list before; for a second one leave the id out."
        fault = {"code": "duplicate-ids", "detail": detail}
        raise DuplicateIds(errors=[{"pointer": f"/{each.line}", **fault} for each in again])


def is_certain(listed: ListedCopy, found: Sequence[Found]) -> bool:
    """Tell whether one card alone answers to all that was told, each part in its own place."""
    told = listed.words.split()
    return len(found) == 1 and len(told) <= MOST_WORDS and listed.parts <= {*found[0].why}


def line_of(
    listed: ListedCopy, found: Sequence[Found], *, sure: bool, copy_id: CopyId | None = None
) -> LineView:
    """Judge a line by the cards it may mean."""
    certain = Outcome.RESOLVED if sure else Outcome.DOUBTFUL
    outcome = certain if found else Outcome.UNKNOWN
    return LineView(
        line=listed.line,
        outcome=outcome,
        new=outcome is Outcome.RESOLVED and copy_id is None,
        copy_id=copy_id if sure else None,
        candidates=found[:MOST_CANDIDATES],
    )


def texts_of(listed: Sequence[ListedCopy]) -> list[str]:
    """Return what has to be looked for, each text once. Raises TooManySearches."""
    first = {each.words: each.line for each in reversed(listed) if not each.code and each.words}
    too_many = sorted(first.values())[MOST_TEXTS:]
    if too_many:
        detail = f"Up to {MOST_TEXTS} different texts are looked for."
        fault = {"code": "too-many-searches", "detail": detail}
        raise TooManySearches(errors=[{"pointer": f"/{line}", **fault} for line in too_many[:1]])
    return sorted(first)


def count(lines: Sequence[LineView]) -> Counts:
    """Count lines by what became of them."""
    outcomes = [line.outcome for line in lines]
    new = sum(line.new for line in lines)
    resolved = outcomes.count(Outcome.RESOLVED)
    return Counts(
        lines=len(lines),
        resolved=resolved,
        doubtful=outcomes.count(Outcome.DOUBTFUL),
        unknown=outcomes.count(Outcome.UNKNOWN),
        held=resolved - new,
        new=new,
    )
