"""A member who leaves traces everywhere, each of them a word that stands nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from httpx import Response
from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.identity.infrastructure.linked_identities import LinkedIdentityModel
from apps.shared.domain.ids import MemberId
from tests.catalogue.demo import fill
from tests.catalogue.people import an_addition
from tests.group_orders.orders import a_draft
from tests.identity.letters import Mails
from tests.identity.stage import PASSWORD, register
from tests.support.deals import Deal, a_deal
from tests.support.disputes import Quarrel, a_moderator
from tests.support.levels import raise_to
from tests.support.mail import by_mail
from tests.support.postal import entry
from tests.support.rated import rate
from tests.support.site import API, Member, Site, proposal

LETTERS = str.maketrans("0123456789abcdef", "bdfghjklmnpqrstv")


@dataclass
class Canaries:
    """Words that are found wherever they are written; only letters, so that no rule minds them."""

    words: dict[str, str] = field(default_factory=dict)

    def __call__(self, place: str) -> str:
        """A new one, for this place."""
        word = self.words[place] = f"kanarie{uuid7().hex[-14:].translate(LETTERS)}"
        return word

    def seen_in(self, text: str) -> set[str]:
        """The places whose word stands in this text."""
        folded = text.casefold()
        return {place for place, word in self.words.items() if word in folded}


@dataclass
class Life:
    """What Ann has written, what Bea has, and the trades of the two."""

    ann: Member
    bea: Member
    hers: Canaries
    beas: Canaries
    trades: list[str]
    swapped: str
    """One of the copies that Ann has handed over."""


def well(answer: Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def somebody(site: Site, mails: Mails, canaries: Canaries, name: str) -> Member:
    """Who has registered, confirmed an address, and signed in on a device with a name."""
    email, nickname = f"{canaries('email')}@kcs.test", canaries("nickname")
    well(await register(site, name, email=email, nickname=nickname), 202)
    token = await mails.token(email, "verify")
    well(await site.client.post(f"{API}/auth/email/verify", json={"token": token}), 204)
    device = {"email": email, "password": PASSWORD, "device_name": canaries("device")}
    program = {"User-Agent": canaries("program")}
    answer = await site.client.post(f"{API}/auth/login", json=device, headers=program)
    token = well(answer)["access_token"]
    known = await site.client.get(f"{API}/me", headers={"Authorization": f"Bearer {token}"})
    member = Member(site, MemberId(UUID(known.json()["id"])), nickname, token)
    privacy = {"nearby_visible": True}
    bio = {"bio": canaries("bio"), "region": "TW-TPE", "privacy": privacy}
    well(await member.patch("/me", bio))
    return member


async def an_address(member: Member, canaries: Canaries) -> str:
    body = entry(
        recipient=canaries("recipient"),
        lines=[canaries("street")],
        city=canaries("city"),
        region=canaries("district"),
        label=canaries("label"),
    )
    address: str = well(await member.post("/me/addresses", body), 201)["id"]
    return address


async def swap_by_mail(life: Life) -> None:
    """To the end, with notes, ratings and a reply of each."""
    ann, bea = life.ann, life.bea
    home, work = await an_address(ann, life.hers), await an_address(bea, life.beas)
    give, take = [await ann.hold()], [await bea.hold()]
    life.swapped = str(give[0])
    sent = by_mail(bea, give=give, take=take, address=home) | {"note": life.hers("first note")}
    trade = well(await ann.post("/trades", sent), 201)
    path = f"/trades/{trade['id']}"
    life.trades.append(path)
    well(await bea.post(f"{path}/accept", {"revision": 1, "address_id": work}))
    parties: Sequence[tuple[Member, Canaries]] = ((ann, life.hers), (bea, life.beas))
    for member, canaries in parties:
        well(await member.post(f"{path}/notes", {"text": canaries("note")}), 201)
    trade = well(await ann.get(path))
    legs = {leg["from"]: leg["id"] for leg in trade["legs"]}
    for member, canaries in parties:
        parcel = {"carrier": canaries("carrier"), "tracking_number": canaries("parcel")}
        well(await member.post(f"{path}/legs/{legs[str(member.id)]}/ship", parcel))
    for giver, receiver in ((ann, bea), (bea, ann)):
        well(await receiver.post(f"{path}/legs/{legs[str(giver.id)]}/receive"))
    deal = Deal(ann, bea, give, take, trade["id"])
    ratings = {}
    for member, canaries in parties:
        given = await rate(member, deal, comment=canaries("comment"))
        ratings[member.id] = well(given, 201)["id"]
    for member, canaries, other in ((ann, life.hers, bea), (bea, life.beas, ann)):
        reply = {"text": canaries("reply")}
        well(await member.post(f"{path}/ratings/{ratings[other.id]}/reply", reply))


async def give_reasons(life: Life) -> None:
    """Withdraw, reject and cancel, and say why."""
    ann, bea = life.ann, life.bea
    body = proposal(bea, give=[await ann.hold()], take=[await bea.hold()])
    sent = await ann.post("/trades", body | {"place": life.hers("place")})
    path = f"/trades/{well(sent, 201)['id']}"
    well(await ann.post(f"{path}/withdraw", {"reason": life.hers("withdrawal")}))
    life.trades.append(path)
    for who, canaries, step in ((ann, life.hers, "reject"), (bea, life.beas, "cancel")):
        deal = await a_deal(ann.site, author=bea, other=ann)
        if step == "cancel":
            well(await deal.accept())
        well(await who.post(f"{deal.path}/{step}", {"reason": canaries(step)}))
        life.trades.append(deal.path)
    deal = await a_deal(ann.site, author=ann, other=bea)
    well(await deal.accept())
    well(await ann.post(f"{deal.path}/cancel", {"reason": life.hers("cancel")}))
    life.trades.append(deal.path)


async def quarrel(life: Life) -> None:
    """About a meeting; Ann is found at fault, and appeals in vain."""
    ann, bea, site = life.ann, life.bea, life.ann.site
    moderators = [await a_moderator(site, name) for name in ("mia", "max", "moe", "may")]
    deal = await a_deal(site, author=bea, other=ann)
    life.trades.append(deal.path)
    well(await deal.accept())
    well(await deal.confirm(bea))
    told = {"text": life.hers("complaint"), "evidence": [life.hers("evidence")]}
    well(await ann.post(f"{deal.path}/dispute", {"kind": "confirmation_false", **told}))
    well(await bea.post(f"{deal.path}/statements", {"text": life.beas("statement")}))
    case = Quarrel(deal)
    fault = {"at_fault": [str(ann.id)]}
    for each in moderators[:2]:
        well(await case.decide(each, "complete_all", **fault))
    well(await ann.post(f"{deal.path}/appeal", {"text": life.hers("appeal")}))
    well(await case.review(moderators[2]))


async def keep_things(life: Life) -> None:
    """Copies, wants, a proposal for the catalogue, and an answer that is kept for a day."""
    for member, canaries in ((life.ann, life.hers), (life.bea, life.beas)):
        site = member.site
        (card,) = await site.some_cards(1)
        body = {"card_id": str(card), "condition": "mint", "for_trade": True}
        well(await member.post("/me/copies", body | {"note": canaries("copy")}), 201)
        gone = well(await member.post("/me/copies", body | {"note": canaries("lost copy")}), 201)
        well(await member.delete(f"/me/copies/{gone['id']}"), 204)
        key = {"Idempotency-Key": canaries("key")}
        noted = body | {"note": canaries("kept answer")}
        well(await member.send("POST", "/me/copies", noted, headers=key), 201)
        well(await member.post("/me/wants", {"card_ids": [str(card)]}), 201)
        addition = await an_addition(site, version=uuid7().hex[-8:])
        told = {"card": addition, "note": canaries("proposal")}
        well(await member.post("/card-proposals", told), 201)
        blocked = await site.join(f"fan{uuid7().hex[-12:]}")
        await member.block(blocked)


async def organise(life: Life) -> None:
    """A group order of each, of which nobody knows yet."""
    for member, canaries in ((life.ann, life.hers), (life.bea, life.beas)):
        await raise_to(2, member)
        words = ("title", "description", "seller_name", "payment_details")
        told = {name: canaries(f"order {name}") for name in words}
        order = await a_draft(member, **told)
        ended = {"state": "cancelled", "end_reason": canaries("end of an order")}
        row = update(GroupOrderModel).where(GroupOrderModel.id == UUID(order))
        await member.site.change(row.values(ended_at=GroupOrderModel.updated_at, **ended))


async def link(life: Life) -> None:
    """Both sign in by a provider as well, where they have another address."""
    for member, canaries in ((life.ann, life.hers), (life.bea, life.beas)):
        identity = {
            "id": uuid7(),
            "member_id": member.id,
            "provider": "generic",
            "issuer": "https://provider.test",
            "subject": canaries("subject"),
            "email": f"{canaries('linked email')}@provider.test",
            "created_at": (await member.site.clock()).now(),
        }
        await member.site.change(insert(LinkedIdentityModel).values(identity))


async def ask_for_letters(life: Life, mails: Mails) -> None:
    """One that has gone out, and one that nobody ever could send."""
    ann = life.ann
    asked = {"new_email": f"{life.hers('new email')}@kcs.test"}
    well(await ann.post("/auth/email/change", asked), 202)
    assert await mails.of(asked["new_email"])
    email = f"{life.hers.words['email'].upper()}@kcs.test"
    answer = await ann.site.client.post(f"{API}/auth/password/forgot", json={"email": email})
    well(answer, 202)
    await ann.site.run("UPDATE jobs SET state = 'dead' WHERE kind = 'letters.reset'")


async def a_life(site: Site, mails: Mails) -> Life:
    """Everything that a member can write anywhere."""
    await fill(site)
    hers, beas = Canaries(), Canaries()
    ann = await somebody(site, mails, hers, "ann")
    bea = await somebody(site, mails, beas, "bea")
    life = Life(ann, bea, hers, beas, [], "")
    await swap_by_mail(life)
    await give_reasons(life)
    await quarrel(life)
    await keep_things(life)
    await organise(life)
    await link(life)
    mails.postbox.mails.clear()  # what the parties were told
    await ask_for_letters(life, mails)
    return life
