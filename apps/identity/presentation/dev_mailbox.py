"""A page that shows what was mailed, where nothing is really mailed: while developing."""

from html import escape
from ipaddress import ip_address

from dishka.integrations.fastapi import FromDishka
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from apps.identity.application.mailbox import KeptMail, Mailbox
from apps.shared.domain.errors import NotFound
from apps.shared.presentation.routes import StrictRoute

router = APIRouter(prefix="/dev", route_class=StrictRoute, include_in_schema=False)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Mailbox - KCardSwap</title>
<h1>Mailbox</h1>
<p>The last hundred letters of this installation for development, newest first.</p>
{letters}
</html>
"""


@router.get("/mailbox")
async def show_mailbox(request: Request, mailbox: FromDishka[Mailbox]) -> HTMLResponse:
    """Show the letters to who asks from this very machine: they open accounts."""
    if not is_here(request.client.host if request.client else ""):
        raise NotFound
    letters = "".join(map(letter, await mailbox.newest())) or "<p>There are none yet.</p>"
    return HTMLResponse(PAGE.format(letters=letters), headers={"Cache-Control": "no-store"})


def letter(kept: KeptMail) -> str:
    """Write one letter."""
    mail, at = kept.mail, f"{kept.at:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"<article><h2>{escape(mail.subject)}</h2><p>{at}, to {escape(mail.to)}</p>"
        f"<pre>{escape(mail.text)}</pre></article>"
    )


def is_here(host: str) -> bool:
    """Tell whether an address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
