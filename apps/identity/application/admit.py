"""Which account a proven identity opens, and what has to happen before it does."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.identity.application.change_email import FindHolder
from apps.identity.application.keep_identities import Link
from apps.identity.application.open_session import SignedIn
from apps.identity.application.providers import OidcTokenInvalid, Proof
from apps.identity.application.second_factor import LetIn, SecondFactors, SecondFactorWanted
from apps.identity.application.vacate import Vacate
from apps.identity.contract import Directory, Standings
from apps.identity.domain.linked_identity import (
    AccountLinkRequired,
    IdentityTaken,
    LinkedIdentityRepository,
    Opened,
)
from apps.identity.domain.profile import Profile, ProfileRepository
from apps.identity.domain.session import BY_PROVIDER, Delivery, Device
from apps.identity.domain.standing import Standing, StandingRepository
from apps.identity.domain.user import (
    AccountSuspended,
    EmailTaken,
    Status,
    User,
    UserRepository,
    email_key,
)
from apps.shared.application.audit import AuditLog, Result
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId

audit = logging.getLogger("kcs.audit")


def ensure_active(status: Status) -> None:
    """Raise AccountSuspended, or OidcTokenInvalid for who leaves or has left."""
    if status is Status.SUSPENDED:
        raise AccountSuspended
    if status is not Status.ACTIVE:
        raise OidcTokenInvalid


@dataclass(frozen=True, slots=True)
class JoinByProof:
    """Open an account without a password, at the address that the provider has verified."""

    users: UserRepository
    profiles: ProfileRepository
    standings: StandingRepository
    review: Standings
    audit: AuditLog
    ids: Ids

    async def __call__(self, proof: Proof, *, at: datetime) -> MemberId:
        """Make up a nickname: what a provider calls people is often what is in their passport."""
        member = MemberId(self.ids.next())
        nickname = f"fan-{member.hex[-10:]}"
        await self.users.add(User.join(member, email=proof.email, at=at))
        await self.profiles.add(Profile.introduce(member, nickname=nickname, locale=None, at=at))
        await self.standings.add(Standing.begin(member, at=at))
        await self.review.review([member], at=at)
        await self.audit.write("account.join", actor=member, provider=proof.provider)
        audit.info("member joined member=%s provider=%s", member, proof.provider)
        return member


@dataclass(frozen=True, slots=True)
class ClaimAddress:
    """Hand an account whose address nobody has confirmed to who has now proved it.

    Whoever opened it may have been somebody else, waiting for its owner to come: so whatever
    opened it before is void, and every device is signed out. A confirmed account is never
    handed over: its owner signs in and links the identity.
    """

    users: UserRepository
    vacate: Vacate
    factors: SecondFactors
    review: Standings
    audit: AuditLog

    async def __call__(self, proof: Proof, member: MemberId, *, at: datetime) -> None:
        """Raise AccountLinkRequired; of a locked account, which may also be another's way back."""
        user = await self.users.get(member)
        ensure_active(user.status)
        if user.email_verified_at is not None or not user.has_email(proof.email):
            raise AccountLinkRequired
        user.change_email(proof.email, at=at)  # as it stands there it may be another's mailbox
        await self.vacate(user, at=at)
        _ = await self.factors.remove(user.id)
        await self.review.review([member], at=at)
        await self.audit.write("account.claim", actor=member, provider=proof.provider)
        audit.warning("unconfirmed account claimed member=%s provider=%s", member, proof.provider)


@dataclass(frozen=True, slots=True)
class NoteRefusal:
    """Write down that a provider's word has opened nothing; what was begun for it is undone."""

    work: UnitOfWork
    identities: LinkedIdentityRepository
    holder: FindHolder
    audit: AuditLog

    async def __call__(self, provider: str, proof: Proof | None, *, reason: str) -> None:
        """Name the account that was meant, or else what stands for the address."""
        async with self.work:
            await self.audit.write(
                "login",
                actor=None,
                target=await self._whose(proof) if proof else None,
                result=Result.REFUSED,
                amr=BY_PROVIDER,
                provider=provider,
                reason=reason,
            )

    async def _whose(self, proof: Proof) -> MemberId | str:
        opened = await self.identities.opened_by(issuer=proof.issuer, subject=proof.subject)
        member = opened.member_id if opened else await self.holder(proof.email)
        return member or self.audit.pseudonym(email_key(proof.email))


REASONS: Mapping[type[Exception], str] = {
    AccountSuspended: "suspended",
    AccountLinkRequired: "link-required",
    OidcTokenInvalid: "gone",
}


@dataclass(frozen=True, slots=True)
class Admit:
    """Sign in who has proved an identity: to the account that it opens, or else to a new one."""

    work: UnitOfWork
    identities: LinkedIdentityRepository
    holder: FindHolder
    directory: Directory
    join: JoinByProof
    claim: ClaimAddress
    link: Link
    let_in: LetIn
    note_refusal: NoteRefusal
    clock: Clock

    async def __call__(
        self, proof: Proof, device: Device, *, delivery: Delivery
    ) -> SignedIn | SecondFactorWanted:
        try:
            try:
                return await self._admit(proof, device, delivery)
            except (EmailTaken, IdentityTaken):  # somebody was faster; perhaps the same member
                return await self._admit(proof, device, delivery)
        except tuple(REASONS) as refusal:
            await self.note_refusal(proof.provider, proof, reason=REASONS[type(refusal)])
            raise

    async def _admit(
        self, proof: Proof, device: Device, delivery: Delivery
    ) -> SignedIn | SecondFactorWanted:
        async with self.work:
            now = self.clock.now()
            member = await self._known(proof) or await self._unknown(proof, at=now)
            entry = await self.let_in(member, device, amr=BY_PROVIDER, at=now, delivery=delivery)
        audit.info("identity shown member=%s provider=%s", member, proof.provider)
        return entry

    async def _known(self, proof: Proof) -> MemberId | None:
        """Look again once the account is locked: it may have been unlinked, or suspended."""
        opened = await self._opened(proof)
        if opened is None:
            return None
        await self.directory.lock([opened.member_id])
        opened = await self._opened(proof)
        if opened is None:
            raise OidcTokenInvalid
        ensure_active(opened.status)
        return opened.member_id

    async def _unknown(self, proof: Proof, *, at: datetime) -> MemberId:
        member = await self.holder(proof.email)
        if member is None:
            member = await self.join(proof, at=at)
        else:
            await self.directory.lock([member])
            await self.claim(proof, member, at=at)
        await self.link(proof, to=member, at=at)
        return member

    async def _opened(self, proof: Proof) -> Opened | None:
        return await self.identities.opened_by(issuer=proof.issuer, subject=proof.subject)
