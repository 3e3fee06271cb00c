"""Accounts with everything filled in, for tests that keep them without asking the service."""

from datetime import datetime, timedelta
from typing import Any

from apps.identity.domain.block import Block, BlockId
from apps.identity.domain.profile import Privacy, Profile
from apps.identity.domain.session import Delivery, Device, RevokeReason, Session, SessionId
from apps.identity.domain.standing import Standing, TradeRecord
from apps.identity.domain.user import Role, Status, User, UserRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from tests.support.builders import ANN, BEA, EVE, NOON, a_uuid

TICK = timedelta(microseconds=1)
"""The shortest time that is kept."""

A_SESSION = SessionId(a_uuid(1, of=8))
A_BLOCK = BlockId(a_uuid(1, of=10))


def a_user(id: MemberId = ANN, **given: Any) -> User:
    told: dict[str, Any] = {
        "email": f"{id.hex}@KCS.test",
        "password_hash": "$argon2id$",
        "role": Role.MODERATOR,
        "status": Status.SUSPENDED,
        "email_verified_at": NOON - TICK,
        "erase_after": NOON + TICK,
        "created_at": NOON,
        "updated_at": NOON + TICK,
    }
    return User(id=id, **(told | given))


def a_profile(id: MemberId = ANN, **given: Any) -> Profile:
    told: dict[str, Any] = {
        "nickname": f"앤-{id.hex[-4:]}",
        "bio": "Stay.\n아미",
        "region": "KR-11",
        "locale": "ko-KR",
        "avatar_url": "https://kcs.test/ann.webp",
        "privacy": Privacy(nearby_visible=True, show_online=False, accepts_proposals=False),
        "created_at": NOON,
        "updated_at": NOON + TICK,
    }
    return Profile(id=id, **(told | given))


def a_standing(id: MemberId = ANN) -> Standing:
    return Standing(
        id=id,
        trust_level=3,
        trades=TradeRecord(
            completed_trades=41,
            presence_verified=7,
            cancelled_at_fault=2,
            disputes_lost=1,
            credited_trades=40,
            proven_trades=9,
            partners=11,
            last_lost_at=NOON - TICK,
            last_fraud_at=NOON - 2 * TICK,
        ),
        updated_at=NOON + TICK,
    )


def a_session(number: int = 1, *, of: MemberId = ANN, at: datetime = NOON, **given: Any) -> Session:
    """Of the third token, and alive."""
    told: dict[str, Any] = {
        "nonce": f"nonce {number}",
        "mac_kid": 7,
        "generation": 2,
        "current_hash": "two",
        "previous_hash": "one",
        "confirmed_generation": 1,
        "delivery": Delivery.COOKIE,
        "device": Device(name="앤's phone", user_agent="KCS/1", ip_trunc="203.0.113.0/24"),
        "amr": "pwd",
        "auth_time": at - 3 * TICK,
        "created_at": at - 2 * TICK,
        "rotated_at": at - TICK,
        "refreshes": 3,
        "refreshes_since": at - 4 * TICK,
        "idle_expires_at": at + timedelta(days=14),
        "expires_at": at + timedelta(days=90),
        "revoked_at": None,
        "revoke_reason": None,
    }
    return Session(id=SessionId(a_uuid(number, of=8)), user_id=of, **(told | given))


def an_ended_session(number: int = 1) -> Session:
    return a_session(number, revoked_at=NOON + TICK, revoke_reason=RevokeReason.TOO_MANY)


def a_block(number: int = 1, *, by: MemberId = ANN, on: MemberId = BEA) -> Block:
    return Block.put(BlockId(a_uuid(number, of=10)), by=by, on=on, at=NOON + TICK)


async def open_accounts(users: UserRepository, work: UnitOfWork) -> None:
    """Let there be Ann, Bea and Eve, for whatever refers to them."""
    async with work:
        for member in (ANN, BEA, EVE):
            await users.add(a_user(member))
