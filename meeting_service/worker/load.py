"""How busy the recogniser is: how much a batch may hold, and how much rarer drafts must be."""

import math

HORIZON_S = 2.0
"""how far back being busy counts"""
SHARE = 0.75
"""of the time the recogniser works when drafts begin to thin out: the rest is for finals not to wait"""
REACTION = 2.0
"""at which rate drafts thin out, and come back: twice as rare after a second and a half without rest"""
MOST_STRETCH = 16.0
BATCH_S = 0.5
"""work after which a batch takes no more windows: a final that is just too late for it waits so long"""

_FIRST_SAMPLES_PER_S = 16_000.0
"""how fast recognition is until it is known: slow, for the first batch after a start may meet a backlog"""
_LONGEST_STEP_S = 2.0


class Load:
    """What the last seconds were like. Reads no clock; owned by the recognition loop."""

    def __init__(self) -> None:
        self.stretch = 1.0
        """how many times rarer than usual drafts are now, 1 to 16"""
        self._busy_s = 0.0
        self._passed_s = HORIZON_S
        self._samples_per_s = _FIRST_SAMPLES_PER_S

    @property
    def share(self) -> float:
        """How much of the last seconds the recogniser worked on what cannot wait, 0 to 1."""
        return self._busy_s / self._passed_s

    @property
    def batch_samples(self) -> float:
        """The audio a batch may hold."""
        return BATCH_S * self._samples_per_s

    def expect_s(self, samples: int) -> float:
        """How long so much audio takes, as far as is known."""
        return samples / self._samples_per_s

    def rested(self, seconds: float) -> None:
        """There was nothing to recognise."""
        self._pass(seconds, 0.0)

    def worked(self, seconds: float, samples: int, patient_samples: int = 0) -> None:
        """So much audio was recognised, and so much more that makes way for drafts."""
        everything = samples + patient_samples
        self._pass(seconds, seconds * samples / everything)
        if seconds > 0:
            self._samples_per_s = 0.7 * self._samples_per_s + 0.3 * everything / seconds

    def _pass(self, seconds: float, busy_s: float) -> None:
        kept = math.exp(-seconds / HORIZON_S)
        self._busy_s = self._busy_s * kept + busy_s
        self._passed_s = self._passed_s * kept + seconds
        change = math.exp(REACTION * min(seconds, _LONGEST_STEP_S) * (self.share - SHARE))
        self.stretch = min(max(self.stretch * change, 1.0), MOST_STRETCH)
