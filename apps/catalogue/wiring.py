"""Which class serves which interface of the catalogue, and who hears of what."""

from dishka import Provider, Scope, provide, provide_all

from apps.catalogue.application.browse import (
    FindCards,
    FindGroups,
    FindIdols,
    FindReleases,
    ShowCard,
    ShowGroup,
    ShowIdol,
    ShowRelease,
)
from apps.catalogue.application.erase_contributor import EraseContributor
from apps.catalogue.application.export_catalogue import ExportCatalogue, Inventory
from apps.catalogue.application.import_catalogue import ImportCatalogue
from apps.catalogue.application.keep_cards import (
    CardDesk,
    ChangeCard,
    EnterCard,
    MergeCard,
    References,
)
from apps.catalogue.application.propose_card import ConfirmProposal, ProposeCard, RejectProposal
from apps.catalogue.application.show_proposals import ListProposals, ShowProposal
from apps.catalogue.contract import CardsOfGroups, Catalogue
from apps.catalogue.domain.card import CardMerged, CardRepository
from apps.catalogue.domain.change import CardHistory
from apps.catalogue.domain.group import GroupRepository
from apps.catalogue.domain.idol import IdolRepository
from apps.catalogue.domain.proposal import CardProposalRepository
from apps.catalogue.domain.release import ReleaseRepository
from apps.catalogue.infrastructure.cards import SqlCatalogue, SqlFindCards, SqlShowCard
from apps.catalogue.infrastructure.disclosure import DiscloseContributions
from apps.catalogue.infrastructure.erasure import SqlEraseContributor
from apps.catalogue.infrastructure.groups_of_cards import SqlCardsOfGroups
from apps.catalogue.infrastructure.history import SqlCardHistory
from apps.catalogue.infrastructure.inventory import SqlInventory
from apps.catalogue.infrastructure.name_index import NameIndex
from apps.catalogue.infrastructure.proposal_queries import (
    ProposalReads,
    SqlListProposals,
    SqlShowProposal,
)
from apps.catalogue.infrastructure.proposals import SqlCardProposalRepository
from apps.catalogue.infrastructure.queries import (
    SqlFindGroups,
    SqlFindIdols,
    SqlFindReleases,
    SqlShowGroup,
    SqlShowIdol,
    SqlShowRelease,
)
from apps.catalogue.infrastructure.repositories import (
    SqlCardRepository,
    SqlGroupRepository,
    SqlIdolRepository,
    SqlReferences,
    SqlReleaseRepository,
)
from apps.identity.contract import MemberErased
from apps.shared.domain.model import Event
from apps.shared.infrastructure.outbox import Publication

PUBLIC: dict[type[Event], Publication] = {
    CardMerged: Publication(kind="card_merged", aggregate="card", id="card")
}
"""What goes into the outbox."""

ON: dict[type[Event], tuple[type, ...]] = {MemberErased: (EraseContributor,)}
"""Who hears of what within its transaction."""


class CatalogueWiring(Provider):
    """Cards, how to find them, and how they get in."""

    scope = Scope.APP

    catalogue = provide(SqlCatalogue, provides=Catalogue)
    cards_of_groups = provide(SqlCardsOfGroups, provides=CardsOfGroups)
    groups = provide(SqlFindGroups, provides=FindGroups)
    group = provide(SqlShowGroup, provides=ShowGroup)
    idols = provide(SqlFindIdols, provides=FindIdols)
    idol = provide(SqlShowIdol, provides=ShowIdol)
    releases = provide(SqlFindReleases, provides=FindReleases)
    release = provide(SqlShowRelease, provides=ShowRelease)
    cards = provide(SqlFindCards, provides=FindCards)
    card = provide(SqlShowCard, provides=ShowCard)
    index = provide(NameIndex)
    group_repository = provide(SqlGroupRepository, provides=GroupRepository)
    idol_repository = provide(SqlIdolRepository, provides=IdolRepository)
    release_repository = provide(SqlReleaseRepository, provides=ReleaseRepository)
    card_repository = provide(SqlCardRepository, provides=CardRepository)
    references = provide(SqlReferences, provides=References)
    inventory = provide(SqlInventory, provides=Inventory)
    export = provide(ExportCatalogue)
    disclosure = provide(DiscloseContributions)
    erase = provide(SqlEraseContributor, provides=EraseContributor)
    history = provide(SqlCardHistory, provides=CardHistory)
    desk = provide(CardDesk)
    proposal_repository = provide(SqlCardProposalRepository, provides=CardProposalRepository)
    proposal_reads = provide(ProposalReads)
    proposals = provide(SqlListProposals, provides=ListProposals)
    proposal = provide(SqlShowProposal, provides=ShowProposal)
    use_cases = provide_all(
        ImportCatalogue,
        EnterCard,
        ChangeCard,
        MergeCard,
        ProposeCard,
        ConfirmProposal,
        RejectProposal,
    )
