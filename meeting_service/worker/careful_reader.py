"""Reads kept audio, and calls none of it damaged that may be read another time.

A disk whose reads fail can make a database look damaged, and a connection that met it may go on seeing that.
So damage is believed when connections of their own have found it several times; more of it in the same
stream then at once.
"""

from dataclasses import dataclass
from pathlib import Path

import structlog

from meeting_service.audio import Pcm
from meeting_service.errors import AudioDamaged, StorageFailed
from meeting_service.ledger import LedgerReader

log = structlog.get_logger()

BELIEVED_AT = 3
"""times that the same audio has to be found damaged"""


@dataclass(slots=True)
class _Doubt:
    """Where a stream was found damaged last, and how often on end."""

    at: int
    times: int = 0


class CarefulReader:
    """A `LedgerReader` that is opened anew at each doubt. Belongs to the thread that made it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: LedgerReader | None = LedgerReader(path)
        self._doubts: dict[int, _Doubt] = {}

    def read(self, stream_id: int, start: int, end: int) -> Pcm:
        """Samples `[start, end)` of a stream at its own rate, zeros in gaps.

        Raises:
            AudioDamaged: part of it is not there or not as it was written.
            StorageFailed: it cannot be read now; ask again later.
        """
        try:
            pcm = self._open().read(stream_id, start, end)
        except AudioDamaged as error:
            self.close()
            doubt = self._doubts.setdefault(stream_id, _Doubt(start))
            doubt.at, doubt.times = start, doubt.times + 1
            if doubt.times >= BELIEVED_AT:
                raise
            log.warning("audio_doubted", stream=stream_id, times=doubt.times)
            raise StorageFailed(error.detail) from error
        doubted = self._doubts.get(stream_id)
        if doubted and start <= doubted.at < end:
            del self._doubts[stream_id]
        return pcm

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _open(self) -> LedgerReader:
        if self._reader is None:
            self._reader = LedgerReader(self._path)
        return self._reader
