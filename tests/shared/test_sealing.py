"""What is sealed opens with its key in its place, and nowhere else."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from apps.shared.application.reseal import SealBroken
from apps.shared.infrastructure import sealing
from apps.shared.infrastructure.sealing import DataKeys, Place, Sealer, number_of

ONE, TWO, INDEX = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
HERE = Place("addresses", "sealed", "1/ann")
CONTENT = {"city": "서울", "lines": ["Wausan-ro 29-gil 4", "B1"], "phone": None}
ELSEWHERE = [
    Place("trade_addresses", "sealed", "1/ann"),
    Place("addresses", "fingerprint", "1/ann"),
    Place("addresses", "sealed", "2/ann"),
    Place("addresses", "sealed", "1/bea"),
]


def a_sealer(*secrets: bytes, index: bytes = INDEX) -> Sealer:
    """The last of these seals."""
    keys = DataKeys(secrets=dict(enumerate(secrets, 1)), sealing=len(secrets), index=index)
    return Sealer(lambda: keys)


def test_what_is_sealed_opens_and_each_time_it_is_another_text() -> None:
    sealer = a_sealer(ONE)
    texts = {sealer.seal(CONTENT, HERE) for _ in range(100)}
    assert len(texts) == 100
    assert all(sealer.open(text, HERE) == CONTENT for text in texts)
    assert {number_of(text) for text in texts} == {1}


def test_a_later_key_seals_and_the_earlier_ones_still_open() -> None:
    before = a_sealer(ONE).seal(CONTENT, HERE)
    both = a_sealer(ONE, TWO)
    assert both.open(before, HERE) == CONTENT
    assert number_of(both.seal(CONTENT, HERE)) == 2


@pytest.mark.parametrize("place", ELSEWHERE, ids=str)
def test_elsewhere_it_opens_nothing(place: Place) -> None:
    sealer = a_sealer(ONE)
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal(CONTENT, HERE), place)


@pytest.mark.parametrize("place", ELSEWHERE, ids=str)
def test_unless_its_place_is_not_authenticated(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the test above can fail."""
    monkeypatch.setattr(sealing, "told", lambda header, _: header.encode())
    sealer = a_sealer(ONE)
    assert sealer.open(sealer.seal(CONTENT, HERE), place) == CONTENT


def test_no_bit_of_it_can_be_changed() -> None:
    sealer = a_sealer(ONE)
    header, _, body = sealer.seal(CONTENT, HERE).rpartition(".")
    raw = urlsafe_b64decode(body)
    for at in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(SealBroken):
            sealer.open(f"{header}.{urlsafe_b64encode(changed).decode()}", HERE)


def test_a_key_that_is_another_or_is_not_there_opens_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    text = a_sealer(ONE).seal(CONTENT, HERE)
    twice = a_sealer(TWO, ONE).seal(CONTENT, HERE)
    for sealer, sealed in ((a_sealer(TWO), text), (a_sealer(ONE), twice)):
        with pytest.raises(SealBroken) as caught:
            sealer.open(sealed, HERE)
        assert str(caught.value) == SealBroken.__doc__
    assert "place=addresses|sealed|1/ann" in caplog.text
    assert "Wausan" not in caplog.text


@pytest.mark.parametrize(
    "text", ["", "1", "1.1", "1.1.", "1.x.AAAA", "2.1.AAAA", "1.1.%", "1.9.AAAA", "서울"]
)
def test_what_is_no_seal_is_refused_likewise(text: str) -> None:
    with pytest.raises(SealBroken):
        a_sealer(ONE).open(text, HERE)


def test_fingerprints_compare_without_the_data_keys_but_not_without_their_own() -> None:
    mark = a_sealer(ONE).fingerprint("seoul", of="addresses")
    assert mark == a_sealer(TWO).fingerprint("seoul", of="addresses")
    others = [
        a_sealer(ONE).fingerprint("busan", of="addresses"),
        a_sealer(ONE).fingerprint("seoul", of="phones"),
        a_sealer(ONE, index=TWO).fingerprint("seoul", of="addresses"),
    ]
    assert len({mark, *others}) == 4
