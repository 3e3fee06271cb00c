"""Mail to the parties of a trade about what has become of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.identity.contract import Letter, Postbox
from apps.shared.application.public_address import PublicAddress
from apps.shared.domain.ids import MemberId
from apps.trading.domain import history

NEWS: Mapping[type[history.TradeEvent], tuple[str, str]] = {
    history.TradeProposed: ("A trade is proposed to you", "{name} proposes a trade."),
    history.TradeCountered: ("Other terms are proposed", "{name} proposes other terms."),
    history.TradeAccepted: ("Your trade is agreed", "{name} has accepted the trade."),
    history.TradeRejected: ("A proposal was turned down", "{name} has said no."),
    history.TradeWithdrawn: ("A proposal was withdrawn", "{name} has taken the proposal back."),
    history.TradeLapsed: (
        "A proposal has lapsed",
        "Nothing can come of the proposal {between} any more.",
    ),
    history.TradeExpired: (
        "A proposal has expired",
        "The proposal {between} was not answered in time.",
    ),
    history.TradeCancelled: (
        "A trade was called off",
        "The trade {between} has ended before cards changed hands.",
    ),
    history.ReceiverReminded: (
        "Have your cards arrived?",
        "The trade {between} waits for you: say that you have the cards, or what went wrong.",
    ),
    history.LegShipped: ("Cards are on their way", "{name} has sent what you agreed on."),
    history.TradeReopened: (
        "A copy has become worse",
        "A copy in your trade with {name} has become worse; look again, and accept or not.",
    ),
    history.TradeDisputed: (
        "A trade is disputed",
        "Something went wrong in the trade {between}; moderators will look at it.",
    ),
    history.DisputeWidened: (
        "A trade is disputed",
        "More of the trade {between} has gone wrong; moderators will look at that as well.",
    ),
    history.TradeResumed: ("A dispute is over", "The trade {between} goes on."),
    history.TradeResolved: (
        "A dispute is decided",
        "A moderator has decided about the trade {between}.",
    ),
    history.DecisionAppealed: (
        "A decision is appealed",
        "{name} has asked another moderator to look again at whose fault it was.",
    ),
    history.AppealDecided: (
        "An appeal is decided",
        "Another moderator has looked again at the trade {between}.",
    ),
    history.TradeCompleted: (
        "Your trade is completed",
        "The trade {between} is completed; the cards are yours.",
    ),
}
"""What a letter says; what members wrote themselves is read in the trade, not in the mail."""
A_PAIR = ("A swap is proposed to you", "You can swap with {name} by mail.")
A_RING = ("A ring is proposed to you", "You can take part in a ring of swaps by mail.")
BETWEEN_TWO = "between you and {name}"
IN_A_RING = "in which you give to {receiver} and get from {giver}"


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
        ring = len(event.parties) > 2  # noqa: PLR2004 - a pair is no ring
        proposed = type(event) is history.TradeProposed
        subject, told = NEWS[type(event)]
        if proposed and event.actor is None:
            subject, told = A_RING if ring else A_PAIR
        if ring and "{between}" not in told:
            told = f"{told} It is a ring {{between}}."
        told = told.replace("{between}", IN_A_RING if ring else BETWEEN_TWO)
        for to in concerned(event):
            yield Letter(
                to=to,
                names=neighbours(event, of=to),
                subject=subject,
                text=f"{told}\n\n{self.address}/api/v1/trades/{event.trade}\n",
            )


def concerned(event: history.TradeEvent) -> Iterator[MemberId]:
    """Return who is told: not who did it, and of a leg only its receiver."""
    for party in event.parties:
        giver = neighbours(event, of=party)["giver"]
        if isinstance(event, history.ReceiverReminded):
            told = party == event.to
        elif isinstance(event, history.LegShipped):
            told = event.actor == giver
        else:
            told = event.actor != party
        if told:
            yield party


def neighbours(event: history.TradeEvent, *, of: MemberId) -> Mapping[str, MemberId]:
    """Return whom this party gives to and gets from, and who did it, else one of them.

    Each party gives to the next one, and the last to the first.
    """
    place = event.parties.index(of)
    giver, receiver = event.parties[place - 1], event.parties[(place + 1) % len(event.parties)]
    actor = event.actor if event.actor in event.parties and event.actor != of else None
    return {"giver": giver, "receiver": receiver, "name": actor or giver}
