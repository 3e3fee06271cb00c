"""Which class serves which interface of matching, and who hears of what."""

from datetime import timedelta
from importlib import import_module

from dishka import Provider, Scope, provide, provide_all

from apps.identity.contract import MemberErased
from apps.matching.application.find_matches import Breadth, FindMatches
from apps.matching.application.propose_match import ProposeMatch
from apps.matching.application.show_matches import MatchIds, ShowMatches
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
from apps.matching.domain.notice import MatchFound
from apps.matching.domain.solving import AsideSolver
from apps.matching.infrastructure.child import ChildSolver
from apps.matching.infrastructure.match_ids import SignedMatchIds
from apps.matching.infrastructure.notices import SqlNotices, SqlSearches
from apps.shared.application.jobs import Recurring
from apps.shared.application.outbox import Consumer
from apps.shared.domain.model import Event
from apps.shared.infrastructure.outbox import Publication

ON: dict[type[Event], tuple[type, ...]] = {MemberErased: (ForgetMember,)}

PUBLIC: dict[type[Event], Publication] = {
    MatchFound: Publication(kind="match_found", aggregate="member", id="member"),
}
"""What goes into the outbox, for those who carry news to members."""

CONSUMERS: tuple[type[Consumer], ...] = (WatchLists,)
"""Who hears, behind a change, what may have led to a match."""

RECURRING = (
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
"""What workers do for matches."""


class MatchingWiring(Provider):
    """Rings, and matching rounds."""

    scope = Scope.APP

    solver = provide(ChildSolver, provides=AsideSolver)
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
