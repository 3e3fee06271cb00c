"""Who works jobs where, as it is set."""

import pytest

from apps.settings import Settings


@pytest.mark.parametrize(
    ("url", "embedded"),
    [("sqlite:///var/kcs.db", True), ("postgresql://app@db/kcs", False)],
)
def test_a_server_works_jobs_beside_sqlite_unless_told_otherwise(
    url: str, *, embedded: bool
) -> None:
    assert Settings(database_url=url).worker_embedded is embedded
    assert Settings(database_url=url, worker_embedded=not embedded).worker_embedded is not embedded
