"""Where members reach this installation."""

from typing import NewType

PublicAddress = NewType("PublicAddress", str)
"""Without a slash at its end; letters lead there."""
