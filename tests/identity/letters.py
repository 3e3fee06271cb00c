"""Letters as their readers use them: worked off, opened, and the token in them sent back."""

import re
from dataclasses import dataclass
from uuid import UUID

from httpx import Response

from apps.identity.application.ports import Mail
from apps.shared.domain.ids import MemberId
from tests.identity.stage import PASSWORD, Postbox, login, post, register
from tests.support.labour import work_once
from tests.support.site import API, Member, Site

LINK = re.compile(r"^(https://kcs[.]test/\S+)#token=(\S+)$", re.MULTILINE)
CODE = re.compile(r"^The code of this link: (\S+)$", re.MULTILINE)
PAGES = {
    "verify": "verify-email",
    "confirm": "confirm-email",
    "undo": "undo-email-change",
    "reset": "reset-password",
    "keep": "keep-account",
}
NEW_PASSWORD = "another long one"


def token_in(mail: Mail, use: str) -> str:
    """The token of a letter, which stands there twice; its link leads to the right page."""
    ((link, linked),), (code,) = LINK.findall(mail.text), CODE.findall(mail.text)
    assert linked == code
    assert link == f"https://kcs.test/{PAGES[use]}"
    assert re.fullmatch(r"[\w-]{43}", code)
    return str(code)


@dataclass(frozen=True)
class Mails:
    """What is mailed from a site."""

    site: Site
    postbox: Postbox

    async def of(self, *to: str) -> list[Mail]:
        """Let the worker work; return what has gone to these addresses since the last time."""
        await work_once(self.site)
        mails = [mail for mail in self.postbox.mails if mail.to in to]
        assert len(mails) == len(self.postbox.mails), self.postbox.mails
        self.postbox.mails.clear()
        return mails

    async def none(self) -> bool:
        """Whether nothing at all has gone out."""
        return await self.of() == []

    async def token(self, to: str, use: str) -> str:
        """The token of the one letter that has gone out."""
        (mail,) = await self.of(to)
        return token_in(mail, use)


async def use(site: Site, what: str, token: str, **more: str) -> Response:
    """Send a token back."""
    if what == "reset":
        return await post(
            site, "/auth/password/reset", {"token": token, "new_password": NEW_PASSWORD} | more
        )
    if what == "keep":
        return await post(site, "/me/deletion/cancel", {"token": token})
    return await post(site, f"/auth/email/{what}", {"token": token})


async def works(site: Site, what: str, token: str) -> bool:
    """Whether it does; else it is refused as every other token that does not serve."""
    answer = await use(site, what, token)
    if answer.status_code == 204:
        assert answer.content == b""
        assert answer.headers["Cache-Control"] == "no-store"
        return True
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-or-expired-token")
    return False


async def ask(site: Site, what: str, email: str) -> Response:
    """Ask for a letter."""
    return await post(site, f"/auth/{what}", {"email": email})


async def a_member(site: Site, nickname: str, password: str = PASSWORD) -> Member:
    """Somebody who has registered, if need be, and signed in with a password."""
    if (await login(site, nickname, password=password)).status_code != 200:
        answer = await register(site, nickname, password=password)
        assert answer.status_code == 202, answer.text
    token = (await login(site, nickname, password=password)).json()["access_token"]
    me = await site.client.get(f"{API}/me", headers={"Authorization": f"Bearer {token}"})
    return Member(site, MemberId(UUID(me.json()["id"])), nickname, token)
