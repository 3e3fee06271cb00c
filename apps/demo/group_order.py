"""A group order from its opening to its delivery, played by demo members over HTTP."""

import hmac
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx

from apps.demo.person import Person
from apps.demo.ring import come_in
from apps.demo.swap import Tell, expect
from apps.shared.domain.ids import Clock

ORGANISER = "jiho"
JOINERS = {"minji": "에스파 윈터", "haerin": "에스파 카리나", "mina": "에스파 윈터"}
"""Who claims what in the first round; there is one of each card."""
PRICE, LUCKY_PRICE, EMS, DOMESTIC = 1_200, 500, 1_000, 300
"""In euro cents: a card, a lucky draw, the parcel from the seller, and each one from here."""
ITEM = "Lucky draw card"
NEVER = timedelta(days=20)


async def play_group_order(http: httpx.AsyncClient, clock: Clock, tell: Tell) -> None:
    """Tell each step; raise StepFailed at the first that goes otherwise than it should."""
    jiho = await come_in(http, ORGANISER, tell)
    fans = {name: await come_in(http, name, tell) for name in JOINERS}
    game = Game(jiho, fans, clock, tell)
    await game.open()
    await game.first_come()
    await game.draw_lots()
    await game.charge("item", "what was allocated")
    await game.charge("ems", "the parcel from the seller", total=EMS, split="unit")
    await game.pay()
    for milestone in ("ordered", "seller_shipped", "arrived"):
        await game.reach(milestone)
    await game.charge("domestic", "the parcels from here", total=DOMESTIC, split="unit")
    await game.pay()
    await game.deliver()
    await game.close()


