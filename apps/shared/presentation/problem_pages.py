"""What each problem means, on a page at the address that its `type` names."""

from html import escape
from inspect import getdoc

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from apps.shared.domain.errors import NotFound
from apps.shared.presentation.problems import known, status_of, title_of
from apps.shared.presentation.routes import StrictRoute

router = APIRouter(prefix="/problems", route_class=StrictRoute, include_in_schema=False)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} - KCardSwap</title>
<h1>{title}</h1>
{text}
</html>
"""


@router.get("")
async def list_problems() -> HTMLResponse:
    """List every problem with its code."""
    lines = [
        f'<dt><a href="/problems/{code}"><code>{code}</code></a>'
        f"<dd>{status_of(kind)} {escape(title_of(kind))}"
        for code, kind in known().items()
    ]
    return HTMLResponse(PAGE.format(title="Problems", text=f"<dl>{''.join(lines)}</dl>"))


@router.get("/{code}")
async def explain_problem(code: str) -> HTMLResponse:
    """Explain one problem."""
    kind = known().get(code)
    if kind is None:
        raise NotFound
    status = status_of(kind)
    text = (
        f"<p>{escape(getdoc(kind) or '')}</p>"
        f"<p>Answered with status {status} {status.phrase}; programs recognise it by its"
        f' <code>code</code>. <a href="/problems">All problems</a></p>'
    )
    return HTMLResponse(PAGE.format(title=code, text=text))
