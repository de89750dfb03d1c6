"""Places at which a process can be made to die, to show that nothing acknowledged is lost there.

Off unless the environment variable `MEETING_SERVICE_FAILPOINTS` names a file when the process starts. Then
the process that comes to the place which the file names, as `PLACE N`, for the N-th time since it was
written, removes the file and kills itself. The service and its recogniser read the same file; it may be
written at any time.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

FAILPOINTS = "MEETING_SERVICE_FAILPOINTS"

PLACES: Mapping[str, str] = MappingProxyType(
    {
        "audio_received": "a piece of audio was read from its sender, nothing is stored",
        "before_commit": "a group of pieces is about to be written to the ledger",
        "in_audio_transaction": "their rows are written, how far their streams are held is not",
        "before_audio_commit": "both are written, nothing is committed",
        "in_audio_commit": "while the ledger commits and syncs them",
        "after_commit_before_ack": "they are committed, nobody has been answered",
        "before_ack": "a sender is about to be told that its piece is durable",
        "in_audio_checkpoint": "while the ledger's write-ahead log is moved into its file",
        "in_sweep": "some of a deleted stream's audio is gone",
        "after_sweep": "all of it is gone, the write-ahead log is not emptied",
        "before_stream_is_opened": "a participant's first piece of audio asks for a stream",
        "after_stream_is_opened": "the stream is stored, nothing of it is in the ledger",
        "after_gap_is_held": "a declared gap is in the ledger, not in the transcript",
        "in_sentence_transaction": "sentences are written, the checkpoint that makes them final is not",
        "before_sentence_commit": "both are written, nothing is committed",
        "in_text_checkpoint": "while the write-ahead log of the meetings is moved into its file",
        "before_publish": "sentences are committed, nobody was told",
        "after_publish": "watchers were told of a sentence",
        "before_stream_ends": "a stream is about to be ended",
        "after_stream_ended": "its end is stored, its last words are not asked for",
        "before_stream_is_finished": "all text of a stream is final, which is not stored",
        "after_meeting_ending": "a meeting's end is asked for and stored, its streams are not ended",
        "before_meeting_ended": "all streams of an ending meeting are finished, its end is not stored",
        "before_revision_is_made": "a meeting is to be transcribed again, nothing of that is stored",
        "in_revision_transaction": "a revision is written, its streams do not begin anew in it yet",
        "after_revision_is_made": "a revision and the beginning of its streams are stored, nobody was told",
        "in_revised_transaction": "sentences of a revision are written, the checkpoint that follows is not",
        "before_revision_is_finished": "all text of a revision is final, which is not stored",
        "in_revision_commit": "that a revision is the current one is written, its sentences have no numbers",
        "after_revision_is_current": "a revision is the current one, nobody was told",
        "in_deletion": "text and names of a meeting are deleted, its audio is not",
        "in_start": "the databases are open, no stream was taken up",
        "in_shutdown": "a stop was asked for, sockets are told",
        "before_close": "sessions have stopped, the databases are still open",
        "before_recognition": "the recogniser is given a batch",
        "after_recognition": "it has answered a batch, the service does not know",
        "mid_answer": "half of an answer to the service is written",
        "before_migration": "a database of an older form is about to be copied",
        "in_migration": "before each statement of a migration",
        "before_migration_commit": "all statements of a migration are done, nothing is committed",
    }
)
"""where each is"""

_LONGEST_S = 0.003
"""within which a process dies that is interrupted"""


class _Armed:
    """What the file asks for, and how often this process came there. Any thread may ask."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._order = ("", 0)
        self._hits = 0

    def is_due(self, place: str) -> bool:
        """Count a hit; whether the process is to die of it. Of two processes, one is."""
        with self._lock:
            try:
                order = (self._path.read_text(), self._path.stat().st_mtime_ns)
            except FileNotFoundError:
                return False
            if order != self._order:
                self._order, self._hits = order, 0
            wanted, _, number = order[0].partition(" ")
            if wanted != place:
                return False
            self._hits += 1
            if self._hits < int(number):
                return False
            return self._take()

    def _take(self) -> bool:
        with suppress(FileNotFoundError):
            self._path.unlink()
            return True
        return False


_armed = _Armed(Path(os.environ[FAILPOINTS])) if os.environ.get(FAILPOINTS) else None


def are_on() -> bool:
    """Whether this process may be made to die; to be told in its log."""
    return _armed is not None


def reach(place: str, last: Callable[[], object] | None = None) -> None:
    """Die here, if that is asked for; `last` is done before."""
    if _armed is not None and _armed.is_due(place):
        if last is not None:
            last()
        _die()


def interrupt(place: str) -> bool:
    """Die in what follows, if that is asked for: within 3 ms. Returns whether."""
    if _armed is None or not _armed.is_due(place):
        return False
    threading.Thread(target=_die_soon, name="failpoint", daemon=True).start()
    return True


def _die_soon() -> None:
    time.sleep(int.from_bytes(os.urandom(2), "little") / 65_535 * _LONGEST_S)
    _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()
