"""Vouch cards as JWTs (R9)."""

import logging
from datetime import UTC, datetime, timedelta

from apps.identity.application.show_me import Reputation
from apps.identity.application.vouch import Statement, VouchTokens
from apps.identity.domain.vouch import VALID_FOR, VouchId, VouchNotFound
from apps.identity.infrastructure.compact import Members, number, reason, require, text, uuid
from apps.identity.infrastructure.tokens import Tokens

KIND = "vouch+jwt"
FIGURES = ("completed_trades", "presence_verified", "cancelled_at_fault", "disputes_lost")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_CLAIMS = {"iss", "jti", "iat", "exp", "nickname", "trust_level", "new"}
_log = logging.getLogger(__name__)


class SignedVouches(VouchTokens):
    """Signed with the key of access tokens, which are of another type."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def mint(self, statement: Statement) -> str:
        """Say everything in claims of our own; figures only of members who have some."""
        shown = statement.reputation
        figures = {} if shown.new else {name: getattr(shown, name) for name in FIGURES}
        claims = {
            "jti": str(statement.id),
            "iat": _seconds(statement.issued_at),
            "exp": _seconds(statement.expires_at),
            "nickname": statement.nickname,
            "trust_level": statement.trust_level,
            "new": shown.new,
        }
        return self._tokens.sign(KIND, claims | figures)

    def read(self, token: str) -> Statement:
        """Believe a card only if it is in all as we would have minted it."""
        try:
            return _statement(self._tokens.verified(KIND, token))
        except Exception as error:  # noqa: BLE001 - whatever a token provokes is its own fault
            _log.info("vouch card refused: %s", reason(error))
            raise VouchNotFound from None


def _statement(claims: Members) -> Statement:
    new = claims.get("new")
    require(type(new) is bool, "type of new")
    require(claims.keys() == (_CLAIMS if new else _CLAIMS | {*FIGURES}), "claim names")
    issued, expires = number(claims, "iat"), number(claims, "exp")
    require(expires - issued == VALID_FOR // _SECOND, "lifetime")
    return Statement(
        id=VouchId(uuid(claims, "jti")),
        nickname=text(claims, "nickname"),
        trust_level=number(claims, "trust_level", below=4),
        reputation=Reputation(
            new=bool(new), **{name: None if new else number(claims, name) for name in FIGURES}
        ),
        issued_at=_EPOCH + issued * _SECOND,
        expires_at=_EPOCH + expires * _SECOND,
    )


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _SECOND
