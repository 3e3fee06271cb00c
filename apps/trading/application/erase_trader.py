"""What is left of a member's trades once they are erased."""

from typing import Protocol

from apps.identity.contract import MemberErased


class EraseTrader(Protocol):
    """Trades, their histories and ratings stay, with a former member; what that one wrote goes.

    The others' histories still hold: what was written is in them by commitments only (K7).
    """

    async def __call__(self, event: MemberErased) -> None:
        """Delete and blank it in the transaction of the erasure.

        Raise OpenTrades as long as a trade is not over, or its decision appealed against: others
        need addresses and accounts of what happened until then.
        """
        ...
