"""Ids of matches: what they hold, under a signature for one member."""

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from apps.collection.contract import CopyId
from apps.matching.application.show_matches import MatchIds, Offered
from apps.matching.domain.match import MatchNotFound
from apps.shared.domain.ids import MemberId

PURPOSE = b"the id of a match"
SIGNATURE_BYTES, ID_BYTES = 16, 16
WHEN = struct.Struct(">I")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class SignedMatchIds(MatchIds):
    """A key of its own, made of one that signs what clients hand back as they got it."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, PURPOSE, "sha256")

    def seal(self, offered: Offered) -> str:
        """Write down until when it is good, then who gives what: each with a count."""
        told = [WHEN.pack((offered.expires_at - _EPOCH) // _SECOND)]
        for giver, copies in offered.gifts:
            told += [giver.bytes, bytes([len(copies)]), *(copy.bytes for copy in copies)]
        text = b"".join(told)
        return _encoded(self._sign(text, offered.member) + text)

    def open(self, id: str, *, of: MemberId) -> Offered:
        """Read nothing that was not signed for this member."""
        try:
            raw = urlsafe_b64decode(id.encode() + b"=" * (-len(id) % 4))
        except ValueError as unreadable:
            raise MatchNotFound from unreadable
        signature, text = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        expected = self._sign(text, of)
        if not hmac.compare_digest(signature, expected) or id != _encoded(expected + text):
            raise MatchNotFound
        (seconds,) = WHEN.unpack_from(text)
        gifts = list(_gifts(text[WHEN.size :]))
        return Offered(member=of, expires_at=_EPOCH + seconds * _SECOND, gifts=gifts)

    def _sign(self, text: bytes, member: MemberId) -> bytes:
        return hmac.digest(self._key, member.bytes + text, "sha256")[:SIGNATURE_BYTES]


def _gifts(text: bytes) -> Iterator[tuple[MemberId, list[CopyId]]]:
    while text:
        giver, count, text = text[:ID_BYTES], text[ID_BYTES], text[ID_BYTES + 1 :]
        copies = [text[place * ID_BYTES : (place + 1) * ID_BYTES] for place in range(count)]
        yield MemberId(UUID(bytes=giver)), [CopyId(UUID(bytes=copy)) for copy in copies]
        text = text[count * ID_BYTES :]


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
