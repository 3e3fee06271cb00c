"""`kcs users`: the first admin, and others, by hand of an operator; no account is there before."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from apps.identity.infrastructure.models import UserModel
from apps.shared.infrastructure.audit import AuditEntryModel
from tests.identity.stage import login
from tests.support.served import environment, run, typed
from tests.support.site import Site

LONG = "a password of staff"
CREATE = "kcs users create --email ada@kcs.test --nickname ada"


@pytest.fixture
def env(url: str, tmp_path: Path) -> dict[str, str]:
    return environment(url, tmp_path / "data", KCS_PASSWORD=LONG)


def site_of(env: dict[str, str]) -> Site:
    return Site(env["DATABASE_URL"], Path(env["DATA_DIR"]))


def accounts(env: dict[str, str]) -> list[tuple[str, str]]:
    async def ask() -> list[tuple[str, str]]:
        async with site_of(env) as site:
            rows = await site.ask(select(UserModel).order_by(UserModel.email))
            return [(row.role, row.status) for row in rows]

    return asyncio.run(ask())


def test_an_operator_appoints_the_first_admin_and_none_is_there_before(
    env: dict[str, str],
) -> None:
    assert accounts(env) == []
    made = typed(f"{CREATE} --role admin", env)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("ada is there, as admin.\n")
    assert accounts(env) == [("admin", "active")]

    async def sign_in() -> None:
        async with site_of(env) as site:
            assert "access_token" in (await login(site, "ada", password=LONG)).json()
            actions = await site.ask(select(AuditEntryModel.action).order_by(AuditEntryModel.id))
            assert actions == ["member.create", "login"]

    asyncio.run(sign_in())
    for again in (CREATE, CREATE.replace("ada@", "bob@")):
        refused = typed(again, env)
        assert (refused.returncode, refused.stdout) == (1, "")


def test_the_password_may_come_from_standard_input(url: str, tmp_path: Path) -> None:
    env = environment(url, tmp_path / "data")
    env.pop("KCS_PASSWORD", None)
    made = run(f"{CREATE} --role user", env, given=f"{LONG}\n")
    assert made.returncode == 0, made.stderr
    assert accounts(env) == [("user", "active")]
    assert run(f"{CREATE} --role user", env, given="").returncode == 1


@pytest.mark.parametrize(
    ("words", "password"),
    [
        ("--role admin", "fourteen signs"),
        ("--role moderator", "fourteen signs"),
        ("--role user", "short"),
        ("--email nobody --role user", LONG),
        ("--nickname  --role user", LONG),
    ],
)
def test_what_the_api_would_not_take_is_refused(
    env: dict[str, str], words: str, password: str
) -> None:
    refused = typed(f"{CREATE} {words}", env | {"KCS_PASSWORD": password})
    assert refused.returncode != 0
    assert accounts(env) == []


def test_an_operator_promotes_and_disables_and_leaves_an_admin(env: dict[str, str]) -> None:
    typed(f"{CREATE} --role user", env)
    assert typed("kcs users promote ada --role admin", env).stdout == "ada is admin now.\n"
    assert accounts(env) == [("admin", "active")]
    for words in (
        "users promote ada --role user",
        "users disable ada --reason why",
        "members suspend ada --reason why",
        "members remove ada --reason why",
    ):
        refused = typed(f"kcs {words}", env)
        assert (refused.returncode, refused.stderr.splitlines()[-1]) == (
            1,
            "There has to be an admin; appoint another one first.",
        )
    typed(CREATE.replace("ada", "bob") + " --role admin", env)
    assert typed("kcs users disable ada --reason why", env).stdout == "ada is suspended.\n"
    assert accounts(env) == [("admin", "suspended"), ("admin", "active")]
    assert typed("kcs users promote nobody --role user", env).returncode == 1
