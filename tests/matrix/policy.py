"""What each route is for, and so what it answers to whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.support.routes import API

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


CARD_IDS = "card_id card_ids group idol release idol_ids release_id into"
TRADE = f"{API}/trades/{{trade_id}}"
LEG = f"{TRADE}/legs/{{leg_id}}"
ME = f"{API}/me"
MEMBER = f"{API}/members/{{member_id}}"
PROPOSAL = f"{API}/card-proposals/{{proposal_id}}"
CASES = f"{API}/admin/cases"
MEMBERS = f"{API}/admin/members"
ROUND = f"{API}/rounds/{{round_id}}"
ORDERS = f"{API}/group-orders"
SCOPE = "group_id release_id co_organiser_id"
ORDER = f"{ORDERS}/{{group_order_id}}"
MILESTONE = f"{API}/milestones/{{milestone_id}}"
ORDER_ROUND = f"{API}/order-rounds/{{order_round_id}}"
ALLOCATION = f"{API}/allocations/{{allocation_id}}"
OIDC = f"{API}/auth/oidc/{{provider}}"

POLICY: dict[Place, Policy] = {
    ("GET", "/healthz"): everybody(),
    ("GET", "/readyz"): everybody(),
    ("GET", "/startupz"): everybody(),
    ("GET", "/.well-known/jwks.json"): everybody(),
    ("POST", f"{API}/auth/register"): everybody(),
    ("POST", f"{API}/auth/login"): everybody(),
    ("POST", f"{API}/auth/refresh"): everybody(),
    ("POST", f"{API}/auth/logout"): everybody(),
    ("POST", f"{API}/auth/email/verify"): everybody(),
    ("POST", f"{API}/auth/email/resend"): everybody(),
    ("POST", f"{API}/auth/email/confirm"): everybody(),
    ("POST", f"{API}/auth/email/undo"): everybody(),
    ("POST", f"{API}/auth/password/forgot"): everybody(),
    ("POST", f"{API}/auth/password/reset"): everybody(),
    ("POST", f"{API}/auth/logout-all"): members(),
    ("POST", f"{API}/auth/email/change"): members(stale=403),
    ("POST", f"{API}/auth/password/change"): owner(others=401),
    ("POST", f"{API}/auth/reauth"): owner(others=401),
    ("GET", f"{API}/auth/sessions"): members(),
    ("DELETE", f"{API}/auth/sessions/{{session_id}}"): owner(),
    ("POST", f"{API}/auth/mfa/verify"): everybody(),
    ("POST", f"{API}/auth/totp/enroll"): members(moderator=409, admin=409, stale=403),
    ("POST", f"{API}/auth/totp/confirm"): owner(others=409, stale=403),
    ("DELETE", f"{API}/auth/totp"): enrolled(),
    ("POST", f"{API}/auth/recovery-codes"): enrolled(),
    ("POST", f"{OIDC}/start"): everybody("provider"),
    ("POST", f"{OIDC}/callback"): everybody("provider"),
    ("POST", f"{OIDC}/nonce"): everybody("provider"),
    ("POST", f"{OIDC}/id-token"): everybody("provider"),
    ("GET", f"{API}/auth/identities"): members(),
    ("DELETE", f"{API}/auth/identities/{{identity_id}}"): owner(stale=403),
    ("DELETE", ME): members(stale=403),
    ("POST", f"{ME}/deletion/cancel"): everybody(),
    ("POST", f"{ME}/exports"): members(stale=403),
    ("GET", f"{API}/operations/{{operation_id}}"): owner(),
    ("GET", f"{API}/exports/{{operation_id}}"): owner(anonymous=DONE),
    ("GET", MEMBERS): staff(),
    ("POST", f"{MEMBERS}/{{member_id}}/suspend"): staff("member_id"),
    ("POST", f"{MEMBERS}/{{member_id}}/reinstate"): staff("member_id"),
    ("DELETE", f"{MEMBERS}/{{member_id}}/sessions"): staff("member_id"),
    ("PUT", f"{MEMBERS}/{{member_id}}/role"): admins("member_id"),
    ("GET", f"{API}/admin/audit-log"): admins("actor"),
    ("GET", ME): members(),
    ("PATCH", ME): members(),
    ("GET", f"{ME}/blocks"): members(),
    ("PUT", f"{ME}/blocks/{{member_id}}"): members("member_id"),
    ("DELETE", f"{ME}/blocks/{{member_id}}"): members("member_id"),
    ("GET", f"{ME}/vouch"): members(),
    ("POST", f"{ME}/vouch"): members(),
    ("DELETE", f"{ME}/vouch/{{vouch_id}}"): owner(),
    ("GET", f"{API}/vouches/{{token}}"): everybody("token"),
    ("GET", f"{API}/members"): members(),
    ("GET", MEMBER): readers("member_id"),
    ("GET", f"{MEMBER}/copies"): readers("member_id"),
    ("GET", f"{MEMBER}/wants"): readers("member_id"),
    ("GET", f"{MEMBER}/ratings"): readers("member_id"),
    ("GET", f"{MEMBER}/reputation"): readers("member_id"),
    ("GET", f"{API}/groups"): everybody(),
    ("GET", f"{API}/groups/{{group_id}}"): everybody("group_id"),
    ("GET", f"{API}/idols"): everybody(CARD_IDS),
    ("GET", f"{API}/idols/{{idol_id}}"): everybody("idol_id"),
    ("GET", f"{API}/releases"): everybody(CARD_IDS),
    ("GET", f"{API}/releases/{{release_id}}"): everybody("release_id"),
    ("GET", f"{API}/cards"): everybody(CARD_IDS),
    ("GET", f"{API}/cards/{{card_id}}"): everybody("card_id"),
    ("GET", f"{API}/cards/{{card_id}}/copies"): members("card_id"),
    ("GET", f"{API}/cards/{{card_id}}/wants"): members("card_id"),
    ("POST", f"{API}/cards"): staff(CARD_IDS),
    ("PATCH", f"{API}/cards/{{card_id}}"): staff(CARD_IDS),
    ("POST", f"{API}/cards/{{card_id}}/merge"): staff(CARD_IDS),
    ("POST", f"{API}/card-proposals"): members(CARD_IDS),
    ("GET", f"{API}/card-proposals"): members(),
    ("GET", PROPOSAL): members("proposal_id"),
    ("POST", f"{PROPOSAL}/confirm"): staff("proposal_id"),
    ("POST", f"{PROPOSAL}/reject"): staff("proposal_id"),
    ("GET", f"{ME}/copies"): members(),
    ("POST", f"{ME}/copies"): members(CARD_IDS),
    ("POST", f"{ME}/copies/batch"): members(CARD_IDS),
    ("GET", f"{ME}/copies/export"): members(),
    ("POST", f"{ME}/copies/import"): members(),
    ("GET", f"{ME}/copies/{{copy_id}}"): owner(),
    ("PATCH", f"{ME}/copies/{{copy_id}}"): owner(),
    ("DELETE", f"{ME}/copies/{{copy_id}}"): owner(),
    ("GET", f"{API}/copies/{{copy_id}}"): readers("copy_id"),
    ("GET", f"{API}/copies/{{copy_id}}/chain"): readers("copy_id"),
    ("GET", f"{ME}/wants"): members(),
    ("POST", f"{ME}/wants"): members(CARD_IDS),
    ("GET", f"{ME}/wants/{{want_group_id}}"): owner(),
    ("PATCH", f"{ME}/wants/{{want_group_id}}"): owner(CARD_IDS),
    ("DELETE", f"{ME}/wants/{{want_group_id}}"): owner(),
    ("GET", f"{ME}/matches"): members(),
    ("POST", f"{ME}/matches/{{match_id}}/propose"): owner(unverified=403),
    ("GET", f"{ME}/addresses"): members(),
    ("POST", f"{ME}/addresses"): members(),
    ("GET", f"{ME}/addresses/{{address_id}}"): owner(),
    ("PUT", f"{ME}/addresses/{{address_id}}"): owner(),
    ("DELETE", f"{ME}/addresses/{{address_id}}"): owner(),
    ("POST", f"{API}/trades"): owner(unverified=403),
    ("GET", f"{API}/trades"): members(),
    ("GET", TRADE): parties(),
    ("POST", f"{TRADE}/accept"): parties(party=404, unverified=403),
    ("POST", f"{TRADE}/counter"): parties(party=409, unverified=403),
    ("POST", f"{TRADE}/reject"): parties(party=409),
    ("POST", f"{TRADE}/withdraw"): parties(party=409),
    ("POST", f"{TRADE}/cancel"): parties(),
    ("POST", f"{TRADE}/confirm"): parties(party=422),
    ("GET", f"{TRADE}/handshake"): parties(),
    ("GET", f"{TRADE}/events"): parties(),
    ("GET", f"{TRADE}/notes"): parties(),
    ("POST", f"{TRADE}/notes"): parties(),
    ("GET", f"{LEG}/address"): parties(party=404),
    ("POST", f"{LEG}/ship"): parties(party=409),
    ("POST", f"{LEG}/receive"): parties(party=409),
    ("GET", f"{TRADE}/ratings"): parties(),
    ("POST", f"{TRADE}/ratings"): parties(party=404),
    ("POST", f"{TRADE}/ratings/{{rating_id}}/reply"): parties(party=404),
    ("POST", f"{TRADE}/dispute"): parties(),
    ("GET", f"{TRADE}/dispute"): parties(),
    ("POST", f"{TRADE}/statements"): parties(),
    ("POST", f"{TRADE}/appeal"): parties(),
    ("POST", f"{TRADE}/resume"): parties(party=409),
    ("GET", f"{API}/rounds"): members(),
    ("POST", f"{API}/rounds"): owner(
        others=403, unverified=403, moderator=DONE, admin=DONE, weak=403
    ),
    ("GET", ROUND): members("round_id"),
    ("POST", f"{ROUND}/join"): owner("round_id", others=403, unverified=403),
    ("POST", f"{ROUND}/leave"): owner("round_id", others=409),
    ("POST", f"{ROUND}/close"): owner("round_id", others=403, moderator=DONE, admin=DONE, weak=403),
    ("GET", f"{ROUND}/result"): members("round_id", weak=403),
    ("POST", ORDERS): owner(SCOPE, others=403, unverified=403, weak=403),
    ("GET", ORDERS): members("organiser group", weak=403),
    ("GET", ORDER): readers("group_order_id", weak=403),
    ("PATCH", ORDER): owner(SCOPE, moderator=403, admin=403, weak=403),
    ("POST", f"{ORDER}/open"): owner(unverified=403, moderator=403, admin=403, weak=403),
    ("POST", f"{ORDER}/lock"): runners(),
    ("GET", f"{ORDER}/tags"): readers("group_order_id", weak=403),
    ("PUT", f"{ORDER}/tags"): runners(),
    ("POST", f"{ORDER}/close"): runners(),
    ("POST", f"{ORDER}/cancel"): runners(),
    ("POST", f"{ORDER}/milestones"): runners(),
    ("GET", f"{ORDER}/milestones"): readers("group_order_id", weak=403),
    ("POST", f"{MILESTONE}/done"): runners("milestone_id member_id"),
    ("POST", f"{MILESTONE}/move"): runners("milestone_id"),
    ("POST", f"{ALLOCATION}/confirm"): owner(moderator=403, admin=403, weak=403),
    ("POST", f"{ALLOCATION}/dispute"): owner(moderator=403, admin=403, weak=403),
    ("POST", f"{ALLOCATION}/decide"): owner("allocation_id", moderator=DONE, admin=DONE, weak=403),
    ("POST", f"{API}/webhooks/{{provider}}"): everybody("provider"),
    ("GET", f"{ORDER}/transactions"): readers("group_order_id", weak=403),
    ("POST", f"{ORDER}/dues"): runners("allocation_id allocation_ids"),
    ("GET", f"{ORDER}/dues"): readers("group_order_id", weak=403),
    ("POST", f"{ORDER}/payments"): owner("group_order_id", others=403, weak=403),
    ("GET", f"{ORDER}/payments"): readers("group_order_id", weak=403),
    ("POST", f"{API}/payments/{{payment_id}}/confirm"): owner(moderator=403, admin=403, weak=403),
    ("POST", f"{API}/payments/{{payment_id}}/dispute"): owner(moderator=403, admin=403, weak=403),
    ("POST", f"{ORDER}/refunds"): runners("member_id"),
    ("GET", f"{ORDER}/refunds"): readers("group_order_id", weak=403),
    ("POST", f"{API}/refunds/{{refund_id}}/confirm"): owner(moderator=DONE, admin=DONE, weak=403),
    ("GET", f"{ORDER}/ledger"): readers("group_order_id", weak=403),
    ("POST", f"{ORDER}/ledger"): runners("reverses"),
    ("GET", f"{ORDER}/ledger/export"): readers("group_order_id", weak=403),
    ("GET", f"{ORDER}/statement"): readers("group_order_id", weak=403),
    ("POST", f"{ORDER}/rounds"): runners("slots"),
    ("GET", f"{ORDER}/rounds"): readers("group_order_id", weak=403),
    ("GET", ORDER_ROUND): readers("order_round_id", weak=403),
    ("GET", f"{ORDER_ROUND}/slots"): readers("order_round_id", weak=403),
    ("POST", f"{ORDER_ROUND}/open"): runners(),
    ("POST", f"{ORDER_ROUND}/close"): runners(),
    ("POST", f"{ORDER_ROUND}/allocate"): runners(),
    ("POST", f"{ORDER_ROUND}/cancel"): runners(),
    ("GET", f"{ORDER_ROUND}/draw"): everybody("order_round_id"),
    ("POST", f"{ORDER_ROUND}/claims"): members("order_round_id card_id", unverified=403, weak=403),
    ("GET", f"{ORDER_ROUND}/claims"): readers("order_round_id", weak=403),
    ("POST", f"{API}/claims/{{claim_id}}/withdraw"): owner(moderator=403, admin=403, weak=403),
    ("GET", f"{ORDER}/allocations"): readers("group_order_id", weak=403),
    ("POST", f"{ALLOCATION}/transfer"): owner("to", moderator=403, admin=403, weak=403),
    ("POST", f"{ALLOCATION}/accept"): owner(unverified=403, moderator=403, admin=403, weak=403),
    ("POST", f"{ALLOCATION}/release"): owner(moderator=403, admin=403, weak=403),
    ("GET", CASES): staff(),
    ("GET", f"{CASES}/{{case_id}}"): staff("case_id"),
    ("POST", f"{CASES}/{{case_id}}/assign"): staff("case_id"),
    ("POST", f"{CASES}/{{case_id}}/decide"): staff("case_id"),
    ("GET", f"{API}/admin/appeals"): staff(),
    ("POST", f"{API}/admin/appeals/{{case_id}}/decide"): staff("case_id"),
}
"""A row for every route: what is answered to whom, and which ids in it may be of anybody."""
