"""Codes of countries in request bodies."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from apps.shared.domain.country import COUNTRIES, Country


def assigned(code: str) -> Country:
    """Refuse what is the code of no country."""
    if code not in COUNTRIES:
        raise PydanticCustomError("no_country", "No country has this code")
    return Country(code)


CountryCode = Annotated[
    str, Field(pattern=r"^[A-Z]{2}$", examples=["KR"]), AfterValidator(assigned)
]
