"""Beam search over TDT and RNNT models, with favoured phrases.

A path is as likely as its labels and durations together; paths that read the same up to the same frame are
one. Unlike upstream's search this one ends when all paths have, not when the fastest few have, computes the
paths of a step at once, and hands on the frames that the last duration already covers.
"""

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from meeting_service.recogniser.boosting import REMEMBERED_TOKENS, Booster
from meeting_service.recogniser.decoder import Decoded, Emission, Region
from meeting_service.recogniser.predictor import Memory, Predictor
from meeting_service.recogniser.transducer import TransducerRules
from meeting_service.recognition import DecoderState

Scores = NDArray[np.float32]


@dataclass(slots=True)
class _Path:
    """One way to read the frames so far."""

    frame: int
    score: float = 0.0
    stuck: int = 0
    """labels without moving on"""
    emissions: tuple[Emission, ...] = ()
    boost: float = 0.0
    phrase: Hashable = None
    """the booster's state"""
    parent: int = 0
    """row of the path it grew from"""
    label: int = -1
    """what it grew by; a blank is a label too"""

    @property
    def rank(self) -> float:
        """What paths of one step are compared by."""
        return self.score + self.boost

    @property
    def identity(self) -> tuple[int, tuple[int, ...]]:
        """Paths that agree in this are one."""
        return self.frame, tuple(emission.label for emission in self.emissions)


@dataclass(frozen=True, slots=True)
class _Move:
    """A label and how far it goes."""

    label: int
    frames: int
    covered: int
    score: float


class BeamTransducer:
    """Keeps the best few paths instead of one."""

    def __init__(
        self, predictor: Predictor, rules: TransducerRules, beam_size: int, booster: Booster
    ) -> None:
        self._predictor = predictor
        self._rules = rules
        self._beam_size = beam_size
        self._booster = booster

    def decode(self, encoded: Sequence[mx.array], regions: Sequence[Region]) -> list[Decoded]:
        """See `Decoder`; rows one after another."""
        rows = zip(encoded, regions, strict=True)
        return [self._decode_row(self._predictor.project([frames]), region) for frames, region in rows]

    def _decode_row(self, projected: Scores, region: Region) -> Decoded:
        recent = () if region.state is None else region.state.recent_tokens
        path, memory = self._search(projected, region, self._booster.start(recent))
        labels = [emission.label for emission in path.emissions]
        hidden, cell = (np.array(part)[0] for part in (memory.hidden, memory.cell))
        last_token = labels[-1] if labels else None if region.state is None else region.state.last_token
        skip = max(0, path.frame - region.end)
        remembered = (*recent, *labels)[-REMEMBERED_TOKENS:]
        return Decoded(path.emissions, DecoderState(hidden, cell, last_token, skip, path.stuck, remembered))

    def _search(self, projected: Scores, region: Region, phrase: Hashable) -> tuple[_Path, Memory]:
        """The best path through the region and what the prediction network knows at its end."""
        memory = self._predictor.recall([region.state])
        paths = [self._begin(region, phrase)]
        finished: list[tuple[_Path, Memory]] = []  # with the memory of the step before
        if paths[0].frame >= region.end:
            return paths[0], memory
        while paths:
            grown = sorted(self._grow(paths, memory, projected), key=lambda path: path.rank, reverse=True)
            ended = [path for path in grown if path.frame >= region.end]
            paths = [path for path in grown if path.frame < region.end][: self._beam_size]
            finished += [(path, memory) for path in ended[: self._beam_size]]
            memory = self._remember(memory, paths) if paths else memory
        best, memory = max(finished, key=lambda candidate: self._merit(candidate[0]))
        return best, self._remember(memory, [best])

    def _begin(self, region: Region, phrase: Hashable) -> _Path:
        begun = _Path(region.first, boost=self._booster.standing(phrase), phrase=phrase)
        if region.state is not None:
            begun.frame += region.state.skip_frames
            begun.stuck = region.state.symbols_on_frame
        return begun

    def _grow(self, paths: Sequence[_Path], memory: Memory, projected: Scores) -> list[_Path]:
        """Every path by its best labels and durations; paths that meet become one."""
        frames, rows = np.array([path.frame for path in paths]), np.arange(len(paths))
        scores = self._predictor.score(projected[frames], memory, rows)
        labels, durations = _log_softmax(scores.labels), _log_softmax(scores.durations)
        confidence = 1.0 + (np.exp(labels) * labels).sum(-1) / math.log(labels.shape[-1])
        grown: dict[tuple[int, tuple[int, ...]], _Path] = {}
        for row, path in enumerate(paths):
            for move in self._moves(path, labels[row], durations[row]):
                after = self._step(path, row, move, float(confidence[row]))
                met = grown.get(after.identity)
                grown[after.identity] = after if met is None else _merge(met, after)
        return list(grown.values())

    def _moves(self, path: _Path, labels: Scores, durations: Scores) -> Iterator[_Move]:
        """The moves worth trying from one path; `labels` and `durations` are its log-probabilities."""
        promise = labels.copy()
        promise[: self._predictor.blank] += self._booster.gains(path.phrase)
        for label in _best(promise, self._beam_size):
            if self._rules.durations is None:
                yield _Move(label, int(label == self._predictor.blank), 1, float(labels[label]))
                continue
            for index in _best(durations, self._beam_size):
                frames = self._rules.durations[index]
                yield _Move(label, frames, frames, float(labels[label] + durations[index]))

    def _step(self, path: _Path, row: int, move: _Move, confidence: float) -> _Path:
        is_blank = move.label == self._predictor.blank
        frames = max(move.frames, 1) if is_blank else move.frames
        stuck = 0 if frames else path.stuck + 1
        if stuck >= self._rules.max_symbols:
            frames, stuck = 1, 0
        after = _Path(
            path.frame + frames, path.score + move.score, stuck, path.emissions, path.boost, path.phrase
        )
        after.parent, after.label = row, move.label
        if not is_blank:
            after.emissions += (Emission(move.label, path.frame, move.covered, confidence),)
            after.phrase, gain = self._booster.advance(path.phrase, move.label)
            after.boost += gain
        return after

    def _remember(self, memory: Memory, paths: Sequence[_Path]) -> Memory:
        """The memory of the paths' parents, having read what the paths grew by."""
        labels = np.array([path.label for path in paths])
        parents = memory.select([path.parent for path in paths])
        spoke = np.flatnonzero(labels != self._predictor.blank)
        parents.move_on(spoke)
        self._predictor.read(parents, spoke, labels[spoke])
        return parents

    def _merit(self, path: _Path) -> float:
        """What finished paths are compared by: a phrase that is cut off gains nothing."""
        return path.rank + self._booster.settlement(path.phrase)


def _best(scores: Scores, count: int) -> list[int]:
    """Indexes of the highest scores, best first; of equal ones the lowest index first."""
    count = min(count, len(scores))
    top = np.argpartition(-scores, count - 1)[:count]
    order: list[int] = sorted(top.tolist(), key=lambda index: (-scores[index], index))
    return order


def _log_softmax(logits: Scores) -> Scores:
    if logits.shape[-1] == 0:
        return logits
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normalised: Scores = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normalised


def _merge(one: _Path, other: _Path) -> _Path:
    """Two ways to the same reading: the better one, as likely as both together."""
    better, worse = (one, other) if one.score >= other.score else (other, one)
    better.score += math.log1p(math.exp(worse.score - better.score))
    return better
