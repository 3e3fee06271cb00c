"""Groups, idols, releases and cards as rows, and the names by which the search finds them."""

from datetime import date
from typing import Any, Self
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Dialect,
    ForeignKey,
    Index,
    String,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from apps.catalogue.domain.card import Card, CardId, Kind
from apps.catalogue.domain.entry import LONGEST_CODE, LONGEST_LABEL, Code, CodeTaken
from apps.catalogue.domain.group import Group, GroupId
from apps.catalogue.domain.idol import Idol, IdolId, Membership
from apps.catalogue.domain.names import LONGEST_NAME, Form
from apps.catalogue.domain.release import Release, ReleaseId
from apps.shared.infrastructure.database import REFUSALS, Model


class Texts(TypeDecorator[tuple[str, ...]]):
    """Some lines of text in their order, as a JSON array."""

    impl = JSON
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:
        """Return them as a value that cannot change."""
        del dialect
        return tuple(value)


SORTED_BY_CODE_POINT = String(LONGEST_CODE).with_variant(
    String(LONGEST_CODE, collation="C"), "postgresql"
)
"""Both databases put codes into one and the same order, whatever the server's locale."""

Model.registry.update_type_annotation_map(
    {
        GroupId: Uuid(),
        IdolId: Uuid(),
        ReleaseId: Uuid(),
        CardId: Uuid(),
        Code: SORTED_BY_CODE_POINT,
        tuple[str, ...]: Texts(),
    }
)

REFUSALS |= {
    constraint: CodeTaken
    for table in ("groups", "idols", "releases", "cards")
    for constraint in (f"uq_{table}_code", f"{table}.code")
}


class GroupModel(Model):
    """A group."""

    __tablename__ = "groups"
    __table_args__ = (Index("uq_groups_code", "code", unique=True),)

    id: Mapped[GroupId] = mapped_column(primary_key=True)
    code: Mapped[Code]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    names: Mapped[tuple[str, ...]]

    @classmethod
    def of(cls, group: Group, /) -> Self:
        """Copy a group."""
        return cls(id=group.id, code=group.code, name=group.name, names=group.names)

    def entity(self) -> Group:
        """Rebuild it."""
        return Group(id=self.id, code=self.code, name=self.name, names=self.names)


class IdolMembershipModel(Model):
    """An idol in a group, from one day on."""

    __tablename__ = "idol_memberships"
    __table_args__ = (
        Index("ix_idol_memberships_group_id", "group_id"),
        CheckConstraint("left_on >= joined_on", name="ends_after_it_begins"),
    )

    idol_id: Mapped[IdolId] = mapped_column(ForeignKey("idols.id"), primary_key=True)
    group_id: Mapped[GroupId] = mapped_column(ForeignKey(GroupModel.id), primary_key=True)
    joined_on: Mapped[date] = mapped_column(primary_key=True)
    left_on: Mapped[date | None]


class IdolModel(Model):
    """An idol."""

    __tablename__ = "idols"
    __table_args__ = (Index("uq_idols_code", "code", unique=True),)

    id: Mapped[IdolId] = mapped_column(primary_key=True)
    code: Mapped[Code]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    names: Mapped[tuple[str, ...]]

    memberships: Mapped[list[IdolMembershipModel]] = relationship(
        lazy="selectin",
        cascade="all, delete-orphan",
        order_by=(IdolMembershipModel.joined_on, IdolMembershipModel.group_id),
    )

    @classmethod
    def of(cls, idol: Idol, /) -> Self:
        """Copy an idol with all memberships."""
        return cls(
            id=idol.id,
            code=idol.code,
            name=idol.name,
            names=idol.names,
            memberships=[
                IdolMembershipModel(
                    idol_id=idol.id,
                    group_id=each.group_id,
                    joined_on=each.joined_on,
                    left_on=each.left_on,
                )
                for each in idol.memberships
            ],
        )

    def entity(self) -> Idol:
        """Rebuild it."""
        return Idol(
            id=self.id,
            code=self.code,
            name=self.name,
            names=self.names,
            memberships=tuple(
                Membership(group_id=row.group_id, joined_on=row.joined_on, left_on=row.left_on)
                for row in self.memberships
            ),
        )


