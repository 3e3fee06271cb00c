"""What tests of identity start from."""

from pathlib import Path

import pytest

from apps.identity.infrastructure.keys import load_or_create


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good set of keys."""
    folder = tmp_path / "data" / "keys"
    load_or_create(folder)
    return folder
