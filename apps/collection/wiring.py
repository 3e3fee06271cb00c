"""Which class serves which interface of collection, and who hears of what."""

from dishka import Provider, Scope, provide, provide_all

from apps.catalogue.contract import CardMerged
from apps.collection.application.add_copies import AddCopies
from apps.collection.application.erase_binder import EraseBinder
from apps.collection.application.export_copies import ExportCopies
from apps.collection.application.follow_departed_members import ClearBinder, HoldBinder
from apps.collection.application.follow_merged_cards import FollowMergedCard
from apps.collection.application.import_copies import ImportCopies, Stock
from apps.collection.application.keep_copies import AddCopy, ChangeCopy, RemoveCopy
from apps.collection.application.keep_wants import ChangeWantGroup, CloseWantGroup, OpenWantGroup
from apps.collection.application.limits import CollectionLimits
from apps.collection.application.show_binders import (
    ListCopiesForTrade,
    ListHolders,
    ListMyCopies,
    ListSeekers,
    ListWantGroups,
    ShowChain,
    ShowCopies,
    ShowCopy,
    ShowWantGroup,
)
from apps.collection.contract import Deliveries, Exchange, Holdings, OpenLists, Wants
from apps.collection.domain.copy import CopyRepository
from apps.collection.domain.copy_events import (
    CopyEntered,
    CopyHandedOver,
    CopyListed,
    CopyPromised,
    CopyReleased,
    CopyRemoved,
    CopyUnlisted,
)
from apps.collection.domain.want_group import (
    WantChanged,
    WantClosed,
    WantGroupRepository,
    WantOpened,
    WantRaised,
)
from apps.collection.infrastructure.deliveries import SqlDeliveries
from apps.collection.infrastructure.disclosure import DiscloseBinder
from apps.collection.infrastructure.erasure import SqlEraseBinder
from apps.collection.infrastructure.exchange import SqlExchange
from apps.collection.infrastructure.holdings import SqlHoldings
from apps.collection.infrastructure.open_lists import SqlOpenLists
from apps.collection.infrastructure.queries import (
    CopyReads,
    SqlListCopiesForTrade,
    SqlListHolders,
    SqlListMyCopies,
    SqlShowChain,
    SqlShowCopies,
    SqlShowCopy,
)
from apps.collection.infrastructure.repositories import SqlCopyRepository, SqlWantGroupRepository
from apps.collection.infrastructure.stock import SqlExportCopies, SqlStock
from apps.collection.infrastructure.want_queries import (
    SqlListSeekers,
    SqlListWantGroups,
    SqlShowWantGroup,
    WantReads,
)
from apps.collection.infrastructure.wants import SqlWants
from apps.identity.contract import DeletionAsked, MemberDeparted, MemberErased, MemberRemoved
from apps.shared.domain.model import Event
from apps.shared.infrastructure.outbox import Publication

ON: dict[type[Event], tuple[type, ...]] = {
    CardMerged: (FollowMergedCard,),
    MemberDeparted: (HoldBinder,),
    DeletionAsked: (HoldBinder,),
    MemberRemoved: (ClearBinder,),
    MemberErased: (ClearBinder, EraseBinder),
}

PUBLIC: dict[type[Event], Publication] = {
    event: Publication(kind=kind, aggregate=aggregate, id=id)
    for (aggregate, id), kinds in {
        ("copy", "copy"): {
            CopyEntered: "copy_entered",
            CopyListed: "copy_listed",
            CopyUnlisted: "copy_unlisted",
            CopyPromised: "copy_promised",
            CopyReleased: "copy_released",
            CopyHandedOver: "copy_handed_over",
            CopyRemoved: "copy_removed",
        },
        ("want_group", "group"): {
            WantOpened: "want_opened",
            WantRaised: "want_raised",
            WantChanged: "want_changed",
            WantClosed: "want_closed",
        },
    }.items()
    for event, kind in kinds.items()
}
"""What goes into the outbox: who has and who wants what can be told from that alone."""


class CollectionWiring(Provider):
    """Copies, promises and want groups."""

    scope = Scope.APP

    disclosure = provide(DiscloseBinder)
    erase = provide(SqlEraseBinder, provides=EraseBinder)
    copies = provide(SqlCopyRepository, provides=CopyRepository)
    wants = provide(SqlWantGroupRepository, provides=WantGroupRepository)
    lists = provide(SqlWants, provides=Wants)
    holdings = provide(SqlHoldings, provides=Holdings)
    deliveries = provide(SqlDeliveries, provides=Deliveries)
    exchange = provide(SqlExchange, provides=Exchange)
    open_lists = provide(SqlOpenLists, provides=OpenLists)
    reads = provide_all(CopyReads, WantReads)
    copy = provide(SqlShowCopy, provides=ShowCopy)
    copies_shown = provide(SqlShowCopies, provides=ShowCopies)
    chain = provide(SqlShowChain, provides=ShowChain)
    my_copies = provide(SqlListMyCopies, provides=ListMyCopies)
    stock = provide(SqlStock, provides=Stock)
    export = provide(SqlExportCopies, provides=ExportCopies)
    for_trade = provide(SqlListCopiesForTrade, provides=ListCopiesForTrade)
    holders = provide(SqlListHolders, provides=ListHolders)
    want_group = provide(SqlShowWantGroup, provides=ShowWantGroup)
    want_groups = provide(SqlListWantGroups, provides=ListWantGroups)
    seekers = provide(SqlListSeekers, provides=ListSeekers)
    use_cases = provide_all(
        AddCopy,
        AddCopies,
        ImportCopies,
        ChangeCopy,
        RemoveCopy,
        OpenWantGroup,
        ChangeWantGroup,
        CloseWantGroup,
    )
    subscribers = provide_all(FollowMergedCard, HoldBinder, ClearBinder)

    def __init__(self, limits: CollectionLimits) -> None:
        """Take how much a binder holds here."""
        super().__init__()
        self._limits = limits

    @provide
    def limits(self) -> CollectionLimits:
        """Return how much a binder holds here."""
        return self._limits
