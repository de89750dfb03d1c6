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

from meeting_service.demo.recipe.engines import SAMPLE_RATE_HZ
from meeting_service.demo.recipe.features import log_mel
from meeting_service.demo.recipe.mel import mel_bank
from meeting_service.demo.recipe.network import FRAME_SAMPLES
from meeting_service.demo.recipe.synthesis import Utterance, read_corpus
from meeting_service.demo.recipe.tokenizer import BLANK, encode, pieces

_WARPS = (1.0, 1.0, 1.0, 1.0, 0.9, 0.94, 0.97, 1.03, 1.06, 1.1)
_LONGEST_S = 15.5
_CUT_JITTER_SAMPLES = 480
_MU = 255.0


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
class _Clip:
    """A piece of one utterance, with its tokens and the sample, from its own start, where each ends."""

    samples: NDArray[np.int16]
    tokens: NDArray[np.int16]
    ends: NDArray[np.int32]


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


class Corpus:
    """Utterances in memory-mapped audio, with tokens and where they end."""

    def __init__(self, folder: Path) -> None:
        self.utterances, self._audio = read_corpus(folder)
        self.lengths = np.array([utterance.samples for utterance in self.utterances])
        self._tokens = [np.array(encode(utterance.text), np.int16) for utterance in self.utterances]

    def _ends(self, utterance: Utterance) -> NDArray[np.int32]:
        letters = np.cumsum([len(piece) for piece in pieces(utterance.text)]) - 1
        characters, samples = zip(*utterance.anchors, strict=True)
        ends: NDArray[np.int32] = np.interp(letters, characters, samples).astype(np.int32)
        return ends

    def clip(self, index: int) -> _Clip:
        """A whole utterance."""
        utterance = self.utterances[index]
        audio = self._audio[utterance.offset : utterance.offset + utterance.samples]
        return _Clip(audio, self._tokens[index], self._ends(utterance))

    def cut(self, index: int, *, head: bool, tail: bool) -> _Clip:
        """An utterance without its beginning, its end, or both; whole where its words are not timed."""
        utterance, whole = self.utterances[index], self.clip(index)
        words = utterance.anchors[1:-1]
        if len(words) < 4:
            return whole
        starts = np.cumsum([0] + [len(piece) for piece in pieces(utterance.text)])[:-1]
        first, last = random.choice(words[: len(words) // 2]), random.choice(words[len(words) // 2 :])
        low, begin = first if head else (0, 0)
        high, end = last if tail else (len(utterance.text) + 1, utterance.samples)
        begin = max(0, begin - random.randrange(_CUT_JITTER_SAMPLES)) if head else 0
        kept = (starts >= low) & (starts < high)
        return _Clip(whole.samples[begin:end], whole.tokens[kept], whole.ends[kept] - begin)


def _pink(samples: int) -> NDArray[np.float32]:
    spectrum = np.fft.rfft(np.random.randn(samples))
    noise = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)))
    even: NDArray[np.float32] = (noise / noise.std()).astype(np.float32)
    return even


