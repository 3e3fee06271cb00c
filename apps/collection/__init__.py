"""Collection: which copies members hold, which cards they look for, and what is promised.

Copy: one physical card in one member's hands. Promise: the owner's consent to hand a copy over.
Chain of custody: who handed a copy to whom. Want group: so many of these cards are looked for.
"""
