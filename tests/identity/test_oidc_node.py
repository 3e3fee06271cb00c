"""Signing in by the provider that others test against: `oidc-provider`, where Node has it.

`make contract` installs it, and runs this.
"""

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from httpx import AsyncClient

from tests.identity.federation import CALLBACK, CLIENT, SECRET, Begun, Visitor, a_federated_site
from tests.identity.stage import told
from tests.support.served import ROOT
from tests.support.site import Site

FOLDER = ROOT / "contract"
MOST_STEPS = 12

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and (FOLDER / "node_modules" / "oidc-provider").exists()),
    reason="there is no Node with oidc-provider here; `make contract` installs it",
)


@pytest.fixture(params=["RS256", "ES256"])
def issuer(request: pytest.FixtureRequest) -> Iterator[str]:
    command = ["node", "provider.mjs", CLIENT, SECRET, CALLBACK, request.param]
    with subprocess.Popen(
        command, cwd=FOLDER, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
async def known(url: str, keys: Path, issuer: str) -> AsyncIterator[Site]:
    async with a_federated_site(url, keys, issuer) as site:
        yield site


async def agrees(begun: Begun, login: str) -> str:
    """Say who one is and that one agrees, page after page; return the code."""
    async with AsyncClient() as browser:
        answer = await browser.get(begun.url)
        for _ in range(MOST_STEPS):
            if answer.is_redirect:
                place = urljoin(str(answer.url), answer.headers["Location"])
                if place.startswith(CALLBACK):
                    sent = parse_qs(urlsplit(place).query)
                    assert sent["state"] == [begun.state]
                    return sent["code"][0]
                answer = await browser.get(place)
                continue
            assert answer.status_code == 200, answer.text
            prompt = "login" if 'value="login"' in answer.text else "consent"
            form = {"prompt": prompt, "login": login, "password": "any"}
            answer = await browser.post(answer.url, data=form)
    raise AssertionError("It leads nowhere.")


async def test_a_member_joins_and_comes_back(known: Site) -> None:
    visitor = Visitor(known)
    mine = []
    for _ in range(2):
        begun = await visitor.begins()
        mine.append(await visitor.me(await visitor.ends(begun, await agrees(begun, "ann"))))
    assert mine[0] == mine[1]
    assert mine[0]["email"] == "ann@kcs.test"


async def test_who_has_not_verified_an_address_does_not(known: Site) -> None:
    visitor = Visitor(known)
    begun = await visitor.begins()
    code = await agrees(begun, "eve")
    assert told(await visitor.ends(begun, code)) == (401, "oidc-token-invalid")


async def test_a_code_of_another_attempt_does_not_serve(known: Site) -> None:
    """The verifier is another one."""
    visitor = Visitor(known)
    mine, other = [await visitor.begins() for _ in range(2)]
    code = await agrees(other, "ann")
    assert told(await visitor.ends(mine, code)) == (401, "oidc-token-invalid")
