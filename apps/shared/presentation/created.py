"""Where a new resource is found."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

Locate = Callable[[UUID | None], None]


async def locate(request: Request, response: Response) -> Locate:
    """Return what sets `Location` to an id below the requested path, or, with None, to the path.

    None stands for what is read among others only, and has no address of its own. What is made in
    a batch is found where single ones are.
    """

    def put(id: UUID | None) -> None:
        path = request.url.path.removesuffix("/batch")
        response.headers["Location"] = f"{path}/{id}" if id else path

    return put


Located = Annotated[Locate, Depends(locate)]
