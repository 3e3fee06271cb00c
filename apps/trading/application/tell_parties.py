"""Mail to the parties of a trade about what has become of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NewType

from apps.identity.contract import Letter, Postbox
from apps.trading.domain import history

PublicAddress = NewType("PublicAddress", str)
"""Where members reach this installation, without a slash at its end."""

NEWS: Mapping[type[history.TradeEvent], tuple[str, str]] = {
    history.TradeProposed: ("A trade is proposed to you", "{name} proposes a trade."),
    history.TradeCountered: ("Other terms are proposed", "{name} proposes other terms."),
    history.TradeAccepted: ("Your trade is agreed", "{name} has accepted the trade."),
    history.TradeRejected: ("Your proposal was turned down", "{name} has said no."),
    history.TradeWithdrawn: ("A proposal was withdrawn", "{name} has taken the proposal back."),
    history.TradeLapsed: (
        "A proposal has lapsed",
        "Nothing can come of the proposal between you and {name} any more.",
    ),
    history.TradeExpired: (
        "A proposal has expired",
        "The proposal between you and {name} was not answered in time.",
    ),
    history.TradeCancelled: (
        "A trade was called off",
        "The trade between you and {name} has ended before cards changed hands.",
    ),
    history.ReceiverReminded: (
        "Have your cards arrived?",
        "The trade with {name} waits for you: say that you have the cards, or what went wrong.",
    ),
    history.LegShipped: ("Cards are on their way", "{name} has sent what you agreed on."),
    history.TradeReopened: (
        "A copy has become worse",
        "A copy in your trade with {name} has become worse; look again, and accept or not.",
    ),
    history.TradeDisputed: (
        "A trade is disputed",
        "Something went wrong in the trade with {name}; moderators will look at it.",
    ),
    history.DisputeWidened: (
        "A trade is disputed",
        "More of the trade with {name} has gone wrong; moderators will look at that as well.",
    ),
    history.TradeResumed: ("A dispute is over", "The trade with {name} goes on."),
    history.TradeResolved: (
        "A dispute is decided",
        "A moderator has decided about the trade with {name}.",
    ),
    history.DecisionAppealed: (
        "A decision is appealed",
        "{name} has asked another moderator to look again at whose fault it was.",
    ),
    history.AppealDecided: (
        "An appeal is decided",
        "Another moderator has looked again at the trade with {name}.",
    ),
    history.TradeCompleted: (
        "Your trade is completed",
        "The trade between you and {name} is completed; the cards are yours.",
    ),
}
RING = ("A ring is proposed to you", "You and {name} can take part in a ring of swaps by mail.")
"""What a letter says; what members wrote themselves is read in the trade, not in the mail."""


@dataclass(frozen=True, slots=True)
class TellParties:
    """Mail what has become of trades to everyone concerned, but not to who did it.

    It is told once the transaction is over, before its answer is sent.
    """

    postbox: Postbox
    address: PublicAddress

    async def __call__(self, events: Sequence[history.TradeEvent]) -> None:
        await self.postbox.send([letter for event in events for letter in self._letters(event)])

    def _letters(self, event: history.TradeEvent) -> Iterator[Letter]:
        ring = type(event) is history.TradeProposed and event.actor is None
        subject, told = RING if ring else NEWS[type(event)]
        only = event.to if isinstance(event, history.ReceiverReminded) else None
        for to in event.parties:
            if to != event.actor and only in {None, to}:
                yield Letter(
                    to=to,
                    about=next(party for party in event.parties if party != to),
                    subject=subject,
                    text=f"{told}\n\n{self.address}/api/v1/trades/{event.trade}\n",
                )
