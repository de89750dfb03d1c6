"""What is killed in a meeting of the kill campaign, and when: decided by a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

KILLS_A_MEETING = 8
_AT_RANDOM = 2
"""of them, those at a moment instead of a place"""
_LONGEST_WAIT_S = 0.6
"""before a kill at random"""
_START_S = 1.0
"""a start takes about so long, without its imports, on an idle machine"""


class Victim(StrEnum):
    """What is killed."""

    SERVICE = "service"
    RECOGNISER = "recogniser"
    BOTH = "both"


class Phase(IntEnum):
    """When in a meeting a place can be come to."""

    OPENING = 1
    """streams begin, a gap is declared"""
    LEAVING = 2
    """one is about to leave"""
    SPEAKING = 3
    ENDING = 4
    """all audio is acknowledged, the meeting is ended"""
    ASKING = 5
    """it has ended and is to be transcribed again"""
    REVISING = 6
    REVISED = 7
    """the last of a revision's text becomes final"""


@dataclass(frozen=True, slots=True)
class Place:
    """A failpoint, with what brings the process there."""

    name: str
    victim: Victim
    phases: Sequence[Phase]
    hits: int = 1
    """it is come to at least so often in each of them"""


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL."""

    victim: Victim
    phase: Phase
    place: str = ""
    """a failpoint; empty: at any moment"""
    hit: int = 1
    """the how-manieth time that place is come to"""
    after_s: float = 0.0
    """at a moment: how long after the one before"""
    starting: bool = False
    """at a moment: counted from the beginning of a start, not from when it is ready"""

    @property
    def name(self) -> str:
        """As the table has it."""
        return self.place or ("while starting" if self.starting else "at random")


_SERVICE, _RECOGNISER = Victim.SERVICE, Victim.RECOGNISER
_OPENING, _SPEAKING, _ENDING = (Phase.OPENING,), (Phase.SPEAKING,), (Phase.ENDING,)
_LEAVING = (Phase.LEAVING, Phase.ENDING)
_ASKING, _REVISING, _REVISED = (Phase.ASKING,), (Phase.REVISING,), (Phase.REVISED,)

PLACES: Sequence[Place] = (
    Place("before_stream_is_opened", _SERVICE, _OPENING, 3),
    Place("before_revision_is_made", _SERVICE, _ASKING),
    Place("audio_received", _SERVICE, _SPEAKING, 25),
    Place("in_sentence_transaction", _SERVICE, _SPEAKING, 6),
    Place("before_recognition", _RECOGNISER, _SPEAKING, 8),
    Place("in_sweep", _SERVICE, _SPEAKING),
    Place("in_revised_transaction", _SERVICE, _REVISING, 6),
    Place("after_meeting_ending", _SERVICE, _ENDING),
    Place("after_stream_is_opened", _SERVICE, _OPENING, 3),
    Place("before_commit", _SERVICE, _SPEAKING, 25),
    Place("before_sentence_commit", _SERVICE, _SPEAKING, 6),
    Place("after_recognition", _RECOGNISER, _SPEAKING, 8),
    Place("in_shutdown", _SERVICE, _SPEAKING),
    Place("in_text_checkpoint", _SERVICE, _SPEAKING, 6),
    Place("in_revision_commit", _SERVICE, _REVISED),
    Place("before_stream_ends", _SERVICE, _LEAVING),
    Place("after_gap_is_held", _SERVICE, _OPENING),
    Place("in_audio_transaction", _SERVICE, _SPEAKING, 25),
    Place("before_publish", _SERVICE, _SPEAKING, 6),
    Place("in_revision_transaction", _SERVICE, _ASKING),
    Place("mid_answer", _RECOGNISER, _SPEAKING, 8),
    Place("in_start", _SERVICE, _SPEAKING),
    Place("after_stream_ended", _SERVICE, _LEAVING),
    Place("in_audio_commit", _SERVICE, _SPEAKING, 25),
    Place("before_revision_is_finished", _SERVICE, _REVISED),
    Place("before_audio_commit", _SERVICE, _SPEAKING, 25),
    Place("after_commit_before_ack", _SERVICE, _SPEAKING, 25),
    Place("after_publish", _SERVICE, _SPEAKING, 6),
    Place("after_sweep", _SERVICE, _SPEAKING),
    Place("after_revision_is_made", _SERVICE, _ASKING),
    Place("before_close", _SERVICE, _SPEAKING),
    Place("before_stream_is_finished", _SERVICE, _LEAVING),
    Place("in_audio_checkpoint", _SERVICE, _SPEAKING, 25),
    Place("after_revision_is_current", _SERVICE, _REVISED),
    Place("before_ack", _SERVICE, _SPEAKING, 25),
    Place("in_deletion", _SERVICE, _SPEAKING),
    Place("before_meeting_ended", _SERVICE, _ENDING),
)
"""in an order in which neighbours differ: a meeting has a few in a row"""


def plan_meeting(seed: int, kills: int = KILLS_A_MEETING) -> list[Kill]:
    """The kills of a meeting in the order of their phases; those of neighbouring seeds share no place."""
    chance = random.Random(seed)
    places = max(0, kills - _AT_RANDOM)
    first = seed * (KILLS_A_MEETING - _AT_RANDOM)
    chosen = [PLACES[(first + i) % len(PLACES)] for i in range(places)]
    at_places = [
        Kill(place.victim, chance.choice(place.phases), place.name, chance.randint(1, place.hits))
        for place in chosen
    ]
    at_random = [_at_random(chance) for _ in range(kills - places)]
    mixed = [*at_places, *at_random]
    chance.shuffle(mixed)
    return sorted(mixed, key=lambda kill: kill.phase)


def _at_random(chance: random.Random) -> Kill:
    victim = chance.choices(list(Victim), weights=(5, 3, 2))[0]
    starting = victim is Victim.SERVICE and chance.random() < 0.3
    longest_s = _START_S if starting else _LONGEST_WAIT_S
    phase = chance.choices((Phase.SPEAKING, Phase.ENDING, Phase.REVISING), weights=(7, 2, 1))[0]
    return Kill(victim, phase, after_s=chance.uniform(0, longest_s), starting=starting)
