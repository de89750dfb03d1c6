"""Greedy decoding of TDT and RNNT models where a GPU computes, always the same number of rows at a time.

The same steps as on the host, but nothing of a step is looked at: a few of them are sent off together, and
only then the host asks whether any row has frames left. Rows that have none stand still meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from meeting_service.recogniser.decoder import Decoded, Emission, Region
from meeting_service.recogniser.transducer import TransducerRules
from meeting_service.recognition import DecoderState

_STEPS_AT_ONCE = 8
"""Steps between two looks; a second of speech takes about five, and at most seven are in vain at the end."""

_NO_TOKEN = -1


@dataclass(frozen=True, slots=True)
class _Carried:
    """What one step hands to the next; every array has one row for each window."""

    hidden: mx.array
    """state before the last token was read, `(rows, layers, hidden)`; `cell` likewise"""
    cell: mx.array
    next_hidden: mx.array
    """state after it"""
    next_cell: mx.array
    projection: mx.array
    """what the joint network sees of it, `(rows, joint)`"""
    token: mx.array
    frame: mx.array
    symbols: mx.array
    """labels on this frame without moving on"""

    def arrays(self) -> list[mx.array]:
        return [getattr(self, name) for name in self.__slots__]


class DeviceTransducer:
    """Takes the best label and the best duration, frame after frame, on the device."""

    def __init__(self, network: Any, rules: TransducerRules, rows: int, *, compiled: bool) -> None:
        self._network = network
        self._rows = rows
        self._blank = len(network.vocabulary)
        self._durations = None if rules.durations is None else mx.array(rules.durations)
        self._max_symbols = rules.max_symbols
        self._forward = mx.compile(self._step) if compiled else self._step

    def decode(self, encoded: Sequence[mx.array], regions: Sequence[Region]) -> list[Decoded]:
        """See `Decoder`."""
        decoded: list[Decoded] = []
        for first in range(0, len(regions), self._rows):
            group = slice(first, first + self._rows)
            decoded += self._decode(encoded[group], regions[group])
        return decoded

    def _decode(self, encoded: Sequence[mx.array], regions: Sequence[Region]) -> list[Decoded]:
        """One group: at most as many as the device takes at once."""
        idle = self._rows - len(regions)
        asked = [*regions, *[Region(0, 0, None)] * idle]
        projected = self._project([*encoded, *[encoded[0]] * idle])
        carried, end = self._recall(asked), mx.array([region.end for region in asked])
        spoken: list[mx.array] = []
        while (carried.frame < end).any().item():
            for _ in range(_STEPS_AT_ONCE):
                *arrays, said = self._forward(projected, end, *carried.arrays())
                carried = _Carried(*arrays)
                spoken.append(said)
            mx.eval(carried.arrays(), spoken)
        return _collect(carried, spoken, regions)

    def _project(self, encoded: Sequence[mx.array]) -> mx.array:
        """What the joint network sees of the frames, `(rows, frames, joint)`, padded to the longest row."""
        longest = max(len(frames) for frames in encoded)
        projected = [self._network.joint.enc(frames.astype(mx.float32)) for frames in encoded]
        return mx.stack([mx.pad(frames, [(0, longest - len(frames)), (0, 0)]) for frames in projected])

    def _recall(self, regions: Sequence[Region]) -> _Carried:
        layers = self._network.decoder.prediction["dec_rnn"].lstm
        empty = np.zeros((len(layers), layers[0].hidden_size), np.float32)
        start = DecoderState(empty, empty, None, 0)
        states = [region.state or start for region in regions]
        hidden = mx.array(np.stack([state.hidden for state in states]))
        cell = mx.array(np.stack([state.cell for state in states]))
        token = mx.array([_NO_TOKEN if state.last_token is None else state.last_token for state in states])
        frame = mx.array([r.first + s.skip_frames for r, s in zip(regions, states, strict=True)])
        symbols = mx.array([state.symbols_on_frame for state in states])
        return _Carried(hidden, cell, *self._read(token, hidden, cell), token, frame, symbols)

    def _step(self, projected: mx.array, end: mx.array, *arrays: mx.array) -> list[mx.array]:
        """One blank or label for every row; the carried arrays and what was said, `(rows, 4)`."""
        now = _Carried(*arrays)
        active = now.frame < end
        label, covered, confidence = self._choose(projected, now)
        spoke = active & (label != self._blank)
        frame, symbols = self._move(now, label, covered)
        token = mx.where(spoke, label, now.token)
        rows = spoke[:, None, None]
        hidden, cell = mx.where(rows, now.next_hidden, now.hidden), mx.where(rows, now.next_cell, now.cell)
        next_hidden, next_cell, projection = self._read(token, hidden, cell)
        facts = (mx.where(spoke, label, _NO_TOKEN), now.frame, covered, confidence)
        said = mx.stack([fact.astype(mx.float32) for fact in facts], axis=-1)
        frame, symbols = mx.where(active, frame, now.frame), mx.where(active, symbols, now.symbols)
        return [hidden, cell, next_hidden, next_cell, projection, token, frame, symbols, said]

    def _choose(self, projected: mx.array, now: _Carried) -> tuple[mx.array, mx.array, mx.array]:
        """Each row's best label, the frames it covers, and how certain it is."""
        at = mx.minimum(now.frame, projected.shape[1] - 1)[:, None, None]
        logits = mx.take_along_axis(projected, at, axis=1)[:, 0] + now.projection
        for module in self._network.joint.joint_net:
            logits = module(logits)
        labels, durations = logits[:, : self._blank + 1], logits[:, self._blank + 1 :]
        label = mx.argmax(labels, axis=-1).astype(mx.int32)
        covered = mx.ones_like(label)
        if self._durations is not None:
            covered = self._durations[mx.argmax(durations, axis=-1)]
        return label, covered, _certainty(labels)

    def _move(self, now: _Carried, label: mx.array, covered: mx.array) -> tuple[mx.array, mx.array]:
        """Where each row stands next: its frame, and labels on that frame."""
        is_blank = label == self._blank
        if self._durations is None:
            steps = is_blank.astype(mx.int32)
        else:
            steps = mx.where(is_blank, mx.maximum(covered, 1), covered)
        symbols = mx.where(steps == 0, now.symbols + 1, 0)
        stuck = symbols >= self._max_symbols
        return now.frame + mx.where(stuck, 1, steps), mx.where(stuck, 0, symbols)

    def _read(self, token: mx.array, hidden: mx.array, cell: mx.array) -> tuple[mx.array, mx.array, mx.array]:
        """The state after the last token, and what the joint network sees of it."""
        prediction = self._network.decoder.prediction
        embedded = prediction["embed"].weight[mx.maximum(token, 0)]
        x = mx.where((token == _NO_TOKEN)[:, None], 0.0, embedded)
        next_hidden, next_cell = [], []
        for index, layer in enumerate(prediction["dec_rnn"].lstm):
            gates = x @ layer.Wx.T + hidden[:, index] @ layer.Wh.T
            enter, forget, fresh, leave = mx.split(gates if layer.bias is None else gates + layer.bias, 4, -1)
            kept = mx.sigmoid(forget) * cell[:, index] + mx.sigmoid(enter) * mx.tanh(fresh)
            x = mx.sigmoid(leave) * mx.tanh(kept)
            next_hidden.append(x)
            next_cell.append(kept)
        return mx.stack(next_hidden, axis=1), mx.stack(next_cell, axis=1), self._network.joint.pred(x)


