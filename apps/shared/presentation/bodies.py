"""What request bodies are made of: known members only, and text that both databases can keep."""

from typing import Annotated, Any
from unicodedata import category

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    Strict,
    field_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LINE_SIGNS = str.maketrans("", "", "\n\r\t")


class Body(BaseModel):
    """A request body; a member that nobody knows is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _is_unicode(cls, value: Any) -> Any:
        """Refuse halves of signs (lone surrogates), which JSON can spell but nobody can store."""
        try:
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str):
                    text.encode()
        except UnicodeEncodeError as half:
            raise PydanticCustomError("not_unicode", "This is no Unicode text") from half
        return value


class Patch(Body):
    """A merge patch (RFC 7396). What is left out stays, so no default of a field is ever used."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Name no defaults, or clients would send them and change what they never meant to."""
        described = handler.resolve_ref_schema(handler(schema))
        for member in described["properties"].values():
            member.pop("default", None)
        return described


class Representation(BaseModel):
    """What is answered; read from a view by its attributes, never copied by hand."""

    model_config = ConfigDict(from_attributes=True)


def printable(text: str) -> str:
    """Refuse control characters, NUL first of all, which PostgreSQL cannot store.

    Nor may it hold halves of signs, however deep it stands in a body, break its line, or turn
    around the direction in which others read on.
    """
    if any(category(sign) in UNSEEN or sign in TURNS for sign in text):
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

Flag = Annotated[bool, Strict()]
"""true or false, and nothing that could be taken for one of them."""

Switch = Annotated[Flag, BeforeValidator({"true": True, "false": False}.get)]
"""A flag among the parameters of a query, where everything is text."""

Whole = Annotated[int, Strict()]
"""A whole number, written as one."""
