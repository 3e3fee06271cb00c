"""Which class serves which interface of matching, and who hears of what."""

from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all

from apps.identity.contract import DeletionAsked, MemberDeparted
from apps.matching.application.close_round import (
    BATCH,
    CloseDueRounds,
    CloseRound,
    Seeds,
    ShutRound,
)
from apps.matching.application.entries import Entries
from apps.matching.application.freeze_market import FreezeMarket
from apps.matching.application.join_round import JoinRound, LeaveRound, LeaveRounds, Welcome
from apps.matching.application.open_round import OpenRound
from apps.matching.application.runs import Rings, Runs, Strategy
from apps.matching.application.show_rounds import ListRounds, ListRuns, ShowResult, ShowRound
from apps.matching.domain.round import (
    RoundClosed,
    RoundOpened,
    RoundPublished,
    RoundRepository,
    RoundSettled,
)
from apps.matching.infrastructure.round_queries import RoundReads, SqlListRounds, SqlShowRound
from apps.matching.infrastructure.rounds import SqlEntries, SqlRoundRepository
from apps.matching.infrastructure.run_queries import RunReads, SqlListRuns, SqlShowResult
from apps.matching.infrastructure.runs import SqlRings, SqlRuns
from apps.matching.infrastructure.seeds import SystemSeeds
from apps.shared.application.jobs import Recurring
from apps.shared.domain.model import Event
from apps.shared.infrastructure.outbox import Publication

ON: dict[type[Event], tuple[type, ...]] = {
    MemberDeparted: (LeaveRounds,),
    DeletionAsked: (LeaveRounds,),
}
"""Who hears of what within its transaction."""

PUBLIC: dict[type[Event], Publication] = {
    event: Publication(kind=kind, aggregate="round", id="round")
    for event, kind in {
        RoundOpened: "round_opened",
        RoundClosed: "round_closed",
        RoundPublished: "round_published",
        RoundSettled: "round_settled",
    }.items()
}
"""What goes into the outbox."""

RECURRING = (
    Recurring(
        kind="rounds.close", every=timedelta(seconds=30), use_case=CloseDueRounds, full=BATCH
    ),
)
"""What workers do again and again."""

STRATEGY = Strategy(name="guided", version=1, solver="apps.matching.infrastructure.guided:Guided")


class MatchingWiring(Provider):
    """Rings, and matching rounds."""

    scope = Scope.APP

    rounds = provide(SqlRoundRepository, provides=RoundRepository)
    entries = provide(SqlEntries, provides=Entries)
    runs = provide(SqlRuns, provides=Runs)
    rings = provide(SqlRings, provides=Rings)
    seeds = provide(SystemSeeds, provides=Seeds)
    reads = provide_all(RoundReads, RunReads)
    show_round = provide(SqlShowRound, provides=ShowRound)
    list_rounds = provide(SqlListRounds, provides=ListRounds)
    show_result = provide(SqlShowResult, provides=ShowResult)
    list_runs = provide(SqlListRuns, provides=ListRuns)
    use_cases = provide_all(
        *(OpenRound, JoinRound, LeaveRound, CloseRound, CloseDueRounds),
        *(Welcome, FreezeMarket, ShutRound),
    )
    subscribers = provide_all(LeaveRounds)

    @provide
    def strategy(self) -> Strategy:
        """Return how rounds are solved here."""
        return STRATEGY
