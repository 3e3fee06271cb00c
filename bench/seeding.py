"""Fills an empty, migrated database; PostgreSQL by COPY, SQLite in one transaction per table."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import asyncpg
from argon2 import PasswordHasher
from sqlalchemy import Dialect, make_url
from sqlalchemy.orm import class_mapper

from apps.catalogue.contract import CardId, GroupId, IdolId, ReleaseId
from apps.catalogue.domain.card import Card
from apps.catalogue.domain.card import Kind as CardKind
from apps.catalogue.domain.entry import Code
from apps.catalogue.domain.group import Group
from apps.catalogue.domain.idol import Idol
from apps.catalogue.domain.release import Release
from apps.catalogue.infrastructure.models import (
    CardIdolModel,
    CardModel,
    GroupModel,
    IdolModel,
    ReleaseModel,
)
from apps.collection.domain.copy import Condition, Copy
from apps.collection.domain.copy_events import AgreementId, CopyId
from apps.collection.infrastructure.models import CopyModel, CopyPromiseModel
from apps.identity.domain.profile import Profile, nickname_key
from apps.identity.domain.standing import Standing
from apps.identity.domain.user import User, email_key
from apps.identity.infrastructure.models import (
    ProfileModel,
    RefreshSessionModel,
    UserModel,
)
from apps.identity.infrastructure.passwords import ITERATIONS, LANES, MEMORY_KIB
from apps.identity.infrastructure.standings import StandingModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import Model
from bench.people import FIRST_DAY, Kind, Size, id_of, is_listed, is_promised
from bench.visitors import Visitors

GROUPS, IDOLS, RELEASES = 20, 100, 200

Converter = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that are all like one, but for the values told for some columns."""

    like: Model
    told: tuple[str, ...]
    values: Iterable[tuple[Any, ...]]

    @property
    def name(self) -> str:
        """What it is called in SQL."""
        return str(class_mapper(type(self.like)).local_table)

    @property
    def columns(self) -> list[str]:
        """First those that are told."""
        names = [column.key for column in class_mapper(type(self.like)).columns]
        return [*self.told, *(name for name in names if name not in self.told)]

    def rows(self, dialect: Dialect) -> Iterator[tuple[Any, ...]]:
        """Yield values as the driver of this dialect takes them."""
        mapper = class_mapper(type(self.like))
        counted = mapper.version_id_col
        converters: dict[str, Converter | None] = {
            column.key: column.type.dialect_impl(dialect).bind_processor(dialect)
            for column in mapper.columns
        }
        same = tuple(
            converted(
                converters[name], 1 if counted is mapper.c[name] else getattr(self.like, name)
            )
            for name in self.columns[len(self.told) :]
        )
        told = [converters[name] for name in self.told]
        for values in self.values:
            yield (*map(converted, told, values), *same)


def converted(converter: Converter | None, value: Any) -> Any:
    """Pass it through, if there is something to pass through."""
    return converter(value) if converter else value


def hashed() -> str:
    """Return the hash of the password that all members have."""
    hasher = PasswordHasher(ITERATIONS, MEMORY_KIB, LANES)
    return hasher.hash("the password of everybody")


def tables(size: Size, visitors: Visitors) -> Iterator[Table]:
    """Yield everything, so that whatever refers to something comes later."""
    yield from catalogue(size)
    yield from members(size, visitors)
    yield from collection(size)


def collection(size: Size) -> Iterator[Table]:
    """Yield copies and the promises over some of them."""
    yield Table(
        CopyModel.of(
            Copy.enter(
                CopyId(id_of(Kind.COPY, 0)),
                card_id=CardId(id_of(Kind.CARD, 0)),
                owner_id=MemberId(id_of(Kind.MEMBER, 0)),
                condition=Condition.MINT,
                for_trade=True,
                note="sleeved",
                at=FIRST_DAY,
            )
        ),
        ("id", "card_id", "owner_id", "for_trade"),
        (
            (
                id_of(Kind.COPY, copy),
                id_of(Kind.CARD, copy % size.cards),
                id_of(Kind.MEMBER, size.owner(copy)),
                is_listed(copy),
            )
            for copy in range(size.copies)
        ),
    )
    promise = CopyPromiseModel(
        agreement_id=AgreementId(id_of(Kind.AGREEMENT, 0)), promised_at=FIRST_DAY
    )
    yield Table(
        promise,
        ("id", "copy_id"),
        (
            (id_of(Kind.PROMISE, copy), id_of(Kind.COPY, copy))
            for copy in filter(is_promised, range(size.copies))
        ),
    )


