"""What the service writes about itself: a line per event, for people or for machines."""

import json
import logging
import sys
from datetime import UTC, datetime
from functools import partial
from typing import Literal, TextIO
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from apps.shared.presentation.exchange import follow
from apps.shared.presentation.redaction import Redaction
from apps.shared.presentation.request_id import stamp

FACTS = ("trace_id", "method", "path", "status", "duration_ms", "member_id")
"""What lines tell beside their message, where they know it; never a query, a header or a body."""

UNSEEN = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}
"""Characters that move a cursor, or end a line, and how they are shown instead."""

access = logging.getLogger("kcs.access")


class ForPeople(logging.Formatter):
    """`TIME LEVEL LOGGER REQUEST_ID MESSAGE`, and behind it the trace of an exception."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802, named by its base
        """Keep whoever chose a part of the message from writing lines of his own."""
        line = super().formatMessage(record)
        return line if line.isprintable() else line.translate(UNSEEN)


class ForMachines(logging.Formatter):
    """One JSON object per line, whatever the message holds."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the event, with an exception as one of its fields."""
        at = datetime.fromtimestamp(record.created, UTC)
        event = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", None),
        }
        event |= {name: vars(record)[name] for name in FACTS if name in vars(record)}
        if record.exc_info or record.exc_text:
            trace = record.exc_info and self.formatException(record.exc_info)
            event["exception"] = trace or record.exc_text
        return json.dumps(event, default=str)


FORMATS: dict[str, type[logging.Formatter]] = {"text": ForPeople, "json": ForMachines}


def write_logs(form: Literal["text", "json"], *, debug: bool = False) -> None:
    """Send every log, warnings of Python included, to standard error in this form."""
    handler = writing(form, sys.stderr)
    level = logging.DEBUG if debug else logging.INFO
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def writing(form: Literal["text", "json"], out: TextIO) -> logging.Handler:
    """Return what writes each record as one line, without secrets."""
    handler = logging.StreamHandler(out)
    handler.addFilter(stamp)
    handler.addFilter(Redaction())
    handler.setFormatter(FORMATS[form]())
    return handler


class AccessLog:
    """ASGI middleware that writes a line for each request once it is over."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; without an answer its status is none, or 500 where it broke down."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await follow(self._app, scope, receive, send, partial(tell, scope))


def tell(scope: Scope, status: int | None, seconds: float) -> None:
    """Write the line of one request."""
    caller = scope.get("state", {}).get("caller")
    facts = {
        "method": scope["method"],
        "path": quote(scope["path"]),
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "member_id": caller and str(caller.member_id),
    }
    access.info("%s %s %s %.1f ms", *list(facts.values())[:4], extra=facts)
