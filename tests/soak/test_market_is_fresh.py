"""The present market is told with its age, which is a minute at most while workers work (B23)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps.demo.members import DOMAIN, PASSWORD
from tests.support.budget import Budget
from tests.support.served import environment, serving, typed

MINUTE, SOME_MINUTES = 60, 200
COPY_EVERY = 10


@contextmanager
def a_collector(address: str) -> Iterator[tuple[httpx.Client, dict[str, Any]]]:
    """Sign one of the demo in; yield her client, and a copy of hers."""
    with httpx.Client(base_url=f"{address}/api/v1") as http:
        account = {"email": f"minji@{DOMAIN}", "password": PASSWORD}
        token = http.post("/auth/login", json=account).raise_for_status().json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield http, http.get("/me/copies").raise_for_status().json()["items"][0]


def oldest(address: str, seconds: int) -> float:
    """Look at a card each second while copies of it are entered; return how old it ever was."""
    ages = [0.0]
    with a_collector(address) as (http, copy):
        card = copy["card"]["id"]
        entered = {"card_id": card, "condition": "mint", "for_trade": True}
        for number in range(seconds):
            if number % COPY_EVERY == 0:
                _ = http.post("/me/copies", json=entered).raise_for_status()
            told = http.get(f"/cards/{card}/market").raise_for_status().json()["refreshed_at"]
            if told is not None:
                ages.append((datetime.now(UTC) - datetime.fromisoformat(told)).total_seconds())
            time.sleep(1)
    return max(ages)


@pytest.mark.soak
@pytest.mark.parametrize("budget", ["long"], indirect=True)
def test_the_market_is_no_older_than_a_minute(url: str, tmp_path: Path, budget: Budget) -> None:
    env = environment(url, tmp_path / "data")
    assert typed("kcs demo load", env).returncode == 0
    with serving(env | {"WORKER_EMBEDDED": "true"}) as address:
        age = oldest(address, SOME_MINUTES)
        budget.tell(f"{age:.1f} s old at most")
        assert 0 < age <= MINUTE
    # The control: without a worker it gets older, and says so.
    with serving(env | {"WORKER_EMBEDDED": "false"}) as address:
        assert oldest(address, MINUTE + 5) > MINUTE
