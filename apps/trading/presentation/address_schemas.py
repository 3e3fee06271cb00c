"""Addresses as JSON."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from apps.shared.presentation.bodies import Body, Line
from apps.shared.presentation.countries import CountryCode
from apps.trading.domain.address import PostalAddress

MOST_LINES = 3


def trimmed(text: str) -> str:
    """Refuse what begins or ends with a space, and so what is nothing else."""
    if text != text.strip():
        raise PydanticCustomError("blank", "Begin and end with something visible")
    return text


Written = Annotated[Line, Field(min_length=1, max_length=100), AfterValidator(trimmed)]
PostalCode = Annotated[
    Line, Field(min_length=1, max_length=16, examples=["04038"]), AfterValidator(trimmed)
]
Phone = Annotated[
    str, Field(pattern=r"^\+?[0-9(][0-9 ()./-]{3,28}$", max_length=30, examples=["+82 2 120"])
]


class AddressEntry(Body):
    """What to write on a letter, from the top down; the label is for its owner only."""

    label: Annotated[Line, Field(min_length=1, max_length=40), AfterValidator(trimmed)] | None = (
        None
    )
    recipient: Written
    lines: Annotated[list[Written], Field(min_length=1, max_length=MOST_LINES)]
    postal_code: PostalCode | None = None
    city: Written
    region: Written | None = None
    country: CountryCode
    phone: Phone | None = None

    def postal(self) -> PostalAddress:
        """Return what goes onto the letter."""
        told = dict(self) | {"lines": tuple(self.lines)}
        del told["label"]
        return PostalAddress(**told)
