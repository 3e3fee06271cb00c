"""Moments by the clock of the database, which is one for all processes."""

from datetime import datetime
from typing import Any

from sqlalchemy import literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from apps.shared.infrastructure.database import Instant


class FromNow(FunctionElement[datetime]):
    """So many milliseconds from the start of this statement, or of its transaction."""

    type = Instant()
    inherit_cache = True


@compiles(FromNow, "postgresql")
def _in_postgresql(element: FromNow, compiler: SQLCompiler, **more: Any) -> str:
    return f"(now() + {compiler.process(element.clauses, **more)} * interval '1 millisecond')"


@compiles(FromNow, "sqlite")
def _in_sqlite(element: FromNow, compiler: SQLCompiler, **more: Any) -> str:
    """Write as many digits as Instant does, so that both sort alike as text."""
    wait = f"({compiler.process(element.clauses, **more)} / 1000.0) || ' seconds'"
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {wait})"


NOW = FromNow(literal_column("0"))
