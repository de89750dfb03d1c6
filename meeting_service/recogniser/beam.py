"""Beam search over TDT and RNNT models, with favoured phrases, for all windows of a call at once.

A path is as likely as its labels and durations together; paths that read the same up to the same frame are
one. Unlike upstream's search this one ends when all paths have, not when the fastest few have, computes the
paths of a step at once, and hands on the frames that the last duration already covers.
"""

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import mlx.core as mx
import numpy as np

from meeting_service.recogniser.boosting import REMEMBERED_TOKENS, Booster
from meeting_service.recogniser.decoder import Decoded, Emission, Region, gather
from meeting_service.recogniser.predictor import Memory, Predictor, Scores
from meeting_service.recogniser.products import Rows
from meeting_service.recogniser.transducer import TransducerRules
from meeting_service.recognition import DecoderState


@dataclass(slots=True, eq=False)
class _Reading:
    """A run of labels, whenever they were said; one object for all paths of a window that read the same."""

    phrase: Hashable
    """the booster's state after it"""
    boost: float
    """what favoured phrases have gained"""
    longer: dict[int, "_Reading"] = field(default_factory=dict)
    """the same with one more label"""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a path has said, the last first."""

    emission: Emission
    before: "_Said | None"


@dataclass(slots=True)
class _Path:
    """One way to read the frames so far."""

    frame: int
    score: float
    stuck: int
    """labels without moving on"""
    reading: _Reading
    said: _Said | None = None
    parent: int = 0
    """row of the memory of the path it grew from"""
    label: int = -1
    """what it grew by; a blank is a label too"""

    @property
    def rank(self) -> float:
        """What paths of one step are compared by."""
        return self.score + self.reading.boost


@dataclass(frozen=True, slots=True)
class _Promise:
    """The best of what may come next, row by row."""

    labels: list[list[tuple[int, float]]]
    """label and log-probability, the most promising first"""
    durations: list[list[tuple[int, float]]]
    """index and log-probability, the best first; nothing for an RNNT"""
    confidence: list[float]


class _Search:
    """The paths through one window, and the best that has come to its end."""

    def __init__(self, region: Region, start: int, phrase: Hashable, boost: float) -> None:
        state = region.state
        self.region = region
        self.start = start
        """where the window's frame 0 would be among the frames of all regions"""
        frame = region.first + (0 if state is None else state.skip_frames)
        stuck = 0 if state is None else state.symbols_on_frame
        self.best = _Path(frame, 0.0, stuck, _Reading(phrase, boost))
        self.merit = -math.inf
        self.paths = [self.best] if frame < region.end else []
        self.left: tuple[Rows, Rows] | None = None
        """hidden and cell state that the best path leaves behind; None before any has ended"""


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
        """See `Decoder`."""
        frames = gather(encoded, regions)
        ends = np.array([region.end for region in regions])
        starts = np.cumsum([region.end - region.first for region in regions]) - ends
        begun = self._predictor.recall([region.state for region in regions])
        searches = [self._begin(region, int(start)) for region, start in zip(regions, starts, strict=True)]
        memory = begun.select([row for row, search in enumerate(searches) if search.paths])
        while open_searches := [search for search in searches if search.paths]:
            memory = self._step(open_searches, frames, memory)
        return [self._answer(search, begun, row) for row, search in enumerate(searches)]

    def _begin(self, region: Region, start: int) -> _Search:
        phrase = self._booster.start(() if region.state is None else region.state.recent_tokens)
        return _Search(region, start, phrase, self._booster.standing(phrase))

    def _step(self, searches: Sequence[_Search], encoded: Rows, memory: Memory) -> Memory:
        """Grow all paths by a label; `memory` has their rows, one search after the other."""
        paths = [path for search in searches for path in search.paths]
        frames = np.array([search.start + path.frame for search in searches for path in search.paths])
        promise = self._look(self._predictor.score(encoded[frames], memory, np.arange(len(paths))), paths)
        first = 0
        for search in searches:
            rows = range(first, first + len(search.paths))
            first = rows.stop
            self._select(search, self._grow(search.paths, rows, promise), memory)
        return self._remember(memory, [path for search in searches for path in search.paths])

    def _look(self, scores: Scores, paths: Sequence[_Path]) -> _Promise:
        labels = scores.labels - scores.labels.max(axis=-1, keepdims=True)
        weights = np.exp(labels)
        total = weights.sum(axis=-1)
        weights *= labels
        confidence = 1.0 - (np.log(total) - weights.sum(axis=-1) / total) / np.float32(
            math.log(labels.shape[-1])
        )
        labels -= np.log(total)[:, None]
        promise = labels.copy()
        for row, path in enumerate(paths):
            promise[row, : self._predictor.blank] += self._booster.gains(path.reading.phrase)
        durations = scores.durations
        if durations.shape[-1]:
            durations = durations - durations.max(axis=-1, keepdims=True)
            durations -= np.log(np.exp(durations).sum(axis=-1))[:, None]
        return _Promise(
            _best(promise, labels, self._beam_size),
            _best(durations.copy(), durations, self._beam_size),
            confidence.tolist(),
        )

    def _grow(self, paths: Sequence[_Path], rows: range, promise: _Promise) -> list[_Path]:
        """Every path by its best labels and durations; paths that meet become one."""
        grown: dict[tuple[int, int], _Path] = {}
        for row, path in zip(rows, paths, strict=True):
            for after in self._follow(path, row, promise):
                identity = after.frame, id(after.reading)
                met = grown.get(identity)
                grown[identity] = after if met is None else _merge(met, after)
        return list(grown.values())

    def _follow(self, path: _Path, row: int, promise: _Promise) -> Iterator[_Path]:
        """One path by its best labels and durations."""
        for label, score in promise.labels[row]:
            is_blank = label == self._predictor.blank
            reading = path.reading if is_blank else self._read(path.reading, label)
            for steps, covered, more in self._moves(is_blank, promise.durations[row]):
                stuck = 0 if steps else path.stuck + 1
                frame = path.frame + steps
                if stuck >= self._rules.max_symbols:
                    frame, stuck = path.frame + 1, 0
                said = path.said
                if not is_blank:
                    said = _Said(Emission(label, path.frame, covered, promise.confidence[row]), said)
                yield _Path(frame, path.score + score + more, stuck, reading, said, row, label)

    def _moves(
        self, is_blank: bool, durations: Sequence[tuple[int, float]]
    ) -> Iterator[tuple[int, int, float]]:
        """Frames to move on, frames a label covers, and how likely that is."""
        if self._rules.durations is None:
            yield int(is_blank), 1, 0.0
        for index, score in durations:
            covered = self._rules.durations[index] if self._rules.durations else 0
            yield max(covered, 1) if is_blank else covered, covered, score

    def _read(self, reading: _Reading, label: int) -> _Reading:
        longer = reading.longer.get(label)
        if longer is None:
            phrase, gain = self._booster.advance(reading.phrase, label)
            longer = reading.longer[label] = _Reading(phrase, reading.boost + gain)
        return longer

    def _select(self, search: _Search, grown: list[_Path], memory: Memory) -> None:
        """Keep the best paths to go on with, and the best one of all that have ended."""
        grown.sort(key=lambda path: path.rank, reverse=True)
        search.paths = [path for path in grown if path.frame < search.region.end][: self._beam_size]
        for path in grown:
            merit = path.rank + self._booster.settlement(
                path.reading.phrase
            )  # cut off, a phrase gains nothing
            if path.frame >= search.region.end and merit > search.merit:
                search.best, search.merit = path, merit
                search.left = self._leave(path, memory)

    def _leave(self, path: _Path, memory: Memory) -> tuple[Rows, Rows]:
        """The state before the last label was read, whose path it is the end of."""
        if path.label == self._predictor.blank:
            return memory.hidden[path.parent].copy(), memory.cell[path.parent].copy()
        return memory.next_hidden[path.parent].copy(), memory.next_cell[path.parent].copy()

    def _remember(self, memory: Memory, paths: Sequence[_Path]) -> Memory:
        """The memory of the paths' parents, having read what the paths grew by."""
        labels = np.array([path.label for path in paths], np.int64)
        parents = memory.select([path.parent for path in paths])
        spoke = np.flatnonzero(labels != self._predictor.blank)
        parents.move_on(spoke)
        self._predictor.read(parents, spoke, labels[spoke])
        return parents

    def _answer(self, search: _Search, begun: Memory, row: int) -> Decoded:
        state, path = search.region.state, search.best
        emissions = _in_order(path.said)
        labels = [emission.label for emission in emissions]
        hidden, cell = search.left or (begun.hidden[row].copy(), begun.cell[row].copy())
        last_token = labels[-1] if labels else None if state is None else state.last_token
        recent = () if state is None else state.recent_tokens
        skip = max(0, path.frame - search.region.end)
        remembered = (*recent, *labels)[-REMEMBERED_TOKENS:]
        return Decoded(emissions, DecoderState(hidden, cell, last_token, skip, path.stuck, remembered))


def _best(promise: Rows, scores: Rows, count: int) -> list[list[tuple[int, float]]]:
    """The indexes that promise most in each row, with their scores; `promise` is spoilt."""
    rows = np.arange(len(promise))
    found: list[list[tuple[int, float]]] = [[] for _ in rows]
    for _ in range(min(count, promise.shape[-1])):  # for a few this is quicker than any sorting
        best = promise.argmax(axis=-1)
        for row, index, score in zip(found, best.tolist(), scores[rows, best].tolist(), strict=True):
            row.append((index, score))
        promise[rows, best] = -np.inf
    return found


def _in_order(said: _Said | None) -> list[Emission]:
    found = []
    while said is not None:
        found.append(said.emission)
        said = said.before
    return found[::-1]


def _merge(one: _Path, other: _Path) -> _Path:
    """Two ways to the same reading: the better one, as likely as both together."""
    better, worse = (one, other) if one.score >= other.score else (other, one)
    better.score += math.log1p(math.exp(worse.score - better.score))
    return better
