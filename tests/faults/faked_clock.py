"""The wall clock of a service process, set from outside while it runs, with libfaketime."""

from collections.abc import Mapping
from pathlib import Path

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


class FakedClock:
    """Ahead of the machine's by so many seconds; what is started in `environment` has no other.

    Args:
        folder: where what it shows is kept.
        sleeps: whether monotonic time leaps with it, as after a sleep of the machine.
    """

    def __init__(self, folder: Path, *, sleeps: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "clock"
        self._sleeps = sleeps
        self.set(0)

    def set(self, ahead_s: int) -> None:
        """Leap."""
        self._file.write_text(f"{ahead_s:+d}\n")

    @property
    def environment(self) -> Mapping[str, str]:
        """For a process and all that it starts."""
        return {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds until a leap is seen
            "FAKETIME_DONT_FAKE_MONOTONIC": "0" if self._sleeps else "1",
            "DONT_FAKE_MONOTONIC": "0" if self._sleeps else "1",
        }
