"""Which identities open an account: listed, linked and unlinked by its member."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.identity.application.letters import LINKED
from apps.identity.application.providers import OidcStateInvalid, Proof
from apps.identity.contract import Directory
from apps.identity.domain.attempt import Linking
from apps.identity.domain.linked_identity import (
    MOST_IDENTITIES,
    IdentityNotFound,
    IdentityTaken,
    LastCredential,
    LinkedIdentity,
    LinkedIdentityId,
    LinkedIdentityRepository,
)
from apps.identity.domain.session import SessionRepository
from apps.identity.domain.user import EmailNotVerified, UserRepository
from apps.shared.application.audit import AuditLog
from apps.shared.application.jobs import Jobs
from apps.shared.application.pages import Page
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import LimitExceeded
from apps.shared.domain.ids import Clock, Ids, MemberId

audit = logging.getLogger("kcs.audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityView:
    """A way to sign in: at which provider, and under which address there when it was linked."""

    id: LinkedIdentityId
    provider: str
    email: str
    created_at: datetime


class ListIdentities(Protocol):
    """The providers by which you can sign in, newest first."""

    async def __call__(self, me: MemberId, *, after: str | None, limit: int) -> Page[IdentityView]:
        """Return one page."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """Let an identity open an account from now on, within the unit of work of the reason."""

    identities: LinkedIdentityRepository
    audit: AuditLog
    ids: Ids

    async def __call__(self, proof: Proof, *, to: MemberId, at: datetime) -> None:
        identity = LinkedIdentity.link(
            LinkedIdentityId(self.ids.next()),
            to=to,
            provider=proof.provider,
            issuer=proof.issuer,
            subject=proof.subject,
            email=proof.email,
            at=at,
        )
        await self.identities.add(identity)
        await self.audit.write(
            "identity.link", actor=to, target=identity.id, provider=proof.provider
        )
        audit.info("identity linked member=%s provider=%s", to, proof.provider)


@dataclass(frozen=True, slots=True)
class LinkMine:
    """Link an identity to the account that asked for it, as long as that device is signed in.

    Addresses need not be equal: who is signed in and proves the identity may join the two. The
    account's own has to be confirmed, or somebody could open an account under the address of
    somebody else, and wait inside for its owner. A letter tells the account's address.
    """

    work: UnitOfWork
    link: Link
    identities: LinkedIdentityRepository
    users: UserRepository
    sessions: SessionRepository
    directory: Directory
    jobs: Jobs
    clock: Clock

    async def __call__(self, proof: Proof, asked: Linking) -> None:
        """Raise IdentityTaken where it opens another account; linked already, it stays so."""
        member, now = asked.member_id, self.clock.now()
        async with self.work:
            await self.directory.lock([member])
            session = await self.sessions.seen(asked.session_id)
            if session is None or session.revoked_at is not None:
                raise OidcStateInvalid
            if (await self.users.get(member)).email_verified_at is None:
                raise EmailNotVerified
            known = await self.identities.opened_by(issuer=proof.issuer, subject=proof.subject)
            if known is None:
                await self._add(proof, member, at=now)
            elif known.member_id != member:
                raise IdentityTaken

    async def _add(self, proof: Proof, member: MemberId, *, at: datetime) -> None:
        count = await self.identities.count(of=member)
        if count >= MOST_IDENTITIES:
            raise LimitExceeded("identities", limit=MOST_IDENTITIES, current=count)
        await self.link(proof, to=member, at=at)
        await self.jobs.enqueue(LINKED, {"member": str(member)})


@dataclass(frozen=True, slots=True)
class UnlinkIdentity:
    """Let a provider open your account no longer; the last way to sign in stays."""

    work: UnitOfWork
    identities: LinkedIdentityRepository
    users: UserRepository
    directory: Directory
    audit: AuditLog

    async def __call__(self, id: LinkedIdentityId, *, of: MemberId) -> None:
        async with self.work:
            await self.directory.lock([of])
            user = await self.users.get(of)
            if not await self.identities.unlink(id, of=of):
                raise IdentityNotFound
            if not (user.has_password or await self.identities.count(of=of)):
                raise LastCredential
            await self.audit.write("identity.unlink", actor=of, target=id)
        audit.info("identity unlinked member=%s identity=%s", of, id)
