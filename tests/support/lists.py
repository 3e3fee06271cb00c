"""Binders exported and imported as CSV, over HTTP."""

import csv
import io
from typing import Any

from httpx import Response

from tests.support.site import Member

CSV = {"Content-Type": "text/csv"}


async def exported(member: Member) -> str:
    answer = await member.get("/me/copies/export")
    assert answer.status_code == 200, answer.text
    return answer.content.decode()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def without_ids(text: str) -> list[dict[str, str]]:
    return [row | {"id": ""} for row in rows_of(text)]


def a_list(*rows: str, columns: str = "code,condition,for_trade,note") -> str:
    return "\n".join([columns, *rows]) + "\n"


async def send(member: Member, text: str | bytes, **query: Any) -> Response:
    content = text.encode() if isinstance(text, str) else text
    return await member.send(
        "POST", "/me/copies/import", content=content, headers=CSV, params=query
    )


async def imported(member: Member, text: str, *, dry_run: bool = False) -> dict[str, Any]:
    answer = await send(member, text, dry_run=str(dry_run).lower())
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def outcomes(report: dict[str, Any]) -> list[tuple[int, str, bool]]:
    return [(line["line"], line["outcome"], line["new"]) for line in report["lines"]]
