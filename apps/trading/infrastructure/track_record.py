"""What somebody's trades have come to, counted where they are kept (R5, R8)."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    bindparam,
    case,
    distinct,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from apps.identity.contract import Directory, TradeRecord, UserNotFound
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.application.keep_standings import FRAUD, TrackRecords
from apps.trading.application.show_ratings import Figures, ReputationView, ShowReputation
from apps.trading.contract import PlatformMean
from apps.trading.domain.moves import State
from apps.trading.domain.reputation import (
    FEWEST_SHOWN,
    Given,
    bayesian_mean,
    counted,
    median_seconds,
)
from apps.trading.domain.terms import Method
from apps.trading.infrastructure.cases import DisputeCaseModel
from apps.trading.infrastructure.models import (
    TradeEventModel,
    TradeLegModel,
    TradeModel,
    TradePartyModel,
)
from apps.trading.infrastructure.rating_queries import SHOWN
from apps.trading.infrastructure.ratings import RatingModel

YEAR = timedelta(days=365)


def any_leg(holds: SQLColumnExpression[bool]) -> ColumnElement[bool]:
    """Return the condition that this holds for a leg of the trade."""
    leg = TradeLegModel
    return exists().where(leg.trade_id == TradeModel.id, holds).correlate(TradeModel)


def every_leg(holds: SQLColumnExpression[bool]) -> ColumnElement[bool]:
    """Return the condition that there is no leg of the trade for which this does not hold."""
    return ~any_leg(~holds)


COMPLETED = TradeModel.state == State.COMPLETED
CREDITED = COMPLETED & every_leg(~TradeLegModel.auto_received)
PRESENT = COMPLETED & every_leg(TradeLegModel.verified)
CANCELLED = (TradeModel.state != State.RESOLVED) & TradePartyModel.at_fault
"""Called off, or once agreed on and given up after a copy had got worse (T19)."""
TRACKED = (
    exists()
    .where(
        TradeLegModel.trade_id == TradeModel.id,
        TradeLegModel.giver_id == TradePartyModel.member_id,
        TradeLegModel.tracking_number.is_not(None),
    )
    .correlate(TradeModel, TradePartyModel)
)
"""One's own cards were sent with a number."""
LOST = (TradeModel.state == State.RESOLVED) & TradePartyModel.at_fault
UNANSWERED = (
    (TradeModel.state == State.EXPIRED)
    & TradeModel.reopened_by.is_(None)
    & (TradePartyModel.consented_revision.is_distinct_from(TradeModel.revision))
)

FRAUDULENT = LOST & (
    exists()
    .where(
        DisputeCaseModel.trade_id == TradeModel.id,
        DisputeCaseModel.decided_at.is_not(None),
        or_(*(DisputeCaseModel.kind == kind for kind in sorted(FRAUD))),
    )
    .correlate(TradeModel)
)

_mine, _done, _leg = aliased(TradePartyModel), aliased(TradeModel), aliased(TradeLegModel)
PARTNERS = (
    select(
        func.count(
            distinct(
                case((_leg.giver_id == _mine.member_id, _leg.receiver_id), else_=_leg.giver_id)
            )
        )
    )
    .select_from(_mine)
    .join(_done, _done.id == _mine.trade_id)
    .join(_leg, _leg.trade_id == _mine.trade_id)
    .where(
        _mine.member_id == TradePartyModel.member_id,
        (_leg.giver_id == _mine.member_id) | (_leg.receiver_id == _mine.member_id),
        _done.state == State.COMPLETED,
    )
    .correlate(TradePartyModel)
    .scalar_subquery()
)
"""To whom one gave, and from whom one got: in a ring, not everybody."""
RECORDS = Question(
    select(
        TradePartyModel.member_id,
        func.count().filter(COMPLETED).label("completed_trades"),
        func.count().filter(PRESENT).label("presence_verified"),
        func.count().filter(CANCELLED).label("cancelled_at_fault"),
        func.count().filter(LOST).label("disputes_lost"),
        func.count().filter(CREDITED).label("credited_trades"),
        func.count().filter(CREDITED & (PRESENT | TRACKED)).label("proven_trades"),
        PARTNERS.label("partners"),
        func.max(case((LOST, TradeModel.updated_at))).label("last_lost_at"),
        func.max(case((FRAUDULENT, TradeModel.updated_at))).label("last_fraud_at"),
    )
    .join(TradeModel, TradeModel.id == TradePartyModel.trade_id)
    .where(TradePartyModel.member_id.in_(bindparam("members", expanding=True)))
    .group_by(TradePartyModel.member_id)
)

