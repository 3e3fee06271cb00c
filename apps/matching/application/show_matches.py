"""What a member is shown of matches."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from apps.catalogue.contract import CardId, Catalogue
from apps.collection.contract import CardView, CopyId, WantGroupId
from apps.identity.contract import Partner
from apps.matching.application.find_matches import FindMatches
from apps.matching.domain.company import LeftOut
from apps.matching.domain.match import Match, MatchKind, Reason, givers_of
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.contract import Method

VALID_FOR = timedelta(hours=24)
EVEN = timedelta(minutes=10)
"""An id ends with such a span, so that who asks twice gets the same."""

WORDS: dict[Reason | LeftOut, str] = {
    Reason.GIVES: "They list cards that you look for.",
    Reason.TAKES: "They look for cards that you list.",
    Reason.CLOSES: "Each gets what they look for, though no two of you could swap.",
    Reason.TOP_WISH: "You get a card that you want most.",
    Reason.NEAR: "All of you live in the same region.",
    Reason.TRUSTED: "Everybody else in it is well trusted.",
    LeftOut.UNANSWERED: "Members who have left three proposals or more unanswered.",
    LeftOut.NOT_ACCEPTED: "Members who accept no proposals at the moment.",
    LeftOut.NOT_IN_RINGS: "Members who are too new, or have no confirmed address, for rings.",
    LeftOut.NO_METHOD: "Pairs that live apart and cannot both use the mail yet.",
    LeftOut.PAIR_LIMIT: "Matches in which two have as many trades under way as they may.",
    LeftOut.UNDER_WAY: "Rings whose members have a trade under way already.",
    LeftOut.WORN: "Copies in a condition that whoever wants the card does not take.",
    LeftOut.FULL: "Copies that are on no list any more, since enough is on its way.",
    LeftOut.PROMISED: "Copies of yours that are for trade, but promised.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A match as its id holds it: for whom, until when, and who gives which copies to the next."""

    member: MemberId
    expires_at: datetime
    gifts: Sequence[tuple[MemberId, Sequence[CopyId]]]


class MatchIds(Protocol):
    """Signs matches, and knows its own signature again."""

    def seal(self, offered: Offered) -> str:
        """Return the id."""
        ...

    def open(self, id: str, *, of: MemberId) -> Offered:
        """Return what was signed; raise MatchNotFound for what was not, or for somebody else."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPartyView:
    """A member of a match."""

    member_id: MemberId
    nickname: str
    region: str | None
    trust_level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCopyView:
    """A copy that would change hands, and which card it is one of."""

    id: CopyId
    card: CardView


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchLegView:
    """What one member would hand to another."""

    giver: MemberId
    receiver: MemberId
    copies: Sequence[MatchCopyView]


@dataclass(frozen=True, slots=True, kw_only=True)
class GainView:
    """What you would get, and which want of yours it is for; rank 1 is wanted most."""

    copy_id: CopyId
    card: CardView
    want_group_id: WantGroupId
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """Why: a code that stays, and words that may not."""

    code: Reason
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutView:
    """What was not suggested, and why; `text` says what is counted."""

    code: LeftOut
    count: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchView:
    """A pair or ring that could be proposed now, by one of these methods."""

    id: str
    kind: MatchKind
    parties: Sequence[MatchPartyView]
    legs: Sequence[MatchLegView]
    gains: Sequence[GainView]
    reasons: Sequence[ReasonView]
    methods: Sequence[Method]
    score: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ShowMatches:
    """Pairs and rings in which you could swap right now, the best for you first.

    More wants of yours come first, then what you want more, then short, near and trusted. An id
    is good for 24 hours; proposing looks at all of it again. `left_out` counts what was not
    suggested, but for those who are hidden from you.
    """

    find: FindMatches
    catalogue: Catalogue
    ids: MatchIds
    clock: Clock

    async def __call__(
        self,
        me: MemberId,
        *,
        kinds: Collection[MatchKind],
        longest: int,
        after: str | None,
        limit: int,
    ) -> tuple[Page[MatchView], Sequence[LeftOutView]]:
        found = await self.find(me, kinds=kinds, longest=longest)
        behind = order_in(after) if after else ()
        following = [match for match in found.matches if match.order > behind]
        page = Page.cut(following[: limit + 1], limit=limit, key=key_of)
        left_out = [
            LeftOutView(code=code, count=count, text=WORDS[code])
            for code, count in sorted(found.left_out.items())
        ]
        return Page(await self._views(page.items, found.partners), page.next), left_out

    async def _views(
        self, matches: Sequence[Match], partners: Mapping[MemberId, Partner]
    ) -> list[MatchView]:
        gifts = [gift for match in matches for gift in match.ring.gifts]
        cards = await self.catalogue.cards({gift.card for gift in gifts}) if gifts else {}
        expires_at = ended(self.clock.now() + VALID_FOR)
        return [self._view(match, partners, cards, expires_at) for match in matches]

    def _view(
        self,
        match: Match,
        partners: Mapping[MemberId, Partner],
        cards: Mapping[CardId, CardView],
        expires_at: datetime,
    ) -> MatchView:
        legs = givers_of(match)
        gifts = [(giver, [gift.copy for gift in leg]) for giver, leg in legs.items()]
        offered = Offered(member=match.circle[0], expires_at=expires_at, gifts=gifts)
        return MatchView(
            id=self.ids.seal(offered),
            kind=match.kind,
            parties=[party_view(partners[member]) for member in match.circle],
            legs=[
                MatchLegView(
                    giver=giver,
                    receiver=leg[0].receiver,
                    copies=[MatchCopyView(id=gift.copy, card=cards[gift.card]) for gift in leg],
                )
                for giver, leg in legs.items()
            ],
            gains=[
                GainView(
                    copy_id=gift.copy,
                    card=cards[gift.card],
                    want_group_id=gift.group,
                    rank=gift.rank,
                )
                for gift in match.gains
            ],
            reasons=[ReasonView(code=reason, text=WORDS[reason]) for reason in match.reasons],
            methods=match.methods,
            score=match.score,
            expires_at=expires_at,
        )


def party_view(partner: Partner) -> MatchPartyView:
    """Show a member of a match."""
    return MatchPartyView(
        member_id=partner.id,
        nickname=partner.nickname,
        region=partner.region,
        trust_level=partner.trust_level,
    )


def ended(moment: datetime) -> datetime:
    """Return the end of the span in which this moment lies."""
    begun = timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    return moment - begun % EVEN + EVEN


def key_of(match: Match) -> str:
    """Return behind which key the next page starts; it holds where lists have changed meanwhile."""
    return f"{match.score} {' '.join(map(str, match.circle))}"


def order_in(key: str) -> tuple[int, tuple[MemberId, ...]]:
    """Return the place of what has this key among matches."""
    score, *circle = key.split()
    return -int(score), tuple(MemberId(UUID(id)) for id in circle)