class Game:
    """One group order, and who plays it; after each step its ledger is looked at."""

    def __init__(self, jiho: Person, fans: dict[str, Person], clock: Clock, tell: Tell) -> None:
        self.jiho = jiho
        self.fans = fans
        self.clock = clock
        self.tell = tell
        self.path = ""
        self.cards: dict[str, dict[str, Any]] = {}

    async def open(self) -> None:
        """Draft the order about the group of the cards, and open it."""
        self.cards = {words: await self.jiho.find_card(words) for words in JOINERS.values()}
        (card, *_) = self.cards.values()
        terms = {
            "title": "Albums from Seoul, shared out by card",
            "group_id": card["group"]["id"],
            "seller_type": "shop",
            "destination": "TW",
            "ways": ["mail"],
            "currency": "EUR",
            "payment_details": "By transfer; name your reference.",
            "rules": "Pay within three days. Once it is ordered, nobody steps back.",
        }
        order = await self.jiho.call("POST", "/group-orders", terms, expect=201)
        self.path = f"/group-orders/{order['id']}"
        await self.jiho.call("POST", f"{self.path}/open")
        await self.jiho.call("PUT", f"{self.path}/tags", {"tags": ["First press"]})
        self.tell(f"{ORGANISER} opens group order {order['id']}, in {order['currency']}.")
        await self.balance("nothing is owed yet")

    async def first_come(self) -> None:
        """Run a round in which who comes first has it, and one too many comes."""
        slots = [{"card_id": card["id"], "unit_price": PRICE} for card in self.cards.values()]
        round = await self.plan("First press", "first_come", slots)
        for name, words in JOINERS.items():
            claim = {"card_id": self.cards[words]["id"], "rules_version": 1}
            got = await self.fans[name].call("POST", f"{round}/claims", claim, expect=201)
            self.tell(f"{name} claims {self.cards[words]['code']}: {got['state']}.")
            expected = "waitlisted" if name == "mina" else "allocated"
            expect(got["state"] == expected, f"the claim of {name} is {got['state']}")
        await self.settle(round)

    async def draw_lots(self) -> None:
        """Run a round by lot, and see from what everybody is told that the draw was fair."""
        slot = {"item": ITEM, "unit_price": LUCKY_PRICE}
        round = await self.plan("Lucky draw", "lottery", [slot])
        for name, fan in self.fans.items():
            claim = {"item": ITEM, "rules_version": 1}
            await fan.call("POST", f"{round}/claims", claim, expect=201)
            self.tell(f"{name} enters the lucky draw.")
        await self.settle(round)
        draw = await self.jiho.call("GET", f"{round}/draw")
        expect(sha256(bytes.fromhex(draw["seed"])).hexdigest() == draw["seed_commitment"], "seed")
        expect(recomputed(draw) == draw["order"], f"the order of the draw is {draw['order']}")
        self.tell("The seed is the one that was committed to, and gives the order that was drawn.")

    async def plan(self, title: str, policy: str, slots: Sequence[dict[str, Any]]) -> str:
        """Plan a round, open it, and return its path."""
        at = (self.clock.now() + NEVER).isoformat()
        told = {"title": title, "policy": policy, "closes_at": at, "slots": slots}
        round = await self.jiho.call("POST", f"{self.path}/rounds", told, expect=201)
        await self.jiho.call("POST", f"/order-rounds/{round['id']}/open")
        self.tell(f"{ORGANISER} opens the round “{title}” ({policy}), {len(slots)} slots.")
        return f"/order-rounds/{round['id']}"

    async def settle(self, round: str) -> None:
        """Close a round and allocate its slots."""
        await self.jiho.call("POST", f"{round}/close")
        allocated = await self.jiho.call("POST", f"{round}/allocate")
        self.tell(f"{ORGANISER} closes the round and allocates. It is {allocated['state']}.")
        await self.balance("allocating moves no money")

    async def charge(self, kind: str, what: str, **terms: Any) -> None:
        """Bill all joiners, to the unit."""
        if kind == "item":
            await self.jiho.call("POST", f"{self.path}/lock")
            self.tell(f"{ORGANISER} locks the order.")
        due_at = (self.clock.now() + timedelta(days=3)).isoformat()
        bill = {"kind": kind, "due_at": due_at, "note": what} | terms
        issued = await self.jiho.call("POST", f"{self.path}/dues", bill, expect=201)
        shares = [due["amount"] for due in issued["dues"]]
        expect(sum(shares) == issued["total"], f"{shares} do not add up to {issued['total']}")
        self.tell(f"{ORGANISER} charges {issued['total']} cents for {what}: {shares}.")
        await self.balance("what is owed stands against whom it is for")

    async def pay(self) -> None:
        """Let each joiner report what they owe, and the organiser confirm it."""
        for name, fan in self.fans.items():
            (line,) = await self.lines(fan) or [{"owed": 0}]
            if line["owed"] <= 0:
                continue
            order = await fan.call("GET", self.path)
            told = {"amount": line["owed"], "method": "transfer"}
            told["reference"] = order["my_joining"]["reference"]
            paid = await fan.call("POST", f"{self.path}/payments", told, expect=201)
            await self.balance(f"{name} says that they have paid")
            await self.jiho.call("POST", f"/payments/{paid['id']}/confirm")
            self.tell(f"{name} pays {line['owed']} cents, and {ORGANISER} confirms it.")
            await self.balance(f"{ORGANISER} has it")
        owed = [line["owed"] for line in await self.lines(self.jiho)]
        expect(not any(owed), f"{owed} are still owed")

    async def reach(self, kind: str, **told: Any) -> None:
        """Plan a milestone, and say that it is reached."""
        today = self.clock.now().date()
        plan = {"kind": kind, "planned_on": (today + timedelta(days=1)).isoformat()}
        milestone = await self.jiho.call("POST", f"{self.path}/milestones", plan, expect=201)
        await self.jiho.call("POST", f"/milestones/{milestone['id']}/done", told or None)
        state = (await self.jiho.call("GET", self.path))["state"]
        self.tell(f"{ORGANISER}: {kind}. The order is {state}.")

    async def deliver(self) -> None:
        """Send each joiner theirs; each says that it has come, and has the card in the binder."""
        allocations = (await self.jiho.call("GET", f"{self.path}/allocations", limit=100))["items"]
        receivers = sorted({each["member"]["id"] for each in allocations})
        shipments = [
            {"member_id": id, "carrier": "Chunghwa Post", "tracking_number": f"KC{number:09}TW"}
            for number, id in enumerate(receivers, start=1)
        ]
        await self.reach("domestic_shipped", shipments=shipments)
        await self.reach("delivered")
        for name, fan in self.fans.items():
            mine = (await fan.call("GET", f"{self.path}/allocations", limit=100))["items"]
            for each in mine:
                await fan.call("POST", f"/allocations/{each['id']}/confirm")
                self.tell(f"{name} confirms: {each['item'] or 'the card'} has come.")
                if each["copy_id"]:
                    await self.ensure_held(fan, each["copy_id"])

    async def ensure_held(self, fan: Person, copy: str) -> None:
        """See that the copy is held now, and that its chain begins with the organiser."""
        held = await fan.call("GET", f"/copies/{copy}")
        expect(held["state"] == "held", f"the copy is {held['state']}")
        (link,) = (await fan.call("GET", f"/copies/{copy}/chain"))["items"]
        names = (link["from"]["nickname"], link["to"]["nickname"])
        expect(names == (ORGANISER, fan.nickname), f"the chain begins with {names}")

    async def close(self) -> None:
        """End it, once nobody owes or waits for anything."""
        closed = await self.jiho.call("POST", f"{self.path}/close")
        expect(closed["state"] == "closed", f"the order is {closed['state']}")
        await self.balance("all is even")
        self.tell("The order is closed: everybody has what they paid for.")

    async def lines(self, who: Person) -> list[dict[str, Any]]:
        """Return the lines of the statement that this member may read."""
        lines: list[dict[str, Any]] = (await who.call("GET", f"{self.path}/statement"))["members"]
        return lines

    async def balance(self, why: str) -> None:
        """See that the accounts come to zero, and that each reads what the organiser reads."""
        statement = await self.jiho.call("GET", f"{self.path}/statement")
        accounts = {each["name"]: each["balance"] for each in statement["accounts"]}
        expect(sum(accounts.values()) == statement["total"] == 0, f"the accounts are {accounts}")
        told = {line["member"]["id"]: line for line in statement["members"]}
        for name, fan in self.fans.items():
            mine = await self.lines(fan)
            same = all(bare(line) == bare(told[line["member"]["id"]]) for line in mine)
            expect(same, f"{name} reads {mine}")
        balances = ", ".join(f"{name} {balance}" for name, balance in accounts.items() if balance)
        self.tell(f"  ledger ({why}): {balances or 'no entry'}; together 0")


def bare(line: dict[str, Any]) -> dict[str, Any]:
    """Leave out who it is about, whose nickname is not told to everybody."""
    return {name: value for name, value in line.items() if name != "member"}


def recomputed(draw: dict[str, Any]) -> list[str]:
    """Put the claims of a draw into the order that its seed gives."""
    seed = bytes.fromhex(draw["seed"])
    ids = [claim["id"] for claim in draw["claims"]]
    return sorted(ids, key=lambda claim: hmac.digest(seed, claim.encode(), "sha256"))
