"""Members, moderators, copies and addresses for many plays on a site, entered at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from uuid_utils.compat import uuid7

from apps.collection.domain.copy import Condition, Copy, CopyRepository
from apps.collection.domain.copy_events import CopyId
from apps.identity.application.ports import SessionTokens
from apps.identity.contract import CountTrades, Role, Standings
from apps.identity.domain.profile import Profile, ProfileRepository
from apps.identity.domain.second_factor import SECOND_FACTOR
from apps.identity.domain.session import BY_PASSWORD, Session, SessionId, SessionRepository
from apps.identity.domain.standing import Standing, StandingRepository, TradeRecord
from apps.identity.domain.user import User, UserRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from apps.trading.domain.address import Address, AddressId, AddressRepository
from tests.soak.rule_book import DAY
from tests.support.postal import HOME
from tests.support.site import NO_DEVICE, Site

EVER = 9_999 * DAY


class SteadyStandings(Standings):
    """Counts what trades come to, and leaves everybody's level as it is (R8 has its own tests)."""

    def __init__(self, standings: StandingRepository) -> None:
        self.standings = standings

    async def recount(self, members: Any, count: CountTrades, *, at: datetime) -> None:
        locked, records = await self.standings.lock(members), await count(members)
        for standing, _ in locked:
            standing.recount(records.get(standing.id, TradeRecord()), at=at)
            await self.standings.save(standing)

    async def review(self, members: Any, *, at: datetime) -> int:
        del members, at
        return 0


@dataclass(frozen=True)
class Seat:
    """Somebody of level 1 with a session that does not end, an address, and copies."""

    id: MemberId
    session: SessionId
    home: AddressId
    copies: tuple[CopyId, ...]


async def take_seats(
    site: Site, count: int, *, copies: int, role: Role = Role.USER, at: datetime
) -> list[Seat]:
    """Enter so many members, one statement for each table."""
    seats = [
        Seat(
            MemberId(uuid7()),
            SessionId(uuid7()),
            AddressId(uuid7()),
            tuple(CopyId(uuid7()) for _ in range(copies)),
        )
        for _ in range(count)
    ]
    tokens = await site.port(SessionTokens)  # type: ignore[type-abstract]
    (card,) = await site.some_cards(1)
    rows: dict[type[Any], list[Any]] = {
        UserRepository: [a_user(seat.id, role, at) for seat in seats],
        ProfileRepository: [
            Profile.introduce(seat.id, nickname=f"fan-{seat.id.hex[-12:]}", locale=None, at=at)
            for seat in seats
        ],
        StandingRepository: [a_standing(seat.id, at) for seat in seats],
        SessionRepository: [a_session(seat, tokens, role, at) for seat in seats],
        AddressRepository: [
            Address.enter(seat.home, of=seat.id, label=None, postal=HOME, at=at) for seat in seats
        ],
        CopyRepository: [
            Copy.enter(
                copy,
                card_id=card,
                owner_id=seat.id,
                condition=Condition.MINT,
                for_trade=True,
                note=None,
                at=at,
            )
            for seat in seats
            for copy in seat.copies
        ],
    }
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        for repository, entities in rows.items():
            await (await site.port(repository)).add_all(entities)
    return seats


def a_user(id: MemberId, role: Role, at: datetime) -> User:
    user = User.register(id, email=f"{id.hex}@kcs.test", password_hash="!", at=at)
    user.role, user.email_verified_at = role, at
    return user


def a_standing(id: MemberId, at: datetime) -> Standing:
    standing = Standing.begin(id, at=at)
    standing.trust_level = 1
    return standing


def a_session(seat: Seat, tokens: SessionTokens, role: Role, at: datetime) -> Session:
    session = Session.open(
        seat.session,
        user_id=seat.id,
        nonce=tokens.new_nonce(),
        mac_kid=tokens.mac_kid,
        device=NO_DEVICE,
        at=at,
        amr=f"{BY_PASSWORD} {SECOND_FACTOR}" if role.is_staff else BY_PASSWORD,
    )
    session.idle_expires_at = session.expires_at = at + EVER
    return session
