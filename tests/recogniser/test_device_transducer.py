import numpy as np
import pytest

from meeting_service.recogniser.decoder import Decoded, Region
from meeting_service.recogniser.device_transducer import DeviceTransducer
from meeting_service.recogniser.loading import LoadedModel
from meeting_service.recogniser.predictor import Predictor
from meeting_service.recogniser.transducer import GreedyTransducer, TransducerRules
from tests.recogniser.tiny import Kind, make_encoded, make_model

FRAMES = 40
ROWS = 3


def make_decoder(model: LoadedModel) -> DeviceTransducer:
    """Greedy decoding of a tiny model in MLX, three rows at a time."""
    return DeviceTransducer(model.network, TransducerRules.of(model.network), ROWS, compiled=False)


def read(decoded: Decoded) -> list[tuple[int, int, int]]:
    """Labels with frames, without their confidence."""
    return [(emission.label, emission.frame, emission.frames) for emission in decoded.emissions]


@pytest.mark.parametrize("kind", ["TDT", "RNNT"])
@pytest.mark.parametrize("seed", range(6))
def test_equals_the_host(kind: Kind, seed: int) -> None:
    """Where the small networks compute makes no difference to the tokens."""
    model, encoded = make_model(kind, seed), make_encoded(seed, 5, FRAMES)
    encoded[1] = encoded[1][:30]
    spans = ((0, 40), (0, 30), (5, 17), (39, 40), (8, 8))
    regions = [Region(first, end, None) for first, end in spans]
    host = GreedyTransducer(Predictor(model.network), TransducerRules.of(model.network))

    answers = zip(make_decoder(model).decode(encoded, regions), host.decode(encoded, regions), strict=True)

    for ours, theirs in answers:
        assert read(theirs) == read(ours)
        np.testing.assert_allclose(
            [e.confidence for e in theirs.emissions], [e.confidence for e in ours.emissions], atol=1e-5
        )
        np.testing.assert_allclose(theirs.state.hidden, ours.state.hidden, atol=1e-5)
        assert theirs.state.skip_frames == ours.state.skip_frames
        assert theirs.state.symbols_on_frame == ours.state.symbols_on_frame


@pytest.mark.parametrize("kind", ["TDT", "RNNT"])
@pytest.mark.parametrize("frames", [1, 7])
def test_in_pieces_equals_in_one(kind: Kind, frames: int) -> None:
    """Piece by piece with the state carried over gives the tokens of decoding at once."""
    decoder, encoded = make_decoder(make_model(kind, 1)), make_encoded(1, 1, FRAMES)
    [whole] = decoder.decode(encoded, [Region(0, FRAMES, None)])
    pieces, state = [], None

    for first in range(0, FRAMES, frames):
        [piece] = decoder.decode(encoded, [Region(first, min(first + frames, FRAMES), state)])
        pieces += read(piece)
        state = piece.state

    assert read(whole) == pieces


def test_neighbours_change_nothing() -> None:
    """As many rows are computed for one as for three: the same to the last bit."""
    decoder, encoded = make_decoder(make_model(seed=2)), make_encoded(2, 3, FRAMES)
    regions = [Region(0, FRAMES, None)] * 3
    together = decoder.decode(encoded, regions)

    [alone] = decoder.decode(encoded[:1], regions[:1])

    assert alone.emissions == together[0].emissions
    np.testing.assert_array_equal(alone.state.cell, together[0].state.cell)
