"""Changes of one statement, which need no unit of work around them."""

from typing import Any

from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.questions import Changing, Question
from apps.shared.infrastructure.reads import Driver
from apps.shared.infrastructure.unit_of_work import Turnstile


class Change(Question):
    """A statement that says itself which rows it may change, and returns something of them."""

    def __init__(self, statement: Changing) -> None:
        super().__init__(statement)


class Changes:
    """Sends each statement as a transaction of its own, committed when it is answered."""

    def __init__(self, turnstile: Turnstile, current: Current, driver: Driver) -> None:
        self._turnstile = turnstile
        self._current = current
        self._driver = driver

    async def __call__(self, change: Change, /, **given: Any) -> list[Any]:
        """Make it with these values in place of the `bindparam`s; raise Busy."""
        if self._current.find():
            raise RuntimeError("This would be kept even if the open unit of work were not.")
        plan = change.plan(self._driver.dialect)
        words = plan.bind(given)
        await self._turnstile.enter()
        try:
            rows = await self._driver.change(*words)
        finally:
            self._turnstile.leave()
        return plan.read(rows)
