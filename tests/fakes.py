"""Stand-ins for the two networks, for laws that must hold to the last bit and for failures on demand."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from meeting_service.errors import RecognitionFailed
from meeting_service.recognition import (
    ENCODER_FRAME_SAMPLES,
    DecoderState,
    Hypothesis,
    Samples,
    Token,
    Window,
)

_SYLLABLES = ("ba", "de", "ki", "lo", "mu", "na", "re", "si", "to", "vu")
_NOTHING = np.zeros((1, 1), np.float32)


@dataclass
class FakeRecogniser:
    """Tokens that are a hash of the audio they are heard in and of the token before.

    Each encoder frame of the part to decode says by its own samples whether a token begins there, which
    and how long it lasts; silence says nothing. So the tokens of an utterance do not depend on how it was
    laid out in windows, if and only if every frame is decoded once, in order, with the state carried over.
    """

    fail_calls: int = 0
    """how many calls from now on raise RecognitionFailed"""
    calls: int = 0
    windows: int = 0

    def recognise(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """One hypothesis for each window."""
        self.calls += 1
        if self.fail_calls:
            self.fail_calls -= 1
            raise RecognitionFailed("told to fail")
        self.windows += len(windows)
        return [_recognise(window) for window in windows]


@dataclass
class LoudnessDetector:
    """Says that loud is voice, with a memory of what it heard since its last reset."""

    frames: int = 0
    """how often it was asked"""
    _memory: float = 0.0

    def probabilities(self, frames: Samples) -> list[float]:
        """0 to 1, following the loudness with some inertia."""
        return [self._probability(frame) for frame in frames]

    def _probability(self, frame: Samples) -> float:
        self.frames += 1
        loud = min(float(np.abs(frame).mean()) * 10, 1.0)
        self._memory = 0.3 * self._memory + 0.7 * loud
        return self._memory

    def reset(self) -> None:
        """Forget."""
        self._memory = 0.0


def _recognise(window: Window) -> Hypothesis:
    decoded = _decode(window)
    if not window.tail:
        return decoded
    rest = replace(
        window,
        decode_start=window.decode_end,
        decode_end=window.start + len(window.samples),
        state=decoded.state,
    )
    return replace(decoded, tail=_decode(rest).tokens)


def _decode(window: Window) -> Hypothesis:
    last = -1 if window.state is None or window.state.last_token is None else window.state.last_token
    position = window.decode_start
    if window.state is not None:
        position += window.state.skip_frames * ENCODER_FRAME_SAMPLES
    tokens: list[Token] = []
    while position < window.decode_end:
        heard = _hear(window, position)
        frames = 1 + heard % 4
        if heard and heard % 3:
            last = (last * 31 + heard) % 65_537
            end = position + frames * ENCODER_FRAME_SAMPLES
            tokens.append(Token(_text(last), position, end, (1 + last % 100) / 100))
        position += frames * ENCODER_FRAME_SAMPLES
    skip = -(-(position - window.decode_end) // ENCODER_FRAME_SAMPLES)
    return Hypothesis(tokens, DecoderState(_NOTHING, _NOTHING, None if last < 0 else last, skip))


def _hear(window: Window, position: int) -> int:
    first = position - window.start
    last = min(position + ENCODER_FRAME_SAMPLES, window.decode_end) - window.start
    pcm = np.round(window.samples[first:last] * 32_768).astype(np.int32)
    return zlib.crc32(pcm.tobytes()) if pcm.any() else 0


def _text(token: int) -> str:
    if token % 13 == 0:
        return "."
    return (" " if token % 3 else "") + _SYLLABLES[token % len(_SYLLABLES)]
