"""The small networks of a transducer, prediction and joint, stepped for a whole batch.

Written once over an array module: NumPy where the CPU computes (a step is tiny, and a call of NumPy costs a
tenth of a call of MLX), MLX where a GPU does. Upstream's prediction network recurs along the batch, so its
weights are used here and its code is not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from meeting_service.recognition import DecoderState

Array = Any
"""An array of the module in use."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the prediction network knows, row by row.

    `hidden` and `cell` are the state before the last token was read, `(batch, layers, hidden)`, so that the
    token and its state are all that is to be carried; `next_hidden` and `next_cell` the state after it,
    `projection` what the joint network sees of it, `(batch, joint)`.
    """

    hidden: Array
    cell: Array
    next_hidden: Array
    next_cell: Array
    projection: Array


@dataclass(frozen=True, slots=True)
class Choice:
    """What the joint network prefers, row by row, on the host."""

    labels: NDArray[np.int64]
    durations: NDArray[np.int64]
    """index into the model's durations; zeros for an RNNT"""
    confidence: NDArray[np.float32]
    """0 to 1: one minus the entropy of the label over that of a uniform guess"""


class Predictor:
    """Prediction and joint network with their weights in one array module."""

    def __init__(self, network: Any, xp: ModuleType) -> None:
        convert = np.array if xp is np else (lambda array: array)
        prediction = network.decoder.prediction
        self.xp: Any = xp
        self.blank: int = len(network.vocabulary)
        self._embedding = convert(prediction["embed"].weight)
        self._layers = [_LstmLayer.of(layer, convert) for layer in prediction["dec_rnn"].lstm]
        self._joint_prediction = _Linear.of(network.joint.pred, convert)
        self._joint_output = _Linear.of(network.joint.joint_net[-1], convert)
        self._joint_encoder = network.joint.enc
        self._activate = _ACTIVATIONS[type(network.joint.joint_net[0]).__name__](xp)

    @property
    def state_shape(self) -> tuple[int, int]:
        """`(layers, hidden)` of one row."""
        return len(self._layers), self._layers[0].recurrent.shape[0]

    def project(self, encoded: Sequence[mx.array]) -> Array:
        """What the joint network sees of encoder frames: rows of `(frames, width)` to `(all frames, joint)`.

        Each row is a product of its own, so that its shape, and with it its last bits, is its own too.
        """
        projected = [self._joint_encoder(frames.astype(mx.float32)) for frames in encoded]
        if self.xp is mx:
            return mx.concatenate(projected)
        mx.eval(projected)
        return np.concatenate([np.array(frames) for frames in projected])

    def recall(self, states: Sequence[DecoderState | None]) -> Memory:
        """Memory as a former window left it; None is the start of an utterance."""
        empty = np.zeros(self.state_shape, np.float32)
        hidden = self.xp.array(np.stack([empty if s is None else s.hidden for s in states]))
        cell = self.xp.array(np.stack([empty if s is None else s.cell for s in states]))
        tokens = np.array([-1 if s is None or s.last_token is None else s.last_token for s in states])
        return self._read(tokens, hidden, cell)

    def read(self, memory: Memory, labels: NDArray[np.int64], emitted: NDArray[np.bool_]) -> Memory:
        """Memory after the rows that emitted have read their label; the others keep theirs."""
        fresh = self._read(np.where(emitted, labels, 0), memory.next_hidden, memory.next_cell)
        if emitted.all():
            return fresh
        rows = self.xp.array(emitted)[:, None]
        keep = self.xp.where
        return Memory(
            keep(rows[..., None], fresh.hidden, memory.hidden),
            keep(rows[..., None], fresh.cell, memory.cell),
            keep(rows[..., None], fresh.next_hidden, memory.next_hidden),
            keep(rows[..., None], fresh.next_cell, memory.next_cell),
            keep(rows, fresh.projection, memory.projection),
        )

    def choose(self, projected: Array, frames: NDArray[np.int64], memory: Memory) -> Choice:
        """The best label and duration of each row at its own of the projected `frames`, `(batch,)`.

        The one wait for the device in a step.
        """
        xp = self.xp
        logits = self._join(projected, frames, memory)
        labels, durations = logits[:, : self.blank + 1], logits[:, self.blank + 1 :]
        best = xp.argmax(labels, axis=-1)
        longest = xp.argmax(durations, axis=-1) if durations.shape[-1] else xp.zeros_like(best)
        confidence = _certainty(xp, labels)
        if xp is not np:
            mx.eval(best, longest, confidence)
        return Choice(np.array(best, np.int64), np.array(longest, np.int64), np.array(confidence, np.float32))

    def score(
        self, projected: Array, frames: NDArray[np.int64], memory: Memory
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Log-probabilities of each row at its own frame, on the host.

        Args:
            projected: as `project` gives it.
            frames: of `projected`, `(batch,)`.
            memory: of the whole batch.

        Returns:
            Those of the labels, `(batch, labels + blank)`, and of the durations, `(batch, durations)`.
        """
        logits = np.array(self._join(projected, frames, memory), np.float32)
        return _log_softmax(logits[:, : self.blank + 1]), _log_softmax(logits[:, self.blank + 1 :])

    def select(self, memory: Memory, rows: Sequence[int]) -> Memory:
        """The memory of `rows`, in that order; a row may come several times."""
        index = self.xp.array(rows)
        parts = (memory.hidden, memory.cell, memory.next_hidden, memory.next_cell, memory.projection)
        return Memory(*(part[index] for part in parts))

    def _join(self, projected: Array, frames: NDArray[np.int64], memory: Memory) -> Array:
        """Logits of labels and durations, `(batch, labels + blank + durations)`."""
        seen = projected[self.xp.array(frames)]
        return self._joint_output(self._activate(seen + memory.projection))

    def _read(self, tokens: NDArray[np.int64], hidden: Array, cell: Array) -> Memory:
        xp = self.xp
        known = xp.array(tokens >= 0)[:, None]
        x = xp.where(known, self._embedding[xp.array(np.maximum(tokens, 0))], 0.0)
        next_hidden, next_cell = [], []
        for index, layer in enumerate(self._layers):
            x, memory = layer.step(xp, x, hidden[:, index], cell[:, index])
            next_hidden.append(x)
            next_cell.append(memory)
        projection = self._joint_prediction(x)
        return Memory(hidden, cell, xp.stack(next_hidden, axis=1), xp.stack(next_cell, axis=1), projection)


@dataclass(frozen=True, slots=True)
class _Linear:
    weight: Array
    """`(inputs, outputs)`"""
    bias: Array

    @classmethod
    def of(cls, module: Any, convert: Callable[[mx.array], Array]) -> "_Linear":
        return cls(convert(module.weight).T, convert(module.bias) if "bias" in module else 0.0)

    def __call__(self, x: Array) -> Array:
        return _rows_times(x, self.weight) + self.bias


@dataclass(frozen=True, slots=True)
class _LstmLayer:
    inputs: Array
    """`(inputs, 4 * hidden)`"""
    recurrent: Array
    """`(hidden, 4 * hidden)`"""
    bias: Array

    @classmethod
    def of(cls, module: Any, convert: Callable[[mx.array], Array]) -> "_LstmLayer":
        bias = convert(module.bias) if module.bias is not None else 0.0
        return cls(convert(module.Wx).T, convert(module.Wh).T, bias)

    def step(self, xp: Any, x: Array, hidden: Array, cell: Array) -> tuple[Array, Array]:
        """One token; gates in MLX's order: input, forget, cell, output."""
        gates = _rows_times(x, self.inputs) + _rows_times(hidden, self.recurrent) + self.bias
        gates = gates.reshape(len(x), 4, -1)
        enter, forget, fresh, leave = (gates[:, gate] for gate in range(4))
        cell = _sigmoid(xp, forget) * cell + _sigmoid(xp, enter) * xp.tanh(fresh)
        return _sigmoid(xp, leave) * xp.tanh(cell), cell


def _rows_times(rows: Array, matrix: Array) -> Array:
    """Each row by itself: in NumPy its result then has the same bits in any batch, and no thread is woken."""
    return (rows[:, None, :] @ matrix)[:, 0]


def _sigmoid(xp: Any, x: Array) -> Array:
    return 0.5 * xp.tanh(0.5 * x) + 0.5  # as exact as 1 / (1 + exp(-x)), without its overflow


_ACTIVATIONS: dict[str, Callable[[Any], Callable[[Array], Array]]] = {
    "ReLU": lambda xp: lambda x: xp.maximum(x, 0),
    "Sigmoid": lambda xp: lambda x: _sigmoid(xp, x),
    "Tanh": lambda xp: xp.tanh,
}


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    if logits.shape[-1] == 0:
        return logits
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normalised: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normalised


def _certainty(xp: Any, logits: Array) -> Array:
    """One minus the entropy of `softmax(logits)` over that of a uniform guess, `(batch,)`."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    weights = xp.exp(shifted)
    total = weights.sum(axis=-1)
    entropy = xp.log(total) - (weights * shifted).sum(axis=-1) / total
    return 1.0 - entropy / float(np.log(logits.shape[-1]))
