"""What a member is told of a match: once, and again when they would get something else by it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NewType, Self

from apps.catalogue.contract import CardId
from apps.matching.domain.match import Match, MatchKind
from apps.matching.domain.search import Circle
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate, Event

NoticeId = NewType("NoticeId", str)
"""Made of what it tells, and whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchFound(Event):
    """This member could get these cards in a match with these parties, each giving to the next."""

    member: MemberId
    match: MatchKind
    parties: Circle
    cards: tuple[CardId, ...]


@dataclass(kw_only=True, eq=False)
class MatchNotice(Aggregate[NoticeId]):
    """That a member was told of a match."""

    member: MemberId
    told_at: datetime

    @classmethod
    def tell(cls, match: Match, to: MemberId, *, at: datetime) -> Self:
        """Tell one of those who are in it."""
        place = match.circle.index(to)
        parties = (*match.circle[place:], *match.circle[:place])
        gains = (gift.card for gift in match.ring.gifts if gift.receiver == to)
        cards = tuple(sorted(set(gains)))
        words = " ".join(map(str, (*parties, "get", *cards)))
        notice = cls(id=NoticeId(sha256(words.encode()).hexdigest()[:32]), member=to, told_at=at)
        notice.record(MatchFound(member=to, match=match.kind, parties=parties, cards=cards, at=at))
        return notice


def notices_of(match: Match, *, at: datetime) -> Iterator[MatchNotice]:
    """Yield what is to be told to everybody who is in it."""
    for member in match.circle:
        yield MatchNotice.tell(match, member, at=at)
