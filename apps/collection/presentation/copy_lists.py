"""Binders as CSV, written for collectors and their spreadsheets, and read again."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal
from unicodedata import category

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from apps.collection.application.import_copies import ListedCopy
from apps.collection.application.show_binders import CopyView
from apps.collection.domain.copy import Condition
from apps.collection.domain.copy_events import CopyId
from apps.collection.presentation.schemas import Note
from apps.shared.application.tables import (
    FIRST_ROW,
    TableFault,
    header_faults,
    read_table,
    row_faults,
)
from apps.shared.domain.errors import DomainError
from apps.shared.presentation.bodies import Body
from apps.shared.presentation.problems import pointer
from apps.shared.presentation.spreadsheets import FORMULA, harmless, written

MOST_LINES = 2_000
LONGEST_LIST = 4 * 1024 * 1024
"""Bytes, where an installation takes bodies that are so long."""

MOST_FAULTS = 100
LONGEST_CELL = 2_000
"""Characters; the names of all members of a group fit in."""

BETWEEN = "|"
WORDS = ("group", "idols", "release", "retailer", "version")
"""Columns in which a card is searched that has no code; the search knows no kind, and no number."""

COLUMNS = (
    *("code", "group", "idols", "release", "kind", "retailer", "version", "number"),
    *("condition", "for_trade", "note", "id"),
)
KNOWN = (*COLUMNS, "card")
"""Columns of a list to import: those of the export, and one for words of the owner's own."""

EXAMPLE = (
    f"{','.join(COLUMNS)}\r\n"
    "newjeans-omg-hanni-message-card,NewJeans,Hanni,OMG,album,,Message Card ver.,2,"
    "near_mint,true,sleeved,019b0c6e-53a0-7c2e-9b1f-2f9e6a6f1c11\r\n"
)


class ListRefused(DomainError):
    """This list cannot be read; `errors` points at lines and columns, as a spreadsheet counts."""


def as_meant(cell: str) -> str:
    """Take off the apostrophe that `harmless` has put there, and no other."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


async def write_list(portions: AsyncIterable[Sequence[CopyView]]) -> AsyncIterator[str]:
    """Yield rows, portion by portion; that of the columns goes with the first."""
    head = written([COLUMNS])
    async for copies in portions:
        yield head + written([cells_of(copy) for copy in copies])
        head = ""
    if head:
        yield head


def cells_of(copy: CopyView) -> list[str]:
    """Return the cells of a copy in the order of COLUMNS."""
    card = copy.card
    cells = (
        card.code,
        card.group.name,
        BETWEEN.join(idol.name for idol in card.idols),
        card.release.title,
        card.kind,
        card.retailer,
        card.version,
        card.number,
        copy.condition,
        "true" if copy.for_trade else "false",
        copy.note,
        str(copy.id),
    )
    return [harmless(cell or "") for cell in cells]


def without_controls(cell: str) -> str:
    """Refuse what no name and no code contains, NUL first of all."""
    if any(category(sign) == "Cc" for sign in cell):
        raise PydanticCustomError("control_character", "Control characters are not allowed")
    return cell


def lowered(cell: object) -> object:
    """Spreadsheets shout TRUE."""
    return cell.lower() if isinstance(cell, str) else cell


def emptied(cell: object) -> object:
    """An empty cell says nothing."""
    return cell or None


Cell = Annotated[str, Field(max_length=LONGEST_CELL), AfterValidator(without_controls)]


class Cells(Body):
    """One row of a list to import."""

    code: Cell = ""
    card: Cell = ""
    group: Cell = ""
    idols: Cell = ""
    release: Cell = ""
    kind: Cell = ""
    retailer: Cell = ""
    version: Cell = ""
    number: Cell = ""
    condition: Annotated[Condition, BeforeValidator(lowered)]
    for_trade: Annotated[Literal["true", "false", ""], BeforeValidator(lowered)] = ""
    note: Annotated[Note | None, BeforeValidator(emptied)] = None
    id: Annotated[CopyId | None, BeforeValidator(emptied)] = None

    def listed(self, line: int) -> ListedCopy:
        """Tell the use case what it needs of it."""
        words = " ".join(getattr(self, part) for part in ("card", *WORDS))
        return ListedCopy(
            line=line,
            copy_id=self.id,
            code=self.code.lower(),
            words=" ".join(words.replace(BETWEEN, " ").lower().split()),
            parts=frozenset(part for part in WORDS if getattr(self, part)),
            condition=self.condition,
            for_trade=self.for_trade == "true",
            note=self.note,
        )


def read_list(content: bytes) -> list[ListedCopy]:
    """Read lines; those without any text are passed over. Raises NotCsv and ListRefused."""
    columns, *rows = read_table(content) or [[]]
    columns = [column.strip().lower() for column in columns]
    refuse([*header_faults(columns, known=KNOWN, needed=["condition"])])
    filled = [row if any(cell.strip() for cell in row) else [] for row in rows]
    refuse([*row_faults(columns, filled)])
    numbered = {number: row for number, row in enumerate(filled, FIRST_ROW) if row}
    if len(numbered) > MOST_LINES:
        reason = f"There are {len(numbered)} lines, and {MOST_LINES} are allowed."
        refuse([TableFault([*numbered][MOST_LINES], None, reason)])
    faults: list[TableFault] = []
    lines = [
        line
        for number, row in numbered.items()
        for line in read_line(number, dict(zip(columns, row, strict=True)), faults)
    ]
    refuse(faults)
    return lines


def read_line(
    number: int, row: Mapping[str, str], faults: list[TableFault]
) -> Iterator[ListedCopy]:
    """Yield what a row says, or else note what is wrong with it."""
    meant = {column: as_meant(cell) for column, cell in row.items()}
    stripped = {column: cell.strip() for column, cell in meant.items() if column != "note"}
    try:
        listed = Cells.model_validate({**meant, **stripped}).listed(number)
    except ValidationError as fault:
        faults += [TableFault(number, str(each["loc"][0]), each["msg"]) for each in fault.errors()]
        return
    if not (listed.copy_id or listed.code or listed.words):
        faults.append(TableFault(number, None, "This line names no card."))
        return
    yield listed


def refuse(faults: Sequence[TableFault]) -> None:
    """Raise ListRefused where there are any."""
    if not faults:
        return
    first = faults[0]
    place = f"Line {first.row}" + (f", {first.column}" if first.column else "")
    raise ListRefused(
        f"{place}: {first.reason}", errors=[told(each) for each in faults[:MOST_FAULTS]]
    )


def told(fault: TableFault) -> Mapping[str, Any]:
    """Point at a cell by its row and column, or at the row."""
    place = (fault.row,) if fault.column is None else (fault.row, fault.column)
    return {"pointer": pointer(*place), "code": "list-refused", "detail": fault.reason}
