"""What the repositories of collection promise to two who meet; memory has one task at a time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.collection.domain.copy import (
    Copy,
    CopyState,
)
from apps.collection.domain.want_group import (
    WantGroup,
)
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.model import Aggregate
from tests.collection.shelves import A_WISH, Shelves, a_full_copy, a_full_wish
from tests.support.builders import (
    ANN,
    ANNS,
    HOUR,
    NOON,
)
from tests.support.site import Site, elsewhere
from tests.support.stores import LOCKED, UNLOCKED, Waiting, facts, in_turn, kept
from tests.support.weakening import an_unguarded_site


async def rewrite(shelves: Shelves, what: str, *, patience: float) -> Waiting:
    """Lock a copy or a want group and change it, while somebody else asks for the same lock."""
    if what == "copy":
        await shelves.hold(a_full_copy())

        async def locked() -> Copy:
            return (await shelves.copies.lock(ANNS, of=ANN))[0]

        async def save(copy: Copy) -> None:
            copy.change({"note": "new"}, state=CopyState.HELD, at=NOON)
            await shelves.copies.save(copy)

        return await in_turn(shelves.work, locked, save, patience=patience)

    async def raise_rank(group: WantGroup) -> None:
        group.change({"rank": 1}, at=NOON)
        await shelves.wants.save(group)

    await shelves.want(a_full_wish())
    return await in_turn(
        shelves.work, lambda: shelves.wants.lock(A_WISH, of=ANN), raise_rank, patience=patience
    )


@pytest.mark.parametrize(
    ("what", "after"),
    [
        ("copy", a_full_copy(note="new", updated_at=NOON)),
        ("want group", replace(a_full_wish(rank=1), updated_at=NOON)),
    ],
    ids=["copy", "want group"],
)
async def test_who_locks_waits_and_sees_what_became_of_it(
    site: Site, what: str, after: Aggregate[Any]
) -> None:
    """Memory has one task at a time, which waits for nobody."""
    waiting = await rewrite(await Shelves.of(site), what, patience=LOCKED)
    assert waiting.waited
    assert waiting.found == facts(after)


@pytest.mark.parametrize(
    ("what", "before"),
    [("copy", a_full_copy()), ("want group", a_full_wish())],
    ids=["copy", "want group"],
)
async def test_without_locks_nobody_waits(
    postgresql: str, keys: Path, what: str, before: Aggregate[Any]
) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        waiting = await rewrite(await Shelves.of(site), what, patience=UNLOCKED)
    assert not waiting.waited
    assert waiting.found == facts(before)


async def test_who_saves_what_somebody_else_saved_meanwhile_is_refused(
    postgresql: str, keys: Path
) -> None:
    """Read past the locks; memory and SQLite have one writer at a time in any case."""
    async with Site(postgresql, keys) as site:
        shelves = await Shelves.of(site)
        await shelves.hold(a_full_copy())
        await shelves.want(a_full_wish())
        keepers: list[tuple[Any, Any]] = [(shelves.copies, ANNS), (shelves.wants, A_WISH)]
        for keeper, id in keepers:
            with pytest.raises(ChangedMeanwhile):
                async with shelves.work:
                    seen = await keeper.get(id)
                    await elsewhere(touch(shelves, keeper, id))
                    seen.updated_at = NOON
                    await keeper.save(seen)
            assert (await kept(keeper, id, by=shelves.work))["updated_at"] == NOON + HOUR


@pytest.mark.parametrize("what", ["copy", "want group"])
async def test_who_looked_before_locking_sees_what_somebody_else_saved(
    postgresql: str, keys: Path, what: str
) -> None:
    async with Site(postgresql, keys) as site:
        shelves = await Shelves.of(site)
        await shelves.hold(a_full_copy())
        await shelves.want(a_full_wish())
        keeper: Any = shelves.copies if what == "copy" else shelves.wants
        async with shelves.work:
            seen = await keeper.get(ANNS if what == "copy" else A_WISH)
            await elsewhere(touch(shelves, keeper, seen.id))
            if what == "copy":
                locked, _ = await shelves.copies.lock(ANNS, of=ANN)
                assert locked.updated_at == NOON + HOUR
            else:
                group = await shelves.wants.lock(A_WISH, of=ANN)
                assert group.updated_at == NOON + HOUR


async def touch(shelves: Shelves, keeper: Any, id: object) -> None:
    async with shelves.work:
        seen = await keeper.get(id)
        seen.updated_at = NOON + HOUR
        await keeper.save(seen)
