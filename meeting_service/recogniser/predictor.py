"""The small networks of a transducer, prediction and joint, stepped for many rows at once in NumPy.

A step is tiny, and a call of NumPy costs a tenth of a call of MLX. Upstream's prediction network recurs along
the batch, so its weights are used here and its code is not. Every row gives the same bits in any company.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meeting_service.recogniser.blas import count_cores
from meeting_service.recogniser.cores import Cores
from meeting_service.recogniser.products import Linear, Rows
from meeting_service.recognition import DecoderState

Indexes = NDArray[np.int64]


@dataclass(slots=True)
class Memory:
    """What the prediction network knows, row by row; changed in place by the one decoding that holds it.

    `hidden` and `cell` are the state before the last token was read, `(rows, layers, hidden)`, so that the
    token and its state are all that is to be carried; `next_hidden` and `next_cell` the state after it,
    `projection` what the joint network sees of it, `(rows, joint)`.
    """

    hidden: Rows
    cell: Rows
    next_hidden: Rows
    next_cell: Rows
    projection: Rows

    def select(self, rows: Sequence[int] | Indexes) -> "Memory":
        """A copy of `rows`, in that order; a row may come several times."""
        parts = (self.hidden, self.cell, self.next_hidden, self.next_cell, self.projection)
        return Memory(*(part[np.asarray(rows, np.int64)] for part in parts))

    def move_on(self, rows: Indexes) -> None:
        """The state after the last token becomes the state before the next one, which is yet to be read."""
        self.hidden[rows] = self.next_hidden[rows]
        self.cell[rows] = self.next_cell[rows]


@dataclass(frozen=True, slots=True)
class Scores:
    """What the joint network makes of some rows, before any normalisation."""

    labels: Rows
    """`(rows, labels + blank)`"""
    best: Indexes
    """the best label of each row"""
    durations: Rows
    """`(rows, durations)`; none for an RNNT"""

    def confidence(self, rows: Indexes) -> Rows:
        """0 to 1: one minus the entropy of the label over that of a uniform guess, `(rows,)`."""
        labels = self.labels[rows]
        labels -= labels.max(axis=-1, keepdims=True)
        weights = np.exp(labels)
        total = weights.sum(axis=-1)
        weights *= labels
        entropy = np.log(total) - weights.sum(axis=-1) / total
        confidence: Rows = 1.0 - entropy / np.float32(np.log(labels.shape[-1]))
        return confidence


class Predictor:
    """Prediction and joint network with their weights in NumPy."""

    def __init__(self, network: Any) -> None:
        prediction, joint = network.decoder.prediction, network.joint
        self.blank: int = len(network.vocabulary)
        self._embedding = np.array(prediction["embed"].weight)
        cores = Cores(min(2, count_cores()))
        self._layers = [_LstmLayer(layer, cores) for layer in prediction["dec_rnn"].lstm]
        self._joint_encoder = _linear(joint.enc, cores)
        self._joint_prediction = _linear(joint.pred, cores)
        self._activate = _ACTIVATIONS[type(joint.joint_net[0]).__name__]
        self._joint_output = _linear(joint.joint_net[-1], cores)
        self._start = self._begin()

    @property
    def tile(self) -> int:
        """Rows that are computed at the price of one."""
        return self._joint_output.tile

    def project(self, frames: Rows) -> Rows:
        """What the joint network sees of encoder frames, `(frames, width)` to `(frames, joint)`."""
        return self._joint_encoder(frames)

    def recall(self, states: Sequence[DecoderState | None]) -> Memory:
        """Memory as former windows left it; None is the start of an utterance."""
        memory = self._start.select([0] * len(states))
        told = {row: state for row, state in enumerate(states) if state and state.last_token is not None}
        for row, state in told.items():
            memory.hidden[row], memory.cell[row] = state.hidden, state.cell
        labels = np.array([state.last_token for state in told.values()], np.int64)
        self.read(memory, np.array(list(told), np.int64), labels)
        return memory

    def read(self, memory: Memory, rows: Indexes, labels: Indexes) -> None:
        """Let `rows` read a label each, `(rows,)`, from the state before it."""
        if len(rows):
            self._step(memory, rows, self._embedding[labels])

    def score(self, seen: Rows, memory: Memory, rows: Indexes) -> Scores:
        """What comes next.

        Args:
            seen: encoder frames, as many for each of `rows`, `(len(rows) * n, width)`.
            memory: of the whole batch.
            rows: whose memory goes with the frames, `(rows,)`.
        """
        joined, known = self.project(seen), memory.projection[rows]
        joined = self._activate(joined + np.repeat(known, len(joined) // len(rows), axis=0))
        logits = self._joint_output(joined)
        labels, durations = logits[:, : self.blank + 1], logits[:, self.blank + 1 :]
        return Scores(labels, labels.argmax(axis=-1), durations)

    def _begin(self) -> Memory:
        """One row that has read nothing."""
        shape = (1, len(self._layers), self._layers[0].width)
        hidden, cell, next_hidden, next_cell = (np.zeros(shape, np.float32) for _ in range(4))
        projection = np.zeros((1, self._joint_prediction.outputs), np.float32)
        memory = Memory(hidden, cell, next_hidden, next_cell, projection)
        self._step(memory, np.zeros(1, np.int64), np.zeros((1, self._embedding.shape[1]), np.float32))
        return memory

    def _step(self, memory: Memory, rows: Indexes, x: Rows) -> None:
        for index, layer in enumerate(self._layers):
            x, cell = layer.step(x, memory.hidden[rows, index], memory.cell[rows, index])
            memory.next_hidden[rows, index] = x
            memory.next_cell[rows, index] = cell
        memory.projection[rows] = self._joint_prediction(x)


class _LstmLayer:
    """One layer; its gates are one product, and one tanh: a sigmoid is half a tanh of half, plus half."""

    def __init__(self, module: Any, cores: Cores) -> None:
        self.width = module.hidden_size
        weight = np.concatenate([np.array(module.Wx), np.array(module.Wh)], axis=1)
        bias = np.zeros(len(weight), np.float32) if module.bias is None else np.array(module.bias)
        halves = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), self.width)
        self._gates = Linear(weight * halves[:, None], bias * halves, cores)

    def step(self, x: Rows, hidden: Rows, cell: Rows) -> tuple[Rows, Rows]:
        """One token; gates in MLX's order: input, forget, cell, output."""
        gates = self._gates(np.concatenate([x, hidden], axis=1))
        gates = np.tanh(gates).reshape(len(x), 4, self.width)
        fresh = gates[:, 2]
        enter, forget, leave = (0.5 * gates[:, gate] + 0.5 for gate in (0, 1, 3))
        cell = forget * cell + enter * fresh
        return leave * np.tanh(cell), cell


def _linear(module: Any, cores: Cores) -> Linear:
    return Linear(np.array(module.weight), _bias_of(module), cores)


def _bias_of(module: Any) -> Rows:
    return np.array(module.bias) if "bias" in module else np.zeros(len(module.weight), np.float32)


_ACTIVATIONS: dict[str, Callable[[Rows], Rows]] = {
    "ReLU": lambda x: np.maximum(x, 0, out=x),
    "Sigmoid": lambda x: 0.5 * np.tanh(0.5 * x) + 0.5,
    "Tanh": np.tanh,
}
