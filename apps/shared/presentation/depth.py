"""How deep a JSON body may stand in itself: whatever reads it later can count on that."""

import re
from itertools import accumulate

from apps.shared.domain.errors import Malformed
from apps.shared.presentation.problems import ValidationFailed

DEEPEST = 32

TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A string, or one that never ends; read once from left to right, whatever it holds."""

STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
OTHERS = bytes(set(range(256)) - STEPS.keys())


def hold_shallow(body: bytes) -> None:
    """Raise ValidationFailed for a body too deep, Malformed for one that is no JSON anyway.

    A body with few brackets is not looked at any closer.
    """
    if b"\0" in body:  # no JSON, but in encodings that would hide brackets it could be
        raise Malformed("The body is not JSON.")
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    brackets = TEXT.sub(b"", body).translate(None, OTHERS)
    levels = [*accumulate(map(STEPS.__getitem__, brackets))]
    if max(levels, default=0) <= DEEPEST:
        return
    if levels[-1]:
        raise Malformed("The body is not JSON.")
    detail = f"At most {DEEPEST} arrays and objects may stand in each other."
    raise ValidationFailed(errors=[{"pointer": "", "code": "too-deep", "detail": detail}])
