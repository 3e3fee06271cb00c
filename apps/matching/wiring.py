"""Which class serves which interface of matching, and who hears of what."""

from dishka import Provider, Scope


class MatchingWiring(Provider):
    """Rings, and matching rounds."""

    scope = Scope.APP
