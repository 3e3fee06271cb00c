"""Who brings ID tokens of the evil provider to a site."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from httpx import Response
from sqlalchemy import func, select

from apps.identity.infrastructure.models import UserModel
from tests.identity.evil_provider import EvilProvider, jws
from tests.identity.federation import OIDC, Visitor
from tests.identity.stage import heard, post, told
from tests.support.builders import FixedClock

REFUSED = (401, "oidc-token-invalid")

Make = Callable[[dict[str, Any]], str]
"""Makes a token of claims."""
Fault = tuple[Make, dict[str, Any]]
"""How a token is made, and which of its claims are wrong."""


@dataclass(frozen=True)
class Bearer:
    """Brings ID tokens of the evil provider to the site, in both ways."""

    visitor: Visitor
    evil: EvilProvider
    clock: FixedClock

    async def by_code(self, make: Make, **claims: Any) -> Response:
        begun = await self.visitor.begins()
        told = self.evil.claims(begun.asked("nonce"), self.clock.now(), **claims)
        return await self.visitor.ends(begun, self.evil.code_for(make(told)))

    async def by_app(self, make: Make, **claims: Any) -> Response:
        site = self.visitor.site
        nonce = (await post(site, f"{OIDC}/nonce", None)).json()["nonce"]
        token = make(self.evil.claims(nonce, self.clock.now(), **claims))
        return await post(site, f"{OIDC}/id-token", {"id_token": token, "nonce": nonce})

    async def are_refused(self, **faults: Fault) -> None:
        """Hold that each of them is, in both ways, by one answer, and without a trace."""
        answers = {}
        for why, (make, claims) in faults.items():
            for way in (self.by_code, self.by_app):
                answer = await way(make, **claims)
                assert told(answer) == REFUSED, f"{why}: {answer.status_code} {answer.text}"
                _, body, headers = heard(answer)
                answers[why, answer.url.path] = json.dumps([body["detail"], body["title"], headers])
        assert len(set(answers.values())) == 1
        assert await self.visitor.site.ask(select(func.count()).select_from(UserModel)) == [0]

    async def is_accepted(self, make: Make = jws, **claims: Any) -> None:
        for way in (self.by_code, self.by_app):
            answer = await way(make, **claims)
            assert answer.status_code == 200, answer.text


def saying(**claims: Any) -> Fault:
    return jws, claims


def made(
    make: Make,
) -> Fault:
    return make, {}
