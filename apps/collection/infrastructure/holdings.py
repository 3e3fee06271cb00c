"""Holdings in SQL: row locks first, the unique index as the last guard (P1, P5)."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import bindparam, insert, select, update

from apps.catalogue.contract import CardView, Catalogue
from apps.collection.contract import Holdings
from apps.collection.domain.copy import CopyRepository, Holding
from apps.collection.domain.copy_events import (
    AgreementId,
    CopyHandedOver,
    CopyId,
    CopyPromised,
    CopyReleased,
)
from apps.collection.infrastructure.models import (
    HELD,
    LIVE,
    CopyHandoverModel,
    CopyModel,
    CopyPromiseModel,
)
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.shared.domain.model import Event
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

CARDS = Question(
    select(CopyModel.id, CopyModel.card_id).where(
        CopyModel.id.in_(bindparam("copies", expanding=True))
    )
)


class SqlHoldings(Holdings):
    """As many statements for one copy as for twenty."""

    def __init__(
        self,
        current: Current,
        reads: Reads,
        copies: CopyRepository,
        catalogue: Catalogue,
        ids: Ids,
        clock: Clock,
    ) -> None:
        self._current = current
        self._copies = copies
        self._reads = reads
        self._catalogue = catalogue
        self._ids = ids
        self._clock = clock

    async def lock(self, copies: Collection[CopyId]) -> Mapping[CopyId, Holding]:
        """Lock in the order of ids, or two of them wait for each other; then read promises.

        One statement would not do: it would see the promises as they were before it waited.
        """
        session = self._current.session
        await session.execute(
            select(CopyModel.id)
            .where(CopyModel.id.in_(copies))
            .order_by(CopyModel.id)
            .with_for_update()
        )
        found = await session.execute(
            select(
                CopyModel.id,
                CopyModel.owner_id,
                CopyModel.state,
                CopyModel.for_trade,
                CopyPromiseModel.agreement_id,
            )
            .outerjoin(CopyPromiseModel, (CopyPromiseModel.copy_id == CopyModel.id) & LIVE)
            .where(CopyModel.id.in_(copies), HELD)
        )
        return {row.id: Holding(**row._asdict()) for row in found}

    async def promise(self, copies: Collection[CopyId], *, under: AgreementId) -> None:
        """Insert one row a copy; the index refuses a second live one."""
        now = self._clock.now()
        await self._current.session.execute(
            insert(CopyPromiseModel),
            [
                {"id": self._ids.next(), "copy_id": copy, "agreement_id": under, "promised_at": now}
                for copy in sorted(copies)
            ],
        )
        self._tell(CopyPromised(copy=copy, agreement=under, at=now) for copy in sorted(copies))

    async def expect(
        self, moves: Mapping[MemberId, Collection[CopyId]], *, under: AgreementId
    ) -> None:
        """Name the receiver on each live promise."""
        for receiver, copies in moves.items():
            await self._current.session.execute(
                update(CopyPromiseModel)
                .where(
                    CopyPromiseModel.agreement_id == under,
                    CopyPromiseModel.copy_id.in_(copies),
                    LIVE,
                )
                .values(receiver_id=receiver)
                .execution_options(synchronize_session=False)
            )

    async def dispatch(self, copies: Collection[CopyId], *, under: AgreementId) -> None:
        """Stamp the live promises over them."""
        await self._current.session.execute(
            update(CopyPromiseModel)
            .where(
                CopyPromiseModel.agreement_id == under, CopyPromiseModel.copy_id.in_(copies), LIVE
            )
            .values(shipped_at=self._clock.now())
            .execution_options(synchronize_session=False)
        )

    async def release(self, agreements: Collection[AgreementId]) -> None:
        """Stamp the live rows."""
        now = self._clock.now()
        free = await self._current.session.scalars(
            update(CopyPromiseModel)
            .where(CopyPromiseModel.agreement_id.in_(agreements), LIVE)
            .values(released_at=now)
            .returning(CopyPromiseModel.copy_id)
            .execution_options(synchronize_session=False)
        )
        self._tell(CopyReleased(copy=copy, at=now) for copy in sorted(free))

    async def hand_over(
        self, moves: Mapping[MemberId, Collection[CopyId]], *, under: AgreementId
    ) -> None:
        """Fulfil, lengthen the chains, and only then change owners, whom the chains name."""
        session, now = self._current.session, self._clock.now()
        receivers = {copy: to for to, copies in moves.items() for copy in copies}
        await session.execute(
            update(CopyPromiseModel)
            .where(
                CopyPromiseModel.agreement_id == under,
                CopyPromiseModel.copy_id.in_(receivers),
                LIVE,
            )
            .values(fulfilled_at=now)
            .execution_options(synchronize_session=False)
        )
        owners = await session.execute(
            select(CopyModel.id, CopyModel.owner_id)
            .where(CopyModel.id.in_(receivers))
            .order_by(CopyModel.id)
        )
        givers = [(copy, giver) for copy, giver in owners]
        await session.execute(
            insert(CopyHandoverModel),
            [
                {
                    "id": self._ids.next(),
                    "copy_id": copy,
                    "giver_id": giver,
                    "receiver_id": receivers[copy],
                    "agreement_id": under,
                    "at": now,
                }
                for copy, giver in givers
            ],
        )
        self._tell(
            CopyHandedOver(
                copy=copy, giver=giver, receiver=receivers[copy], agreement=under, at=now
            )
            for copy, giver in givers
        )
        for receiver, copies in moves.items():
            await session.execute(
                update(CopyModel)
                .where(CopyModel.id.in_(copies))
                .values(
                    owner_id=receiver,
                    for_trade=False,
                    note=None,
                    updated_at=now,
                    version=CopyModel.version + 1,
                )
                .execution_options(synchronize_session=False)
            )

    def _tell(self, events: Iterable[Event]) -> None:
        self._current.transaction.tell([*events])

    async def let_go(self, *, of: MemberId) -> None:
        """Do what was done when the member left."""
        await self._copies.let_go(of=of, at=self._clock.now())

    async def cards(self, copies: Collection[CopyId]) -> Mapping[CopyId, CardView]:
        """Ask for the cards' ids here, and for the cards in the catalogue."""
        rows = await self._reads(CARDS, copies=sorted(copies))
        cards = await self._catalogue.cards({row.card_id for row in rows})
        return {row.id: cards[row.card_id] for row in rows}
