"""The repository of matching rounds, and rounds with everything filled in."""

from dataclasses import dataclass
from typing import Any

from apps.identity.domain.user import UserRepository
from apps.matching.domain.round import MatchingRound, RoundId, RoundRepository
from apps.matching.domain.round_steps import RoundState
from apps.shared.application.work import UnitOfWork
from tests.support.accounts import TICK, open_accounts
from tests.support.builders import ANN, BEA, HOUR, NOON, a_uuid
from tests.support.stores import Store, filled

A_ROUND, ANOTHER_ROUND, A_THIRD_ROUND = (RoundId(a_uuid(number, of=21)) for number in (1, 2, 3))


@dataclass
class Shelves:
    """The repository, over the accounts of three members."""

    work: UnitOfWork
    users: UserRepository
    rounds: RoundRepository

    @classmethod
    async def of(cls, store: Store) -> "Shelves":
        shelves = await filled(cls, store)
        await open_accounts(shelves.users, shelves.work)
        return shelves


def a_round(id: RoundId = A_ROUND, **given: Any) -> MatchingRound:
    """One that is settled, with all that a round can have."""
    told: dict[str, Any] = {
        "opener": ANN,
        "title": "서울 5월 — 교환",
        "region": "KR-11",
        "max_length": 4,
        "state": RoundState.SETTLED,
        "closes_at": NOON + HOUR,
        "seed": 2**31 - 1,
        "closed_by": BEA,
        "operation": a_uuid(1, of=22),
        "generation": 5,
        "closed_at": NOON + TICK,
        "settled_at": NOON + 2 * HOUR,
        "created_at": NOON - TICK,
        "updated_at": NOON + 2 * HOUR,
    }
    return MatchingRound(id=id, **(told | given))


def an_open_round(id: RoundId = A_ROUND, **given: Any) -> MatchingRound:
    """One that takes members."""
    told: dict[str, Any] = {
        "state": RoundState.OPEN,
        "seed": None,
        "closed_by": None,
        "operation": None,
        "generation": 0,
        "closed_at": None,
        "settled_at": None,
    }
    return a_round(id, **(told | given))
