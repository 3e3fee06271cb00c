"""Which class serves which interface of matching, and who hears of what."""

from dishka import Provider, Scope, provide, provide_all

from apps.matching.application.find_matches import Breadth, FindMatches
from apps.matching.application.propose_match import ProposeMatch
from apps.matching.application.show_matches import MatchIds, ShowMatches
from apps.matching.infrastructure.match_ids import SignedMatchIds


class MatchingWiring(Provider):
    """Rings, and matching rounds."""

    scope = Scope.APP

    matches = provide_all(FindMatches, ShowMatches, ProposeMatch)

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
