"""The words for audio: formats as they arrive, pieces of a stream, gaps in it.

A stream is one participant's uninterrupted run of audio at one rate. Positions are sample indexes
of that stream: at the rate it is sent in up to the ledger, at 16 kHz from the segmenter on.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

RECOGNITION_RATE_HZ = 16_000
"""The rate at which speech is segmented and recognised."""

MIN_RATE_HZ = 8_000
MAX_RATE_HZ = 96_000
MAX_CHANNELS = 64

Pcm = NDArray[np.int16]
"""Mono samples as the ledger keeps them, `(samples,)`."""


class Encoding(StrEnum):
    """How a raw sample is written on the wire; the names are the ones of the wire."""

    S16LE = "s16le"
    S16BE = "s16be"
    F32LE = "f32le"
    MULAW = "mulaw"
    ALAW = "alaw"


class Container(StrEnum):
    """A self-describing audio file or stream."""

    WAV = "wav"
    FLAC = "flac"
    OGG = "ogg"
    WEBM = "webm"
    MP3 = "mp3"


@dataclass(frozen=True, slots=True)
class RawFormat:
    """What must be known to read raw PCM."""

    encoding: Encoding
    rate_hz: int
    channels: int = 1


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A piece of one stream."""

    stream_id: int
    start_sample: int
    """position of the first sample, at the stream's rate"""
    pcm: Pcm

    @property
    def end_sample(self) -> int:
        """The position after the last sample."""
        return self.start_sample + len(self.pcm)


@dataclass(frozen=True, slots=True)
class Gap:
    """Audio of a stream that was declared never to come."""

    stream_id: int
    start_sample: int
    end_sample: int