COUNTS = {
    "completed": COMPLETED,
    "completed_in_person": COMPLETED & (TradeModel.method == Method.IN_PERSON),
    "completed_by_mail": COMPLETED & (TradeModel.method == Method.MAIL),
    "presence_verified": PRESENT,
    "cancelled_at_fault": CANCELLED,
    "disputes_lost": LOST,
    "unanswered_proposals": UNANSWERED,
}
FIGURES = Question(
    select(
        *(func.count().filter(which).label(name) for name, which in COUNTS.items()),
        *(
            func.count()
            .filter(which & (TradeModel.updated_at >= bindparam("since")))
            .label(f"{name}_lately")
            for name, which in COUNTS.items()
        ),
    )
    .select_from(TradePartyModel)
    .join(TradeModel, TradeModel.id == TradePartyModel.trade_id)
    .where(TradePartyModel.member_id == bindparam("member"))
)

_asked = aliased(TradeEventModel)
ASKING, ANSWERING = (
    ("trade_proposed", "trade_countered", "trade_reopened"),
    ("trade_accepted", "trade_rejected", "trade_countered", "party_consented"),
)
ANSWERS = Question(
    select(TradeEventModel.at, _asked.at.label("asked_at"))
    .join(TradePartyModel, TradePartyModel.trade_id == TradeEventModel.trade_id)
    .join(_asked, _asked.trade_id == TradeEventModel.trade_id)
    .where(
        TradePartyModel.member_id == bindparam("member"),
        TradeEventModel.actor_id == TradePartyModel.member_id,
        or_(*(TradeEventModel.kind == kind for kind in ANSWERING)),
        or_(*(_asked.kind == kind for kind in ASKING)),
        _asked.revision
        == TradeEventModel.revision - case((TradeEventModel.kind == "trade_countered", 1), else_=0),
    )
)
"""When this member answered a revision, and when it was sent."""

SCORES = Question(
    select(RatingModel.rater_id, RatingModel.score, RatingModel.rated_at)
    .where(RatingModel.ratee_id == bindparam("member"), RatingModel.hidden_at.is_(None), SHOWN)
    .order_by(RatingModel.id)
)


class SqlTrackRecords(TrackRecords):
    """All of these members in one SELECT."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, members: Collection[MemberId]) -> Mapping[MemberId, TradeRecord]:
        """Count."""
        found = {}
        for row in await self._reads(RECORDS, members=sorted(members)):
            counts = row._asdict()
            member = counts.pop("member_id")
            found[member] = TradeRecord(**counts)
        return found


class SqlShowReputation(ShowReputation):
    """Counts, answers, scores and the mean of the platform, each in one SELECT."""

    def __init__(
        self, reads: Reads, directory: Directory, platform: PlatformMean, clock: Clock
    ) -> None:
        self._reads = reads
        self._directory = directory
        self._platform = platform
        self._clock = clock

    async def __call__(self, member: MemberId, *, to: MemberId) -> ReputationView:
        """Ask no more than is shown: of a newcomer, one question."""
        if member not in await self._directory.members([member], to=to):
            raise UserNotFound
        now = self._clock.now()
        (row,) = await self._reads(FIGURES, member=member, since=now - YEAR)
        if row.completed < FEWEST_SHOWN:
            return ReputationView(
                member_id=member,
                new=True,
                score=None,
                ratings=None,
                last_12_months=None,
                all_time=None,
            )
        counts = row._asdict()
        answers = [
            (each.at, each.at - each.asked_at) for each in await self._reads(ANSWERS, member=member)
        ]
        lately = [time for at, time in answers if at >= now - YEAR]
        score, ratings = await self._score(member, now)
        return ReputationView(
            member_id=member,
            new=False,
            score=score,
            ratings=ratings,
            last_12_months=Figures(
                **{name: counts[f"{name}_lately"] for name in COUNTS},
                median_answer_seconds=median_seconds(lately),
            ),
            all_time=Figures(
                **{name: counts[name] for name in COUNTS},
                median_answer_seconds=median_seconds([time for _, time in answers]),
            ),
        )

    async def _score(self, member: MemberId, at: datetime) -> tuple[float | None, int]:
        rows = await self._reads(SCORES, member=member, at=at)
        scores = counted(Given(row.rater_id, row.score, row.rated_at) for row in rows)
        prior = await self._platform()
        if prior is None:
            return None, len(scores)
        return round(bayesian_mean(scores, prior=prior), 2), len(scores)
