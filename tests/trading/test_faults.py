"""What members hear when the database fails: never of a success that was not kept."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from dishka.integrations.fastapi import FromDishka
from fastapi import APIRouter, Depends, Request
from httpx import Response
from sqlalchemy import event, make_url, select
from sqlalchemy.orm import Session

from apps.shared.application.work import UnitOfWork
from apps.shared.presentation import routes
from apps.shared.presentation.routes import PAUSES, StrictRoute
from apps.shared.presentation.who import Me
from apps.trading.application.answer_trade import AcceptTrade
from apps.trading.domain.moves import State
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.models import TradeModel
from tests.support.deals import a_deal, promises, told
from tests.support.site import API, Site


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let attempts be counted, not timed, however slow the machine."""
    monkeypatch.setattr(routes, "PATIENCE", 60)


MOST_ATTEMPTS = len(PAUSES) + 1
TIED = """CREATE TABLE tied (
    knot INTEGER NOT NULL REFERENCES knots (id) DEFERRABLE INITIALLY DEFERRED
)"""
SABOTAGE = "CREATE FUNCTION sabotage() RETURNS trigger AS $$ BEGIN {} RETURN NEW; END $$"
WHEN_HISTORY_IS_WRITTEN = {
    "sqlite": ["CREATE TRIGGER sabotage AFTER INSERT ON trade_events BEGIN {} END"],
    "postgresql": [
        f"{SABOTAGE} LANGUAGE plpgsql",
        "CREATE TRIGGER sabotage AFTER INSERT ON trade_events EXECUTE FUNCTION sabotage()",
    ],
}


async def when_history_is_written(site: Site, do: str) -> None:
    for statement in WHEN_HISTORY_IS_WRITTEN[await site.dialect()]:
        await site.run(statement.format(do))


async def let_commits_fail(site: Site) -> None:
    """Leave a loose end in each transaction, which the database looks for at COMMIT only."""
    await site.run("CREATE TABLE knots (id INTEGER PRIMARY KEY)")
    await site.run(TIED)
    await when_history_is_written(site, "INSERT INTO tied VALUES (404);")


async def test_a_commit_that_fails_is_no_success_and_leaves_nothing(site: Site) -> None:
    deal = await a_deal(site)
    history = await deal.history()
    await let_commits_fail(site)
    answer = await deal.accept()
    assert told(answer) == (500, "internal-error")
    assert "knot" not in answer.text
    assert await deal.state() is State.PROPOSED
    assert await promises(site, *deal.take) == {deal.take[0]: []}
    assert await deal.history() == history
    await site.run("DROP TRIGGER sabotage" + (" ON trade_events" if await on_pg(site) else ""))
    assert (await deal.accept()).status_code == 200, "and the connection is as good as before"


async def test_a_proposal_whose_commit_fails_leaves_no_trade(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    give, take = await ann.hold(), await bea.hold()
    await let_commits_fail(site)
    body = {"to": str(bea.id), "give": [str(give)], "take": [str(take)], "method": "in_person"}
    answer = await ann.post("/trades", body | {"note": "Exit 9?"})
    assert told(answer) == (500, "internal-error")
    assert "Location" not in answer.headers
    assert not await site.ask(select(TradeModel.id))
    assert await promises(site, give) == {give: []}


async def test_a_commit_after_the_answer_tells_a_lie(site: Site) -> None:
    """The control: what happens where a dependency with `yield` commits."""
    deal = await a_deal(site)
    site.app.include_router(lying, prefix=API)
    await let_commits_fail(site)
    answer = await deal.other.post(f"/hasty-trades/{deal.id}/accept")
    assert answer.status_code == 200
    assert await deal.state() is State.PROPOSED


async def unit_around_the_answer(request: Request) -> AsyncIterator[None]:
    async with await request.app.state.dishka_container.get(UnitOfWork):
        yield


lying = APIRouter(route_class=StrictRoute)


@lying.post("/hasty-trades/{trade_id}/accept", dependencies=[Depends(unit_around_the_answer)])
async def accept_hastily(trade_id: TradeId, me: Me, accept: FromDishka[AcceptTrade]) -> None:
    await accept(trade_id, by=me, revision=1)


class Attempts:
    """The sessions that were opened, and what the database refused meanwhile."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.refusals = 0

    @contextmanager
    def watched(self, engine: Any) -> Iterator[None]:
        event.listen(Session, "after_transaction_create", self._opened)
        event.listen(engine, "handle_error", self._refused)
        try:
            yield
        finally:
            event.remove(Session, "after_transaction_create", self._opened)
            event.remove(engine, "handle_error", self._refused)

    def _opened(self, session: Session, _: object) -> None:
        if session not in self.sessions:
            self.sessions.append(session)

    def _refused(self, _: object) -> None:
        self.refusals += 1


async def accepted_while_busy(site: Site, attempts: Attempts, times: int) -> Response:
    """Accept, and have the database give up so many times before it goes through with it."""
    deal = await a_deal(site)
    engine = (await site.engine()).sync_engine
    if await on_pg(site):
        await site.run("CREATE SEQUENCE tries")
        await when_history_is_written(
            site,
            f"IF nextval('tries') <= {times} THEN RAISE SQLSTATE '40001'; END IF;",
        )
        with attempts.watched(engine):
            return await deal.accept()
    await (await site.engine()).dispose()
    event.listen(engine, "connect", without_patience)
    with closing(sqlite3.connect(make_url(site.settings.database_url).database or "")) as blocker:
        blocker.isolation_level = None
        blocker.execute("BEGIN IMMEDIATE")

        def give_way(_: object) -> None:
            if attempts.refusals == times:
                blocker.execute("ROLLBACK")

        with attempts.watched(engine):
            event.listen(engine, "handle_error", give_way)  # counted first, then it may give way
            return await deal.accept()


def without_patience(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 0")
    cursor.close()


async def test_what_the_database_gives_up_once_runs_again_in_a_fresh_session(site: Site) -> None:
    attempts = Attempts()
    answer = await accepted_while_busy(site, attempts, times=1)
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert (attempts.refusals, len(attempts.sessions)) == (1, 2)


async def test_the_fifth_attempt_is_the_last_that_may_succeed(site: Site) -> None:
    attempts = Attempts()
    answer = await accepted_while_busy(site, attempts, times=MOST_ATTEMPTS - 1)
    assert answer.status_code == 200
    assert len(attempts.sessions) == MOST_ATTEMPTS == 5


async def test_a_database_that_stays_busy_is_admitted_after_five_attempts(site: Site) -> None:
    attempts = Attempts()
    answer = await accepted_while_busy(site, attempts, times=99)
    assert told(answer) == (503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1
    assert attempts.refusals == len(attempts.sessions) == MOST_ATTEMPTS
    assert await site.ask(select(TradeModel.state)) == [State.PROPOSED]


async def on_pg(site: Site) -> bool:
    return await site.dialect() == "postgresql"
