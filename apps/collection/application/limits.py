"""How much a binder holds until memberships say so (D.5)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionLimits:
    """The values of the free plan, unless the operator sets others."""

    copies_count_max: int = 1_000
    want_groups_max: int = 200
