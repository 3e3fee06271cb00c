"""How long tokens that are mailed serve, and what is kept of them."""

import hashlib
from datetime import timedelta

from apps.identity.domain.one_time_token import LIFETIME, OneTimeToken, Purpose
from apps.identity.infrastructure.one_time_tokens import DrawnSecrets
from tests.support.builders import ANN, NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def issued(purpose: Purpose, **more: object) -> OneTimeToken:
    return OneTimeToken.issue(
        "digest",
        purpose=purpose,
        user_id=ANN,
        email="ann@kcs.test",
        at=NOON,
        **more,  # type: ignore[arg-type]
    )


def test_each_serves_as_long_as_was_agreed() -> None:
    assert {each: issued(each).expires_at - NOON for each in LIFETIME} == {
        Purpose.VERIFY_EMAIL: DAY,
        Purpose.CHANGE_EMAIL: DAY,
        Purpose.UNDO_EMAIL_CHANGE: 7 * DAY,
        Purpose.RESET_PASSWORD: HOUR / 2,
        Purpose.CANCEL_DELETION: 14 * DAY,
    }
    assert issued(Purpose.CANCEL_DELETION, until=NOON + HOUR).expires_at == NOON + HOUR


def test_256_bits_are_drawn_and_their_sha_256_is_kept() -> None:
    drawn = DrawnSecrets()
    assert len(drawn.draw()) == 43
    assert drawn.draw() != drawn.draw()
    assert drawn.digest("token") == hashlib.sha256(b"token").hexdigest()
