"""
Batches for training: utterances placed in silence, joined, cut in the middle, and made worse on purpose.

The service hears whole utterances with a little silence around them, and windows of long speech that begin
and end anywhere; both are trained.  Rows of a batch share one length and are filled with silence, not masked.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from meeting_service.demo.recipe.corpus import Clip, Corpus
from meeting_service.demo.recipe.engines import SAMPLE_RATE_HZ
from meeting_service.demo.recipe.features import log_mel
from meeting_service.demo.recipe.mel import mel_bank
from meeting_service.demo.recipe.network import FRAME_SAMPLES
from meeting_service.demo.recipe.tokenizer import BLANK
from meeting_service.demo.recipe.worsen import Noise, mask, narrow_band

_WARPS = (1.0, 1.0, 1.0, 1.0, 0.9, 0.94, 0.97, 1.03, 1.06, 1.1)
_LONGEST_S = 15.5


@dataclass(frozen=True)
class Effort:
    """How hard a batch is."""

    short_only: bool = False
    """Only the shorter half of the utterances, for the flat start."""
    joined: float = 0.35
    """Share of batches whose rows hold several utterances, possibly cut."""
    augmented: bool = True
    """Warped filter banks, masks, louder noise and telephone bands."""


@dataclass(frozen=True)
class Batch:
    """What one training step takes."""

    features: torch.Tensor
    """`(batch, mel_frames, 80)`, float32."""
    tokens: torch.Tensor
    """`(batch, tokens)`, padded with zeros."""
    lengths: torch.Tensor
    """Tokens of each row, `(batch,)`."""
    frame_labels: torch.Tensor
    """Token spoken in each encoder frame, or the blank, `(batch, frames)`."""
    seconds: float
    """Audio in it, silence included."""


class Batches:
    """Draws batches of about `seconds` of audio; uses the global random generators, seeded by the trainer."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.corpus = Corpus(folder)
        self._seconds = seconds
        self._queue: list[list[int]] = []
        self._noise = Noise()
        self._banks = torch.from_numpy(np.stack([mel_bank(warp=warp) for warp in _WARPS]))

    @property
    def hours(self) -> float:
        """Speech in the corpus."""
        return float(self.corpus.lengths.sum() / SAMPLE_RATE_HZ / 3600)

    def draw(self, effort: Effort) -> Batch:
        """The next batch."""
        if random.random() < effort.joined:
            return self._build(self._joined_rows(), effort, edge_silence=random.random() < 0.5)
        rows = [[self.corpus.clip(index)] for index in self._single_rows(effort.short_only)]
        return self._build(rows, effort, edge_silence=True)

    def _single_rows(self, short_only: bool) -> list[int]:
        """Utterances of similar length, every one once before any comes again."""
        if not self._queue:
            lengths = self.corpus.lengths
            order = np.argsort(lengths * np.random.uniform(0.9, 1.1, len(lengths))).tolist()
            order = order[: int(len(order) * (0.55 if short_only else 1))]
            while order:
                longest_s = lengths[order[:64]].max() / SAMPLE_RATE_HZ
                count = max(4, int(self._seconds / (longest_s + 0.5)))
                self._queue.append(order[:count])
                del order[:count]
            random.shuffle(self._queue)
        return self._queue.pop()

    def _joined_rows(self) -> list[list[Clip]]:
        length = random.uniform(4, _LONGEST_S)
        cut = random.random() < 0.6
        return [self._joined_row(length, cut) for _ in range(max(2, int(self._seconds / length)))]

    def _joined_row(self, length_s: float, cut: bool) -> list[Clip]:
        row: list[Clip] = []
        left = (length_s - 0.3) * SAMPLE_RATE_HZ
        for number in range(8):
            index = random.randrange(len(self.corpus.utterances))
            head, tail = cut and number == 0, cut and random.random() < 0.25
            clip = self.corpus.cut(index, head=head, tail=tail) if head or tail else self.corpus.clip(index)
            if len(clip.samples) <= left:
                row.append(clip)
                left -= len(clip.samples) + 0.2 * SAMPLE_RATE_HZ
            if tail and row:
                break
        return row or [self.corpus.clip(int(self.corpus.lengths.argmin()))]

    def _build(self, rows: list[list[Clip]], effort: Effort, *, edge_silence: bool) -> Batch:
        total = _row_samples(rows)
        placed = [_place(row, total, edge_silence=edge_silence) for row in rows]
        samples = np.stack([self._worsen(row.samples, effort) for row in placed])
        tokens = [torch.from_numpy(row.tokens) for row in placed]
        return Batch(
            self._features(samples, effort),
            torch.nn.utils.rnn.pad_sequence(tokens, batch_first=True),
            torch.tensor([len(row) for row in tokens]),
            torch.from_numpy(np.stack([row.labels for row in placed])),
            samples.size / SAMPLE_RATE_HZ,
        )

    def _worsen(self, row: NDArray[np.float32], effort: Effort) -> NDArray[np.float32]:
        """Noise on three rows of four; the others keep digital silence.  Some lose their high band."""
        if effort.augmented and random.random() < 0.08:
            row = narrow_band(row)
        if random.random() < 0.75:
            row = self._noise.add(row, random.uniform(15, 45) if effort.augmented else random.uniform(25, 50))
        return np.clip(row, -1, 1)

    def _features(self, samples: NDArray[np.float32], effort: Effort) -> torch.Tensor:
        warps = torch.randint(0, len(_WARPS) if effort.augmented else 1, (len(samples),))
        features = log_mel(torch.from_numpy(samples), self._banks[warps])
        if effort.augmented:
            for row in features:
                mask(row)
        return features


