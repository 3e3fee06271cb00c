"""Trades by mail on a site."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from httpx import Response

from apps.collection.contract import CopyId
from tests.support.levels import confirm_address
from tests.support.postal import HOME, WORK, entry
from tests.support.site import Member, Site, proposal


@dataclass(frozen=True)
class Mailing:
    """What `author` proposed to `other`, by mail; each has an address of their own."""

    author: Member
    other: Member
    home: str
    """The id of the author's address."""
    work: str
    """The id of the other's."""
    shown: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/trades/{self.shown['id']}"

    def leg(self, giver: Member) -> str:
        """The path of the leg that this party gives."""
        (leg,) = [leg for leg in self.shown["legs"] if leg["from"] == str(giver.id)]
        return f"{self.path}/legs/{leg['id']}"

    async def accept(self, address: str | None = None, *, revision: int = 1) -> Response:
        body = {"revision": revision, "address_id": address or self.work}
        return await self.other.post(f"{self.path}/accept", body)

    async def address(self, giver: Member, *, to: Member | None = None) -> Response:
        """Where this party's cards go, as somebody asks for it."""
        return await (to or giver).get(f"{self.leg(giver)}/address")


async def address_of(member: Member, body: Any = None) -> str:
    answer = await member.post("/me/addresses", body or entry())
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


def by_mail(
    to: Member, *, give: Sequence[CopyId], take: Sequence[CopyId], address: str | None
) -> dict[str, Any]:
    """A body for POST /trades."""
    return proposal(to, give=give, take=take) | {"method": "mail", "address_id": address}


async def a_mailing(
    site: Site, author: Member | None = None, other: Member | None = None
) -> Mailing:
    """Ann in Seoul proposes to Bea in Taipei, one copy for one."""
    author, other = author or await site.join("ann"), other or await site.join("bea")
    await confirm_address(author, other)
    home, work = await address_of(author, entry(HOME)), await address_of(other, entry(WORK))
    body = by_mail(other, give=[await author.hold()], take=[await other.hold()], address=home)
    answer = await author.post("/trades", body)
    assert answer.status_code == 201, answer.text
    return Mailing(author, other, home, work, answer.json())
