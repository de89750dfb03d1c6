"""Greedy decoding of TDT and RNNT models on the host, a whole batch at a time.

Every step moves every row on: to a later frame, or to its next label on the same one. What a window leaves
behind, the prediction network's state and the frames its last duration already covers, is all that the next
window needs, so decoding in pieces equals decoding in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from meeting_service.recogniser.decoder import Decoded, Emission, Region, gather
from meeting_service.recogniser.predictor import Indexes, Memory, Predictor, Scores
from meeting_service.recognition import DecoderState

_MAX_SYMBOLS = 10
"""Labels on one frame when a model does not say; without a limit a model could stand still."""


@dataclass(frozen=True, slots=True)
class TransducerRules:
    """How a transducer moves along the frames."""

    durations: tuple[int, ...] | None
    """what a TDT model may cover with a label; None for an RNNT, which moves on with blanks, by one frame"""
    max_symbols: int
    """labels on one frame before it moves on by itself"""

    @classmethod
    def of(cls, network: Any) -> "TransducerRules":
        """The rules a loaded network came with."""
        durations = getattr(network, "durations", None)
        return cls(None if durations is None else tuple(durations), network.max_symbols or _MAX_SYMBOLS)


class GreedyTransducer:
    """Takes the best label and the best duration, frame after frame."""

    def __init__(self, predictor: Predictor, rules: TransducerRules) -> None:
        self._predictor = predictor
        self._durations = None if rules.durations is None else np.array(rules.durations)
        self._max_symbols = rules.max_symbols

    def decode(self, encoded: Sequence[mx.array], regions: Sequence[Region]) -> list[Decoded]:
        """See `Decoder`."""
        frames = gather(encoded, regions)
        memory = self._predictor.recall([region.state for region in regions])
        rows = _Rows(regions)
        while len(active := rows.unfinished()):
            seen = rows.look_ahead(active, max(1, self._predictor.tile // len(active)))
            scores = self._predictor.score(frames[seen.ravel()], memory, active)
            spoke = self._move(rows, active, scores, seen.shape[1])
            memory.move_on(spoke)
            going_on = spoke[rows.frame[spoke] < rows.end[spoke]]
            self._predictor.read(memory, going_on, rows.last_token[going_on])
        return rows.finish(memory)

    def _move(self, rows: "_Rows", active: Indexes, scores: Scores, ahead: int) -> Indexes:
        """Move rows past blanks until they speak or have not been looked at; those that spoke."""
        begun, spoke = rows.frame[active], []
        looking = np.arange(len(active))
        while len(looking):
            row = active[looking]
            at = looking * ahead + rows.frame[row] - begun[looking]  # of the scores
            is_blank = scores.best[at] == self._predictor.blank
            self._step(rows, row, scores, at, is_blank)
            spoke.append(row[~is_blank])
            looking, row = looking[is_blank], row[is_blank]
            in_sight = rows.frame[row] < np.minimum(begun[looking] + ahead, rows.end[row])
            looking = looking[in_sight]
        return np.concatenate(spoke)

    def _step(
        self, rows: "_Rows", row: Indexes, scores: Scores, at: Indexes, is_blank: NDArray[np.bool_]
    ) -> None:
        """One blank or label for each of `row`."""
        if self._durations is None:
            steps, covered = is_blank.astype(np.int64), np.ones_like(at)
        else:
            covered = self._durations[scores.durations[at].argmax(axis=-1)]
            steps = np.where(is_blank, np.maximum(covered, 1), covered)
        if not is_blank.all():
            rows.emit(row[~is_blank], scores, at[~is_blank], covered[~is_blank])
        symbols = np.where(steps == 0, rows.symbols[row] + 1, 0)
        stuck = symbols >= self._max_symbols
        rows.symbols[row] = np.where(stuck, 0, symbols)
        rows.frame[row] += np.where(stuck, 1, steps)


class _Rows:
    """Where every row stands."""

    def __init__(self, regions: Sequence[Region]) -> None:
        states = [region.state or _START for region in regions]
        first = np.array([region.first for region in regions])
        self.frame = first + [state.skip_frames for state in states]
        self.end = np.array([region.end for region in regions])
        self.starts = np.cumsum(self.end - first) - self.end
        """where frame 0 of each row would be among the frames of all regions"""
        self.symbols = np.array([state.symbols_on_frame for state in states])
        """labels on this frame without moving on"""
        self.last_token = np.array([-1 if s.last_token is None else s.last_token for s in states])
        self.emissions: list[list[Emission]] = [[] for _ in regions]

    def unfinished(self) -> Indexes:
        """Rows with frames left to decode."""
        return np.flatnonzero(self.frame < self.end)

    def look_ahead(self, rows: Indexes, frames: int) -> Indexes:
        """The next frames of each row, `(rows, frames)`, among those of all; the last one over at the end."""
        frame = self.frame[rows, None] + np.arange(frames)
        ahead: Indexes = self.starts[rows, None] + np.minimum(frame, self.end[rows, None] - 1)
        return ahead

    def emit(self, rows: Indexes, scores: Scores, at: Indexes, covered: Indexes) -> None:
        """Note the label of each of `rows`."""
        labels = scores.best[at]
        self.last_token[rows] = labels
        facts = (rows, labels, self.frame[rows], covered, scores.confidence(at))
        for row, *emission in zip(*(fact.tolist() for fact in facts), strict=True):
            self.emissions[row].append(Emission(*emission))

    def finish(self, memory: Memory) -> list[Decoded]:
        """The answers, once no row has frames left."""
        skips = np.maximum(self.frame - self.end, 0)
        return [
            Decoded(
                emissions,
                DecoderState(
                    memory.hidden[row].copy(),
                    memory.cell[row].copy(),
                    None if self.last_token[row] < 0 else int(self.last_token[row]),
                    int(skips[row]),
                    int(self.symbols[row]),
                ),
            )
            for row, emissions in enumerate(self.emissions)
        ]


_START = DecoderState(np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32), None, 0)
"""Before an utterance; the networks' part of it is the predictor's."""
