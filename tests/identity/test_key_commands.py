"""Keys as an operator changes them, while servers run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import httpx

from apps.identity.application.keep_keys import AHEAD, KeyKind
from apps.identity.infrastructure.key_folder import FolderChest
from apps.identity.infrastructure.keys import load_or_create
from tests.identity.forging import parts
from tests.support.builders import FixedClock
from tests.support.served import a_server, await_ready, environment, typed
from tests.support.site import API


def test_the_commands_list_rotate_and_retire(sqlite: str, tmp_path: Path) -> None:
    env = environment(sqlite, tmp_path)
    missing = typed("kcs keys list", env)
    assert (missing.returncode, "has no access.pem" in missing.stderr) == (1, True)
    load_or_create(tmp_path / "keys")
    rotated = typed("kcs keys rotate", env)
    assert [line.split()[0] for line in rotated.stdout.splitlines()] == ["access", "refresh"]
    listed = [line.split() for line in typed("kcs keys list", env).stdout.splitlines()]
    assert [(kind, state) for kind, _, state, *_ in listed] == [
        ("access", "active"),
        ("access", "next"),
        ("refresh", "active"),
        ("refresh", "next"),
        ("data", "active"),
    ]
    active, coming = listed[0], listed[1]
    assert active[3:] == ["-", coming[3]]
    since = datetime.strptime(coming[3], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(0) <= datetime.now(UTC) + AHEAD - since < timedelta(minutes=1)
    for command, refusal in {
        "kcs keys rotate access": "about to take over",
        f"kcs keys retire {active[1]}": "signs tokens",
        "kcs keys retire refresh-9": "no such key",
    }.items():
        refused = typed(command, env)
        assert refused.returncode == 1
        assert refusal in refused.stderr
    assert typed("kcs keys rotate refresh --soon", env).stdout.startswith("refresh  refresh-3 ")
    assert typed("kcs keys retire", env).stdout == ""
    assert typed(f"kcs keys retire {coming[1]}", env).stdout.split()[1] == coming[1]
    assert len(typed("kcs keys list", env).stdout.splitlines()) == 5


def test_servers_that_share_a_folder_change_keys_without_being_told(
    postgresql: str, tmp_path: Path
) -> None:
    load_or_create(tmp_path / "keys")
    env = environment(postgresql, tmp_path)
    account = {"email": "ann@kcs.test", "password": "correct horse battery"}
    with a_server(env) as one, a_server(env) as other:
        for server in (one, other):
            await_ready(server)
        since = datetime.now(UTC) + timedelta(seconds=13)
        FolderChest(tmp_path / "keys", FixedClock(since - AHEAD)).rotate(
            KeyKind.ACCESS, ahead=AHEAD
        )
        with httpx.Client(base_url=one.address) as here, httpx.Client(base_url=other.address) as ot:
            here.post(f"{API}/auth/register", json=account | {"nickname": "ann"})
            tokens = here.post(f"{API}/auth/login", json=account).raise_for_status().json()
            kids = set()
            while datetime.now(UTC) < since + timedelta(seconds=2):
                sleep(0.3)  # a session is refreshed sixty times a minute at most
                tokens = here.post(
                    f"{API}/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
                )
                tokens = tokens.raise_for_status().json()
                kids.add(parts(tokens["access_token"])[0]["kid"])
                bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
                for client in (here, ot):
                    assert client.get(f"{API}/me", headers=bearer).status_code == 200
            shown = ot.get("/.well-known/jwks.json").json()["keys"]
    assert kids == {key["kid"] for key in shown}
    assert len(kids) == 2
