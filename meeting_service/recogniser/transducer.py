"""Greedy decoding of TDT and RNNT models, a whole batch at a time.

Every step moves every row on: to its next frame, or to its next label on the same one. What a window
leaves behind, the prediction network's state and the frames its last duration already covers, is all that
the next window needs, so decoding in pieces equals decoding in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from meeting_service.recogniser.decoder import Decoded, Emission, Region
from meeting_service.recogniser.predictor import Choice, Memory, Predictor
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
        predictor = self._predictor
        projected = predictor.project(encoded)
        memory = predictor.recall([region.state for region in regions])
        rows = _Rows.begin(regions)
        lengths = np.array([len(frames) for frames in encoded])
        starts = np.cumsum(lengths) - lengths
        while (active := rows.frame < rows.end).any():
            choice = predictor.choose(projected, starts + np.minimum(rows.frame, lengths - 1), memory)
            emitted = active & (choice.labels != predictor.blank)
            self._move(rows, choice, active, emitted)
            if emitted.any():
                memory = predictor.read(memory, choice.labels, emitted)
        return rows.finish(memory)

    def _move(
        self, rows: "_Rows", choice: Choice, active: NDArray[np.bool_], emitted: NDArray[np.bool_]
    ) -> None:
        durations, covered = self._steps(choice)
        rows.emit(choice, covered, emitted)
        symbols = np.where(durations == 0, rows.symbols + 1, 0)
        stuck = symbols >= self._max_symbols
        rows.symbols = np.where(active, np.where(stuck, 0, symbols), rows.symbols)
        rows.frame = np.where(
            active, rows.frame + np.where(stuck, np.maximum(durations, 1), durations), rows.frame
        )

    def _steps(self, choice: Choice) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Frames to move on, and frames a label covers."""
        is_blank = choice.labels == self._predictor.blank
        if self._durations is None:
            return is_blank.astype(np.int64), np.ones_like(choice.labels)
        durations = self._durations[choice.durations]
        return np.where(is_blank, np.maximum(durations, 1), durations), durations


@dataclass(slots=True)
class _Rows:
    """Where every row stands."""

    frame: NDArray[np.int64]
    end: NDArray[np.int64]
    symbols: NDArray[np.int64]
    """labels on this frame without moving on"""
    last_token: list[int | None]
    emissions: list[list[Emission]] = field(default_factory=list)

    @classmethod
    def begin(cls, regions: Sequence[Region]) -> "_Rows":
        states = [region.state for region in regions]
        skips = [0 if state is None else state.skip_frames for state in states]
        return cls(
            frame=np.array([region.first + skip for region, skip in zip(regions, skips, strict=True)]),
            end=np.array([region.end for region in regions]),
            symbols=np.array([0 if state is None else state.symbols_on_frame for state in states]),
            last_token=[None if state is None else state.last_token for state in states],
            emissions=[[] for _ in regions],
        )

    def emit(self, choice: Choice, covered: NDArray[np.int64], emitted: NDArray[np.bool_]) -> None:
        for row in np.flatnonzero(emitted):
            label = int(choice.labels[row])
            self.last_token[row] = label
            self.emissions[row].append(
                Emission(label, int(self.frame[row]), int(covered[row]), float(choice.confidence[row]))
            )

    def finish(self, memory: Memory) -> list[Decoded]:
        hidden, cell = np.array(memory.hidden), np.array(memory.cell)
        return [
            Decoded(
                self.emissions[row],
                DecoderState(
                    hidden[row].copy(),
                    cell[row].copy(),
                    self.last_token[row],
                    max(0, int(self.frame[row] - self.end[row])),
                    int(self.symbols[row]),
                ),
            )
            for row in range(len(self.emissions))
        ]
