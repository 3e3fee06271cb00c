"""Which members take part at the moment, for the SELECTs of every context."""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, String, Uuid, column, select, table

USERS = table("users", column("id", Uuid()), column("status", String()))


def takes_part(member: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Return the condition that this member is neither suspended nor gone.

    Not a join: for a page of rows a planner may choose to read all members.
    """
    status = select(USERS.c.status).where(USERS.c.id == member).scalar_subquery()
    return status == "active"
