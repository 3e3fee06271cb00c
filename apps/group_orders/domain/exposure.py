"""How much an organiser may have in hand, by trust level (G12)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.order_events import GroupOrderId
from apps.shared.domain.errors import DomainError


class ExposureCapped(DomainError):
    """The organiser would have more joiners or money in hand than their trust level allows."""


class Cap(NamedTuple):
    """Joiners of all live orders of an organiser, and what they have in hand in whole euros."""

    joiners: int
    euros: int


CAPS: Mapping[int, Cap] = {2: Cap(20, 500), 3: Cap(100, 3_000)}
NOTHING = Cap(0, 0)

PER_EURO: Mapping[Currency, Fraction] = {
    Currency.AUD: Fraction("1.75"),
    Currency.BRL: Fraction("6.3"),
    Currency.CAD: Fraction("1.6"),
    Currency.CHF: Fraction("0.94"),
    Currency.CNY: Fraction("8.2"),
    Currency.EUR: Fraction(1),
    Currency.GBP: Fraction("0.86"),
    Currency.HKD: Fraction("9.1"),
    Currency.IDR: Fraction(19_000),
    Currency.JPY: Fraction(172),
    Currency.KRW: Fraction(1_600),
    Currency.MXN: Fraction("21.7"),
    Currency.MYR: Fraction("4.9"),
    Currency.PHP: Fraction(66),
    Currency.PLN: Fraction("4.25"),
    Currency.SGD: Fraction("1.5"),
    Currency.THB: Fraction(38),
    Currency.TWD: Fraction(35),
    Currency.USD: Fraction("1.16"),
    Currency.VND: Fraction(30_500),
}
"""Settled for this purpose alone: nobody pays by them. An operator may settle others."""


def rates_of(pairs: Iterable[str]) -> dict[Currency, Fraction]:
    """Read rates that are written as `KRW=1600`; raise ValueError."""
    rates: dict[Currency, Fraction] = {}
    for pair in pairs:
        code, _, rate = pair.partition("=")
        if not is_plain(rate):
            raise ValueError(pair)
        rates[Currency(code)] = Fraction(rate)
    return rates


def is_plain(number: str) -> bool:
    """Tell whether it is a number above zero, with digits and a point only."""
    return number.replace(".", "", 1).isdecimal() and number.isascii() and Decimal(number) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """What an order offers by the prices of its slots, and what it charges by dues that stand."""

    order: GroupOrderId
    currency: Currency
    offered: int
    charged: int

    @property
    def amount(self) -> int:
        """The larger of both: prices are charged sooner or later, and fees beside them."""
        return max(self.offered, self.charged)


def added_up(orders: Iterable[InHand]) -> Mapping[Currency, int]:
    """Return what orders come to by currency."""
    amounts = Counter[Currency]()
    for each in orders:
        amounts[each.currency] += each.amount
    return amounts


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an organiser has in hand, over all live orders; amounts in minor units."""

    joiners: int
    amounts: Mapping[Currency, int]


@dataclass(frozen=True, slots=True)
class Exposures:
    """Holds exposures against the caps, in euros by these rates."""

    per_euro: Mapping[Currency, Fraction]

    def euros(self, amounts: Mapping[Currency, int]) -> Fraction:
        """Add amounts up that are of several currencies."""
        return sum(
            (
                Fraction(amount, 10**currency.digits) / self.per_euro[currency]
                for currency, amount in amounts.items()
            ),
            Fraction(0),
        )

    def ensure(self, exposure: Exposure, *, level: int) -> None:
        """Raise ExposureCapped, which names the cap as limits are named."""
        cap = CAPS.get(level, NOTHING)
        euros = self.euros(exposure.amounts)
        for key, limit, current in (
            ("exposure_joiners", cap.joiners, Fraction(exposure.joiners)),
            ("exposure_euros", cap.euros, euros),
        ):
            if current > limit:
                raise ExposureCapped(
                    limit_key=key, limit_value=limit, current_value=-(-current // 1)
                )
