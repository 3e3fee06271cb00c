"""A card that a request names and the catalogue does not have."""

from apps.shared.domain.errors import NotFound


class CardUnknown(NotFound):
    """There is no such card in the catalogue."""

    def __init__(self, *pointers: str) -> None:
        """Point at each place of the body where such an id stands."""
        detail = "No such card."
        super().__init__(
            errors=[{"pointer": each, "code": "not-found", "detail": detail} for each in pointers]
        )
