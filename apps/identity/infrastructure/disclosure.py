"""What identity keeps of a member, for that member's eyes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import BindParameter, bindparam, select

from apps.identity.contract import Disclosure
from apps.identity.infrastructure.linked_identities import LinkedIdentityModel
from apps.identity.infrastructure.models import (
    BlockModel,
    MfaTicketModel,
    ProfileModel,
    RefreshSessionModel,
    UserModel,
)
from apps.identity.infrastructure.one_time_tokens import OneTimeTokenModel
from apps.identity.infrastructure.second_factors import AuthenticatorModel
from apps.identity.infrastructure.standings import COUNTED, StandingModel
from apps.identity.infrastructure.vouches import VouchModel
from apps.shared.infrastructure.chapters import Chapter, SqlChapters
from apps.shared.infrastructure.long_work import OperationModel
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.replies import IdempotencyKeyModel

MEMBER: BindParameter[Any] = bindparam("member")
USER, PROFILE, SESSION, TOKEN, KEY, TICKET = (
    UserModel,
    ProfileModel,
    RefreshSessionModel,
    OneTimeTokenModel,
    IdempotencyKeyModel,
    MfaTicketModel,
)

CHAPTERS = {
    "account": Chapter(
        Question(
            select(
                USER.id,
                USER.email,
                USER.email_verified_at,
                USER.role,
                USER.status,
                PROFILE.created_at,
                PROFILE.nickname,
                PROFILE.bio,
                PROFILE.region,
                PROFILE.locale,
                PROFILE.avatar_url,
                PROFILE.nearby_visible,
                PROFILE.show_online,
                PROFILE.allow_stranger_messages,
                PROFILE.accepts_proposals,
                PROFILE.updated_at,
            )
            .join(PROFILE, PROFILE.id == USER.id)
            .where(USER.id == MEMBER)
        )
    ),
    "standing": Chapter(
        Question(
            select(
                StandingModel.trust_level,
                *(getattr(StandingModel, name) for name in COUNTED),
                StandingModel.updated_at,
            ).where(StandingModel.id == MEMBER)
        )
    ),
    "sessions": Chapter(
        Question(
            select(
                SESSION.device_name,
                SESSION.user_agent,
                SESSION.ip_trunc,
                SESSION.created_at,
                SESSION.rotated_at,
                SESSION.refreshes,
                SESSION.refreshes_since,
                SESSION.auth_time,
                SESSION.expires_at,
                SESSION.revoked_at,
                SESSION.revoke_reason,
            )
            .where(SESSION.user_id == MEMBER)
            .order_by(SESSION.id)
        )
    ),
    "linked_identities": Chapter(
        Question(
            select(
                LinkedIdentityModel.provider,
                LinkedIdentityModel.issuer,
                LinkedIdentityModel.subject,
                LinkedIdentityModel.email,
                LinkedIdentityModel.created_at,
            )
            .where(LinkedIdentityModel.member_id == MEMBER)
            .order_by(LinkedIdentityModel.id)
        )
    ),
    "second_factor": Chapter(
        Question(
            select(AuthenticatorModel.created_at, AuthenticatorModel.confirmed_at).where(
                AuthenticatorModel.member_id == MEMBER
            )
        )
    ),
    "sign_ins_begun": Chapter(
        Question(
            select(TICKET.device_name, TICKET.attempts, TICKET.expires_at).where(
                TICKET.member_id == MEMBER
            )
        )
    ),
    "letters": Chapter(
        Question(
            select(
                TOKEN.purpose, TOKEN.email, TOKEN.created_at, TOKEN.expires_at, TOKEN.used_at
            ).where(TOKEN.user_id == MEMBER)
        )
    ),
    "blocks": Chapter(
        Question(
            select(BlockModel.blocked_id, BlockModel.created_at).where(
                BlockModel.blocker_id == MEMBER
            )
        ),
        members=("blocked_id",),
    ),
    "vouch_cards": Chapter(
        Question(
            select(
                VouchModel.id, VouchModel.issued_at, VouchModel.expires_at, VouchModel.revoked_at
            ).where(VouchModel.member_id == MEMBER)
        )
    ),
    "requests_by_key": Chapter(
        Question(
            select(KEY.method, KEY.path, KEY.key, KEY.status, KEY.created_at).where(
                KEY.member_id == MEMBER
            )
        )
    ),
    "operations": Chapter(
        Question(
            select(
                OperationModel.id,
                OperationModel.kind,
                OperationModel.status,
                OperationModel.created_at,
            ).where(OperationModel.member_id == MEMBER)
        )
    ),
}


class DiscloseAccount(SqlChapters, Disclosure):
    """Account, devices, ways to sign in, letters with links, blocks and vouch cards."""

    chapters: ClassVar[Mapping[str, Chapter]] = CHAPTERS
