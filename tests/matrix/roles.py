"""Who asks, and what a route that is for some of them answers to each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Place = tuple[str, str]

DONE = 0
"""As good a request as its sender's own, with the status that a good one has."""


class Actor(StrEnum):
    """Who asks."""

    OWNER = "owner"
    PARTY = "the other party"
    STRANGER = "other member"
    BLOCKED = "blocked by the owner"
    BLOCKER = "has blocked the owner"
    UNVERIFIED = "owner, unverified"
    STALE = "owner, proof long ago"
    SUSPENDED = "owner, suspended"
    DELETED = "owner, deleted"
    EXPIRED = "owner, token expired"
    REVOKED = "owner, session revoked"
    ANONYMOUS = "anonymous"
    MODERATOR = "moderator"
    ADMIN = "admin"
    WEAK = "admin without a second factor"


OTHERS = (Actor.STRANGER, Actor.BLOCKED, Actor.BLOCKER, Actor.MODERATOR, Actor.ADMIN)
STAFF = (Actor.MODERATOR, Actor.ADMIN)
NOBODY = (Actor.SUSPENDED, Actor.DELETED, Actor.EXPIRED, Actor.REVOKED, Actor.ANONYMOUS)
"""Whose tokens serve nowhere."""


@dataclass(frozen=True)
class Policy:
    """The status for each actor that a route knows, and which ids in a request are anybody's."""

    answers: Mapping[Actor, int]
    anybodys: frozenset[str] = field(default=frozenset())


def _policy(
    *others: tuple[tuple[Actor, ...], int], anybodys: str, differ: Mapping[str, int]
) -> Policy:
    answers = dict.fromkeys((Actor.OWNER, Actor.UNVERIFIED), DONE)
    answers |= dict.fromkeys(NOBODY, 401)
    for actors, status in others:
        answers |= dict.fromkeys(actors, status)
    answers |= {Actor[name.upper()]: status for name, status in differ.items()}
    return Policy(answers, frozenset(anybodys.split()))


def everybody(anybodys: str = "", **differ: int) -> Policy:
    """Public: who asks is not looked at."""
    return _policy(((*OTHERS, *NOBODY), DONE), anybodys=anybodys, differ=differ)


def members(anybodys: str = "", **differ: int) -> Policy:
    """For each member about themselves, or about what all members see."""
    return _policy((OTHERS, DONE), anybodys=anybodys, differ=differ)


def readers(anybodys: str = "", **differ: int) -> Policy:
    """About a member, or what one shows: hidden between two of whom one has blocked the other."""
    hidden = (Actor.BLOCKED, Actor.BLOCKER)
    return _policy((OTHERS, DONE), (hidden, 404), anybodys=anybodys, differ=differ)


def owner(anybodys: str = "", *, others: int = 404, **differ: int) -> Policy:
    """For whom it belongs to; for all others it is not there."""
    return _policy((OTHERS, others), anybodys=anybodys, differ=differ)


def parties(anybodys: str = "", *, party: int = DONE, **differ: int) -> Policy:
    """For the parties of a trade, each in their turn; for all others it is not there."""
    return _policy((OTHERS, 404), ((Actor.PARTY,), party), anybodys=anybodys, differ=differ)


def runners(anybodys: str = "", **differ: int) -> Policy:
    """For who runs a group order; others who see it are told so."""
    hidden = (Actor.BLOCKED, Actor.BLOCKER)
    told = {"weak": 403} | differ
    return _policy((OTHERS, 403), (hidden, 404), anybodys=f"group_order_id {anybodys}", differ=told)


def enrolled() -> Policy:
    """For who has a second factor, as staff have, and a proof just now."""
    return members(stranger=409, blocked=409, blocker=409, stale=403)


def staff(anybodys: str = "", **differ: int) -> Policy:
    """For moderators and admins with a second factor; all others are told so."""
    told = ((*OTHERS, Actor.WEAK), 403)
    return _policy(told, (STAFF, DONE), anybodys=anybodys, differ=differ)


def admins(anybodys: str = "", **differ: int) -> Policy:
    """For admins with a second factor and a proof just now; all others are told so."""
    told = ((*OTHERS, Actor.WEAK, Actor.STALE), 403)
    return _policy(told, ((Actor.ADMIN,), DONE), anybodys=anybodys, differ=differ)
