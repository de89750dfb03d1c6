"""When a child is stuck, and how soon after a death the next one is started. Reads no clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from meeting_service.worker.blackboard import Doing

PROGRESS_CPU_S = 0.2
"""computing that shows a loading child to get on; reading a hundred megabytes costs as much"""


@dataclass(frozen=True, slots=True)
class Patience:
    """What a child is given time for. Counted in looks at it, so that a machine that slept has lost none."""

    look_s: float = 1.0
    """from one look to the next"""
    silent_s: float = 30.0
    """how long its event loop may stand still: long enough for a machine that swaps"""
    stuck_s: float = 30.0
    """how long a batch may take whatever is known of its size: a GPU compiles what it meets for the first
    time"""
    stuck_times: float = 20.0
    """how much longer than expected a batch may take"""
    loading_s: float = 600.0
    """how long a child that loads may compute nothing; a large model on a slow disk takes minutes in all, but
    not without a little progress every now and then"""
    stable_s: float = 60.0
    """after so long with a child its death is the first again"""


class Watch:
    """One child's. Asked once for every look."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._beats = -1
        self._silent_looks = 0
        self._batch = -1
        self._batch_looks = 0
        self._cpu_s = 0.0
        self._idle_looks = 0

    def look_at_loading(self, doing: Doing) -> str | None:
        """Why a child that is not ready yet is to be ended; None if it gets on."""
        progress = doing.cpu_s - self._cpu_s >= PROGRESS_CPU_S
        self._cpu_s = doing.cpu_s if progress else self._cpu_s
        self._idle_looks = 0 if progress else self._idle_looks + 1
        if self._passed(self._idle_looks, self._patience.loading_s):
            return "does not get on with loading"
        return None

    def look_at_work(self, doing: Doing) -> str | None:
        """Why a child that is ready is to be ended; None if it works."""
        self._silent_looks = self._silent_looks + 1 if doing.beats == self._beats else 0
        same = doing.expected_s > 0 and doing.batch == self._batch
        self._batch_looks = self._batch_looks + 1 if same else 0
        self._beats, self._batch = doing.beats, doing.batch
        if self._passed(self._silent_looks, self._patience.silent_s):
            return "does nothing"
        if self._passed(self._batch_looks, self.allow_s(doing.expected_s)):
            return "takes too long over a batch"
        return None

    def allow_s(self, expected_s: float) -> float:
        """How long a batch may take."""
        return max(self._patience.stuck_s, self._patience.stuck_times * expected_s)

    def _passed(self, looks: int, limit_s: float) -> bool:
        return looks * self._patience.look_s >= limit_s


class RestartPace:
    """How long to wait before the next child: the longer, the more have died in quick succession.

    Args:
        delays_s: before each; the last for all that follow.
        stable_s: after so long with a child its death is the first again.
    """

    def __init__(self, delays_s: Sequence[float], stable_s: float) -> None:
        self._delays_s = delays_s
        self._stable_s = stable_s
        self._deaths = 0

    def died(self, lived_s: float) -> float:
        """How long to wait after a child's death that was ready for `lived_s`, 0 if it never was."""
        if lived_s >= self._stable_s:
            self._deaths = 0
        delay_s = self._delays_s[min(self._deaths, len(self._delays_s) - 1)]
        self._deaths += 1
        return delay_s

    def solved(self) -> None:
        """What they died of will not happen again."""
        self._deaths = 0
