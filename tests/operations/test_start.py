"""The `kcs` command starts without looking for garbage, and works with looking for it."""

import gc
import sys

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


def test_words_that_nobody_could_store_or_print_are_told_of_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["kcs", "market", "chart", b"\xff".decode(errors="surrogateescape")]
    )
    with pytest.raises(SystemExit, match=r"^kcs: '.udcff' is not UTF-8\.$"):
        start.run()
