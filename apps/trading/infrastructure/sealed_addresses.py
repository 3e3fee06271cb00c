"""Address books and what trades keep of them, sealed anew."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import Table

from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.sealed_rows import SqlSealedRows
from apps.shared.infrastructure.sealing import Place
from apps.trading.domain.address import PostalAddress
from apps.trading.infrastructure.addresses import AddressModel, TradeAddressModel
from apps.trading.infrastructure.postal import (
    BOOK,
    POSTAL,
    TOLD,
    opened,
    place_of,
    sealed_in,
)


class SealedBook(SqlSealedRows):
    """Address books, each with its label and fingerprint."""

    table: ClassVar[Table] = Model.metadata.tables[AddressModel.__tablename__]

    def open(self, row: Any) -> dict[str, Any]:
        """Open label and address."""
        return opened(self.sealer, row, self._place(row), "label", *POSTAL)

    def resealed(self, row: Any) -> Mapping[str, Any]:
        """Compute the fingerprint too: rows from before had none."""
        content = self.open(row)
        postal = PostalAddress(**{name: content[name] for name in POSTAL})
        fingerprint = self.sealer.fingerprint(postal.place, of=BOOK)
        return {**sealed_in(self.sealer, content, self._place(row)), "fingerprint": fingerprint}

    def _place(self, row: Any) -> Place:
        return place_of(BOOK, row.id, row.member_id)


class SealedTold(SqlSealedRows):
    """What parties of trades told each other."""

    table: ClassVar[Table] = Model.metadata.tables[TradeAddressModel.__tablename__]

    def open(self, row: Any) -> dict[str, Any]:
        """Open the address."""
        return opened(self.sealer, row, self._place(row), *POSTAL)

    def resealed(self, row: Any) -> Mapping[str, Any]:
        """Seal the same."""
        return sealed_in(self.sealer, self.open(row), self._place(row))

    def _place(self, row: Any) -> Place:
        return place_of(TOLD, row.trade_id, row.member_id)
