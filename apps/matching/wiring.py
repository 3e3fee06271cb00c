"""Which class serves which interface of matching, and who hears of what."""

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any

from dishka import Provider, Scope, provide, provide_all

from apps.identity.contract import DeletionAsked, MemberDeparted, MemberErased
from apps.matching.application.close_round import (
    BATCH,
    SOLVE,
    CloseDueRounds,
    CloseRound,
    Seeds,
    ShutRound,
)
from apps.matching.application.entries import Entries
from apps.matching.application.erase_guest import EraseGuest
from apps.matching.application.find_matches import Breadth, FindMatches
from apps.matching.application.follow_trades import FollowTrades, TendRound
from apps.matching.application.freeze_market import FreezeMarket
from apps.matching.application.give_up_rounds import GiveUpRounds
from apps.matching.application.join_round import JoinRound, LeaveRound, LeaveRounds, Welcome
from apps.matching.application.open_round import OpenRound
from apps.matching.application.propose_match import ProposeMatch
from apps.matching.application.publish_ring import PublishRing
from apps.matching.application.runs import Rings, Runs
from apps.matching.application.show_matches import MatchIds, ShowMatches
from apps.matching.application.show_rounds import ListRounds, ListRuns, ShowResult, ShowRound
from apps.matching.application.solve_round import TEND, SolveRound
from apps.matching.application.solve_want_list import SolveWantList
from apps.matching.application.tell_matches import (
    FORGOTTEN_AT_ONCE,
    SEARCHES_AT_ONCE,
    ForgetMember,
    ForgetNotices,
    Notices,
    Searches,
    TellMatches,
    WatchLists,
)
from apps.matching.application.verify_run import VerifyRun
from apps.matching.domain.notice import MatchFound
from apps.matching.domain.round import (
    RoundClosed,
    RoundOpened,
    RoundPublished,
    RoundRepository,
    RoundSettled,
)
from apps.matching.domain.solving import AsideSolver
from apps.matching.infrastructure.child import ChildSolver
from apps.matching.infrastructure.match_ids import SignedMatchIds
from apps.matching.infrastructure.notices import SqlNotices, SqlSearches
from apps.matching.infrastructure.round_disclosure import DiscloseRounds
from apps.matching.infrastructure.round_erasure import SqlEraseGuest
from apps.matching.infrastructure.round_queries import RoundReads, SqlListRounds, SqlShowRound
from apps.matching.infrastructure.rounds import SqlEntries, SqlRoundRepository
from apps.matching.infrastructure.run_queries import RunReads, SqlListRuns, SqlShowResult
from apps.matching.infrastructure.runs import SqlRings, SqlRuns
from apps.matching.infrastructure.seeds import SystemSeeds
from apps.shared.application.jobs import Recurring
from apps.shared.application.outbox import Consumer
from apps.shared.domain.model import Event
from apps.shared.infrastructure.outbox import Publication

ON: dict[type[Event], tuple[type, ...]] = {
    MemberDeparted: (LeaveRounds,),
    DeletionAsked: (LeaveRounds,),
    MemberErased: (EraseGuest, ForgetMember),
}
"""Who hears of what within its transaction."""

PUBLIC: dict[type[Event], Publication] = {
    MatchFound: Publication(kind="match_found", aggregate="member", id="member"),
} | {
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
    Recurring(kind="rounds.give-up", every=timedelta(seconds=30), use_case=GiveUpRounds),
    Recurring(
        kind="matches.tell",
        every=timedelta(seconds=2),
        use_case=TellMatches,
        full=SEARCHES_AT_ONCE,
    ),
    Recurring(
        kind="matches.forget",
        every=timedelta(hours=1),
        use_case=ForgetNotices,
        full=FORGOTTEN_AT_ONCE,
    ),
)
"""What workers do again and again."""

HANDLERS: Mapping[str, type[Any]] = {SOLVE: SolveRound, TEND: TendRound}
"""What workers do with jobs that others have left."""

CONSUMERS: tuple[type[Consumer], ...] = (FollowTrades, WatchLists)
"""Who hears, behind a change, what becomes of trades and what may have led to a match."""


class MatchingWiring(Provider):
    """Rings, and matching rounds."""

    scope = Scope.APP

    rounds = provide(SqlRoundRepository, provides=RoundRepository)
    disclosure = provide(DiscloseRounds)
    erase = provide(SqlEraseGuest, provides=EraseGuest)
    entries = provide(SqlEntries, provides=Entries)
    runs = provide(SqlRuns, provides=Runs)
    rings = provide(SqlRings, provides=Rings)
    solver = provide(ChildSolver, provides=AsideSolver)
    seeds = provide(SystemSeeds, provides=Seeds)
    reads = provide_all(RoundReads, RunReads)
    show_round = provide(SqlShowRound, provides=ShowRound)
    list_rounds = provide(SqlListRounds, provides=ListRounds)
    show_result = provide(SqlShowResult, provides=ShowResult)
    list_runs = provide(SqlListRuns, provides=ListRuns)
    use_cases = provide_all(
        *(OpenRound, JoinRound, LeaveRound, CloseRound, CloseDueRounds),
        *(Welcome, FreezeMarket, ShutRound, SolveRound, PublishRing, TendRound, VerifyRun),
        GiveUpRounds,
    )
    subscribers = provide_all(LeaveRounds, FollowTrades)

    matches = provide_all(FindMatches, ShowMatches, ProposeMatch)
    searches = provide(SqlSearches, provides=Searches)
    notices = provide(SqlNotices, provides=Notices)
    news = provide_all(WatchLists, TellMatches, ForgetNotices, ForgetMember)

    def __init__(self, secret: bytes, breadth: Breadth) -> None:
        """Take what signs the ids of matches, and how far is looked for them here."""
        super().__init__()
        self._secret = secret
        self._breadth = breadth

    @provide
    def breadth(self) -> Breadth:
        """Return how far is looked for matches here."""
        return self._breadth

    @provide
    def match_ids(self) -> MatchIds:
        """Return what signs their ids."""
        return SignedMatchIds(self._secret)


def want_list_solver() -> SolveWantList:
    """Load what calculates, which nothing but a command needs in its own process."""
    flows = import_module("apps.matching.infrastructure.flows")
    rounds = import_module("apps.matching.infrastructure.round_solver")
    return SolveWantList(flows.OrtoolsCirculations(), rounds.best_loops)
