import numpy as np
import pytest

from meeting_service.recogniser.beam import BeamTransducer
from meeting_service.recogniser.boosting import REMEMBERED_TOKENS, Booster
from meeting_service.recogniser.decoder import Decoded, Region
from meeting_service.recogniser.loading import LoadedModel
from meeting_service.recogniser.predictor import Predictor
from meeting_service.recogniser.transducer import GreedyTransducer, TransducerRules
from tests.recogniser.tiny import VOCABULARY, Kind, make_encoded, make_model

FRAMES = 24


def make_beam(model: LoadedModel, size: int, *phrases: str) -> BeamTransducer:
    """A beam decoder of a tiny model on the host."""
    rules = TransducerRules.of(model.network)
    return BeamTransducer(Predictor(model.network), rules, size, Booster(phrases, VOCABULARY))


def labels_of(decoded: Decoded) -> list[int]:
    """What was said."""
    return [emission.label for emission in decoded.emissions]


@pytest.mark.parametrize("kind", ["TDT", "RNNT"])
@pytest.mark.parametrize("seed", range(4))
def test_a_beam_of_one_is_greedy(kind: Kind, seed: int) -> None:
    """With a single path the search takes the best label and the best duration, like greedy decoding."""
    model, encoded = make_model(kind, seed), make_encoded(seed, 1, FRAMES)
    greedy = GreedyTransducer(Predictor(model.network), TransducerRules.of(model.network))
    [expected] = greedy.decode(encoded, [Region(0, FRAMES, None)])

    [decoded] = make_beam(model, 1).decode(encoded, [Region(0, FRAMES, None)])

    assert labels_of(expected) == labels_of(decoded)
    assert [e.frame for e in expected.emissions] == [e.frame for e in decoded.emissions]
    assert expected.state.skip_frames == decoded.state.skip_frames
    np.testing.assert_allclose(expected.state.hidden, decoded.state.hidden, atol=1e-6)


@pytest.mark.parametrize("kind", ["TDT", "RNNT"])
def test_frames_never_go_back(kind: Kind) -> None:
    """Tokens come in time order and inside the region."""
    [decoded] = make_beam(make_model(kind, 2), 4).decode(make_encoded(2, 1, FRAMES), [Region(3, 20, None)])

    frames = [emission.frame for emission in decoded.emissions]
    assert sorted(frames) == frames
    assert set(frames) <= set(range(3, 20))


@pytest.mark.parametrize("kind", ["TDT", "RNNT"])
def test_rows_do_not_depend_on_each_other(kind: Kind) -> None:
    """Windows searched together come to the bits they have alone, whatever their order."""
    beam, encoded = make_beam(make_model(kind), 3, "abc"), make_encoded(4, 4, FRAMES)
    encoded[1] = encoded[1][:12]
    regions = [Region(first, end, None) for first, end in ((0, 24), (0, 10), (3, 17), (5, 5))]

    for order in ((0, 1, 2, 3), (2, 0), (3, 2, 1, 0)):
        together = beam.decode([encoded[row] for row in order], [regions[row] for row in order])

        for row, decoded in zip(order, together, strict=True):
            [alone] = beam.decode([encoded[row]], [regions[row]])
            assert alone.emissions == decoded.emissions
            np.testing.assert_array_equal(alone.state.hidden, decoded.state.hidden)
            np.testing.assert_array_equal(alone.state.cell, decoded.state.cell)


def test_a_favoured_phrase_is_heard() -> None:
    """What is favoured is not found less often, and a phrase of other letters changes nothing."""
    model, encoded = make_model(seed=3), make_encoded(3, 1, FRAMES)
    region = [Region(0, FRAMES, None)]
    [plain] = make_beam(model, 4).decode(encoded, region)

    [favoured] = make_beam(model, 4, *(" " + piece.strip("▁") for piece in VOCABULARY[:1])).decode(
        encoded, region
    )
    [foreign] = make_beam(model, 4, "Zürich").decode(encoded, region)

    assert labels_of(favoured).count(0) >= labels_of(plain).count(0)
    assert labels_of(plain) == labels_of(foreign)


@pytest.mark.parametrize("kind", ["TDT", "RNNT"])
def test_the_state_is_carried(kind: Kind) -> None:
    """A second window goes on from the best path of the first: skip, last token, recent tokens."""
    beam, encoded = make_beam(make_model(kind, 1), 2, "abc"), make_encoded(1, 1, FRAMES)

    [first] = beam.decode(encoded, [Region(0, 11, None)])
    [second] = beam.decode(encoded, [Region(11, FRAMES, first.state)])

    assert labels_of(first)
    assert labels_of(first)[-1] == first.state.last_token
    assert tuple(labels_of(first) + labels_of(second))[-REMEMBERED_TOKENS:] == second.state.recent_tokens
    assert all(emission.frame >= 11 + first.state.skip_frames for emission in second.emissions)


def test_a_skip_longer_than_the_window() -> None:
    """A window that a duration covers wholly has no tokens and owes the rest on."""
    beam, encoded = make_beam(make_model(), 2), make_encoded(1, 1, FRAMES)
    [first] = beam.decode(encoded, [Region(0, 11, None)])
    owing = type(first.state)(first.state.hidden, first.state.cell, 5, 3)

    [second] = beam.decode(encoded, [Region(11, 12, owing)])

    assert ([], 2, 5) == (list(second.emissions), second.state.skip_frames, second.state.last_token)
