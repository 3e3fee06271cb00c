"""Proposing what was found, if it still holds."""

from dataclasses import dataclass, replace

from apps.collection.contract import CopyId, Exchange, Holdings
from apps.identity.contract import Directory, Partners
from apps.matching.application.show_matches import MatchIds, Offered
from apps.matching.domain.changes import MatchChanged, changes_of, ensure_by_mail
from apps.matching.domain.company import Company
from apps.matching.domain.match import MatchNotFound
from apps.matching.domain.ring import PAIR
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import InvalidToken
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.contract import (
    AddressId,
    Engagements,
    RingProposals,
    SwapProposals,
    Terms,
    TradeId,
)


@dataclass(frozen=True, slots=True)
class ProposeMatch:
    """Propose a match of yours: a pair as you would yourself, a ring to all who are in it.

    All of it is looked at again, while nobody else can change it. A ring goes by mail, and nobody
    in it has consented by that, you neither.
    """

    work: UnitOfWork
    ids: MatchIds
    directory: Directory
    partners: Partners
    engagements: Engagements
    holdings: Holdings
    exchange: Exchange
    swaps: SwapProposals
    rings: RingProposals
    clock: Clock

    async def __call__(
        self,
        match_id: str,
        *,
        by: MemberId,
        terms: Terms,
        address_id: AddressId | None = None,
        note: str | None = None,
    ) -> TradeId:
        match = self.ids.open(match_id, of=by)
        if self.clock.now() >= match.expires_at:
            raise MatchNotFound
        if len(match.gifts) > PAIR:
            ensure_by_mail(terms, address_id, note)
        async with self.work:
            await self._ensure_unchanged(match)
            if len(match.gifts) > PAIR:
                return await self.rings(dict(match.gifts))
            (_, give), (other, take) = match.gifts
            return await self.swaps(
                by=by,
                to=other,
                give=give,
                take=take,
                terms=terms,
                address_id=address_id,
                note=note,
            )

    async def _ensure_unchanged(self, match: Offered) -> None:
        """Lock members, then copies, as everybody does; then look (P5)."""
        members = [giver for giver, _ in match.gifts]
        copies: list[CopyId] = [copy for _, given in match.gifts for copy in given]
        await self.directory.lock(members)
        holdings = await self.holdings.lock(copies)
        partners = await self.partners.among(members, to=match.member)
        if match.member not in partners:
            raise InvalidToken
        company = Company.of(
            match.member,
            partners,
            await self.engagements.of(members),
            most_per_pair=self.engagements.most_per_pair,
        )
        company = replace(company, apart=await self.directory.apart(members))
        transfers = await self.exchange.fitting(copies, receivers=members)
        changes = changes_of(match.gifts, company=company, holdings=holdings, transfers=transfers)
        if changes:
            raise MatchChanged(changes=changes)
