"""What an organiser has in hand, in euros, and held against the caps."""

from fractions import Fraction

import pytest

from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.exposure import (
    PER_EURO,
    Exposure,
    ExposureCapped,
    Exposures,
    rates_of,
)
from apps.settings import Settings

HERE = Exposures(PER_EURO)


def test_every_currency_has_a_rate() -> None:
    assert PER_EURO.keys() == set(Currency)
    assert all(rate > 0 for rate in PER_EURO.values())


def test_amounts_of_several_currencies_are_added_in_euros() -> None:
    rates = Exposures({Currency.EUR: Fraction(1), Currency.KRW: Fraction(1_600)})
    assert rates.euros({Currency.EUR: 1_050, Currency.KRW: 1_600}) == Fraction("11.5")
    assert rates.euros({}) == 0


@pytest.mark.parametrize(
    ("level", "joiners", "cents", "key"),
    [
        (2, 20, 50_000, None),
        (2, 21, 50_000, "exposure_joiners"),
        (2, 20, 50_001, "exposure_euros"),
        (3, 100, 300_000, None),
        (3, 101, 0, "exposure_joiners"),
        (3, 0, 300_001, "exposure_euros"),
        (1, 1, 0, "exposure_joiners"),
        (1, 0, 1, "exposure_euros"),
    ],
)
def test_caps_are_held_to_the_cent(level: int, joiners: int, cents: int, key: str | None) -> None:
    exposure = Exposure(joiners, {Currency.EUR: cents})
    if key is None:
        HERE.ensure(exposure, level=level)
        return
    with pytest.raises(ExposureCapped) as refused:
        HERE.ensure(exposure, level=level)
    assert refused.value.members["limit_key"] == key


def test_rates_are_read_as_operators_write_them() -> None:
    assert rates_of(["KRW=1600", "USD=1.16"]) == {
        Currency.KRW: Fraction(1_600),
        Currency.USD: Fraction("1.16"),
    }
    assert Settings(exposure_rates="KRW=1600, USD=1.16").exposure_rates == (  # type: ignore[arg-type]
        "KRW=1600",
        "USD=1.16",
    )


@pytest.mark.parametrize("wrong", ["KRW", "KRW=", "KRW=0", "KRW=-1", "KRW=1e3", "XXX=1", "KRW=1=2"])
def test_what_is_no_rate_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="write each as KRW=1600"):
        Settings(exposure_rates=(wrong,))
