"""What the database itself refuses about who hands over, and who rates, whoever asks."""

from uuid import UUID

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.handovers import OrderHandoverModel
from apps.group_orders.infrastructure.order_ratings import OrderRatingModel
from tests.group_orders.handing_over import a_scene, somebody
from tests.group_orders.orders import an_order
from tests.support.site import Site

HANDOVER, RATING = OrderHandoverModel, OrderRatingModel


async def test_nobody_hands_an_order_over_to_themselves(site: Site) -> None:
    scene = await a_scene(site, joiners=0)
    await scene.steps(scene.olga)
    for same in ({"receiver_id": HANDOVER.giver_id}, {"giver_id": HANDOVER.receiver_id}):
        with pytest.raises(IntegrityError, match="ck_order_handovers_organisers"):
            await site.change(update(HANDOVER).values(same))
    await site.change(update(HANDOVER).values(receiver_id=scene.mia.id))


async def test_nobody_rates_themselves(site: Site) -> None:
    olga, ann = await somebody(site), await somebody(site)
    at = (await site.clock()).now()
    row = {"group_order_id": UUID(await an_order(olga)), "score": 5, "tags": []}
    row |= dict.fromkeys(("rated_at", "edited_at", "closes_at"), at)
    for member in (olga, ann):
        with pytest.raises(IntegrityError, match="ck_order_ratings_two"):
            own = row | {"id": uuid7(), "rater_id": member.id, "ratee_id": member.id}
            await site.change(insert(RATING).values(own))
    other = row | {"id": uuid7(), "rater_id": ann.id, "ratee_id": olga.id}
    await site.change(insert(RATING).values(other))
