"""The whole application over one database, as members meet it and as operators do."""

from asyncio import Task, create_task
from collections.abc import Coroutine, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from dishka import Provider
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import Executable, Select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from uuid_utils.compat import uuid7

from apps.catalogue.contract import CardId
from apps.catalogue.domain.card import Kind
from apps.catalogue.infrastructure.models import (
    CardIdolModel,
    CardModel,
    GroupModel,
    IdolModel,
    ReleaseModel,
)
from apps.collection.contract import CopyId
from apps.identity.application.ports import SessionTokens
from apps.identity.domain.profile import Profile, ProfileRepository
from apps.identity.domain.session import Device, Session, SessionId, SessionRepository
from apps.identity.domain.standing import Standing, StandingRepository
from apps.identity.domain.user import User, UserRepository
from apps.main import create_app
from apps.settings import Settings
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.reads import Driver
from apps.trading.domain.terms import TradeId
from tests.support.declared import ensure_declared

T = TypeVar("T")
PROVIDERS = "pay=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""The payment provider that a site knows, with the secret of the public test vectors."""
API = "/api/v1"
NO_DEVICE = Device(name=None, user_agent=None, ip_trunc=None)


def elsewhere(step: Coroutine[Any, Any, T]) -> Task[T]:
    """As another request would run it: in a task that knows nothing of this one."""
    return create_task(step, context=Context())


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is signed in."""

    site: "Site"
    id: MemberId
    nickname: str
    token: str

    async def send(self, method: str, path: str, body: object = None, **more: Any) -> Response:
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        json: dict[str, Any] = {} if body is None else {"json": body}
        return await self.site.client.request(method, API + path, headers=headers, **json, **more)

    async def get(self, path: str, **query: Any) -> Response:
        return await self.send("GET", path, params=query)

    async def post(self, path: str, body: object = None) -> Response:
        return await self.send("POST", path, body)

    async def patch(self, path: str, body: object) -> Response:
        return await self.send("PATCH", path, body)

    async def put(self, path: str) -> Response:
        return await self.send("PUT", path)

    async def block(self, other: "Member") -> None:
        answer = await self.put(f"/me/blocks/{other.id}")
        assert answer.status_code == 204, answer.text

    async def delete(self, path: str) -> Response:
        return await self.send("DELETE", path)

    async def hold(self, card: CardId | None = None, *, for_trade: bool = True) -> CopyId:
        """Enter a copy, of any card."""
        card = card or (await self.site.some_cards(1))[0]
        body = {"card_id": str(card), "condition": "mint", "for_trade": for_trade}
        answer = await self.post("/me/copies", body)
        assert answer.status_code == 201, answer.text
        return CopyId(UUID(answer.json()["id"]))

    async def binder(self) -> set[str]:
        """The ids of the copies this member holds, as the API lists them."""
        answer = await self.get("/me/copies", limit=100)
        return {copy["id"] for copy in answer.json()["items"]}

    async def propose(
        self, to: "Member", *, give: Sequence[CopyId], take: Sequence[CopyId]
    ) -> TradeId:
        answer = await self.post("/trades", proposal(to, give=give, take=take))
        assert answer.status_code == 201, answer.text
        return TradeId(UUID(answer.json()["id"]))


def proposal(to: Member, *, give: Sequence[CopyId], take: Sequence[CopyId]) -> dict[str, Any]:
    """A body for POST /trades."""
    return {
        "to": str(to.id),
        "give": [str(copy) for copy in give],
        "take": [str(copy) for copy in take],
        "method": "in_person",
    }


@dataclass
class Statements:
    """What was sent to the database, by units of work and by questions alike."""

    sent: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sent)

    def note(self, statement: str) -> None:
        self.sent.append(statement)


class Site:
    """Open it as a context: `async with Site(url) as site`."""

    def __init__(
        self,
        url: str,
        keys: Path,
        *overrides: Provider,
        tracing: Any = None,
        **settings: Any,
    ) -> None:
        told = {"issuer": "https://kcs.test", "webhook_secrets": PROVIDERS} | settings
        self.settings = Settings(database_url=url, data_dir=keys, **told)
        self.app = create_app(self.settings, *overrides, tracing=tracing)
        transport = ASGITransport(self.app, raise_app_exceptions=False)
        self.client = AsyncClient(
            transport=transport,
            base_url="http://kcs.test",
            event_hooks={"response": [ensure_declared]},
        )
        self._cards: list[CardId] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.client.aclose()
        await self.app.state.dishka_container.close()

    async def port(self, kind: type[T]) -> T:
        service: T = await self.app.state.dishka_container.get(kind)
        return service

    async def engine(self) -> AsyncEngine:
        return await self.port(AsyncEngine)

    async def dialect(self) -> str:
        return (await self.engine()).dialect.name

    async def run(self, statement: str, **given: object) -> None:
        async with (await self.engine()).begin() as connection:
            await connection.execute(text(statement), given)

    async def change(self, statement: Executable) -> None:
        async with (await self.engine()).begin() as connection:
            await connection.execute(statement)

    async def ask(self, question: Select[Any]) -> list[Any]:
        async with AsyncSession(await self.engine()) as session:
            return list((await session.scalars(question)).all())

    async def driver(self) -> Driver:
        return await self.port(Driver)  # type: ignore[type-abstract]

    async def clock(self) -> Clock:
        return await self.port(Clock)  # type: ignore[type-abstract]

    async def join(self, nickname: str) -> Member:
        """A member with an open session; no password is hashed, so that tests may have many."""
        id, at = MemberId(uuid7()), (await self.port(Clock)).now()  # type: ignore[type-abstract]
        tokens = await self.port(SessionTokens)  # type: ignore[type-abstract]
        session = Session.open(
            SessionId(uuid7()),
            user_id=id,
            nonce=tokens.new_nonce(),
            mac_kid=tokens.mac_kid,
            device=NO_DEVICE,
            at=at,
        )
        user = User.register(id, email=f"{id.hex}@kcs.test", password_hash="!", at=at)
        profile = Profile.introduce(id, nickname=nickname, locale=None, at=at)
        async with await self.port(UnitOfWork):  # type: ignore[type-abstract]
            await (await self.port(UserRepository)).add(user)  # type: ignore[type-abstract]
            await (await self.port(ProfileRepository)).add(profile)  # type: ignore[type-abstract]
            standings = await self.port(StandingRepository)  # type: ignore[type-abstract]
            await standings.add(Standing.begin(id, at=at))
            await (await self.port(SessionRepository)).add(session)  # type: ignore[type-abstract]
        token = tokens.access(
            member=id, session=session.id, generation=0, auth_time=at, at=at, jti=uuid7()
        )
        return Member(self, id, nickname, token)

    async def some_cards(self, count: int) -> list[CardId]:
        """Cards of a small catalogue, made when first asked for."""
        if len(self._cards) < count:
            await self._print(count - len(self._cards))
        return self._cards[:count]

    async def _print(self, count: int) -> None:
        names, mark = (), uuid7().hex[-12:]
        group = GroupModel(id=uuid7(), code=f"group-{mark}", name="Group", names=names)
        idol = IdolModel(id=uuid7(), code=f"idol-{mark}", name="Idol", names=names, memberships=[])
        release = ReleaseModel(
            id=uuid7(),
            code=f"release-{mark}",
            group_id=group.id,
            title="Release",
            released_on=date(2024, 5, 24),
            names=names,
        )
        cards = [
            CardModel(
                id=CardId(uuid7()),
                code=f"card-{mark}-{number}",
                release_id=release.id,
                kind=Kind.ALBUM,
                names=names,
                idols=[],
            )
            for number in range(count)
        ]
        idols = [CardIdolModel(card_id=card.id, idol_id=idol.id, position=0) for card in cards]
        self._cards += [card.id for card in cards]
        async with AsyncSession(await self.engine()) as session, session.begin():
            for rows in ([group, idol], [release], cards, idols):
                session.add_all(rows)
                await session.flush()
