"""Group orders: fans buy albums together, and every unit of money is accounted for (D.9).

Group order: what an organiser buys for its joiners. Order round: its slots, one for each unit,
which members claim and are allocated. Due: what somebody owes. The service holds no money.
"""
