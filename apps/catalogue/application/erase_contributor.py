"""What is left of a member's part in the catalogue once they are erased."""

from typing import Protocol

from apps.identity.contract import MemberErased


class EraseContributor(Protocol):
    """Cards stay as they were proposed; what was said about proposals goes."""

    async def __call__(self, event: MemberErased) -> None:
        """Blank it in the transaction of the erasure."""
        ...
