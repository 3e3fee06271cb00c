"""What is kept comes back as it was, field by field, with every field set."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from apps.identity.domain.profile import Privacy, Profile, ProfileRepository
from apps.identity.domain.session import (
    Delivery,
    Device,
    RevokeReason,
    Session,
    SessionId,
    SessionRepository,
)
from apps.identity.domain.standing import Standing, StandingRepository, TradeRecord
from apps.identity.domain.user import Role, Status, User, UserRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from tests.support.builders import NOON
from tests.support.site import Site

ODD = timedelta(microseconds=123_457)
DAY = timedelta(days=1)
MEMBER = MemberId(uuid7())
USER = User(
    id=MEMBER,
    email="Ann@kcs.test",
    password_hash="$argon2id$hash",
    role=Role.MODERATOR,
    status=Status.SUSPENDED,
    email_verified_at=NOON + ODD,
    erase_after=NOON + 3 * DAY + ODD,
    created_at=NOON + DAY + ODD,
    updated_at=NOON + 2 * DAY + ODD,
)
PROFILE = Profile(
    id=MEMBER,
    nickname="\uc7a5\uc6d0\uc601 \U0001f984",
    bio="first line\nsecond \u00e9",
    region="KR-11",
    locale="ko-KR",
    avatar_url="https://kcs.test/ann.webp",
    privacy=Privacy(
        nearby_visible=True,
        show_online=False,
        allow_stranger_messages=False,
        accepts_proposals=False,
    ),
    created_at=NOON + 3 * DAY + ODD,
    updated_at=NOON + 4 * DAY + ODD,
)
STANDING = Standing(
    id=MEMBER,
    trust_level=3,
    trades=TradeRecord(
        completed_trades=1234,
        presence_verified=8,
        cancelled_at_fault=7,
        disputes_lost=6,
        credited_trades=1233,
        proven_trades=5,
        partners=4,
        last_lost_at=NOON + 13 * DAY + ODD,
        last_fraud_at=NOON + 12 * DAY + ODD,
    ),
    updated_at=NOON + 5 * DAY + ODD,
)
SESSION = Session(
    id=SessionId(uuid7()),
    user_id=MEMBER,
    nonce="n" * 43,
    mac_kid=32767,
    generation=9,
    current_hash="c" * 64,
    previous_hash="p" * 64,
    confirmed_generation=8,
    delivery=Delivery.COOKIE,
    device=Device(name="Ann's phone", user_agent="KCardSwap/1.0", ip_trunc="2001:db8::/48"),
    amr="pwd otp",
    auth_time=NOON + 6 * DAY + ODD,
    created_at=NOON + 7 * DAY + ODD,
    rotated_at=NOON + 8 * DAY + ODD,
    refreshes=4,
    refreshes_since=NOON + 7 * DAY + ODD,
    idle_expires_at=NOON + 9 * DAY + ODD,
    expires_at=NOON + 10 * DAY + ODD,
    revoked_at=NOON + 11 * DAY + ODD,
    revoke_reason=RevokeReason.IMPOSSIBLE,
)
KEPT: dict[type[Any], Aggregate[Any]] = {
    UserRepository: USER,
    ProfileRepository: PROFILE,
    StandingRepository: STANDING,
    SessionRepository: SESSION,
}
AFRESH = {
    "email": "bea@kcs.test",
    "nickname": "bea",
    "bio": None,
    "region": None,
    "avatar_url": None,
    "email_verified_at": None,
    "erase_after": None,
    "trust_level": 0,
    "trades": TradeRecord(),
    "role": Role.USER,
    "status": Status.ACTIVE,
    "privacy": Privacy(),
}


@pytest.mark.parametrize("entity", KEPT.values(), ids=lambda entity: type(entity).__name__)
def test_the_examples_leave_no_field_out(entity: Aggregate[Any]) -> None:
    assert all(vars(entity)[field.name] for field in fields(entity) if field.name != "_told")
    moments = [value for name, value in vars(entity).items() if name.endswith("_at")]
    assert len(set(moments)) == len(moments)


async def kept(site: Site) -> None:
    """Keep one of each, the account first, for the others refer to it."""
    for kind, entity in KEPT.items():
        async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
            await (await site.port(kind)).add(entity)


async def read(site: Site, kind: type[Any], id: Any) -> Any:
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        return await (await site.port(kind)).get(id)


async def test_everything_comes_back_as_it_was_kept(site: Site) -> None:
    await kept(site)
    for kind, entity in KEPT.items():
        assert vars(await read(site, kind, entity.id)) == vars(entity)


async def test_a_session_read_outside_of_a_unit_of_work_is_the_same(site: Site) -> None:
    await kept(site)
    seen = await (await site.port(SessionRepository)).seen(SESSION.id)  # type: ignore[type-abstract]
    assert seen is not None
    assert vars(seen) == vars(SESSION)


async def test_what_is_emptied_comes_back_empty(site: Site) -> None:
    await kept(site)
    for kind, entity in [*KEPT.items()][:3]:
        async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
            repository = await site.port(kind)
            loaded = await repository.get(entity.id)
            for name in AFRESH.keys() & vars(loaded).keys():
                setattr(loaded, name, AFRESH[name])
            await repository.save(loaded)
        assert vars(await read(site, kind, entity.id)) == vars(loaded)
        assert vars(loaded) != vars(entity)
