"""What is left of a binder once its owner is erased."""

from typing import Protocol

from apps.identity.contract import MemberErased


class EraseBinder(Protocol):
    """Wants and the notes on copies go; copies that are gone keep their chains (P10)."""

    async def __call__(self, event: MemberErased) -> None:
        """Delete and blank them in the transaction of the erasure."""
        ...
