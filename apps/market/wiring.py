"""Which class serves which interface of the market."""

from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all

from apps.market.application.archive_snapshots import (
    ArchiveSnapshots,
    RestoreSnapshots,
    StoredSnapshots,
)
from apps.market.application.collect import (
    PLANNED_AT_ONCE,
    Collect,
    Collections,
    Conditions,
    ListCollections,
    PlanCollections,
    RepeatCollections,
    Snapshots,
)
from apps.market.application.generations import Generations, MarketStore
from apps.market.application.index_market import BATCH, Calendar, IndexMarket
from apps.market.application.rebuild_market import (
    FORGOTTEN_AT_ONCE,
    BeginRebuild,
    Comparison,
    FinishRebuild,
    ForgetReadings,
    OldReadings,
    RebuildMarket,
)
from apps.market.application.refresh_market import CardMarket, RefreshMarket
from apps.market.application.show_conditions import ListConditions
from apps.market.application.show_market import (
    AllSnapshots,
    CardMarkets,
    ListSnapshots,
    ShowCardMarket,
)
from apps.market.application.show_statistics import MemberFigures
from apps.market.application.show_swap_index import ShowSwapIndex, Swaps
from apps.market.application.take_conditions import ConditionRecords, TakeConditions
from apps.market.infrastructure.collections import SqlCollections
from apps.market.infrastructure.condition_queries import SqlListConditions
from apps.market.infrastructure.condition_records import SqlConditionRecords
from apps.market.infrastructure.generations import SqlGenerations
from apps.market.infrastructure.market_queries import SqlCardMarkets, SqlListSnapshots
from apps.market.infrastructure.member_figures import SqlMemberFigures
from apps.market.infrastructure.readings import SqlComparison, SqlOldReadings
from apps.market.infrastructure.refreshes import SqlCardMarket
from apps.market.infrastructure.snapshots import SqlSnapshots
from apps.market.infrastructure.store import SqlMarketStore
from apps.market.infrastructure.stored_snapshots import SqlStoredSnapshots
from apps.market.infrastructure.swap_queries import SqlSwaps
from apps.shared.application.jobs import Recurring

RECURRING = (
    Recurring(kind="market.index", every=timedelta(seconds=2), use_case=IndexMarket, full=BATCH),
    Recurring(kind="market.rebuilt", every=timedelta(seconds=10), use_case=FinishRebuild),
    Recurring(
        kind="market.forget",
        every=timedelta(minutes=1),
        use_case=ForgetReadings,
        full=FORGOTTEN_AT_ONCE,
    ),
    Recurring(
        kind="market.plan",
        every=timedelta(minutes=10),
        use_case=PlanCollections,
        full=PLANNED_AT_ONCE,
    ),
    Recurring(kind="market.collect", every=timedelta(seconds=30), use_case=Collect, full=1),
    Recurring(kind="market.refresh", every=timedelta(seconds=45), use_case=RefreshMarket),
)
"""What workers do again and again."""


class MarketWiring(Provider):
    """The market."""

    scope = Scope.APP

    generations = provide(SqlGenerations, provides=Generations)
    store = provide(SqlMarketStore, provides=MarketStore)
    comparison = provide(SqlComparison, provides=Comparison)
    old = provide(SqlOldReadings, provides=OldReadings)
    collections = provide(SqlCollections, provides=Collections)
    snapshots = provide(SqlSnapshots, provides=Snapshots)
    figures = provide(SqlMemberFigures, provides=MemberFigures)
    card_market = provide(SqlCardMarket, provides=CardMarket)
    refreshing = provide(RefreshMarket)
    swaps = provide(SqlSwaps, provides=Swaps)
    markets = provide(SqlCardMarkets, provides=CardMarkets)
    list_snapshots = provide(SqlListSnapshots, provides=ListSnapshots)
    list_conditions = provide(SqlListConditions, provides=ListConditions)
    showing = provide_all(ShowSwapIndex, ShowCardMarket, AllSnapshots)
    stored = provide(SqlStoredSnapshots, provides=StoredSnapshots)
    archiving = provide_all(ArchiveSnapshots, RestoreSnapshots)
    records = provide(SqlConditionRecords, provides=ConditionRecords)
    conditions = provide(TakeConditions, provides=Conditions)
    collecting = provide_all(PlanCollections, Collect, RepeatCollections, ListCollections)
    use_cases = provide_all(IndexMarket, BeginRebuild, FinishRebuild, RebuildMarket, ForgetReadings)

    def __init__(self, calendar: Calendar) -> None:
        """Take the days of this installation."""
        super().__init__()
        self._calendar = calendar

    @provide
    def calendar(self) -> Calendar:
        """Return the days of this installation."""
        return self._calendar
