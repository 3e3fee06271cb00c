"""Who may not be in a ring: newcomers, without a confirmed address, or hidden (R8, BL2)."""

import pytest
from sqlalchemy import update

from apps.identity.contract import EmailNotVerified, TrustLevelTooLow, UserNotFound
from apps.identity.infrastructure.models import UserModel
from apps.shared.domain.errors import DomainError
from apps.trading.application.propose_ring import ProposeRing
from tests.support.deals import told
from tests.support.levels import raise_to
from tests.support.mail import address_of
from tests.support.rings import a_ring
from tests.support.site import Member, Site


async def lose(what: str, member: Member, other: Member) -> None:
    if what == "level":
        await raise_to(0, member)
    elif what == "address":
        row = update(UserModel).where(UserModel.id == member.id)
        await member.site.change(row.values(email_verified_at=None))
    else:
        await member.block(other)


@pytest.mark.parametrize(
    ("what", "refusal"),
    [("level", TrustLevelTooLow), ("address", EmailNotVerified), ("sight", UserNotFound)],
)
async def test_attack_43_no_ring_is_proposed_to_them(
    site: Site, what: str, refusal: type[DomainError]
) -> None:
    ring = await a_ring(site)
    copies = [await member.hold() for member in ring.members]
    gifts = {each.id: [copy] for each, copy in zip(ring.members, copies, strict=True)}
    await lose(what, ring.members[1], ring.members[2])
    with pytest.raises(refusal):
        await (await site.port(ProposeRing))(gifts)


@pytest.mark.parametrize(
    ("what", "refusal"), [("level", "trust-level-too-low"), ("address", "email-not-verified")]
)
async def test_attack_43_nor_do_they_consent_to_one(site: Site, what: str, refusal: str) -> None:
    ring = await a_ring(site)
    ann, bea, eve = ring.members
    consent = {"revision": 1, "address_id": await address_of(bea)}
    await lose(what, bea, eve)
    assert told(await bea.post(f"{ring.path}/accept", consent)) == (403, refusal)
    await ring.accept(ann, eve)
    assert await ring.state() == "proposed"
