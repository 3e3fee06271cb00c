"""Those who ask, each with a token, and what is private to the owner of what they ask for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from uuid_utils.compat import uuid7

from apps.collection.infrastructure.models import CopyModel
from apps.identity.application.ports import SessionTokens
from apps.identity.application.second_factor import SecondFactors
from apps.identity.application.send_letters import MakeToken
from apps.identity.domain.one_time_token import Purpose
from apps.identity.domain.second_factor import Ticket
from apps.identity.domain.session import Delivery
from apps.identity.domain.user import Role, Status
from apps.identity.infrastructure.models import BlockModel, RefreshSessionModel, UserModel
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from apps.trading.infrastructure.models import TradePartyModel
from tests.matrix.policy import Actor
from tests.support.authenticators import set_up
from tests.support.disputes import give_role
from tests.support.good import Good, somebody
from tests.support.good_federation import link_two
from tests.support.levels import confirm_address
from tests.support.postal import entry
from tests.support.site import Member, Site

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class World:
    """A good request, whose it is, and to whom belongs what it asks for."""

    site: Site
    good: Good
    owner: Member
    subject: MemberId
    canaries: tuple[str, ...]
    trades: tuple[str, ...]
    """The ids of what the owner is a party of."""

    @classmethod
    async def around(cls, site: Site, good: Good) -> "World":
        """Find out who is who, and let the owner have what nobody else may see."""
        owner = await signed_in(site, good.by) if good.by else await somebody(site)
        subject = await _subject(site, good) or owner.id
        mine = select(TradePartyModel.trade_id).where(TradePartyModel.member_id == owner.id)
        trades = tuple(str(id) for id in await site.ask(mine))
        return cls(site, good, owner, subject, await _private(owner), trades)


async def signed_in(site: Site, member: Member) -> Member:
    """The member with a token that lasts, under the id that it is about."""
    me = (await member.get("/me")).json()
    return await with_token(Member(site, MemberId(UUID(me["id"])), me["nickname"], ""))


async def with_token(member: Member, *, age: timedelta = timedelta()) -> Member:
    """The member with a token of the last session, made now or as long ago as is told."""
    sessions = select(RefreshSessionModel).where(
        RefreshSessionModel.user_id == member.id, RefreshSessionModel.revoked_at.is_(None)
    )
    session = (await member.site.ask(sessions.order_by(RefreshSessionModel.created_at)))[-1]
    at = (await member.site.clock()).now() - age
    tokens = await member.site.port(SessionTokens)  # type: ignore[type-abstract]
    token = tokens.access(
        member=member.id,
        session=session.id,
        generation=session.generation,
        auth_time=at,
        at=at,
        jti=uuid7(),
    )
    return Member(member.site, member.id, member.nickname, token)


async def _subject(site: Site, good: Good) -> MemberId | None:
    if "member_id" in good.ids:
        return MemberId(UUID(good.ids["member_id"]))
    if "copy_id" in good.ids:
        owners = select(CopyModel.owner_id).where(CopyModel.id == UUID(good.ids["copy_id"]))
        found: list[MemberId] = await site.ask(owners)
        return found[0]
    return None


async def _private(owner: Member) -> tuple[str, ...]:
    """Give the owner an address, a vouch card, a block, a device and a copy that is not shown.

    Returns words and ids that nobody else may be told.
    """
    mark, nobody = f"canary{uuid7().hex}", uuid7()
    (card,) = await owner.site.some_cards(1)
    copy = {"card_id": str(card), "condition": "mint", "for_trade": False, "note": f"{mark} note"}
    kept = [
        await owner.post("/me/addresses", entry(label=mark[:20], recipient=f"{mark} at home")),
        await owner.post("/me/copies", copy),
    ]
    vouch = await owner.post("/me/vouch")
    assert (await owner.put(f"/me/blocks/{nobody}")).status_code == 204
    rows = RefreshSessionModel.user_id == owner.id
    await owner.site.change(
        update(RefreshSessionModel).where(rows).values(device_name=f"{mark} phone")
    )
    sessions = await owner.site.ask(select(RefreshSessionModel.id).where(rows))
    emails = await owner.site.ask(select(UserModel.email).where(UserModel.id == owner.id))
    ids = [each.json()["id"] for each in kept] + [vouch.json()["statement"]["id"]]
    return (mark, str(nobody), *emails, *ids, *map(str, sessions))


async def _with_everything(site: Site) -> Member:
    """Somebody who has something of all that members can have."""
    member = await somebody(site)
    _ = await _private(member)
    (card,) = await site.some_cards(1)
    assert (await member.post("/me/wants", {"card_ids": [str(card)]})).status_code == 201
    _ = await set_up(member)
    await link_two(site, member.id)
    make = await site.port(MakeToken)
    _ = await make(Purpose.RESET_PASSWORD, of=member.id, email=f"{member.id.hex}@kcs.test")
    now = (await site.clock()).now()
    factors = await site.port(SecondFactors)  # type: ignore[type-abstract]
    ticket = Ticket.issue(
        uuid7().hex,
        member_id=member.id,
        amr="pwd",
        device_name=None,
        delivery=Delivery.BODY,
        at=now,
    )
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        await factors.open_ticket(ticket, at=now)
    return member


@dataclass(frozen=True)
class Cast:
    """Members who have nothing to do with what is asked for."""

    stranger: Member
    blocked: Member
    blocker: Member
    moderator: Member
    admin: Member
    weak: Member
    bystander: Member

    @classmethod
    async def of(cls, site: Site) -> "Cast":
        everybody = [await somebody(site) for _ in range(6)]
        await confirm_address(*everybody)
        stranger, blocked, blocker, moderator, admin, weak = everybody
        await give_role(moderator, "moderator")
        await give_role(admin, "admin")
        mark = update(UserModel).where(UserModel.id == weak.id)
        await site.change(mark.values(role=Role.ADMIN))
        bystander = await _with_everything(site)
        return cls(stranger, blocked, blocker, moderator, admin, weak, bystander)

    @asynccontextmanager
    async def plays(self, actor: Actor, world: World) -> AsyncIterator[str | None]:
        """Yield the token with which this actor asks, as long as they are what they are."""
        if actor in UNLIKE:
            async with _while(world, *UNLIKE[actor]):
                yield world.owner.token
        elif actor in {Actor.BLOCKED, Actor.BLOCKER}:
            by_me = actor is Actor.BLOCKER
            me = self.blocker if by_me else self.blocked
            async with _a_block(me, world, by_me=by_me):
                yield (await with_token(me)).token
        else:
            yield await self._token(actor, world)

    async def _token(self, actor: Actor, world: World) -> str | None:
        match actor:
            case Actor.ANONYMOUS:
                return None
            case Actor.EXPIRED:
                return (await with_token(world.owner, age=HOUR)).token
            case Actor.PARTY:
                return (await with_token(await _other_party(world))).token
            case _:
                others = {
                    Actor.STRANGER: self.stranger,
                    Actor.MODERATOR: self.moderator,
                    Actor.ADMIN: self.admin,
                    Actor.WEAK: self.weak,
                }
                return (await with_token(others.get(actor, world.owner))).token


UNLIKE: dict[Actor, tuple[type[UserModel | RefreshSessionModel], dict[str, object]]] = {
    Actor.STALE: (RefreshSessionModel, {"auth_time": datetime(2026, 1, 1, tzinfo=UTC)}),
    Actor.UNVERIFIED: (UserModel, {"email_verified_at": None}),
    Actor.SUSPENDED: (UserModel, {"status": Status.SUSPENDED}),
    Actor.DELETED: (UserModel, {"status": Status.DELETED}),
    Actor.REVOKED: (RefreshSessionModel, {"revoked_at": datetime(2026, 1, 1, tzinfo=UTC)}),
}
"""What the rows of an owner say who is not as they were."""


@asynccontextmanager
async def _while(
    world: World, model: type[UserModel | RefreshSessionModel], during: dict[str, object]
) -> AsyncIterator[None]:
    (name,), owner = during, world.owner.id
    whose = model.id == owner if model is UserModel else RefreshSessionModel.user_id == owner
    before, *_ = await world.site.ask(select(getattr(model, name)).where(whose))
    await world.site.change(update(model).where(whose).values(during))
    yield
    await world.site.change(update(model).where(whose).values({name: before}))


@asynccontextmanager
async def _a_block(me: Member, world: World, *, by_me: bool) -> AsyncIterator[None]:
    blocker, blocked = (me.id, world.subject) if by_me else (world.subject, me.id)
    id = uuid7()
    at = (await world.site.clock()).now()
    row = {"id": id, "blocker_id": blocker, "blocked_id": blocked, "created_at": at}
    await world.site.change(insert(BlockModel).values(row))
    yield
    await world.site.change(delete(BlockModel).where(BlockModel.id == id))


async def _other_party(world: World) -> Member:
    trade = UUID(world.good.ids["trade_id"])
    parties = select(TradePartyModel.member_id).where(TradePartyModel.trade_id == trade)
    (other,) = [id for id in await world.site.ask(parties) if id != world.owner.id]
    return Member(world.site, other, "", "")
