"""What members gave as reasons, beside the histories that only hold commitments to it."""

from uuid import UUID

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.infrastructure.database import Model


class TradeEventWordsModel(Model):
    """The words of one event, which itself is never deleted; they are, with who wrote them."""

    __tablename__ = "trade_event_words"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
