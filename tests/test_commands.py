"""What an operator and a newcomer type does what the README says, on both databases."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from apps.demo.members import DOMAIN, PASSWORD
from tests.support.databases import one_for_a_module
from tests.support.postgres import a_free_port
from tests.support.served import PRODUCTION, ROOT, environment, run, serving, typed

SCRIPT = re.compile(r"```bash\n(.*?)```", re.DOTALL)
TEN = 10
HANNI, KARINA = "newjeans-get-up-hanni", "aespa-armageddon-karina"


@pytest.fixture
def env(url: str, tmp_path: Path) -> dict[str, str]:
    """A migrated installation."""
    return environment(url, tmp_path / "data")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """An installation with the demo catalogue and the demo members, for one play after another."""
    folder = tmp_path_factory.mktemp("played")
    with one_for_a_module(request, folder) as url:
        env = environment(url, folder / "data")
        loaded = typed("kcs demo load", env)
        assert loaded.returncode == 0, loaded.stderr
        assert "Demo member    minji@demo.kcardswap.example  password: " in loaded.stdout
        yield env


@pytest.fixture(scope="module")
def address(played: dict[str, str]) -> Iterator[str]:
    """A server of it."""
    with serving(played) as address:
        yield address


def partners_of(name: str, address: str) -> list[list[str]]:
    """Whom the service leads this demo member to, match by match."""
    with httpx.Client(base_url=f"{address}/api/v1") as http:
        account = {"email": f"{name}@{DOMAIN}", "password": PASSWORD}
        token = http.post("/auth/login", json=account).json()["access_token"]
        found = http.get("/me/matches", headers={"Authorization": f"Bearer {token}"}).json()
    return [[party["nickname"] for party in match["parties"][1:]] for match in found["items"]]


def test_the_demo_plays_the_main_job_and_can_be_played_again(
    played: dict[str, str], address: str
) -> None:
    assert partners_of("minji", address) == [["haerin"]]
    assert partners_of("mina", address) == [["tao"]]
    assert partners_of("sora", address) == [["yuna", "jiho"]]
    for _ in range(2):
        done = run(f"kcs demo swap --url {address}", played)
        assert done.returncode == 0, done.stderr
        assert "Each holds the other's card" in done.stdout
        before, after = (
            dict(re.findall(rf"  {when}: (ann|bea)-\w+ holds (\S+)", done.stdout))
            for when in ("before", "after")
        )
        assert before["ann"].startswith(HANNI)
        assert before["bea"].startswith(KARINA)
        assert after == {"ann": before["bea"], "bea": before["ann"]}


def test_a_ring_is_played_by_mail_and_can_be_played_again(
    played: dict[str, str], address: str
) -> None:
    for _ in range(2):
        done = typed(f"kcs demo ring --url {address}", played)
        assert done.returncode == 0, done.stderr
        assert "All invariants hold." in done.stdout
        before, after = (
            {
                name: codes.split(", ")
                for name, codes in re.findall(rf"  {when}: (\w+) holds (.+)", done.stdout)
            }
            for when in ("before", "after")
        )
        for giver, receiver, idol in RING:
            assert has(before[giver], idol) - has(after[giver], idol) == 1
            assert has(after[receiver], idol) - has(before[receiver], idol) == 1


RING = (("sora", "yuna", "hoshi"), ("yuna", "jiho", "jake"), ("jiho", "sora", "ryujin"))


def has(codes: list[str], idol: str) -> int:
    return sum(f"-{idol}-" in code for code in codes)


def test_a_group_order_is_played_to_its_end_and_can_be_played_again(
    played: dict[str, str], address: str
) -> None:
    for _ in range(2):
        done = typed(f"kcs demo group-order --url {address}", played)
        assert done.returncode == 0, done.stderr
        ledgers = re.findall(r"  ledger \((.+?)\): (.+); together (-?\d+)", done.stdout)
        assert len(ledgers) > TEN
        assert {total for *_, total in ledgers} == {"0"}
        last_why, last, _ = ledgers[-1]
        assert last_why == "all is even"
        assert "receivable" not in last
        assert "All invariants hold." in done.stdout


def test_a_ring_is_not_played_where_the_demo_was_not_loaded(env: dict[str, str]) -> None:
    with serving(env) as address:
        played = typed(f"kcs demo ring --url {address}", env)
    assert (played.returncode, played.stdout) == (1, "")
    assert "sora cannot sign in: load the demo first." in played.stderr


def test_demo_members_have_levels_and_histories_and_are_loaded_once(env: dict[str, str]) -> None:
    told: list[bool] = []
    for loaded in (run("kcs demo load", env), typed("kcs demo load", env)):
        assert loaded.returncode == 0, loaded.stderr
        told.append("mail to" in loaded.stdout)
        levels = re.findall(r"(\w+)@demo\S+  password: \S+  trust level: (\d)", loaded.stdout)
        assert len(levels) == len(dict(levels)) == 8
        assert Counter(dict(levels).values()) == {"0": 2, "1": 5, "2": 1}
    assert told == [True, False]
    sound = typed("kcs check-invariants", env)
    assert sound.returncode == 0, sound.stdout


def test_the_lines_of_the_readme_swap_a_card(address: str) -> None:
    found = SCRIPT.search((ROOT / "README.md").read_text())
    assert found
    script = "set -eu -o pipefail\n" + found[1].replace("http://127.0.0.1:8000", address)
    done = subprocess.run(
        ["bash", "-c", script], text=True, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    *states, anns, beas = done.stdout.split()[-5:]
    assert states == ["accepted", "fulfilling", "completed"]
    assert anns.startswith(KARINA)
    assert beas.startswith(HANNI)
    assert sum("curl" in line or "as $" in line for line in lines_of(found[1])) == TEN


def lines_of(script: str) -> list[str]:
    """What follows the definitions."""
    return script.partition("\n\n")[2].splitlines()


def test_the_demo_fails_where_there_is_no_server(env: dict[str, str]) -> None:
    played = run(f"kcs demo swap --url http://127.0.0.1:{a_free_port()}", env)
    assert played.returncode == 1
    assert played.stderr.startswith("FAILED: ")


def test_the_demo_fails_at_the_first_step_that_goes_otherwise(env: dict[str, str]) -> None:
    with serving(env) as address:  # nobody has loaded the catalogue
        played = run(f"kcs demo swap --url {address}", env)
    assert played.returncode == 1
    assert "load the demo catalogue first" in played.stderr


def test_serving_an_empty_database_ends_with_a_hint(empty_url: str, tmp_path: Path) -> None:
    refused = run("kcs serve", environment(empty_url, tmp_path))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "The database is empty; run `alembic upgrade head`.\n"


def test_production_neither_makes_up_keys_nor_loads_the_demo(
    env: dict[str, str], tmp_path: Path
) -> None:
    production = env | PRODUCTION | {"DATA_DIR": str(tmp_path / "elsewhere")}
    for command in ("kcs serve", "kcs demo load"):
        assert run(command, production).returncode == 1
    assert not (tmp_path / "elsewhere").exists()
