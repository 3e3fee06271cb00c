"""The page about group orders is held to the tables of their steps, states and caps."""

from collections.abc import Iterable

from apps.group_orders.domain import order_steps, round_steps
from apps.group_orders.domain.exposure import CAPS
from apps.group_orders.domain.policy import Policy
from apps.group_orders.domain.round_steps import ClaimState
from tests.group_orders.recipe import PAGE


def arrows(*tables: Iterable[tuple[str, str]]) -> list[str]:
    """The lines of the diagrams, but for beginnings and ends."""
    return sorted(f"    {source} --> {target}" for table in tables for source, target in table)


def shown(page: str) -> list[str]:
    return sorted(line for line in page.splitlines() if "-->" in line and "[*]" not in line)


def test_the_page_shows_every_step_and_no_other() -> None:
    assert shown(PAGE) == arrows(order_steps.ARROWS, round_steps.ARROWS)
    assert shown(PAGE.replace("closed --> allocated", "closed --> settled")) != shown(PAGE)


def test_the_page_knows_every_policy_and_every_state_of_a_claim() -> None:
    assert not [word for word in (*Policy, *ClaimState) if f"| `{word}` |" not in PAGE]


def test_the_page_tells_the_caps() -> None:
    rows = [f"| {level} | {cap.joiners} | {cap.euros} |" for level, cap in CAPS.items()]
    assert not [row for row in rows if row not in PAGE]
