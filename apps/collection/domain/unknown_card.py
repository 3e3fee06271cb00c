"""A card that a request names and the catalogue does not have."""

from apps.shared.domain.errors import NotFound


class CardUnknown(NotFound):
    """There is no such card in the catalogue."""

    def __init__(self, *pointers: str) -> None:
        """Point at each place of the body where such an id stands, if it stands in one."""
        fault = {"code": "not-found", "detail": "No such card."}
        errors = [{"pointer": each, **fault} for each in pointers]
        super().__init__(**({"errors": errors} if errors else {}))
