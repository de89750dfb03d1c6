"""The recogniser: windows of audio in, tokens with times out; a pure function with weights."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import mlx.core as mx
import numpy as np

from meeting_service.recogniser.blas import describe_blas
from meeting_service.recogniser.decoder import Decoded, Decoder, Emission, Region
from meeting_service.recogniser.decoders import Decoders
from meeting_service.recogniser.device import Device, open_device
from meeting_service.recogniser.encoder import make_encoder
from meeting_service.recogniser.features import FrontEnd, Matrix
from meeting_service.recogniser.loading import LoadedModel, Weights, load_model
from meeting_service.recogniser.models import ModelPath
from meeting_service.recognition import DecoderState, Hypothesis, Token, Window

_SPECIAL = re.compile(r"<.*>")
_SPACE_BEFORE_PUNCTUATION = re.compile(r"\s(?=[.,!?]$)")


@dataclass(frozen=True, slots=True)
class RecogniserInfo:
    """What recognises here, for people and logs."""

    model: str
    kind: str
    device: str
    weights: str
    """arithmetic, and how few bits the encoder's weights have, if few"""
    blas: str
    """what multiplies for MLX on a CPU, where the encoder multiplies in NumPy"""


@dataclass(frozen=True, slots=True)
class _Job:
    """A window with its features and its place among the windows asked for."""

    index: int
    window: Window
    mel: Matrix
    region: Region
    frames: int
    """encoder frames of the window"""

    def go_on(self, state: DecoderState) -> "_Job":
        """The rest of the window, after the part that left this state."""
        return replace(self, region=Region(self.region.end, self.frames, state))


class Recogniser:
    """Recognises batches of windows; knows nothing of streams and keeps nothing between calls.

    Belongs to the thread that made it: MLX's arrays do. `EngineThread` is that thread in the service.
    """

    def __init__(self, model: LoadedModel, device: Device) -> None:
        self.model = model
        self._device = device
        self._front_end = FrontEnd(model.front_end)
        self.encoder = make_encoder(model.network.encoder, device)
        self._decoders = Decoders(model.network, model.vocabulary, device)
        self._pieces = [_piece_to_text(piece) for piece in model.vocabulary]

    @property
    def frame_samples(self) -> int:
        """Samples of one encoder frame: the grid that windows of one utterance must share."""
        return self._front_end.hop_samples * self.encoder.factor

    def describe(self) -> RecogniserInfo:
        """What recognises here."""
        model, blas = self.model, str(describe_blas())
        return RecogniserInfo(model.name, model.kind, self._device.kind, model.precision, blas)

    def recognise(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Answer every window, in the order asked.

        A window decodes the encoder frames that begin in `[decode_start, decode_end)`. As long as all
        windows of an utterance begin on one grid of `frame_samples`, consecutive ones decode every frame
        exactly once. The answer to a window does not depend on the others.
        """
        jobs = [self._prepare(index, window) for index, window in enumerate(windows)]
        encoded = self._encode(jobs)
        answers = self._decode(jobs, encoded)
        with_tail = [job.go_on(answers[job.index].state) for job in jobs if job.window.tail]
        for index, tail in self._decode(with_tail, encoded).items():
            answers[index] = replace(answers[index], tail=tail.tokens)
        return [answers[index] for index in range(len(jobs))]

    def warm_up(self) -> None:
        """Recognise silence once in every shape that costs more the first time: no speaker waits for it."""
        for frames in self.encoder.warm_lengths:
            samples = np.zeros(frames * self.frame_samples, np.float32)
            self.recognise([Window(samples, 0, 0, len(samples))])

    def _prepare(self, index: int, window: Window) -> _Job:
        mel = self._front_end.log_mel(window.samples)
        frames = self.encoder.frames(len(mel))
        first, end = (self._frame_at(window, at, frames) for at in (window.decode_start, window.decode_end))
        return _Job(index, window, mel, Region(first, end, window.state), frames)

    def _frame_at(self, window: Window, sample: int, frames: int) -> int:
        """The first encoder frame of the window that begins at or after `sample`."""
        return min(max(-(-(sample - window.start) // self.frame_samples), 0), frames)

    def _encode(self, jobs: Sequence[_Job]) -> dict[int, mx.array]:
        """Encoder frames of every job, `(frames, width)`, by its index."""
        encoded: dict[int, mx.array] = {}
        for length, group in self._group(jobs):
            rows = self._run(length, group)
            mx.async_eval(rows)  # type: ignore[no-untyped-call]
            encoded |= {job.index: rows[row] for row, job in enumerate(group)}
        return encoded

    def _group(self, jobs: Sequence[_Job]) -> Iterator[tuple[int, list[_Job]]]:
        """Jobs that share a length, which comes with them, in groups the device encodes at once."""
        alike: dict[int, list[_Job]] = defaultdict(list)
        for job in jobs:
            alike[self.encoder.length(job.frames)].append(job)
        for length, group in alike.items():
            for start in range(0, len(group), self._device.rows):
                yield length, group[start : start + self._device.rows]

    def _run(self, length: int, group: Sequence[_Job]) -> mx.array:
        """Encode one group, padded to the device's rows, `(rows, length, width)`."""
        mel = np.zeros((self._device.rows, length * self.encoder.factor, self._front_end.bins), np.float32)
        for row, job in enumerate(group):
            mel[row, : len(job.mel)] = job.mel
        return self.encoder(mel, [len(job.mel) for job in group] + [0] * (self._device.rows - len(group)))

    def _decode(self, jobs: Sequence[_Job], encoded: Mapping[int, mx.array]) -> dict[int, Hypothesis]:
        """The answer of every job, by its index."""
        answers: dict[int, Hypothesis] = {}
        for decoder, alike in self._by_decoder(jobs):
            frames, regions = [encoded[job.index] for job in alike], [job.region for job in alike]
            for job, decoded in zip(alike, decoder.decode(frames, regions), strict=True):
                answers[job.index] = self._to_hypothesis(job.window, decoded)
        return answers

    def _by_decoder(self, jobs: Sequence[_Job]) -> Iterable[tuple[Decoder, list[_Job]]]:
        """Jobs that are decoded in the same way, whatever their lengths."""
        alike: dict[Decoder, list[_Job]] = defaultdict(list)
        for job in jobs:
            alike[self._decoders.get(job.window.decoding)].append(job)
        return alike.items()

    def _to_hypothesis(self, window: Window, decoded: Decoded) -> Hypothesis:
        tokens = [self._to_token(window, emission) for emission in decoded.emissions]
        return Hypothesis([token for token in tokens if token is not None], decoded.state)

    def _to_token(self, window: Window, emission: Emission) -> Token | None:
        text = self._pieces[emission.label]
        if text is None:
            return None
        start = window.start + emission.frame * self.frame_samples
        end = min(start + emission.frames * self.frame_samples, window.start + len(window.samples))
        return Token(text, start, max(start, end), emission.confidence)


def load_recogniser(path: ModelPath, weights: Weights = "auto") -> Recogniser:
    """Load a model and everything around it; the calling thread owns it from then on.

    Raises:
        CannotStart: the files are not a model that can be run here.
    """
    device = open_device()
    model = load_model(path, device, weights)
    return Recogniser(model, device)


def _piece_to_text(piece: str) -> str | None:
    """A vocabulary entry as it reads in a sentence; None for one that is no text, like `<unk>`."""
    if _SPECIAL.fullmatch(piece):
        return None
    return _SPACE_BEFORE_PUNCTUATION.sub("", piece.replace("▁", " "))
