"""Where the service does not do as the rules have it yet; the model makes the same exceptions.

Each line is to be deleted, with the branch that asks for it, once the service follows the rule.
"""

A_NUMBER_CALLS_THE_NEXT_SENDER = True
"""A tracking number starts the second sender's clock; only a delivery or a receipt should (T21)."""

ONE_HOLD_FOR_ALL_CLOCKS = True
"""A resumed trade holds every later clock, too; only those that ran should get 72 hours (T18)."""

OWN_DISPUTES_END_AT_WILL = True
"""A party may withdraw dispute after dispute; after the first of a trade all should agree (T18)."""

ANYTHING_IS_FALSELY_CONFIRMED = True
"""`confirmation_false` fits every trade; it should fit a meeting that somebody confirmed (T14)."""

REFUSED_WITHOUT_EVIDENCE: set[str] = set()
"""With what code a wrong or worse card is no dispute without evidence; no code so far (T14)."""

VERDICTS_FORGET_WHAT_HAPPENED = True
"""`return` and `void` set all legs alike; a leg should tell what became of it (T22)."""

A_DISPUTED_RING_STANDS_STILL = True
"""Legs beside the disputed one have no clock, and do not join the dispute where they fail (T21)."""

WORSE_COPIES_STAY_ASKED_FOR = True
"""Proposals that ask for a copy stay open when it becomes worse; they should lapse (T7)."""

REOPENED_TRADES_END_BY_NOBODYS_FAULT = True
"""Only where time runs out it is the editor's fault; every end should be, but a counter (T19)."""

COUNTERS_GET_WHAT_WAS_LEFT = True
"""A counter restarts the time since the last revision, not the one agreed at sending (T3)."""

REFUSED_IN_TRANSIT: set[str] = set()
"""With what code a copy in transit cannot be edited or listed; no code so far (D.1)."""
