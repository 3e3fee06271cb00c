"""Whether the server of this installation is ready, told by an exit code: `kcs healthcheck`."""

from http import HTTPStatus

import httpx

PATIENCE = 4.0
"""Seconds that the server has to answer in; less than what the container's probe gives."""

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104, nothing listens
"""Where to knock at a server that listens on all addresses."""


def address_of(host: str, port: int) -> str:
    """Return where a server that listens on this host is reached from its own machine."""
    name = EVERYWHERE.get(host, host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def why_not_ready(address: str) -> str | None:
    """Ask the server; return None if it is ready, else one line that says why it is not."""
    try:
        answer = httpx.get(f"{address}/readyz", timeout=PATIENCE, trust_env=False)
    except httpx.HTTPError as fault:
        return f"{address} does not answer: {str(fault) or type(fault).__name__}."
    if answer.status_code == HTTPStatus.OK:
        return None
    return f"{address} is not ready ({answer.status_code}): {told_by(answer)}"


def told_by(answer: httpx.Response) -> str:
    """Return what a problem says, if it is one of ours."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, TypeError, LookupError):
        return "the answer is not ours."
