"""How many statements each route of identity sends: as many for much as for little."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.identity.application.keep_identities import Link
from apps.identity.application.ports import SessionTokens
from apps.identity.application.second_factor import SecondFactors
from apps.identity.application.send_letters import MakeToken
from apps.identity.domain.one_time_token import Purpose
from apps.identity.domain.second_factor import Ticket
from apps.identity.domain.session import Delivery, Session, SessionId, SessionRepository
from apps.identity.infrastructure.models import UserModel
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from tests.support.costs import Place, cost
from tests.support.counting import CountingSite
from tests.support.databases import one_for_a_module
from tests.support.deals import a_deal
from tests.support.good import somebody
from tests.support.good_accounts import ADMINISTRATION
from tests.support.good_federation import FEDERATION, a_proof, obliging_providers
from tests.support.good_requests import ROWS
from tests.support.routes import API
from tests.support.site import NO_DEVICE, Member

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD = ROWS | ADMINISTRATION | FEDERATION
COSTS: dict[Place, int] = {
    ("GET", "/healthz"): 0,
    ("GET", "/readyz"): 1,
    ("GET", "/startupz"): 0,  # once it has come up
    ("GET", "/.well-known/jwks.json"): 0,
    ("POST", f"{API}/auth/register"): 9,
    ("POST", f"{API}/auth/login"): 8,
    ("POST", f"{API}/auth/mfa/verify"): 12,
    ("POST", f"{API}/auth/refresh"): 2,
    ("POST", f"{API}/auth/logout"): 2,
    ("POST", f"{API}/auth/logout-all"): 5,
    ("GET", f"{API}/auth/sessions"): 2,
    ("DELETE", f"{API}/auth/sessions/{{session_id}}"): 3,
    ("POST", f"{API}/auth/reauth"): 8,
    ("POST", f"{API}/auth/email/verify"): 6,
    ("POST", f"{API}/auth/email/resend"): 1,
    ("POST", f"{API}/auth/email/change"): 2,
    ("POST", f"{API}/auth/email/confirm"): 12,
    ("POST", f"{API}/auth/email/undo"): 12,
    ("POST", f"{API}/auth/password/forgot"): 1,
    ("POST", f"{API}/auth/password/reset"): 14,
    ("POST", f"{API}/auth/password/change"): 17,
    ("POST", f"{API}/auth/totp/enroll"): 4,
    ("POST", f"{API}/auth/totp/confirm"): 8,
    ("DELETE", f"{API}/auth/totp"): 10,
    ("POST", f"{API}/auth/recovery-codes"): 7,
    ("POST", f"{API}/auth/oidc/{{provider}}/start"): 1,
    ("POST", f"{API}/auth/oidc/{{provider}}/callback"): 16,
    ("POST", f"{API}/auth/oidc/{{provider}}/nonce"): 1,
    ("POST", f"{API}/auth/oidc/{{provider}}/id-token"): 16,
    ("GET", f"{API}/auth/identities"): 2,
    ("DELETE", f"{API}/auth/identities/{{identity_id}}"): 6,
    ("GET", f"{API}/me"): 2,
    ("PATCH", f"{API}/me"): 5,
    ("DELETE", f"{API}/me"): 25,
    ("POST", f"{API}/me/deletion/cancel"): 6,
    ("POST", f"{API}/me/exports"): 7,
    ("GET", f"{API}/exports/{{operation_id}}"): 3,
    ("GET", f"{API}/operations/{{operation_id}}"): 2,
    ("GET", f"{API}/me/blocks"): 2,
    ("PUT", f"{API}/me/blocks/{{member_id}}"): 7,
    ("DELETE", f"{API}/me/blocks/{{member_id}}"): 2,
    ("GET", f"{API}/members"): 2,
    ("GET", f"{API}/members/{{member_id}}"): 2,
    ("GET", f"{API}/me/vouch"): 2,
    ("POST", f"{API}/me/vouch"): 5,
    ("DELETE", f"{API}/me/vouch/{{vouch_id}}"): 3,
    ("GET", f"{API}/vouches/{{token}}"): 1,
    ("GET", f"{API}/admin/members"): 4,
    ("POST", f"{API}/admin/members/{{member_id}}/suspend"): 23,
    ("POST", f"{API}/admin/members/{{member_id}}/reinstate"): 5,
    ("DELETE", f"{API}/admin/members/{{member_id}}/sessions"): 7,
    ("PUT", f"{API}/admin/members/{{member_id}}/role"): 9,
    ("GET", f"{API}/admin/audit-log"): 4,
}
"""Statements of a good request; the first of them tells who is signed in."""

WIDELY: dict[Place, dict[str, str]] = {
    ("GET", f"{API}/members"): {"q": "fan"},
    ("GET", f"{API}/admin/members"): {"q": "fan"},
    ("GET", f"{API}/admin/audit-log"): {},
}
"""What finds as many as there are."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def one_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with one_for_a_module(request, tmp_path_factory.mktemp("costs")) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(one_url: str, keys: Path) -> AsyncIterator[CountingSite]:
    """One site for all routes; each has members of its own."""
    async with CountingSite(one_url, keys, obliging_providers()) as site:
        await site.watch()
        assert (await site.client.get("/startupz")).status_code == 200
        yield site


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("route", COSTS, ids=" ".join)
async def test_it_costs_as_much_for_who_has_many_as_for_who_has_one(
    place: CountingSite, route: Place, size: int
) -> None:
    before = set(await place.ask(select(UserModel.id)))
    good = await GOOD[route](place)
    for id in set(await place.ask(select(UserModel.id))) - before:
        for _ in range(size):
            await burden(place, MemberId(id))
    assert await cost(place, route, good, WIDELY.get(route)) == COSTS[route]


async def burden(site: CountingSite, id: MemberId) -> None:
    """Let a member have one more of everything that may be many."""
    at = (await site.clock()).now()
    tokens = await site.port(SessionTokens)  # type: ignore[type-abstract]
    session = Session.open(
        SessionId(uuid7()),
        user_id=id,
        nonce=tokens.new_nonce(),
        mac_kid=tokens.mac_kid,
        device=NO_DEVICE,
        at=at,
    )
    ticket = Ticket.issue(
        uuid7().hex * 2, member_id=id, amr="pwd", device_name=None, delivery=Delivery.BODY, at=at
    )
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        await (await site.port(SessionRepository)).add(session)  # type: ignore[type-abstract]
        await (await site.port(SecondFactors)).open_ticket(ticket, at=at)  # type: ignore[type-abstract]
        await (await site.port(Link))(a_proof(), to=id, at=at)
    make = await site.port(MakeToken)
    await make(Purpose.UNDO_EMAIL_CHANGE, of=id, email=f"{uuid7().hex}@kcs.test")
    access = tokens.access(
        member=id, session=session.id, generation=0, auth_time=at, at=at, jti=uuid7()
    )
    member = Member(site, id, "fan", access)
    await a_deal(site, author=await somebody(site), other=member)
    await member.block(await somebody(site))
    assert (await member.post("/me/vouch")).status_code == 201
