"""Blocks over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.identity.application.keep_blocks import (
    BlockMember,
    BlockView,
    ListBlocks,
    UnblockMember,
)
from apps.identity.domain.block import SelfBlock
from apps.shared.domain.errors import LimitExceeded
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me

router = ApiRouter(
    prefix="/me/blocks", tags=["identity"], route_class=CommandRoute, dependencies=SIGNED_IN
)


@router.get("", description=getdoc(ListBlocks))
async def list_blocks(me: Me, page: PageAsked, blocks: FromDishka[ListBlocks]) -> Listed[BlockView]:
    """List whom I have blocked."""
    return page.show(await blocks(me, after=page.after, limit=page.limit))


@router.put(
    "/{member_id}",
    status_code=204,
    description=getdoc(BlockMember),
    openapi_extra=refuses(SelfBlock, LimitExceeded),
)
async def block_member(member_id: MemberId, me: Me, block: FromDishka[BlockMember]) -> None:
    """Block a member."""
    await block(member_id, by=me)


@router.delete("/{member_id}", status_code=204, description=getdoc(UnblockMember))
async def unblock_member(member_id: MemberId, me: Me, unblock: FromDishka[UnblockMember]) -> None:
    """Unblock a member."""
    await unblock(member_id, by=me)
