"""Want lists that nobody wrote."""

from collections.abc import Sequence
from random import Random

from apps.matching.domain.want_list import Entry

HEAD = "#! ALLOW-DUMMIES REQUIRE-COLONS REQUIRE-USERNAMES CASE-SENSITIVE"


def written(dice: Random, *, users: int, items: int, wants: int, dummies: int = 0) -> list[str]:
    """Lines in which each item is wanted by some others, partly through dummies of its user."""
    owners = [f"u{dice.randrange(users)}" for _ in range(items)]
    lines = [HEAD]
    own: dict[str, list[str]] = {}
    for number in range(dummies):
        owner, name = dice.choice(owners), f"%d{number}"
        inner = own.get(owner, [])[-1:] if dice.random() < 0.2 else []
        own.setdefault(owner, []).append(name)
        several = [f"i{one}" for one in dice.sample(range(items), min(3, items))]
        lines.append(f"({owner}) {name} : {' '.join(several + inner)}")
    for number, owner in enumerate(owners):
        wanted = [f"i{one}" for one in dice.sample(range(items), dice.randint(0, wants))]
        mine = own.get(owner, [])
        wanted += dice.sample(mine, min(len(mine), 2))
        lines.append(f"({owner}) i{number} : {' '.join(wanted)}")
    return lines


def gives(entries: Sequence[Entry]) -> dict[tuple[int, int], list[tuple[int, ...]]]:
    """Tell which item may go to whose item, and through which dummies."""
    found: dict[tuple[int, int], list[tuple[int, ...]]] = {}

    def follow(receiver: int, place: int, through: tuple[int, ...]) -> None:
        for wanted in entries[place].wants:
            if entries[wanted].dummy:
                if wanted not in through:
                    follow(receiver, wanted, (*through, wanted))
            elif entries[wanted].owner != entries[receiver].owner:
                found.setdefault((wanted, receiver), []).append(through)

    for place, entry in enumerate(entries):
        if not entry.dummy:
            follow(place, place, ())
    return found
