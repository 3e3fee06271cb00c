"""Codes of authenticators (RFC 6238) and secrets sealed to their members, by `cryptography`."""

import hashlib
import hmac
import logging
import secrets
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from apps.identity.application.second_factor import AuthenticatorCodes, RecoveryCodes
from apps.shared.domain.ids import MemberId

SECRET_BYTES, DIGITS, STEP_S = 20, 6, 30
NONCE_BYTES = 12
STEPS = (0, -1, 1)
"""Now, and for clocks that are a little off, just before and just after."""
RECOVERY_BYTES = 15

logger = logging.getLogger(__name__)


class SealedTotp(AuthenticatorCodes):
    """AES-256-GCM under a key of its own; the id of the member is authenticated with the secret.

    So a secret that somebody puts into the row of another member opens nothing.
    """

    def __init__(self, secret: bytes) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"totp").derive(secret)
        self._cipher = AESGCM(derived)

    def draw(self, of: MemberId) -> tuple[str, str]:
        """Take 160 bits, as long as what HMAC-SHA-1 takes."""
        secret, nonce = secrets.token_bytes(SECRET_BYTES), secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, secret, of.bytes)
        return b32encode(secret).decode(), urlsafe_b64encode(sealed).decode()

    def uri(self, secret: str, *, account: str) -> str:
        """Write it as authenticators read it."""
        return totp(b32decode(secret)).get_provisioning_uri(account, "KCardSwap")

    def step(self, sealed: str, code: str, *, of: MemberId, at: datetime) -> int | None:
        """Compare with three codes, and take the same time for each."""
        raw = urlsafe_b64decode(sealed)
        try:
            secret = self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], of.bytes)
        except InvalidTag:
            logger.error("the secret of an authenticator is not of its member member=%s", of)  # noqa: TRY400  its trace tells no more
            return None
        now, told = int(at.timestamp()) // STEP_S, code.encode(errors="replace")
        right = [
            now + step
            for step in STEPS
            if hmac.compare_digest(totp(secret).generate((now + step) * STEP_S), told)
        ]
        return max(right, default=None)


def totp(secret: bytes) -> TOTP:
    """Return what computes codes of six digits, a new one every thirty seconds."""
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303  what authenticators understand


class PaperCodes(RecoveryCodes):
    """120 bits at random, too many for guesses, so that a plain digest of them tells nothing."""

    def draw(self) -> str:
        """Write them in six groups of four."""
        text = b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
        return "-".join(text[start : start + 4] for start in range(0, len(text), 4))

    def digest(self, code: str) -> str:
        """Hash with SHA-256 what is left without gaps and capitals."""
        bare = "".join(code.lower().replace("-", " ").split())
        return hashlib.sha256(bare.encode(errors="replace")).hexdigest()
