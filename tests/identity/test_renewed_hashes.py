"""A password hashed anew when it is shown, as parameters change, never comes back by that."""

from asyncio import Event
from pathlib import Path
from typing import Any

from dishka import Provider
from sqlalchemy import select

from apps.identity.application.ports import Mailer, Passwords
from apps.identity.application.second_factor import LetIn
from apps.identity.infrastructure.models import UserModel
from tests.identity.letters import NEW_PASSWORD, Mails, a_member, ask, use
from tests.identity.stage import PASSWORD, PlainPasswords, Postbox, built, login, serving, told
from tests.support.site import Site, elsewhere


class Improving(PlainPasswords):
    """Hashes better from some moment on; then waits for a test with the password of before."""

    better = False

    def __init__(self) -> None:
        self.begun, self.go_on = Event(), Event()

    async def hash(self, password: str) -> str:
        if self.better and password == PASSWORD:
            self.begun.set()
            await self.go_on.wait()
        return f"{'better' if self.better else 'good'} {password!a}"

    async def matches(self, password: str, password_hash: str | None) -> bool:
        return password_hash in {f"good {password!a}", f"better {password!a}"}

    def is_outdated(self, password_hash: str) -> bool:
        return self.better and password_hash.startswith("good")


class Trusting(LetIn):
    """Believes that the password which was shown still is the account's."""

    async def __call__(self, *args: Any, **more: Any) -> Any:
        return await super().__call__(*args, **more | {"by_password_hash": None})


async def hashes(site: Site) -> list[str]:
    return [each.partition(" ")[0] for each in await site.ask(select(UserModel.password_hash))]


async def test_a_password_is_hashed_anew_when_it_is_shown(url: str, keys: Path) -> None:
    passwords = Improving()
    async with Site(url, keys, serving(Passwords, passwords)) as site:
        await a_member(site, "ann")
        passwords.better = True
        passwords.go_on.set()
        assert told(await login(site, "ann", password="wrong password"))[0] == 401
        assert await hashes(site) == ["good"]
        assert (await login(site, "ann")).status_code == 200
        assert await hashes(site) == ["better"]
        assert (await login(site, "ann")).status_code == 200


async def reset_while_signing_in(url: str, keys: Path, *more: Provider) -> tuple[int, int]:
    """Set a new password while the old one is hashed anew; tell which one is right then."""
    passwords, postbox = Improving(), Postbox()
    services = serving(Passwords, passwords), serving(Mailer, postbox)
    async with Site(url, keys, *services, *more) as site:
        await a_member(site, "ann")
        mails = Mails(site, postbox)
        await mails.of("ann@kcs.test")
        await ask(site, "password/forgot", "ann@kcs.test")
        token = await mails.token("ann@kcs.test", "reset")
        passwords.better = True
        signing_in = elsewhere(login(site, "ann"))
        await passwords.begun.wait()
        assert (await use(site, "reset", token)).status_code == 204
        passwords.go_on.set()
        await signing_in
        return (
            (await login(site, "ann")).status_code,
            (await login(site, "ann", password=NEW_PASSWORD)).status_code,
        )


async def test_a_password_that_was_reset_meanwhile_stays_as_it_is(url: str, keys: Path) -> None:
    assert await reset_while_signing_in(url, keys) == (401, 200)


async def test_who_does_not_look_again_brings_the_old_one_back(url: str, keys: Path) -> None:
    assert await reset_while_signing_in(url, keys, built(LetIn, Trusting)) == (200, 401)
