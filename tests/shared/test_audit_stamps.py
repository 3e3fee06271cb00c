"""What is under the stamps of the audit log: all that an entry, a seal or an end says."""

import hmac
import json
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from apps.shared.application.audit import AuditEntry, Result
from apps.shared.application.audit_chain import Stamps
from tests.support.builders import NOON, a_uuid

SECRET = bytes(range(32))
STAMPS = Stamps(SECRET)
ENTRY = AuditEntry(
    id=a_uuid(1, of=9),
    at=NOON,
    actor="ann",
    action="suspend",
    target="eve",
    ip_trunc="192.0.2.0/24",
    request_id="r-1",
    result=Result.OK,
    meta={"reason": "spam", "times": 1},
)
OTHERWISE: dict[str, Any] = {
    "id": a_uuid(2, of=9),
    "at": NOON + timedelta(microseconds=1),
    "actor": None,
    "action": "pardon",
    "target": "bea",
    "ip_trunc": "198.51.100.0/24",
    "request_id": "r-2",
    "result": Result.REFUSED,
    "meta": {"reason": "spam", "times": 2},
}


def test_each_field_is_tried() -> None:
    assert OTHERWISE.keys() == {each.name for each in fields(AuditEntry)}


@pytest.mark.parametrize("name", OTHERWISE)
def test_whatever_an_entry_says_is_under_its_stamp(name: str) -> None:
    other = replace(ENTRY, **{name: OTHERWISE[name]})
    assert STAMPS.entry(other) != STAMPS.entry(ENTRY)


def test_the_order_of_facts_and_the_zone_of_a_moment_say_nothing() -> None:
    turned = replace(ENTRY, meta=dict(reversed([*ENTRY.meta.items()])))
    assert STAMPS.entry(turned) == STAMPS.entry(ENTRY)


def by_hand(*told: object) -> str:
    text = json.dumps(told, separators=(",", ":")).encode()
    return hmac.new(SECRET, text, "sha256").hexdigest()


def test_stamps_are_what_they_were_when_the_log_was_begun() -> None:
    """Or nobody could verify what was written before."""
    seal = ("seal", 7, "before", str(ENTRY.id), "stamp")
    assert STAMPS.seal(7, "before", ENTRY.id, "stamp") == by_hand(*seal)
    assert STAMPS.end(7, "hash") == by_hand("end", 7, "hash")
    assert STAMPS.pseudonym("ann@kcs.test") == by_hand("name", "ann@kcs.test")
    moment = NOON.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    whence = ("192.0.2.0/24", "r-1")
    told = ("entry", str(ENTRY.id), moment, "ann", "suspend", "eve", *whence, "ok", ENTRY.meta)
    assert STAMPS.entry(ENTRY) == by_hand(*told)


def test_another_key_stamps_otherwise() -> None:
    assert Stamps(SECRET[::-1]).entry(ENTRY) != STAMPS.entry(ENTRY)
