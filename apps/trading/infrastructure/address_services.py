"""Which class serves which interface of addresses."""

from dishka import Provider, Scope, provide

from apps.shared.application.reseal import SealedTables
from apps.trading.application.find_neighbours import FindNeighbours
from apps.trading.application.keep_addresses import ListAddresses, ShowAddress
from apps.trading.application.show_leg_address import ShowLegAddress
from apps.trading.domain.address import AddressRepository, TradeAddressRepository
from apps.trading.infrastructure.addresses import (
    SqlAddressRepository,
    SqlListAddresses,
    SqlShowAddress,
    SqlShowLegAddress,
    SqlTradeAddressRepository,
)
from apps.trading.infrastructure.neighbours import SqlFindNeighbours
from apps.trading.infrastructure.sealed_addresses import SealedBook, SealedTold


class AddressWiring(Provider):
    """Address books, what trades keep of them, and that both are sealed."""

    scope = Scope.APP

    addresses = provide(SqlAddressRepository, provides=AddressRepository)
    trade_addresses = provide(SqlTradeAddressRepository, provides=TradeAddressRepository)
    show_address = provide(SqlShowAddress, provides=ShowAddress)
    list_addresses = provide(SqlListAddresses, provides=ListAddresses)
    show_leg_address = provide(SqlShowLegAddress, provides=ShowLegAddress)
    neighbours = provide(SqlFindNeighbours, provides=FindNeighbours)
    book = provide(SealedBook)
    told = provide(SealedTold)

    @provide
    def sealed(self, book: SealedBook, told: SealedTold) -> SealedTables:
        """Return all tables that hold something sealed."""
        return SealedTables([book, told])
