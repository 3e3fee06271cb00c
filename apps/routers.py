"""Every route of the service, in the order in which they are looked through."""

from fastapi import APIRouter

from apps.catalogue.presentation.curation import router as curation
from apps.catalogue.presentation.router import router as catalogue
from apps.collection.presentation.many import router as many_copies
from apps.collection.presentation.router import router as collection
from apps.group_orders.presentation.claims import router as claims
from apps.group_orders.presentation.deliveries import router as deliveries
from apps.group_orders.presentation.dues import router as order_dues
from apps.group_orders.presentation.handover import router as order_handover
from apps.group_orders.presentation.ledger import router as order_ledger
from apps.group_orders.presentation.milestones import router as milestones
from apps.group_orders.presentation.order_ratings import router as order_ratings
from apps.group_orders.presentation.payments import router as order_payments
from apps.group_orders.presentation.record import router as organiser_record
from apps.group_orders.presentation.rounds import drawing
from apps.group_orders.presentation.rounds import router as order_rounds
from apps.group_orders.presentation.router import router as group_orders
from apps.group_orders.presentation.webhooks import router as webhooks
from apps.identity.presentation.administration import router as administration
from apps.identity.presentation.authentication import cookie_router
from apps.identity.presentation.authentication import router as authentication
from apps.identity.presentation.blocks import router as blocks
from apps.identity.presentation.departures import cancelling
from apps.identity.presentation.departures import router as departures
from apps.identity.presentation.exports import fetching as fetching_exports
from apps.identity.presentation.exports import router as exports
from apps.identity.presentation.jwks import router as jwks
from apps.identity.presentation.members import router as members
from apps.identity.presentation.oidc import own as own_identities
from apps.identity.presentation.oidc import router as oidc
from apps.identity.presentation.recovery import own as own_credentials
from apps.identity.presentation.recovery import router as recovery
from apps.identity.presentation.second_factor import own as own_second_factor
from apps.identity.presentation.second_factor import router as second_factor
from apps.identity.presentation.sessions import router as sessions
from apps.identity.presentation.vouches import checking
from apps.identity.presentation.vouches import router as vouches
from apps.market.presentation.cards import router as card_markets
from apps.market.presentation.conditions import router as conditions
from apps.market.presentation.statistics import router as statistics
from apps.market.presentation.swap_index import router as swap_index
from apps.matching.presentation.proposing import proposing
from apps.matching.presentation.rounds import router as rounds
from apps.matching.presentation.router import router as matches
from apps.shared.presentation import problem_pages
from apps.shared.presentation.long_work import router as long_work
from apps.shared.presentation.system import router as system
from apps.trading.presentation.addresses import router as addresses
from apps.trading.presentation.disputes import router as disputes
from apps.trading.presentation.fulfilment import router as fulfilment
from apps.trading.presentation.handshakes import router as handshakes
from apps.trading.presentation.moderation import router as moderation
from apps.trading.presentation.ratings import router as ratings
from apps.trading.presentation.router import router as trading
from apps.trading.presentation.schemas import ProposedTerms, TradeOut

ROUTERS: tuple[APIRouter, ...] = (
    authentication,
    cookie_router,
    recovery,
    own_credentials,
    second_factor,
    own_second_factor,
    oidc,
    own_identities,
    sessions,
    administration,
    members,
    departures,
    cancelling,
    exports,
    fetching_exports,
    blocks,
    vouches,
    checking,
    catalogue,
    curation,
    many_copies,  # before the next: `export` is no id of a copy
    collection,
    trading,
    addresses,
    handshakes,
    fulfilment,
    ratings,
    disputes,
    moderation,
    matches,
    proposing(ProposedTerms, TradeOut),
    rounds,
    group_orders,
    order_handover,
    order_ratings,
    organiser_record,
    order_dues,
    order_payments,
    order_ledger,
    order_rounds,
    drawing,
    claims,
    milestones,
    deliveries,
    webhooks,
    statistics,
    card_markets,
    swap_index,
    conditions,
    long_work,
    system,
    jwks,
    problem_pages.router,
)
