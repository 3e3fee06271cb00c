"""Members, their sessions and blocks as rows, and what breaking their constraints means."""

from datetime import datetime
from typing import Self

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from apps.identity.domain.block import Block, BlockId
from apps.identity.domain.profile import NicknameTaken, Privacy, Profile, nickname_key
from apps.identity.domain.session import Delivery, Device, RevokeReason, Session, SessionId
from apps.identity.domain.user import EmailTaken, Role, Status, User, email_key
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import REFUSALS, Model

Model.registry.update_type_annotation_map({SessionId: Uuid(), BlockId: Uuid()})

REFUSALS |= {
    "uq_users_email_key": EmailTaken,
    "users.email_key": EmailTaken,
    "uq_profiles_nickname_key": NicknameTaken,
    "profiles.nickname_key": NicknameTaken,
    "uq_blocks_blocker_id": Busy,  # asked again, it is there
    "blocks.blocker_id, blocks.blocked_id": Busy,
}

SORTED_BY_CODE_POINT = String(120).with_variant(String(120, collation="C"), "postgresql")
"""Both databases put such text into one and the same order, whatever the server's locale."""

LEAVES = text("erase_after IS NOT NULL")
"""Written out, or no database would know that a partial index serves."""


class UserModel(Model):
    """An account."""

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email_key", "email_key", unique=True),
        Index("ix_users_erase_after", "erase_after", postgresql_where=LEAVES, sqlite_where=LEAVES),
        CheckConstraint("status <> 'deleting' OR erase_after IS NOT NULL", name="erased_after"),
        CheckConstraint("status <> 'active' OR erase_after IS NULL", name="stays"),
    )

    id: Mapped[MemberId] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(600))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[Role]
    status: Mapped[Status]
    email_verified_at: Mapped[datetime | None]
    erase_after: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, user: User, /) -> Self:
        """Copy an account."""
        return cls(
            id=user.id,
            email=user.email,
            email_key=email_key(user.email),
            password_hash=user.password_hash,
            role=user.role,
            status=user.status,
            email_verified_at=user.email_verified_at,
            erase_after=user.erase_after,
            created_at=user.created_at,
            updated_at=user.updated_at,
        )

    def entity(self) -> User:
        """Rebuild it."""
        return User(
            id=self.id,
            email=self.email,
            password_hash=self.password_hash,
            role=self.role,
            status=self.status,
            email_verified_at=self.email_verified_at,
            erase_after=self.erase_after,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


class ProfileModel(Model):
    """What others see of a member."""

    __tablename__ = "profiles"
    __table_args__ = (Index("uq_profiles_nickname_key", "nickname_key", unique=True),)

    id: Mapped[MemberId] = mapped_column(ForeignKey(UserModel.id), primary_key=True)
    nickname: Mapped[str] = mapped_column(String(30))
    nickname_key: Mapped[str] = mapped_column(SORTED_BY_CODE_POINT)
    bio: Mapped[str | None] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(String(6))
    locale: Mapped[str] = mapped_column(String(35))
    avatar_url: Mapped[str | None] = mapped_column(Text)
    nearby_visible: Mapped[bool]
    show_online: Mapped[bool]
    allow_stranger_messages: Mapped[bool]
    accepts_proposals: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, profile: Profile, /) -> Self:
        """Copy a profile."""
        return cls(
            id=profile.id,
            nickname=profile.nickname,
            nickname_key=nickname_key(profile.nickname),
            bio=profile.bio,
            region=profile.region,
            locale=profile.locale,
            avatar_url=profile.avatar_url,
            nearby_visible=profile.privacy.nearby_visible,
            show_online=profile.privacy.show_online,
            allow_stranger_messages=profile.privacy.allow_stranger_messages,
            accepts_proposals=profile.privacy.accepts_proposals,
            created_at=profile.created_at,
            updated_at=profile.updated_at,
        )

    def entity(self) -> Profile:
        """Rebuild it."""
        return Profile(
            id=self.id,
            nickname=self.nickname,
            bio=self.bio,
            region=self.region,
            locale=self.locale,
            avatar_url=self.avatar_url,
            privacy=Privacy(
                nearby_visible=self.nearby_visible,
                show_online=self.show_online,
                allow_stranger_messages=self.allow_stranger_messages,
                accepts_proposals=self.accepts_proposals,
            ),
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


class RefreshSessionModel(Model):
    """A signed-in device; tokens stand here as digests only."""

    __tablename__ = "refresh_sessions"
    __table_args__ = (
        Index("ix_refresh_sessions_user_id", "user_id", "revoked_at"),
        CheckConstraint("generation >= 0", name="generation"),
    )

    id: Mapped[SessionId] = mapped_column(primary_key=True)
    user_id: Mapped[MemberId] = mapped_column(ForeignKey(UserModel.id, ondelete="CASCADE"))
    nonce: Mapped[str] = mapped_column(String(64))
    mac_kid: Mapped[int]
    generation: Mapped[int]
    current_hash: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    confirmed_generation: Mapped[int]
    delivery: Mapped[Delivery]
    device_name: Mapped[str | None] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(256))
    ip_trunc: Mapped[str | None] = mapped_column(String(64))
    amr: Mapped[str] = mapped_column(String(64))
    auth_time: Mapped[datetime]
    created_at: Mapped[datetime]
    rotated_at: Mapped[datetime]
    refreshes: Mapped[int]
    refreshes_since: Mapped[datetime]
    idle_expires_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[RevokeReason | None]

    @classmethod
    def of(cls, session: Session, /) -> Self:
        """Copy a session."""
        return cls(
            id=session.id,
            user_id=session.user_id,
            nonce=session.nonce,
            mac_kid=session.mac_kid,
            generation=session.generation,
            current_hash=session.current_hash,
            previous_hash=session.previous_hash,
            confirmed_generation=session.confirmed_generation,
            delivery=session.delivery,
            device_name=session.device.name,
            user_agent=session.device.user_agent,
            ip_trunc=session.device.ip_trunc,
            amr=session.amr,
            auth_time=session.auth_time,
            created_at=session.created_at,
            rotated_at=session.rotated_at,
            refreshes=session.refreshes,
            refreshes_since=session.refreshes_since,
            idle_expires_at=session.idle_expires_at,
            expires_at=session.expires_at,
            revoked_at=session.revoked_at,
            revoke_reason=session.revoke_reason,
        )

    def entity(self) -> Session:
        """Rebuild it; a named tuple of the same columns will do as well as a row."""
        return Session(
            id=self.id,
            user_id=self.user_id,
            nonce=self.nonce,
            mac_kid=self.mac_kid,
            generation=self.generation,
            current_hash=self.current_hash,
            previous_hash=self.previous_hash,
            confirmed_generation=self.confirmed_generation,
            delivery=self.delivery,
            device=Device(
                name=self.device_name, user_agent=self.user_agent, ip_trunc=self.ip_trunc
            ),
            amr=self.amr,
            auth_time=self.auth_time,
            created_at=self.created_at,
            rotated_at=self.rotated_at,
            refreshes=self.refreshes,
            refreshes_since=self.refreshes_since,
            idle_expires_at=self.idle_expires_at,
            expires_at=self.expires_at,
            revoked_at=self.revoked_at,
            revoke_reason=self.revoke_reason,
        )


