"""Signatures of Standard Webhooks, held to the public test vectors of the specification."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.group_orders.application.hear_providers import EventForged
from apps.group_orders.infrastructure.webhook_signatures import (
    SecretUnfit,
    StandardWebhooks,
    key_of,
    secrets_of,
    signature_of,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ANOTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
ID, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
FITTING = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHERS = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
NOW = datetime.fromtimestamp(int(TIMESTAMP), UTC)
"""The vector of the libraries beside the specification: secret, message and signature."""


def ensure(
    *,
    provider: str = "pay",
    event_id: str = ID,
    timestamp: str = TIMESTAMP,
    signature: str = FITTING,
    body: bytes = BODY,
    at: datetime = NOW,
    secrets: tuple[str, ...] = (f"pay={SECRET}",),
) -> None:
    StandardWebhooks(secrets_of(secrets)).ensure(
        provider, event_id=event_id, timestamp=timestamp, signature=signature, body=body, at=at
    )


def test_the_vector_of_the_specification_is_signed_alike() -> None:
    key = key_of(SECRET)
    assert signature_of(key, event_id=ID, timestamp=TIMESTAMP, body=BODY) == FITTING


@pytest.mark.parametrize(
    "signature",
    [FITTING, f"{OTHERS} {FITTING}", f"{OTHERS} v2,{OTHERS[3:]} {FITTING} {OTHERS}"],
)
def test_one_of_several_signatures_has_to_fit(signature: str) -> None:
    ensure(signature=signature)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "v1,",
        "v1",
        FITTING[:8],
        FITTING[3:],
        OTHERS,
        f"v2,{FITTING[3:]}",
        f"v1a,{FITTING[3:]}",
        f"V1,{FITTING[3:]}",
        f"{FITTING},{FITTING}",
        f"{FITTING}=",
        "v1,dawfeoifkpqwoekfpqoekf",
        "v1,é",
    ],
)
def test_any_other_signature_is_forged(signature: str) -> None:
    with pytest.raises(EventForged):
        ensure(signature=signature)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_delivery_may_be_five_minutes_off(seconds: int) -> None:
    ensure(at=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_older_or_later_one_is_refused(seconds: int) -> None:
    with pytest.raises(EventForged):
        ensure(at=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "timestamp", ["", "hello", "1e9", "-1", "1614265330.0", "9" * 20, "\u0661"]
)
def test_a_timestamp_is_whole_seconds(timestamp: str) -> None:
    with pytest.raises(EventForged):
        ensure(timestamp=timestamp)


@pytest.mark.parametrize("event_id", ["", "msg.1", "msg 1", "x" * 256, "é", "other"])
def test_an_id_is_one_word_without_a_full_stop(event_id: str) -> None:
    with pytest.raises(EventForged):
        ensure(event_id=event_id)


def test_what_is_signed_is_the_body_to_the_byte() -> None:
    for body in (BODY + b"\n", BODY.replace(b" ", b""), b"", b"{}"):
        with pytest.raises(EventForged):
            ensure(body=body)


def test_a_full_stop_moves_nothing_from_the_body_into_the_head() -> None:
    key, body = key_of(SECRET), b'1614265330.{"test": 1}'
    signature = signature_of(key, event_id="msg", timestamp=TIMESTAMP, body=body)
    moved = f"msg.{TIMESTAMP}"
    fits = signature_of(key, event_id=moved, timestamp=TIMESTAMP, body=b'{"test": 1}')
    assert signature == fits, "or there would be nothing to refuse"
    with pytest.raises(EventForged):
        ensure(event_id=moved, signature=signature, body=b'{"test": 1}')


def test_both_secrets_count_while_one_takes_the_place_of_the_other() -> None:
    ensure(secrets=(f"pay={ANOTHER}", f"pay={SECRET}"))
    with pytest.raises(EventForged):
        ensure(secrets=(f"pay={ANOTHER}",))


def test_each_provider_has_secrets_of_its_own() -> None:
    secrets = (f"pay={ANOTHER}", f"bank={SECRET}")
    ensure(provider="bank", secrets=secrets)
    for provider in ("pay", "nobody", ""):
        with pytest.raises(EventForged):
            ensure(provider=provider, secrets=secrets)
    with pytest.raises(EventForged):
        ensure(secrets=())


@pytest.mark.parametrize(
    "pair",
    [
        SECRET,
        "pay=",
        "pay=whsec_",
        "pay=hunter2",
        f"pay={SECRET[6:]}",
        "pay=whsec_c2hvcnQ=",
        f"pay=whsec_{'A' * 88}",
        f"pay={SECRET[:-1]}",
        f"Pay={SECRET}",
        f"pay/1={SECRET}",
        f"={SECRET}",
        f"pay={SECRET}!",
    ],
)
def test_what_is_no_secret_is_refused_at_the_start(pair: str) -> None:
    with pytest.raises(SecretUnfit) as refused:
        secrets_of([pair])
    assert "whsec" not in str(refused.value)
