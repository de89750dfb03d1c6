from collections.abc import Sequence

import mlx.core as mx
import numpy as np
import pytest
from parakeet_mlx import DecodingConfig, Greedy

from meeting_service.recogniser.decoder import Decoded, Region
from meeting_service.recogniser.loading import LoadedModel
from meeting_service.recogniser.predictor import Predictor
from meeting_service.recogniser.transducer import GreedyTransducer, TransducerRules
from meeting_service.recognition import DecoderState
from tests.recogniser.tiny import Kind, make_encoded, make_model

FRAMES = 40
SEEDS = range(8)
TRANSDUCERS: Sequence[Kind] = ("TDT", "RNNT")


def make_decoder(model: LoadedModel) -> GreedyTransducer:
    """Greedy decoding of a tiny model on the host."""
    return GreedyTransducer(Predictor(model.network), TransducerRules.of(model.network))


def decode_in_pieces(decoder: GreedyTransducer, encoded: Sequence[mx.array], frames: int) -> list[Decoded]:
    """One row, `frames` at a time, each piece with the state the one before left."""
    pieces: list[Decoded] = []
    state: DecoderState | None = None
    for first in range(0, FRAMES, frames):
        region = Region(first, min(first + frames, FRAMES), state)
        pieces += decoder.decode(encoded, [region])
        state = pieces[-1].state
    return pieces


@pytest.mark.parametrize("kind", TRANSDUCERS)
@pytest.mark.parametrize("seed", SEEDS)
def test_in_pieces_equals_in_one(kind: Kind, seed: int) -> None:
    """Decoding piece by piece with the state carried over gives the very tokens of decoding at once."""
    decoder, encoded = make_decoder(make_model(kind, seed)), make_encoded(seed, 1, FRAMES)
    [whole] = decoder.decode(encoded, [Region(0, FRAMES, None)])

    for frames in (1, 2, 7, 16):
        pieces = decode_in_pieces(decoder, encoded, frames)

        assert whole.emissions == [emission for piece in pieces for emission in piece.emissions]
        assert whole.state.skip_frames == pieces[-1].state.skip_frames
        np.testing.assert_array_equal(whole.state.hidden, pieces[-1].state.hidden)
    assert whole.emissions


@pytest.mark.parametrize("kind", TRANSDUCERS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_batch_equals_each_alone(kind: Kind, seed: int) -> None:
    """Rows of unequal length decode to the bits they have alone, and in any other company."""
    decoder, encoded = make_decoder(make_model(kind, seed)), make_encoded(seed, 6, FRAMES)
    encoded[1] = encoded[1][:33]
    spans = ((0, 40), (0, 33), (5, 17), (39, 40), (8, 8), (2, 38))
    regions = [Region(first, end, None) for first, end in spans]
    alone = [decoder.decode([row], [region])[0] for row, region in zip(encoded, regions, strict=True)]

    for order in (range(6), range(5, -1, -1), (5, 0), (0, 5, 3), (4, 1, 2, 0)):
        together = decoder.decode([encoded[row] for row in order], [regions[row] for row in order])

        for row, decoded in zip(order, together, strict=True):
            assert alone[row].emissions == decoded.emissions
            np.testing.assert_array_equal(alone[row].state.hidden, decoded.state.hidden)
            np.testing.assert_array_equal(alone[row].state.cell, decoded.state.cell)


@pytest.mark.parametrize("kind", TRANSDUCERS)
@pytest.mark.parametrize("seed", SEEDS)
def test_equals_upstream_alone(kind: Kind, seed: int) -> None:
    """At batch 1 the tokens, their frames and their confidence are those of parakeet_mlx."""
    model, encoded = make_model(kind, seed, max_symbols=10), make_encoded(seed, 1, FRAMES)
    [expected], _ = model.network.decode(encoded[0][None], config=DecodingConfig(Greedy()))
    frame_s = model.network.time_ratio

    [decoded] = make_decoder(model).decode(encoded, [Region(0, FRAMES, None)])

    assert [token.id for token in expected] == [emission.label for emission in decoded.emissions]
    assert [round(token.start / frame_s) for token in expected] == [e.frame for e in decoded.emissions]
    confidence = [emission.confidence for emission in decoded.emissions]
    assert [token.confidence for token in expected] == pytest.approx(confidence, abs=1e-4)


def test_a_blank_without_duration_moves_on() -> None:
    """A model that always prefers a blank of no duration comes to the end all the same."""
    model = make_model(max_symbols=None)
    bias = np.zeros(26, np.float32)
    bias[20], bias[21] = 100.0, 100.0  # blank; duration 0
    model.network.joint.joint_net[-1].bias = mx.array(bias)

    [decoded] = make_decoder(model).decode(make_encoded(0, 1, FRAMES), [Region(0, FRAMES, None)])

    assert [] == decoded.emissions
    assert 0 == decoded.state.skip_frames


@pytest.mark.parametrize(("kind", "limit"), [("TDT", 4), ("RNNT", 4), ("RNNT", None)])
def test_labels_on_one_frame_are_limited(kind: Kind, limit: int | None) -> None:
    """A model that never moves on by itself is moved on after its limit, or ten labels if it has none."""
    model = make_model(kind, max_symbols=limit)
    bias = np.zeros(26 if kind == "TDT" else 21, np.float32)
    bias[[3, 21] if kind == "TDT" else [3]] = 100.0  # always the same label, without duration
    model.network.joint.joint_net[-1].bias = mx.array(bias)

    [decoded] = make_decoder(model).decode(make_encoded(0, 1, 3), [Region(0, 3, None)])

    assert [frame for frame in range(3) for _ in range(limit or 10)] == [e.frame for e in decoded.emissions]


def test_a_skip_longer_than_the_next_window() -> None:
    """A duration that covers a whole short window is still owed after it."""
    decoder = make_decoder(make_model())
    state = DecoderState(np.zeros((2, 32), np.float32), np.zeros((2, 32), np.float32), 3, 4)

    [decoded] = decoder.decode(make_encoded(0, 1, 3), [Region(0, 3, state)])

    assert ([], 1, 3) == (decoded.emissions, decoded.state.skip_frames, decoded.state.last_token)
