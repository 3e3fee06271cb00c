"""Phones: signed-in devices with both tokens in hand, opened without hashing a password."""

from dataclasses import dataclass

from httpx import Response
from uuid_utils.compat import uuid7

from apps.identity.application.open_session import IssueTokens
from apps.identity.application.ports import SessionTokens
from apps.identity.domain.session import Session, SessionId, SessionRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from tests.identity.stage import post, told
from tests.support.site import API, NO_DEVICE, Site


@dataclass(slots=True)
class Phone:
    """One session; `tokens` holds its refresh tokens, the newest last."""

    site: Site
    member: MemberId
    id: SessionId
    access: str
    tokens: list[str]

    @property
    def refresh(self) -> str:
        return self.tokens[-1]

    async def ask(self, token: str) -> Response:
        """Present a refresh token and ignore what comes back."""
        return await post(self.site, "/auth/refresh", {"refresh_token": token})

    async def swap(self) -> None:
        """Refresh as a good client does."""
        answer = await self.ask(self.refresh)
        assert answer.status_code == 200, answer.text
        self.take(answer)

    def take(self, answer: Response) -> None:
        """Put both tokens of an answer away."""
        self.access = answer.json()["access_token"]
        self.tokens.append(answer.json()["refresh_token"])

    async def look(self, access: str | None = None) -> Response:
        """Use an access token, by default the newest."""
        bearer = {"Authorization": f"Bearer {access or self.access}"}
        return await self.site.client.get(f"{API}/me", headers=bearer)

    async def leave(self) -> None:
        """Sign out by the newest refresh token."""
        answer = await post(self.site, "/auth/logout", {"refresh_token": self.refresh})
        assert answer.status_code == 204, answer.text

    async def row(self) -> Session:
        """The session as it is stored."""
        sessions = await self.site.port(SessionRepository)  # type: ignore[type-abstract]
        session: Session | None = await sessions.seen(self.id)
        assert session is not None
        return session

    async def is_dead(self) -> bool:
        """Whether neither of its newest tokens opens anything any more."""
        access, refresh = told(await self.look()), told(await self.ask(self.refresh))
        return (access, refresh) == ((401, "invalid-token"), (401, "invalid-refresh-token"))


async def a_phone(site: Site, member: MemberId) -> Phone:
    """Sign a member in on one more device."""
    tokens = await site.port(SessionTokens)  # type: ignore[type-abstract]
    issue = await site.port(IssueTokens)
    now = (await site.port(Clock)).now()  # type: ignore[type-abstract]
    session = Session.open(
        SessionId(uuid7()),
        user_id=member,
        nonce=tokens.new_nonce(),
        mac_kid=tokens.mac_kid,
        device=NO_DEVICE,
        at=now,
    )
    session.current_hash = tokens.digest(issue.refresh_token(session))
    await add(site, session)
    signed_in = issue(session, issue.refresh_token(session), at=now)
    return Phone(site, member, session.id, signed_in.access_token, [signed_in.refresh_token])


async def add(site: Site, session: Session) -> None:
    """Keep it in a unit of work of its own."""
    sessions = await site.port(SessionRepository)  # type: ignore[type-abstract]
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        await sessions.add(session)
