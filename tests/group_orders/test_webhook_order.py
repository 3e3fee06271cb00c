"""B27: events of providers, 0 to 5 times each, in any order, late and forged: one effect each."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

from httpx import Response
from sqlalchemy import func, select

from apps.group_orders.application.take_payments import TakePayments
from apps.group_orders.domain.provider_payment import ProviderPayment
from apps.group_orders.infrastructure.ledger_models import LedgerAccountModel
from apps.group_orders.infrastructure.money_models import OrderPaymentModel
from apps.group_orders.infrastructure.transaction_models import OrderTransactionModel
from apps.group_orders.infrastructure.transactions import SqlTransactions
from tests.group_orders.money import ensure_balanced
from tests.group_orders.orders import an_order, fan, organiser
from tests.group_orders.providers import REVERSED, Told, joined, send, signed
from tests.support.budget import Budget
from tests.support.site import Site, elsewhere

MOST_TIMES = 5
Balances = dict[tuple[str, str | None], int]


@dataclass(frozen=True)
class Stage:
    """Two orders, in which three joiners pay by a provider."""

    site: Site
    orders: tuple[str, str]
    references: tuple[str, str, str]

    async def balances(self) -> Balances:
        """What each account of each order stands at; one at zero might as well not be there."""
        accounts = await self.site.ask(select(LedgerAccountModel))
        return {
            (f"{account.group_order_id} {account.name}", str(account.member_id)): account.balance
            for account in accounts
            if account.balance
        }

    async def standing(self) -> Counter[tuple[int, str]]:
        """Which amounts are reported, and by which state."""
        rows = await self.site.ask(select(OrderPaymentModel))
        return Counter((row.amount, str(row.member_id)) for row in rows if row.state == "reported")


async def a_stage(site: Site, mark: str) -> Stage:
    olga, cora = await organiser(site, f"olga{mark}"), await organiser(site, f"cora{mark}")
    first, second = await an_order(olga), await an_order(cora)
    ann, bea = await fan(site, f"ann{mark}"), await fan(site, f"bea{mark}")
    references = (await joined(first, ann), await joined(first, bea), await joined(second, ann))
    return Stage(site, (first, second), references)


def some_events(chance: Random, stage: Stage, mark: str) -> list[Told]:
    """Payments of several joiners, some corrected, paid back, misdirected or in other money."""
    events = []
    for number in range(4):
        told = Told(
            reference=chance.choice(stage.references),
            payment=f"pay_{mark}_{number}",
            amount=chance.randrange(1, 5_000),
            minute=chance.randrange(3),
        )
        events.append(told)
        for _ in range(chance.randrange(3)):
            change = chance.choice(("again", "reversed", "lost", "foreign", "elsewhere"))
            reference = chance.choice(stage.references)
            events.append(
                {
                    "again": replace(told, id=f"{told.id}b", minute=1, amount=told.amount + 7),
                    "reversed": replace(told, id=f"{told.id}r", type=REVERSED),
                    "lost": replace(told, id=f"{told.id}l", reference="KC-NOBO-DYSS", minute=9),
                    "foreign": replace(told, id=f"{told.id}f", currency="KRW", minute=9),
                    "elsewhere": replace(told, id=f"{told.id}e", reference=reference, minute=2),
                }[change]
            )
    return list({event.id: event for event in events}.values())


def deliveries(chance: Random, events: Sequence[Told]) -> list[Told]:
    """Each up to five times, or not at all, in any order."""
    sent = [event for event in events for _ in range(chance.randint(0, MOST_TIMES))]
    chance.shuffle(sent)
    return sent


async def play(chance: Random, stage: Stage, sent: Sequence[Told]) -> None:
    """Deliver them, some almost too late, and forged ones in between."""
    now = (await stage.site.clock()).now()
    for event in sent:
        if chance.random() < 0.2:
            forged = replace(event, amount=event.amount + 1)
            headers = signed(event.body, id=event.id, at=now)
            assert (await send(stage.site, forged.body, headers)).status_code == 401
        late = timedelta(seconds=chance.choice((0, 200)))
        headers = signed(event.body, id=event.id, at=now - late)
        answer = await send(stage.site, event.body, headers)
        assert answer.status_code == 204, answer.text


def expected(events: Sequence[Told], stage: Stage) -> Counter[int]:
    """The amounts that are to stand in the end: of each payment what was last told of it."""
    amounts: Counter[int] = Counter()
    for payment in {event.payment for event in events}:
        told = [event for event in events if event.payment == payment]
        if any(event.type == REVERSED for event in told):
            continue
        fitting = [
            event
            for event in told
            if event.reference in stage.references and event.currency == "EUR"
        ]
        if fitting:
            amounts[max(fitting, key=lambda event: (event.minute, event.id)).amount] += 1
    return amounts


async def test_any_order_and_number_of_deliveries_gives_the_same_balances(
    site: Site, budget: Budget
) -> None:
    rounds = budget.of(short=3, long=200)
    for number in range(rounds):
        chance = Random(f"{budget.seed} {number}")
        stage = await a_stage(site, f"{number}")
        sent = deliveries(chance, some_events(chance, stage, f"{number}"))
        before = await stage.standing()
        await play(chance, stage, sent)
        reported = Counter[int]()
        for (amount, _), count in (await stage.standing() - before).items():
            reported[amount] += count
        assert reported == expected(sent, stage), sent
        balances = await stage.balances()
        chance.shuffle(sent)
        await play(chance, stage, sent)
        assert await stage.balances() == balances
        await ensure_balanced(site)
    heard = await site.ask(select(func.count()).select_from(OrderTransactionModel))
    distinct = select(func.count(OrderTransactionModel.event_id.distinct()))
    assert heard == await site.ask(distinct)
    budget.tell(
        f"{rounds} sets of events, each delivered 0 to 5 times, and that twice: no difference"
    )


async def at_once(site: Site, times: int) -> tuple[Counter[int], int]:
    """The answers to one event that is delivered so often at the same time; reported payments."""
    stage = await a_stage(site, "x")
    event = Told(reference=stage.references[0])
    headers = signed(event.body, id=event.id, at=(await site.clock()).now())
    racing = [elsewhere(send(site, event.body, headers)) for _ in range(times)]
    answers: list[Response] = await asyncio.gather(*racing)
    reported = await site.ask(select(func.count()).select_from(OrderPaymentModel))
    await ensure_balanced(site)
    return Counter(answer.status_code for answer in answers), reported[0]


async def test_one_event_that_comes_several_times_at_once_takes_effect_once(site: Site) -> None:
    answers, reported = await at_once(site, 8)
    assert answers == {204: 8}
    assert reported == 1


async def test_control_without_its_key_an_event_takes_effect_twice(url: str, keys: Path) -> None:
    """The key in the table, what looks for it, and that a success has to surpass another one."""

    async def unknown(*_: object) -> bool:
        return False

    async with Site(url, keys) as site:
        await site.run("DROP INDEX uq_order_transactions_event")
        stage = await a_stage(site, "x")
        event = Told(reference=stage.references[0])
        with (
            patch.object(SqlTransactions, "has", unknown),
            patch.object(ProviderPayment, "hindrance", lambda *_, **__: None),
            patch.object(TakePayments, "withdraw", lambda *_, **__: unkept()),
        ):
            for _ in range(2):
                headers = signed(event.body, id=event.id, at=(await site.clock()).now())
                assert (await send(site, event.body, headers)).status_code == 204
        assert sum((await stage.standing()).values()) == 2


async def unkept() -> bool:
    """As if a report could not be told from another one."""
    return True


async def test_control_the_key_alone_refuses_an_event_that_was_not_looked_for(
    url: str, keys: Path
) -> None:
    async def unknown(*_: object) -> bool:
        return False

    async with Site(url, keys) as site:
        stage = await a_stage(site, "x")
        event = Told(reference=stage.references[0])
        headers = signed(event.body, id=event.id, at=(await site.clock()).now())
        assert (await send(site, event.body, headers)).status_code == 204
        with patch.object(SqlTransactions, "has", unknown):
            answer = await send(site, event.body, headers)
        assert answer.status_code == 409
        assert sum((await stage.standing()).values()) == 1
