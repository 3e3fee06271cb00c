"""How much a binder holds until memberships say so (D.5)."""

from dataclasses import dataclass

from apps.shared.domain.errors import LimitExceeded


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionLimits:
    """The values of the free plan, unless the operator sets others."""

    copies_count_max: int = 1_000
    want_groups_max: int = 200

    def ensure_room(self, copies: int, *, held: int) -> None:
        """Hold that a binder takes so many more. Raises LimitExceeded."""
        if held + copies > self.copies_count_max:
            raise LimitExceeded("copies_count_max", limit=self.copies_count_max, current=held)
