"""How many group orders an organiser may have at once until memberships say so (D.5)."""

from dataclasses import dataclass

from apps.shared.domain.errors import LimitExceeded

DRAFTS_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOrderLimits:
    """The values of the free plan, unless the operator sets others."""

    group_orders_open_max: int = 1

    def ensure_room(self, *, live: int) -> None:
        """Hold that one more may be opened; raise LimitExceeded."""
        if live >= self.group_orders_open_max:
            raise LimitExceeded(
                "group_orders_open_max", limit=self.group_orders_open_max, current=live
            )


def ensure_room_for_draft(drafts: int) -> None:
    """Hold that one more may be drafted; raise LimitExceeded."""
    if drafts >= DRAFTS_MAX:
        raise LimitExceeded("group_order_drafts_max", limit=DRAFTS_MAX, current=drafts)
