"""Ids of matches: whole, of one member, and of nobody's making but ours."""

import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest

from apps.collection.contract import CopyId
from apps.matching.application.show_matches import Offered
from apps.matching.domain.match import MatchNotFound
from apps.matching.infrastructure.match_ids import SignedMatchIds
from tests.support.builders import ANN, BEA, NOON, a_uuid

SECRET = bytes(range(32))
COPIES = [CopyId(a_uuid(number, of=7)) for number in range(1, 4)]
OFFERED = Offered(
    member=ANN, expires_at=NOON + timedelta(days=1), gifts=[(ANN, COPIES[:2]), (BEA, COPIES[2:])]
)


@pytest.fixture
def ids() -> SignedMatchIds:
    return SignedMatchIds(SECRET)


@pytest.fixture
def id(ids: SignedMatchIds) -> str:
    return ids.seal(OFFERED)


def refused(ids: SignedMatchIds, id: str) -> None:
    with pytest.raises(MatchNotFound):
        ids.open(id, of=ANN)


def test_it_opens_to_what_was_sealed(ids: SignedMatchIds, id: str) -> None:
    assert ids.open(id, of=ANN) == OFFERED
    none = Offered(member=ANN, expires_at=NOON, gifts=[])
    assert ids.open(ids.seal(none), of=ANN) == none


def test_it_is_of_one_member_and_one_installation(ids: SignedMatchIds, id: str) -> None:
    with pytest.raises(MatchNotFound):
        ids.open(id, of=BEA)
    refused(SignedMatchIds(SECRET[::-1]), id)


def test_a_bit_that_is_another_is_noticed_wherever_it_is(ids: SignedMatchIds, id: str) -> None:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for at, sign in enumerate(id):
        refused(ids, id[:at] + digits[digits.index(sign) ^ 1] + id[at + 1 :])


def test_what_was_never_sealed_is_refused(ids: SignedMatchIds, id: str) -> None:
    for other in ("", "x", "\u00e4", id[:-1], id[:22], f"{id}A", f"{id}=", f" {id}", f"{id}\n"):
        refused(ids, other)


def test_it_is_signed_under_a_key_that_signs_nothing_else(ids: SignedMatchIds, id: str) -> None:
    """Or a cursor, which is under the same secret, could be told to be a match."""
    told = b"".join(
        (
            int((NOON + timedelta(days=1)).timestamp()).to_bytes(4, "big"),
            *(ANN.bytes, b"\x02", COPIES[0].bytes, COPIES[1].bytes),
            *(BEA.bytes, b"\x01", COPIES[2].bytes),
        )
    )
    key = hmac.digest(SECRET, b"the id of a match", "sha256")
    signature = hmac.digest(key, ANN.bytes + told, "sha256")[:16]
    assert urlsafe_b64encode(signature + told).rstrip(b"=").decode() == id
    plain = hmac.digest(SECRET, ANN.bytes + told, "sha256")[:16]
    refused(ids, urlsafe_b64encode(plain + told).rstrip(b"=").decode())
