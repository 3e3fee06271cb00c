"""By which rule the slots of a round are handed out (G5)."""

from enum import StrEnum


class Policy(StrEnum):
    """Fixed with the round."""

    FIRST_COME = "first_come"
    PRIORITY = "priority"
    SET_COMPLETE = "set_complete"
    LOTTERY = "lottery"
