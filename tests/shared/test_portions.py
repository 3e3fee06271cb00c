"""Many ids are asked for in portions."""

from random import Random
from uuid import UUID

from apps.shared.domain.portions import AT_ONCE, portions


def test_all_are_there_once_and_always_in_the_same_portions() -> None:
    ids = [UUID(int=number) for number in range(2 * AT_ONCE + 1)]
    some = [*portions(Random(1).sample(ids, len(ids)))]
    assert [len(each) for each in some] == [AT_ONCE, AT_ONCE, 1]
    assert [id for each in some for id in each] == ids
    assert [*portions([])] == []
