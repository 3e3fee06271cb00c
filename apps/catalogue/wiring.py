"""Which class serves which interface of the catalogue."""

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
from apps.catalogue.application.import_catalogue import ImportCatalogue
from apps.catalogue.contract import Catalogue
from apps.catalogue.domain.card import CardRepository
from apps.catalogue.domain.group import GroupRepository
from apps.catalogue.domain.idol import IdolRepository
from apps.catalogue.domain.release import ReleaseRepository
from apps.catalogue.infrastructure.cards import SqlCatalogue, SqlFindCards, SqlShowCard
from apps.catalogue.infrastructure.name_index import NameIndex
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
    SqlReleaseRepository,
)


class CatalogueWiring(Provider):
    """Cards, how to find them, and how they get in."""

    scope = Scope.APP

    catalogue = provide(SqlCatalogue, provides=Catalogue)
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
    use_cases = provide_all(ImportCatalogue)