def _narrow(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """A telephone (below 4 kHz, mu-law), or a codec that drops the highest band."""
    telephone = random.random() < 0.5
    spectrum = np.fft.rfft(row)
    top_hz = random.uniform(3400, 3900) if telephone else random.uniform(5500, 7500)
    spectrum[int(top_hz / (SAMPLE_RATE_HZ / 2) * len(spectrum)) :] = 0
    narrow: NDArray[np.float32] = np.fft.irfft(spectrum, len(row)).astype(np.float32)
    if telephone:
        squeezed = np.sign(narrow) * np.log1p(_MU * np.abs(np.clip(narrow, -1, 1))) / np.log1p(_MU)
        squeezed = np.round(squeezed * 127) / 127
        narrow = (np.sign(squeezed) * np.expm1(np.abs(squeezed) * np.log1p(_MU)) / _MU).astype(np.float32)
    return narrow


class Batches:
    """Draws batches of about `seconds` of audio; uses the global random generators, seeded by the trainer."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.corpus = Corpus(folder)
        self._seconds = seconds
        self._queue: list[list[int]] = []
        self._pink = _pink(20 * SAMPLE_RATE_HZ)
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

    def _joined_rows(self) -> list[list[_Clip]]:
        length = random.uniform(4, _LONGEST_S)
        cut = random.random() < 0.6
        return [self._joined_row(length, cut) for _ in range(max(2, int(self._seconds / length)))]

    def _joined_row(self, length_s: float, cut: bool) -> list[_Clip]:
        row: list[_Clip] = []
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

    def _build(self, rows: list[list[_Clip]], effort: Effort, *, edge_silence: bool) -> Batch:
        spoken = [sum(len(clip.samples) for clip in row) + 3200 * (len(row) - 1) for row in rows]
        total = max(spoken) + random.choice([800, 1600, 3200, 8000, 16000])
        total = total // FRAME_SAMPLES * FRAME_SAMPLES + random.choice([0, 160, 640])
        total = max(total, *spoken)
        samples = np.zeros((len(rows), total), np.float32)
        labels = np.full((len(rows), -(-total // FRAME_SAMPLES)), BLANK, np.int64)
        tokens = []
        for number, row in enumerate(rows):
            tokens.append(self._place(row, samples[number], labels[number], edge_silence=edge_silence))
            samples[number] = self._worsen(samples[number], effort)
        padded = torch.zeros(len(rows), max(map(len, tokens)), dtype=torch.long)
        for number, row_tokens in enumerate(tokens):
            padded[number, : len(row_tokens)] = torch.from_numpy(row_tokens)
        return Batch(
            self._features(samples, effort),
            padded,
            torch.tensor([len(row_tokens) for row_tokens in tokens]),
            torch.from_numpy(labels),
            total * len(rows) / SAMPLE_RATE_HZ,
        )

    def _place(
        self, row: list[_Clip], out: NDArray[np.float32], labels: NDArray[np.int64], *, edge_silence: bool
    ) -> NDArray[np.int64]:
        """Write a row's speech into silence spread at random; returns its tokens."""
        slack = len(out) - sum(len(clip.samples) for clip in row)
        cuts = np.sort(np.random.uniform(0, 1, len(row)))
        gaps = np.diff(np.concatenate([[0.0], cuts]))
        if not edge_silence:
            gaps[0] = 0.0
            gaps /= max(1e-6, gaps.sum())
        gain = 10 ** random.uniform(-1.2, 0.1) / 32768
        at, tokens = 0, []
        frames = np.arange(len(labels)) * FRAME_SAMPLES
        for clip, gap in zip(row, gaps, strict=True):
            at += int(gap * slack)
            level = gain * 10 ** random.uniform(-0.15, 0.15)
            out[at : at + len(clip.samples)] = clip.samples * np.float32(level)
            tokens.append(clip.tokens)
            if len(clip.tokens):
                inside = (frames > at + 1000) & (frames < at + clip.ends[-1])
                which = np.searchsorted(clip.ends, frames[inside] - at)
                labels[inside] = clip.tokens[np.minimum(which, len(clip.tokens) - 1)]
            at += len(clip.samples)
        return np.concatenate(tokens).astype(np.int64)

    def _worsen(self, row: NDArray[np.float32], effort: Effort) -> NDArray[np.float32]:
        """Noise on three rows of four; the others keep digital silence.  Some lose their high band."""
        if effort.augmented and random.random() < 0.08:
            row = _narrow(row)
        kind = random.random()
        if kind < 0.75:
            snr_db = random.uniform(15, 45) if effort.augmented else random.uniform(25, 50)
            level = (float(np.sqrt(np.mean(row**2))) + 1e-6) * 10 ** (-snr_db / 20)
            white = kind >= 0.5 or len(row) >= len(self._pink)
            begin = 0 if white else random.randrange(len(self._pink) - len(row))
            noise = np.random.standard_normal(len(row)) if white else self._pink[begin : begin + len(row)]
            row = row + noise.astype(np.float32) * np.float32(level)
        return np.clip(row, -1, 1)

    def _features(self, samples: NDArray[np.float32], effort: Effort) -> torch.Tensor:
        warps = torch.randint(0, len(_WARPS) if effort.augmented else 1, (len(samples),))
        features = log_mel(torch.from_numpy(samples), self._banks[warps])
        if effort.augmented:
            for row in features:
                _mask(row)
        return features


def _mask(features: torch.Tensor) -> None:
    """Light SpecAugment, in place: up to 6 bands, and up to 6 frames in every 4 seconds."""
    frames, bands = features.shape
    width = random.randint(0, 6)
    low = random.randint(0, bands - width)
    features[:, low : low + width] = 0
    for _ in range(max(1, frames // 400)):
        width = random.randint(0, 6)
        begin = random.randint(0, max(0, frames - width))
        features[begin : begin + width] = 0
