"""What moderators decide about trades stands in the audit log."""

from sqlalchemy import select

from apps.shared.infrastructure.audit import AuditEntryModel
from apps.trading.application.rate_trade import HideRating
from apps.trading.infrastructure.ratings import RatingModel
from tests.support.audit import entries
from tests.support.disputes import a_moderator, a_quarrel, ensure_well
from tests.support.rated import a_swap, rated
from tests.support.site import Site


async def test_what_is_decided_about_a_case_is_audited(site: Site) -> None:
    quarrel = await a_quarrel(site, heard=True)
    mia, max_ = [await a_moderator(site, name) for name in ("mia", "max")]
    id = str((await quarrel.case()).id)
    fault = [str(quarrel.deal.author.id)]
    assert (await mia.post(f"{await quarrel.path()}/assign")).is_success
    for each in (mia, max_):
        ensure_well([await quarrel.decide(each, at_fault=fault)])
    assert await entries(site) == [
        ("case.assign", str(mia.id), id, "ok"),
        ("case.decide", str(mia.id), id, "ok"),
        ("case.decide", str(max_.id), id, "ok"),
    ]
    rows = await site.ask(select(AuditEntryModel).order_by(AuditEntryModel.id))
    assert [row.meta.get("stands") for row in rows] == [None, False, True]
    ensure_well([await quarrel.appeal(quarrel.deal.author)])
    ensure_well([await quarrel.review(moe := await a_moderator(site, "moe"))])
    assert (await entries(site))[3:] == [("case.review", str(moe.id), id, "ok")]


async def test_that_a_rating_is_hidden_is_audited(site: Site) -> None:
    ann, bea, mia = await site.join("ann"), await site.join("bea"), await a_moderator(site, "mia")
    await rated(ann, await a_swap(site, ann, bea), 1, comment="a slur", tags=["talk"])
    (id,) = await site.ask(select(RatingModel.id))
    await (await site.port(HideRating))(id, by=mia.id, reason="insulting")
    assert await entries(site) == [("rating.hide", str(mia.id), str(id), "ok")]
