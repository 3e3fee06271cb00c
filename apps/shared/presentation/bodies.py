"""What request bodies are made of: known members only, and text that both databases can keep."""

from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

LINE_SIGNS = str.maketrans("", "", "\n\r\t")


class Body(BaseModel):
    """A request body; a member that nobody knows is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class Representation(BaseModel):
    """What is answered; read from a view by its attributes, never copied by hand."""

    model_config = ConfigDict(from_attributes=True)


def printable(text: str) -> str:
    """Refuse control characters, NUL first of all, which PostgreSQL cannot store."""
    if any(category(sign) == "Cc" for sign in text):
        raise PydanticCustomError("control_character", "Control characters are not allowed")
    return text


def printable_lines(text: str) -> str:
    """Allow line breaks and tabs beyond what `printable` allows."""
    _ = printable(text.translate(LINE_SIGNS))
    return text


Line = Annotated[str, AfterValidator(printable)]
"""Text of one line."""

Prose = Annotated[str, AfterValidator(printable_lines)]
"""Text of several lines."""
