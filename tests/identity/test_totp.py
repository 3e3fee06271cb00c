"""Codes of authenticators, their sealed secrets, and codes on paper, by themselves."""

import base64
import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.identity.infrastructure.totp import PaperCodes, SealedTotp
from tests.support.authenticators import code_of
from tests.support.builders import ANN, BEA, NOON

SECRET = bytes(range(32))
NOW = int(NOON.timestamp()) // 30
PAPER = PaperCodes()


def cipher(info: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(SECRET))


def test_a_secret_has_160_bits_and_is_sealed_to_its_member() -> None:
    totp = SealedTotp(SECRET)
    text, sealed = totp.draw(ANN)
    secret, raw = base64.b32decode(text), base64.urlsafe_b64decode(sealed)
    assert len(secret) == 20
    assert cipher(b"totp").decrypt(raw[:12], raw[12:], ANN.bytes) == secret
    assert totp.draw(ANN) != (text, sealed)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_code_of_now_or_of_a_step_beside_it_is_right(off: int) -> None:
    text, sealed = SealedTotp(SECRET).draw(ANN)
    for seconds in (0, 29):
        at = NOON + timedelta(seconds=seconds)
        assert SealedTotp(SECRET).step(sealed, code_of(text, NOW + off), of=ANN, at=at) == NOW + off


@pytest.mark.parametrize("off", [-2, 2, 100])
def test_one_of_another_time_is_wrong(off: int) -> None:
    text, sealed = SealedTotp(SECRET).draw(ANN)
    assert SealedTotp(SECRET).step(sealed, code_of(text, NOW + off), of=ANN, at=NOON) is None


@pytest.mark.parametrize("code", ["", "000", "0000000", "\u0660" * 6, "\ud800"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    _, sealed = SealedTotp(SECRET).draw(ANN)
    assert SealedTotp(SECRET).step(sealed, code, of=ANN, at=NOON) is None


def test_the_secret_of_another_member_opens_nothing() -> None:
    text, sealed = SealedTotp(SECRET).draw(ANN)
    assert SealedTotp(SECRET).step(sealed, code_of(text, NOW), of=BEA, at=NOON) is None
    assert SealedTotp(SECRET[::-1]).step(sealed, code_of(text, NOW), of=ANN, at=NOON) is None


def test_what_another_purpose_of_the_key_sealed_opens_nothing() -> None:
    secret, nonce = bytes(20), bytes(12)
    code = code_of(base64.b32encode(secret).decode(), NOW)
    for info, step in ((b"totp", NOW), (b"", None), (b"other", None)):
        raw = nonce + cipher(info).encrypt(nonce, secret, ANN.bytes)
        sealed = base64.urlsafe_b64encode(raw).decode()
        assert SealedTotp(SECRET).step(sealed, code, of=ANN, at=NOON) == step


def test_of_equal_codes_the_later_step_counts() -> None:
    """It is used up with all before it, or the same code would be good once more."""
    secret, nonce = (168_749).to_bytes(20, "big"), bytes(12)
    text = base64.b32encode(secret).decode()
    assert code_of(text, NOW) == code_of(text, NOW + 1) == "805745"
    raw = nonce + cipher(b"totp").encrypt(nonce, secret, ANN.bytes)
    sealed = base64.urlsafe_b64encode(raw).decode()
    assert SealedTotp(SECRET).step(sealed, "805745", of=ANN, at=NOON) == NOW + 1


def test_an_authenticator_is_told_who_and_where() -> None:
    uri = SealedTotp(SECRET).uri(base64.b32encode(bytes(20)).decode(), account="ann@kcs.test")
    assert uri.startswith("otpauth://totp/KCardSwap:ann%40kcs.test?")
    assert {"digits=6", "period=30", "algorithm=SHA1", "issuer=KCardSwap"} <= {
        *uri.partition("?")[2].split("&")
    }


def test_codes_on_paper_have_120_bits_and_are_read_however_they_are_typed() -> None:
    code = PAPER.draw()
    assert re.fullmatch(r"([a-z2-7]{4}-){5}[a-z2-7]{4}", code)
    assert PAPER.draw() != code
    digest = PAPER.digest(code)
    for typed in (code.upper(), code.replace("-", ""), code.replace("-", "  "), f" {code}\t"):
        assert PAPER.digest(typed) == digest
    assert PAPER.digest(code[:-1]) != digest
    assert PAPER.digest("\ud800") != digest


def test_codes_on_paper_are_kept_as_sha_256() -> None:
    """Or those that were handed out would be worth nothing after an update."""
    assert PAPER.digest("abcd-efgh") == (
        "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab"
    )
