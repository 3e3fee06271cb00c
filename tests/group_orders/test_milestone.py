"""The rules of milestones, by themselves: which is reached when, and what that brings about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from apps.catalogue.contract import GroupId
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.milestone import (
    DayOutOfRange,
    Milestone,
    MilestoneId,
    end_of,
    is_silent,
)
from apps.group_orders.domain.milestone_steps import (
    MilestoneKind,
)
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import OrderState, Part
from apps.group_orders.domain.terms import Rules, SellerType, Way
from apps.shared.domain.country import Country
from apps.trading.contract import InvalidTransition
from tests.support.builders import ANN, NOON, a_uuid

S, K = OrderState, MilestoneKind
LEGAL = {
    (S.LOCKED, K.ORDERED): S.ORDERED,
    (S.ORDERED, K.SELLER_SHIPPED): S.IN_TRANSIT,
    (S.ORDERED, K.AT_FORWARDER): S.ORDERED,
    (S.ORDERED, K.SHIPPED_ABROAD): S.ORDERED,
    (S.ORDERED, K.ARRIVED): S.ARRIVED,
    (S.IN_TRANSIT, K.AT_FORWARDER): S.IN_TRANSIT,
    (S.IN_TRANSIT, K.SHIPPED_ABROAD): S.IN_TRANSIT,
    (S.IN_TRANSIT, K.ARRIVED): S.ARRIVED,
    (S.ARRIVED, K.SORTED): S.ARRIVED,
    (S.ARRIVED, K.DOMESTIC_SHIPPED): S.DISTRIBUTING,
    (S.DISTRIBUTING, K.DELIVERED): S.DISTRIBUTING,
}
"""Every pair of a state and a milestone that can be reached in it, and the state behind."""


def an_order(state: OrderState, *, stalled: bool = False) -> GroupOrder:
    return GroupOrder(
        id=GroupOrderId(a_uuid(1, of=7)),
        organiser=ANN,
        co_organiser=None,
        title="First press",
        description=None,
        group_id=GroupId(UUID(int=1)),
        release_id=None,
        seller_type=SellerType.SHOP,
        seller_name=None,
        destination=Country("TW"),
        ways=(Way.MAIL,),
        currency=Currency.EUR,
        min_trust_level=0,
        payment_details=None,
        rules=(Rules(version=1, text="Pay.", late_fee=None, published_at=NOON),),
        state=state,
        stalled_at=NOON if stalled else None,
        opened_at=NOON,
        ended_at=None,
        end_reason=None,
        created_at=NOON,
        updated_at=NOON,
    )


def a_milestone(
    kind: MilestoneKind, *, due_at: datetime = NOON + timedelta(days=7), number: int = 1
) -> Milestone:
    return Milestone(
        id=MilestoneId(a_uuid(number, of=8)),
        order=GroupOrderId(a_uuid(1, of=7)),
        kind=kind,
        planned_on=due_at.date(),
        due_at=due_at,
        done_at=None,
        done_by=None,
        note=None,
        proof_url=None,
        overdue_at=None,
        skipped_at=None,
        created_at=NOON,
    )


def reach(order: GroupOrder, milestone: Milestone, *others: Milestone) -> None:
    milestone.reach(
        of=order, others=others, note=None, proof_url=None, by=ANN, part=Part.ORGANISER, at=NOON
    )


@pytest.mark.parametrize("kind", MilestoneKind)
@pytest.mark.parametrize("state", OrderState)
def test_each_milestone_is_reached_in_its_states_only(
    state: OrderState, kind: MilestoneKind
) -> None:
    order, milestone = an_order(state), a_milestone(kind)
    into = LEGAL.get((state, kind))
    if into is None:
        with pytest.raises(InvalidTransition):
            reach(order, milestone)
        assert (order.state, milestone.done_at) == (state, None)
        assert order.release() == milestone.release() == []
        return
    reach(order, milestone)
    assert (order.state, milestone.done_at, milestone.done_by) == (into, NOON, ANN)
    assert len(order.release()) == (into is not state)
    assert len(milestone.release()) == 1


ENDINGS = {
    **dict.fromkeys([(S.DRAFT, S.CANCELLED), (S.OPEN, S.CANCELLED), (S.LOCKED, S.CANCELLED)]),
    **dict.fromkeys([(S.ORDERED, S.FAILED), (S.IN_TRANSIT, S.FAILED), (S.ARRIVED, S.FAILED)]),
    **dict.fromkeys([(S.DISTRIBUTING, S.FAILED), (S.DISTRIBUTING, S.CLOSED)]),
}
"""Every way in which an order ends."""


@pytest.mark.parametrize("end", [S.CLOSED, S.CANCELLED, S.FAILED])
@pytest.mark.parametrize("state", OrderState)
def test_an_order_ends_out_of_its_states_only(state: OrderState, end: OrderState) -> None:
    order = an_order(state)
    if (state, end) not in ENDINGS:
        with pytest.raises(InvalidTransition):
            order.end(end, by=Part.ORGANISER, reason=None, at=NOON)
        assert (order.state, order.release()) == (state, [])
        return
    order.end(end, by=Part.ORGANISER, reason=None, at=NOON)
    assert (order.state, order.ended_at, len(order.release())) == (end, NOON, 1)


def test_a_word_lets_a_stalled_order_go_on() -> None:
    order = an_order(OrderState.ORDERED, stalled=True)
    reach(order, a_milestone(MilestoneKind.AT_FORWARDER))
    assert order.stalled_at is None


def test_what_should_have_come_before_is_skipped_and_what_comes_behind_is_not() -> None:
    before, behind = a_milestone(K.AT_FORWARDER, number=2), a_milestone(K.SORTED, number=3)
    reach(an_order(OrderState.ORDERED), a_milestone(K.ARRIVED), before, behind)
    assert (before.skipped_at, behind.skipped_at) == (NOON, None)


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 5, 24), datetime(2026, 5, 25, 12, tzinfo=UTC)),
        (date(2026, 5, 23), None),
        (date(2029, 5, 24), datetime(2029, 5, 25, 12, tzinfo=UTC)),
        (date(2029, 5, 30), None),
        (date.max, None),
        (date.min, None),
    ],
)
def test_a_day_ends_when_it_has_ended_everywhere(day: date, end: datetime | None) -> None:
    assert datetime(2026, 5, 24, 12, tzinfo=UTC) == NOON
    if end is None:
        with pytest.raises(DayOutOfRange):
            end_of(day, at=NOON)
    else:
        assert end_of(day, at=NOON) == end


WEEK = timedelta(days=7)
MOMENT = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("due", "heard", "silent"),
    [
        ([WEEK, WEEK], None, True),
        ([WEEK, WEEK], WEEK, True),
        ([WEEK, WEEK], WEEK - MOMENT, False),
        ([WEEK, WEEK - MOMENT], None, False),
        ([WEEK], None, False),
        ([3 * WEEK, WEEK, -WEEK], 2 * WEEK, True),
    ],
)
def test_silence_is_two_milestones_overdue_for_a_week(
    due: Sequence[timedelta], heard: timedelta | None, *, silent: bool
) -> None:
    milestones = [
        a_milestone(kind, due_at=NOON - ago, number=number)
        for number, (kind, ago) in enumerate(zip(MilestoneKind, due, strict=False))
    ]
    heard_at = None if heard is None else NOON - heard
    assert is_silent(milestones, heard_at=heard_at, at=NOON) is silent
