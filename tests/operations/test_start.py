"""The `kcs` command starts without looking for garbage, and works with looking for it."""

import gc

import pytest

from apps import cli, start


def test_what_is_imported_is_kept_and_garbage_is_looked_for_from_then_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gc.unfreeze()
    told: list[tuple[bool, bool]] = []
    monkeypatch.setattr(
        cli, "run", lambda: told.append((gc.isenabled(), gc.get_freeze_count() > 0))
    )
    start.run()
    assert told == [(True, True)]
