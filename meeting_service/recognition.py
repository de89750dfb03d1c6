"""The words between segmenter, recogniser and assembly.

Positions are samples of the stream at 16 kHz, counted from the stream's start, never from a window's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

ENCODER_FRAME_SAMPLES = 1_280
"""16 kHz samples from one encoder frame to the next (80 ms); windows are cut on this grid"""

Samples = NDArray[np.float32]
"""16 kHz audio in [-1, 1], `(samples,)`."""


@dataclass(frozen=True, slots=True)
class SentenceRules:
    """Where a run of tokens is cut into sentences."""

    silence_gap_ms: int = 1_500
    """a pause between two words that ends a sentence even without punctuation"""
    max_duration_ms: int = 30_000
    """a sentence longer than this is cut at its longest pause"""
    max_words: int = 60


@dataclass(frozen=True, slots=True)
class DecodingConfig:
    """How tokens are chosen; one per transcriber."""

    method: Literal["greedy", "beam"] = "greedy"
    beam_size: int = 4
    vocabulary: tuple[str, ...] = ()
    """phrases to favour; beam only"""
    sentences: SentenceRules = SentenceRules()


@dataclass(frozen=True, slots=True)
class DecoderState:
    """What the decoder carries from one window of an utterance to the next.

    Plain numpy, so that it can cross a process; a few kilobytes. Made and read by the recogniser only.
    """

    hidden: NDArray[np.float32]
    """LSTM output state, `(layers, hidden)`"""
    cell: NDArray[np.float32]
    """LSTM cell state, `(layers, hidden)`"""
    last_token: int | None
    """the last token predicted; None at the start of an utterance"""
    skip_frames: int
    """encoder frames of the next window that the last duration already covers"""
    symbols_on_frame: int = 0
    """tokens emitted without moving on, against the decoder's limit"""
    recent_tokens: tuple[int, ...] = ()
    """the last tokens, for a favoured phrase that a cut runs through; beam only"""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one utterance to decode, chosen by the segmenter from the audio alone.

    Of no length where an utterance ends in a pause before which everything said was given out.
    """

    utterance_start: int
    start: int
    """first sample whose tokens are wanted; equals `utterance_start` for the first span"""
    end: int
    context_start: int
    """first sample the encoder may see"""
    context_end: int
    """sample after the last one the encoder may see; `end` where a pause ends the utterance here"""
    last: bool
    """whether the utterance ends with this span"""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to decode."""
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A stretch of a stream that has no text, for it could not be recognised."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One call's worth of audio for the recogniser.

    `samples` covers `[start, start + len(samples))`; tokens are decoded for `[decode_start, decode_end)`,
    the rest is context for the encoder. Exactly those encoder frames are decoded that begin in
    `[decode_start, decode_end)`; they begin every 1280 samples (80 ms) from `start` on. So the windows of one
    utterance begin, and are cut, at multiples of 1280 from its start: then every frame is decoded once.
    """

    samples: Samples
    start: int
    decode_start: int
    decode_end: int
    state: DecoderState | None = None
    """None starts an utterance"""
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    tail: bool = False
    """whether what comes after `decode_end` is wanted too, apart from the rest"""


@dataclass(frozen=True, slots=True)
class Token:
    """A recognised text piece."""

    text: str
    """the piece with its leading space, if it has one"""
    start: int
    """sample where it begins"""
    end: int
    """sample where the model says it is over"""
    confidence: float
    """0 to 1"""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the recogniser answers for one window: tokens in time order and the state to go on with."""

    tokens: Sequence[Token]
    state: DecoderState
    tail: Sequence[Token] = ()
    """what goes on after `decode_end`, of which the state knows nothing; only of a window with a tail"""
