"""Spells: how copies, wants, merges and levels were, from one event to another.

Events are counted as they are read, and a spell names the first event since which something was so
and, once it is not so any more, the first event since which it was not. So the market can be asked
for as it was behind any event.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from apps.catalogue.contract import CardId
from apps.collection.contract import AgreementId, WantGroupId
from apps.shared.domain.ids import MemberId

Key = TypeVar("Key")
State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class CopyNow:
    """A copy in somebody's hands."""

    card: CardId
    owner: MemberId
    listed: bool
    agreement: AgreementId | None


@dataclass(frozen=True, slots=True)
class WantNow:
    """A card that a member looks for, of which `slots` are wanted since a moment."""

    member: MemberId
    slots: int
    wanted_at: datetime


WantKey = tuple[WantGroupId, CardId]


@dataclass(frozen=True, slots=True)
class Spell(Generic[Key, State]):
    """That something was so behind event number `since`, and until another one."""

    key: Key
    since: int
    state: State


class Spells(Generic[Key, State]):
    """Those that last, of whatever is looked at, and what has become of them.

    `ended` are those that were there before and have ended; `begun` are new and last, `passed` are
    new and have ended. What begins and ends with the same event was never so.
    """

    def __init__(self, lasting: Iterable[Spell[Key, State]] = ()) -> None:
        self.lasting = {spell.key: spell for spell in lasting}
        self.ended: list[tuple[Spell[Key, State], int]] = []
        self.begun: dict[Key, Spell[Key, State]] = {}
        self.passed: list[tuple[Spell[Key, State], int]] = []

    def now(self, key: Key) -> State | None:
        """Return how it is, if it is there."""
        spell = self.lasting.get(key)
        return spell.state if spell else None

    def put(self, key: Key, state: State | None, *, at: int) -> None:
        """Let it be so behind event `at`; None lets it be there no longer."""
        if self.now(key) == state:
            return
        before = self.lasting.pop(key, None)
        if before is not None and self.begun.pop(key, None) is None:
            self.ended.append((before, at))
        elif before is not None and before.since < at:
            self.passed.append((before, at))
        if state is not None:
            self.lasting[key] = self.begun[key] = Spell(key, at, state)

    def fresh(self) -> Iterator[tuple[Spell[Key, State], int | None]]:
        """Yield those that were not there before, each with the event that has ended it, if any."""
        yield from self.passed
        for spell in self.begun.values():
            yield spell, None


class Wants(Spells[WantKey, WantNow]):
    """Those of wanted cards, which are found by group, and by member and card, as well."""

    def __init__(self, lasting: Iterable[Spell[WantKey, WantNow]] = ()) -> None:
        super().__init__(lasting)
        self._groups: defaultdict[WantGroupId, dict[CardId, WantNow]] = defaultdict(dict)
        self._wishes: defaultdict[tuple[MemberId, CardId], set[WantGroupId]] = defaultdict(set)
        for key, spell in self.lasting.items():
            self._note(key, spell.state)

    def put(self, key: WantKey, state: WantNow | None, *, at: int) -> None:
        """Note it where it is looked for."""
        group, card = key
        if before := self._groups[group].pop(card, None):
            self._wishes[before.member, card].discard(group)
        if state is not None:
            self._note(key, state)
        super().put(key, state, at=at)

    def of_group(self, group: WantGroupId) -> Mapping[CardId, WantNow]:
        """Return which cards a want group names, and how they are wanted."""
        return dict(self._groups[group])

    def first_wish(self, member: MemberId, card: CardId) -> datetime | None:
        """Return since when a member has wanted a card, if they do."""
        groups = self._wishes[member, card]
        return min((self._groups[group][card].wanted_at for group in groups), default=None)

    def _note(self, key: WantKey, state: WantNow) -> None:
        group, card = key
        self._groups[group][card] = state
        self._wishes[state.member, card].add(group)
