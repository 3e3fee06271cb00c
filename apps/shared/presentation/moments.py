"""Moments and days in requests."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d")
FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def as_agreed(told: object) -> object:
    """Refuse what is no RFC 3339 text; a bare number would pass for seconds since 1970."""
    if isinstance(told, str) and RFC_3339.match(told):
        return told
    raise PydanticCustomError("datetime_type", "Write a moment as in 2026-05-24T12:00:00Z")


def in_utc(moment: datetime) -> datetime:
    """Say the same moment as everything here is kept: SQLite stores no offset."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as beyond:
        raise PydanticCustomError("out_of_range", "There is no such year in UTC") from beyond


Moment = Annotated[AwareDatetime, AfterValidator(in_utc), BeforeValidator(as_agreed)]


def a_day(told: object) -> object:
    """Refuse any other text: ten digits would pass for seconds since 1970."""
    if isinstance(told, str) and FULL_DATE.fullmatch(told):
        return told
    raise PydanticCustomError("date_type", "Write a day as in 2026-05-24")


Day = Annotated[date, BeforeValidator(a_day)]