@dataclass(frozen=True)
class _Row:
    samples: NDArray[np.float32]
    tokens: NDArray[np.int64]
    labels: NDArray[np.int64]
    """Token of each encoder frame, or the blank."""


def _row_samples(rows: list[list[Clip]]) -> int:
    """A common length: room for the longest row with pauses, and not always whole encoder frames."""
    spoken = [sum(len(clip.samples) for clip in row) + 3200 * (len(row) - 1) for row in rows]
    total = max(spoken) + random.choice([800, 1600, 3200, 8000, 16000])
    return max(total // FRAME_SAMPLES * FRAME_SAMPLES + random.choice([0, 160, 640]), *spoken)


def _gaps(count: int, silence: int, *, edge_silence: bool) -> list[int]:
    """Silence before each of `count` clips, spread at random; what is left comes last."""
    shares = np.diff(np.concatenate([[0.0], np.sort(np.random.uniform(0, 1, count))]))
    if not edge_silence:
        shares[0] = 0.0
        shares /= max(1e-6, shares.sum())
    return [int(share * silence) for share in shares]


def _place(clips: list[Clip], total: int, *, edge_silence: bool) -> _Row:
    """Write clips into `total` samples of silence, each a little louder or softer than the row."""
    frames = np.arange(-(-total // FRAME_SAMPLES)) * FRAME_SAMPLES
    samples, labels = np.zeros(total, np.float32), np.full(len(frames), BLANK, np.int64)
    gain, at = 10 ** random.uniform(-1.2, 0.1) / 32768, 0
    silence = total - sum(len(clip.samples) for clip in clips)
    for clip, gap in zip(clips, _gaps(len(clips), silence, edge_silence=edge_silence), strict=True):
        at += gap
        level = np.float32(gain * 10 ** random.uniform(-0.15, 0.15))
        samples[at : at + len(clip.samples)] = clip.samples * level
        _label(labels, frames - at, clip)
        at += len(clip.samples)
    return _Row(samples, np.concatenate([clip.tokens for clip in clips]).astype(np.int64), labels)


def _label(labels: NDArray[np.int64], since: NDArray[np.int64], clip: Clip) -> None:
    """Label the frames that lie in a clip, in place; `since` is where each begins, from the clip's start."""
    if len(clip.tokens):
        inside = (since > 1000) & (since < clip.ends[-1])
        which = np.searchsorted(clip.ends, since[inside])
        labels[inside] = clip.tokens[np.minimum(which, len(clip.tokens) - 1)]
