"""What is left of a member's part in group orders once they are erased."""

from typing import Protocol

from apps.identity.contract import MemberErased


class ErasePart(Protocol):
    """Orders, and who was allocated, owed and paid what, stay under a pseudonym; words go.

    Joiners keep the rules that they have accepted, whoever wrote them.
    """

    async def __call__(self, event: MemberErased) -> None:
        """Delete and blank it in the transaction of the erasure.

        Raise OpenOrders as long as an order of theirs is under way, or something is owed to them.
        """
        ...
