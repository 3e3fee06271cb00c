"""Currencies that a group order can be in (ISO 4217); money is a whole number of minor units."""

from enum import StrEnum


class Currency(StrEnum):
    """One per group order; amounts of two of them are never added up."""

    AUD = "AUD"
    BRL = "BRL"
    CAD = "CAD"
    CHF = "CHF"
    CNY = "CNY"
    EUR = "EUR"
    GBP = "GBP"
    HKD = "HKD"
    IDR = "IDR"
    JPY = "JPY"
    KRW = "KRW"
    MXN = "MXN"
    MYR = "MYR"
    PHP = "PHP"
    PLN = "PLN"
    SGD = "SGD"
    THB = "THB"
    TWD = "TWD"
    USD = "USD"
    VND = "VND"

    @property
    def digits(self) -> int:
        """How many decimal places a minor unit is behind."""
        return 0 if self in WITHOUT_MINOR_UNITS else 2


WITHOUT_MINOR_UNITS = frozenset({Currency.JPY, Currency.KRW, Currency.VND})

LARGEST_AMOUNT = 10**12
"""Minor units; more is a mistake, and sums of it could leave the range of a BIGINT."""
