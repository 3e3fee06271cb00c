"""Every repository that a domain asks for is in memory too, and held to a contract."""

from collections.abc import Sequence
from typing import Protocol

from apps.group_orders.domain.order import GroupOrder
from tests.support.contracts import asked_for, misplaced, promises, untested
from tests.support.kinds import all_classes
from tests.support.sources import Source, python_files
from tests.support.stores import MemoryStore

ASKED_FOR = asked_for(all_classes())


class ShelfRepository(Protocol):
    """One more repository, as if it stood in a domain."""

    async def get(self, id: int, /) -> object: ...

    async def add(self, entity: object, /) -> None: ...


class Sorter(Protocol):
    """One more thing that a domain asks for, and that keeps nothing."""

    async def __call__(self, entities: object) -> object: ...


class Cupboard(Protocol):
    """One more repository, as if it stood in an application."""

    async def add_all(self, entities: Sequence[GroupOrder], /) -> None: ...


class Desk(Protocol):
    """One more thing that an application asks for, and that keeps nothing."""

    async def report(self, order: GroupOrder) -> None: ...


Cupboard.__module__ = Desk.__module__ = "apps.trading.application.ports"
ShelfRepository.__module__ = Sorter.__module__ = "apps.trading.domain.shelf"
HOLDER = "class Shelves:\n    more: ShelfRepository"
CALL = "async def test(shelves): await shelves.more.{}(1)"


def contract(*texts: str, path: str = "tests/trading/test_repositories.py") -> list[Source]:
    return [Source("tests/trading/shelves.py", HOLDER), Source(path, "\n".join(texts))]


def test_the_domains_ask_for_repositories() -> None:
    names = {protocol.__name__ for protocol in ASKED_FOR}
    assert len(names) == len(ASKED_FOR) > 10
    assert names >= {"UserRepository", "CardRepository", "CardHistory", "TradeRepository"}
    assert asked_for([ShelfRepository, Sorter, Protocol, int]) == {ShelfRepository}
    assert promises(ShelfRepository) == {"get", "add"}


def test_what_keeps_aggregates_stands_in_a_domain() -> None:
    assert not misplaced(all_classes())


def test_a_repository_beside_the_domain_is_found() -> None:
    assert misplaced([Cupboard, Desk, ShelfRepository, Sorter]) == {Cupboard}


def test_every_repository_is_in_memory_too() -> None:
    ports = MemoryStore().ports
    assert not ASKED_FOR - ports.keys()
    assert not [kind for kind in ASKED_FOR if kind not in type(ports[kind]).__mro__]
    assert {*ASKED_FOR, ShelfRepository} - ports.keys() == {ShelfRepository}


def test_every_method_of_a_repository_is_held_to_a_contract() -> None:
    assert not untested(ASKED_FOR, python_files())


def test_a_repository_without_contract_tests_is_found() -> None:
    both = ["ShelfRepository.add", "ShelfRepository.get"]
    get, add = CALL.format("get"), CALL.format("add")
    assert untested([ShelfRepository], python_files()) == both
    assert untested([ShelfRepository], contract("")) == both
    assert untested([ShelfRepository], contract(get)) == ["ShelfRepository.add"]
    assert not untested([ShelfRepository], contract(get, add))
    elsewhere = "tests/collection/test_repositories.py"
    assert untested([ShelfRepository], contract(get, add, path=elsewhere)) == both
