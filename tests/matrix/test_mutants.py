"""The control of the matrix: without any one of the guards that a route has, its check fails."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import CodeType

import pytest

from tests.matrix.cast import Cast
from tests.matrix.checks import WEAKNESS, check_actors, check_ids
from tests.matrix.mutants import Guard, guards, noting
from tests.matrix.policy import POLICY, Place
from tests.matrix.weak_site import Weakness, WeakSite
from tests.support.budget import Budget
from tests.support.good_federation import obliging_providers
from tests.support.routes import API

TESTS = Path(__file__).parents[1]
A_FEW: list[Place] = [
    ("GET", f"{API}/trades/{{trade_id}}"),
    ("PATCH", f"{API}/me/copies/{{copy_id}}"),
    ("GET", f"{API}/members/{{member_id}}"),
    ("GET", f"{API}/me/addresses"),
]
Mutant = Callable[[], AbstractContextManager[None]]


@pytest.fixture
async def weak(sqlite: str, keys: Path) -> AsyncIterator[WeakSite]:
    async with WeakSite(sqlite, keys, obliging_providers()) as site:
        await site.listen()
        yield site


async def passes(site: WeakSite, place: Place, mutant: Mutant) -> bool:
    """Tell whether nobody notices, asked as everybody and about everything."""
    reset = WEAKNESS.set(mutant)
    try:
        await check_actors(site, await Cast.of(site), place)
        await check_ids(site, place)
    except Exception:  # noqa: BLE001 - however it shows
        return False
    finally:
        WEAKNESS.reset(reset)
    return True


UNNOTICED = {
    "NOT (EXISTS (SELECT * FROM blocks AS blocks_1 WHERE blocks_1.blocker_id = users.id": (
        "identity/test_blocks_api.py::test_whoever_blocks_learns_nothing_of_whom"
    ),
    "card_confirmations.member_id = ?": (
        "catalogue/test_proposals_api.py::test_two_confirmations_make_a_proposed_card_a_card"
    ),
    "copy_handovers.giver_id = ?": (
        "collection/test_import_api.py::test_a_copy_handed_over_is_not_made_again"
    ),
    "trade_addresses.member_id = ?": (
        "trading/test_mail_addresses_api.py"
        "::test_from_acceptance_each_sender_and_nobody_else_sees_where_to_send"
    ),
    "trade_parties_1.member_id = ?": (
        "trading/test_propose_api.py::test_a_pair_has_three_live_trades_at_most"
    ),
    "trades.author_id = ?": (
        "trading/test_propose_api.py::test_a_member_has_so_many_open_proposals_out"
    ),
}
"""Conditions that count, choose among one's own, or hide a name, and the test that fails
without each of them."""


def test_what_the_matrix_leaves_to_others_has_a_test() -> None:
    for told in UNNOTICED.values():
        file, _, name = told.partition("::")
        assert f"def {name}(" in (TESTS / file).read_text(), told


async def test_no_guard_can_be_missing(weak: WeakSite, budget: Budget) -> None:
    """Refusals that the matrix calls forth, and conditions of what is sent meanwhile."""
    among = defaultdict[CodeType, list[Guard]](list)
    for guard in guards():
        among[guard.target.__code__].append(guard)
    mutants, killed = set[str](), set[str]()
    for place in budget.of(A_FEW, sorted(POLICY)):
        fired, sent = set[Guard](), Weakness()
        assert await passes(weak, place, partial(both, fired, among, weak, sent)), place
        without: dict[str, Mutant] = {str(guard): guard.removed for guard in fired}
        without |= {
            " ".join(condition.split()): partial(weak.by, Weakness(condition))
            for condition in sent.seen
        }
        mutants |= without.keys()
        for name in without.keys() - killed:
            if not await passes(weak, place, without[name]):
                killed.add(name)
    assert mutants - killed <= UNNOTICED.keys()
    left = len(mutants - killed)
    budget.tell(f"of {len(mutants)} guards none can be missing; {left} are noticed elsewhere")


@contextmanager
def both(
    fired: set[Guard],
    among: Mapping[CodeType, Collection[Guard]],
    site: WeakSite,
    sent: Weakness,
) -> Iterator[None]:
    """Note which guards refuse somebody, and the conditions of what is sent."""
    with noting(fired, among), site.by(sent):
        yield
