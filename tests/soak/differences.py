"""Where the service does not do as the rules have it yet; the model makes the same exceptions.

Each line is to be deleted, with the branch that asks for it, once the service follows the rule.
"""

ADDED_LEGS_STOP_WITH_THE_FIRST = True
"""Legs added to a dispute get back all its time, for no moment is kept with each of them (T18)."""
