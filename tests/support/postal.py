"""Postal addresses, and how they are sent as JSON."""

from typing import Any

from apps.shared.domain.country import Country
from apps.trading.domain.address import PostalAddress

HOME = PostalAddress(
    recipient="김하늘",
    lines=("Wausan-ro 29-gil 4", "B1"),
    postal_code="04053",
    city="Seoul",
    region="Mapo-gu",
    country=Country("KR"),
    phone="+82 2 120",
)
WORK = PostalAddress(
    recipient="Haneul Kim",
    lines=("110 Zhongxiao East Road",),
    postal_code="100",
    city="Taipei",
    region="Zhongzheng",
    country=Country("TW"),
    phone="(02) 2720-8889",
)


def entry(postal: PostalAddress = HOME, *, label: str | None = "home", **more: Any) -> Any:
    """A body for POST /me/addresses."""
    names = ("recipient", "lines", "postal_code", "city", "region", "country", "phone")
    told = {name: getattr(postal, name) for name in names}
    return {"label": label, **told, "lines": list(postal.lines)} | more