def _certainty(labels: mx.array) -> mx.array:
    """One minus the entropy of `softmax(labels)` over that of a uniform guess, `(rows,)`."""
    shifted = labels - labels.max(axis=-1, keepdims=True)
    weights = mx.exp(shifted)
    total = weights.sum(axis=-1)
    entropy = mx.log(total) - (weights * shifted).sum(axis=-1) / total
    return 1.0 - entropy / float(np.log(labels.shape[-1]))


def _collect(carried: _Carried, spoken: Sequence[mx.array], regions: Sequence[Region]) -> list[Decoded]:
    """The answers, from what every step said and what the last one carried on."""
    hidden, cell, token, frame, symbols = (
        np.array(part)
        for part in (carried.hidden, carried.cell, carried.token, carried.frame, carried.symbols)
    )
    said = np.stack([np.array(step) for step in spoken]) if spoken else np.zeros((0, len(token), 4))
    return [
        Decoded(
            _emissions(said[:, row]),
            DecoderState(
                hidden[row].copy(),
                cell[row].copy(),
                None if token[row] == _NO_TOKEN else int(token[row]),
                max(0, int(frame[row]) - region.end),
                int(symbols[row]),
            ),
        )
        for row, region in enumerate(regions)
    ]


def _emissions(said: NDArray[Any]) -> list[Emission]:
    """One row's labels, `(steps, 4)`."""
    return [
        Emission(int(label), int(frame), int(covered), confidence)
        for label, frame, covered, confidence in said[said[:, 0] != _NO_TOKEN].tolist()
    ]