class MfaTicketModel(Model):
    """A first factor that was shown, by the digest of its ticket, until the second one is."""

    __tablename__ = "mfa_tickets"
    __table_args__ = (Index("ix_mfa_tickets_member_id", "member_id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey(UserModel.id, ondelete="CASCADE"))
    amr: Mapped[str] = mapped_column(String(64))
    device_name: Mapped[str | None] = mapped_column(String(64))
    delivery: Mapped[Delivery]
    attempts: Mapped[int]
    expires_at: Mapped[datetime]


class BlockModel(Model):
    """A block; it may name somebody who is not there (BL5), hence no second foreign key."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("blocker_id <> blocked_id", name="self"),
        Index("uq_blocks_blocker_id", "blocker_id", "blocked_id", unique=True),
        Index("ix_blocks_blocked_id", "blocked_id", "blocker_id"),
    )

    id: Mapped[BlockId] = mapped_column(primary_key=True)
    blocker_id: Mapped[MemberId] = mapped_column(ForeignKey(UserModel.id, ondelete="CASCADE"))
    blocked_id: Mapped[MemberId]
    created_at: Mapped[datetime]

    @classmethod
    def of(cls, block: Block, /) -> Self:
        """Copy a block."""
        return cls(
            id=block.id,
            blocker_id=block.blocker_id,
            blocked_id=block.blocked_id,
            created_at=block.created_at,
        )

    def entity(self) -> Block:
        """Rebuild it."""
        return Block(
            id=self.id,
            blocker_id=self.blocker_id,
            blocked_id=self.blocked_id,
            created_at=self.created_at,
        )