class ReleaseModel(Model):
    """A release."""

    __tablename__ = "releases"
    __table_args__ = (
        Index("uq_releases_code", "code", unique=True),
        Index("ix_releases_group_id", "group_id"),
    )

    id: Mapped[ReleaseId] = mapped_column(primary_key=True)
    code: Mapped[Code]
    group_id: Mapped[GroupId] = mapped_column(ForeignKey(GroupModel.id))
    title: Mapped[str] = mapped_column(String(LONGEST_NAME))
    released_on: Mapped[date]
    names: Mapped[tuple[str, ...]]

    @classmethod
    def of(cls, release: Release, /) -> Self:
        """Copy a release."""
        return cls(
            id=release.id,
            code=release.code,
            group_id=release.group_id,
            title=release.title,
            released_on=release.released_on,
            names=release.names,
        )

    def entity(self) -> Release:
        """Rebuild it."""
        return Release(
            id=self.id,
            code=self.code,
            group_id=self.group_id,
            title=self.title,
            released_on=self.released_on,
            names=self.names,
        )


class CardIdolModel(Model):
    """An idol on a card."""

    __tablename__ = "card_idols"
    __table_args__ = (Index("ix_card_idols_idol_id", "idol_id"),)

    card_id: Mapped[CardId] = mapped_column(ForeignKey("cards.id"), primary_key=True)
    idol_id: Mapped[IdolId] = mapped_column(ForeignKey(IdolModel.id), primary_key=True)
    position: Mapped[int]


class CardModel(Model):
    """A card."""

    __tablename__ = "cards"
    __table_args__ = (
        Index("uq_cards_code", "code", unique=True),
        Index("ix_cards_release_id", "release_id"),
        Index("ix_cards_merged_into_id", "merged_into_id"),
    )

    id: Mapped[CardId] = mapped_column(primary_key=True)
    code: Mapped[Code]
    release_id: Mapped[ReleaseId] = mapped_column(ForeignKey(ReleaseModel.id))
    kind: Mapped[Kind]
    retailer: Mapped[str | None] = mapped_column(String(LONGEST_LABEL))
    version: Mapped[str | None] = mapped_column(String(LONGEST_LABEL))
    number: Mapped[str | None] = mapped_column(String(LONGEST_LABEL))
    image_url: Mapped[str | None] = mapped_column(Text)
    names: Mapped[tuple[str, ...]]
    merged_into_id: Mapped[CardId | None] = mapped_column(ForeignKey("cards.id"))

    idols: Mapped[list[CardIdolModel]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by=CardIdolModel.position
    )

    @classmethod
    def of(cls, card: Card, /) -> Self:
        """Copy a card with its idols."""
        return cls(
            id=card.id,
            code=card.code,
            release_id=card.release_id,
            kind=card.kind,
            retailer=card.retailer,
            version=card.version,
            number=card.number,
            image_url=card.image_url,
            names=card.names,
            merged_into_id=card.merged_into,
            idols=[
                CardIdolModel(card_id=card.id, idol_id=idol_id, position=position)
                for position, idol_id in enumerate(card.idol_ids)
            ],
        )

    def entity(self) -> Card:
        """Rebuild it."""
        return Card(
            id=self.id,
            code=self.code,
            release_id=self.release_id,
            idol_ids=tuple(row.idol_id for row in self.idols),
            kind=self.kind,
            retailer=self.retailer,
            version=self.version,
            number=self.number,
            image_url=self.image_url,
            names=self.names,
            merged_into=self.merged_into_id,
        )


class NameModel(Model):
    """One form of one name of a subject: an entry, or a label that stands on many cards (K1).

    The search reads the whole table: it is small, and no index helps to find what lies inside a
    text.
    """

    __tablename__ = "names"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    form: Mapped[Form]
    text: Mapped[str] = mapped_column(Text)


class CardSubjectModel(Model):
    """By whose names a card is found: its group's, release's, idols', labels' and its own."""

    __tablename__ = "card_subjects"
    __table_args__ = (Index("ix_card_subjects_card_id", "card_id"),)

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[CardId] = mapped_column(ForeignKey(CardModel.id), primary_key=True)
