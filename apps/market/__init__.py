"""Market: what is wanted, what is offered, and what a card is worth in swaps (D.10).

Spell: how something was, from one event to another. Generation: one reading of all events from the
first. Snapshot: figures of a card at the end of a day. Swap index: how many of one card are given
for another.
"""
