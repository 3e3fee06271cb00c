"""A binder as a list for its owner to keep elsewhere."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from apps.collection.application.show_binders import CopyView
from apps.shared.domain.ids import MemberId


class ExportCopies(Protocol):
    """All your copies as CSV (RFC 4180, UTF-8), oldest first, for a spreadsheet or to import again.

    A text that a spreadsheet would take for a formula stands behind an apostrophe, which the
    import takes off again.
    """

    def __call__(self, me: MemberId) -> AsyncIterator[Sequence[CopyView]]:
        """Yield them portion by portion; what changes meanwhile may be in it or not."""
        ...
