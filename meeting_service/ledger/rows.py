"""How audio lies in rows: sound with its samples, silence and gaps without any, each with a checksum."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby

import numpy as np

from meeting_service.audio import Pcm
from meeting_service.errors import AudioDamaged

MAX_SOUND_SAMPLES = 32_768
"""Longest row with samples: a reader checks a whole row to use a part of it."""

_BLOCK_SAMPLES = 4_096
_HEAD = struct.Struct("<qqqB")


class Kind(IntEnum):
    """What a row holds; the numbers are the file's."""

    SOUND = 0
    SILENCE = 1
    GAP = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a stream."""

    start: int
    length: int
    kind: Kind
    pcm: bytes | None = None

    @property
    def end(self) -> int:
        """The position after the last sample."""
        return self.start + self.length

    def crc(self, stream_id: int) -> int:
        """The checksum over where the row belongs and what it holds."""
        return zlib.crc32(
            self.pcm or b"", zlib.crc32(_HEAD.pack(stream_id, self.start, self.length, self.kind))
        )

    def grown_by(self, row: "Row") -> "Row | None":
        """This row with `row` joined to its end; None if they do not join or have samples."""
        if row.kind is not self.kind or self.kind is Kind.SOUND or row.start != self.end:
            return None
        return Row(self.start, self.length + row.length, self.kind)


def pcm_to_rows(start: int, pcm: Pcm) -> Iterator[Row]:
    """Cut samples at `start` into rows: silence at any length, sound at most `MAX_SOUND_SAMPLES` long."""
    cuts = range(0, len(pcm), _BLOCK_SAMPLES)
    for sounds, blocks in groupby(cuts, key=lambda cut: bool(pcm[cut : cut + _BLOCK_SAMPLES].any())):
        first, *rest = blocks
        end = min((rest or [first])[-1] + _BLOCK_SAMPLES, len(pcm))
        if sounds:
            yield from _sound_rows(start, pcm, first, end)
        else:
            yield Row(start + first, end - first, Kind.SILENCE)


def _sound_rows(start: int, pcm: Pcm, first: int, end: int) -> Iterator[Row]:
    for cut in range(first, end, MAX_SOUND_SAMPLES):
        part = pcm[cut : min(cut + MAX_SOUND_SAMPLES, end)]
        yield Row(start + cut, len(part), Kind.SOUND, part.astype("<i2", copy=False).tobytes())


def row_to_pcm(stream_id: int, row: Row, crc: int) -> Pcm | None:
    """The samples of a row, None where it has none.

    Raises:
        AudioDamaged: the row is not what was written.
    """
    sound = row.kind is Kind.SOUND
    if row.crc(stream_id) != crc or len(row.pcm or b"") != (2 * row.length if sound else 0):
        raise AudioDamaged(f"audio of stream {stream_id} at sample {row.start} is damaged on disk")
    return np.frombuffer(row.pcm or b"", "<i2").astype(np.int16, copy=False) if sound else None
