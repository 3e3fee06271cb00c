"""What is left of a member's part in matching rounds once they are erased."""

from typing import Protocol

from apps.identity.contract import MemberErased


class EraseGuest(Protocol):
    """With what they took part goes, and so do titles; rounds and rings stay, by a pseudonym."""

    async def __call__(self, event: MemberErased) -> None:
        """Delete and blank it in the transaction of the erasure."""
        ...