def catalogue(size: Size) -> Iterator[Table]:
    """Yield groups, idols, releases and cards that show one idol each."""
    group, idol = GroupId(id_of(Kind.GROUP, 0)), IdolId(id_of(Kind.IDOL, 0))
    release = ReleaseId(id_of(Kind.RELEASE, 0))
    yield Table(
        GroupModel.of(Group(id=group, code=Code("group"), name="Group", names=())),
        ("id", "code"),
        [(id_of(Kind.GROUP, number), f"group-{number:03}") for number in range(GROUPS)],
    )
    yield Table(
        IdolModel.of(Idol(id=idol, code=Code("idol"), name="Idol", names=(), memberships=())),
        ("id", "code"),
        [(id_of(Kind.IDOL, number), f"idol-{number:03}") for number in range(IDOLS)],
    )
    yield Table(
        ReleaseModel.of(
            Release(
                id=release,
                code=Code("release"),
                group_id=group,
                title="Release",
                released_on=FIRST_DAY.date(),
                names=(),
            )
        ),
        ("id", "code", "group_id"),
        [
            (
                id_of(Kind.RELEASE, number),
                f"release-{number:03}",
                id_of(Kind.GROUP, number % GROUPS),
            )
            for number in range(RELEASES)
        ],
    )
    card = Card.enter(
        CardId(id_of(Kind.CARD, 0)),
        code="card",
        release_id=release,
        idol_ids=[idol],
        kind=CardKind.ALBUM,
        version="Photobook",
    )
    yield Table(
        CardModel.of(card),
        ("id", "code", "release_id"),
        [
            (id_of(Kind.CARD, number), f"card-{number}", id_of(Kind.RELEASE, number % RELEASES))
            for number in range(size.cards)
        ],
    )
    yield Table(
        CardIdolModel(card_id=card.id, idol_id=idol, position=0),
        ("card_id", "idol_id"),
        [
            (id_of(Kind.CARD, number), id_of(Kind.IDOL, number % IDOLS))
            for number in range(size.cards)
        ],
    )


def members(size: Size, visitors: Visitors) -> Iterator[Table]:
    """Yield accounts, profiles and standings, and one live session for each."""
    first, everybody = MemberId(id_of(Kind.MEMBER, 0)), range(size.members)
    user = User.register(first, email="x@kcs.test", password_hash=hashed(), at=FIRST_DAY)
    yield Table(
        UserModel.of(user),
        ("id", "email", "email_key"),
        (
            (id_of(Kind.MEMBER, number), address, email_key(address))
            for number in everybody
            for address in [f"member-{number}@kcs.test"]
        ),
    )
    yield Table(
        ProfileModel.of(Profile.introduce(first, nickname="x", locale=None, at=FIRST_DAY)),
        ("id", "nickname", "nickname_key"),
        (
            (id_of(Kind.MEMBER, number), name, nickname_key(name))
            for number in everybody
            for name in [f"member {number}"]
        ),
    )
    yield Table(
        StandingModel.of(Standing.begin(first, at=FIRST_DAY)),
        ("id",),
        ((id_of(Kind.MEMBER, number),) for number in everybody),
    )
    yield Table(
        RefreshSessionModel.of(visitors.session(0)),
        ("id", "user_id", "current_hash"),
        (
            (id_of(Kind.SESSION, number), id_of(Kind.MEMBER, number), visitors.digest(number))
            for number in everybody
        ),
    )


async def seed_postgresql(url: str, size: Size, visitors: Visitors) -> None:
    """Copy everything in."""
    await fill_postgresql(url, tables(size, visitors))


async def fill_postgresql(url: str, tables: Iterable[Table]) -> None:
    """Copy some tables in, and let the planner know."""
    target = make_url(url)
    dialect = target.get_dialect()()
    connection = await asyncpg.connect(
        target.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        await connection.execute("SET session_replication_role = replica")  # no foreign key checks
        await connection.execute(
            "SET synchronous_commit = on"
        )  # or VACUUM marks no page as visible
        for table in tables:
            await connection.copy_records_to_table(
                table.name, records=table.rows(dialect), columns=table.columns
            )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def seed_sqlite(url: str, size: Size, visitors: Visitors) -> None:
    """Insert everything, in the order of the ids."""
    fill_sqlite(url, tables(size, visitors))


def fill_sqlite(url: str, tables: Iterable[Table]) -> None:
    """Insert some tables likewise."""
    target = make_url(url)
    dialect = target.get_dialect()()
    with closing(sqlite3.connect(target.database or "")) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for table in tables:
            places = ", ".join("?" * len(table.columns))
            insert = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({places})"  # noqa: S608
            with connection:
                connection.executemany(insert, table.rows(dialect))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
