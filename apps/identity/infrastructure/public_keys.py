"""What everybody may see of the keys that sign."""

from collections.abc import Sequence

from apps.identity.application.keep_keys import PublicKey, PublicKeys
from apps.identity.infrastructure.tokens import Tokens

MEMBERS = ("kty", "crv", "x", "y", "alg")
"""No other member of a key is told, whatever it has."""


class PublishedKeys(PublicKeys):
    """The keys that requests are checked with, described."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def __call__(self) -> Sequence[PublicKey]:
        """Name each by its thumbprint."""
        return [
            PublicKey(kid=kid, use="sig", **{name: str(told[name]) for name in MEMBERS})
            for kid, key in self._tokens.accepted().items()
            for told in [key.to_dict()]
        ]
