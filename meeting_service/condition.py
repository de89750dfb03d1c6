"""How the service is, in a word: for supervisors, for monitoring and for whoever watches."""

from enum import StrEnum


class Condition(StrEnum):
    """What the service can do now; the first that applies, from the last one up."""

    READY = "ready"
    """audio is kept, text comes as usual"""
    CATCHING_UP = "catching_up"
    """audio is kept, text comes later than usual"""
    STORAGE_DAMAGED = "storage_damaged"
    """audio is kept, text comes; something of what was kept before cannot be read as it was written"""
    RECOGNISER_DOWN = "recogniser_down"
    """audio is kept, text comes once the recogniser is there again"""
    STORAGE_FAILING = "storage_failing"
    """audio is refused, as writing fails; what is kept can be read"""
    STORAGE_FULL = "storage_full"
    """audio is refused, as there is no room; what is kept can be read and deleted"""


TROUBLES = frozenset(set(Condition) - {Condition.READY, Condition.CATCHING_UP})
"""what watchers are told of; how far text lags they are told by meeting"""
