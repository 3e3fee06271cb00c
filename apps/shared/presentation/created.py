"""Where a new resource is found."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response


async def locate(request: Request, response: Response) -> Callable[[UUID], None]:
    """Return what sets `Location` to the place of an id below the requested path."""

    def put(id: UUID) -> None:
        response.headers["Location"] = f"{request.url.path}/{id}"

    return put


Located = Annotated[Callable[[UUID], None], Depends(locate)]
