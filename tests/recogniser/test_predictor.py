import mlx.core as mx
import numpy as np
import pytest

from meeting_service.recogniser.predictor import Predictor
from meeting_service.recognition import DecoderState
from tests.recogniser.tiny import PIECES, make_encoded, make_model


def test_steps_equal_upstream_alone() -> None:
    """Reading tokens one by one gives what upstream's network gives at batch 1."""
    network = make_model(seed=1).network
    predictor = Predictor(network, np)
    memory, carried = predictor.recall([None]), None
    output, carried = network.decoder(None, None)

    for token in (3, 0, 19):
        memory = predictor.read(memory, np.array([token]), np.array([True]))
        output, carried = network.decoder(mx.array([[token]]), carried)

        np.testing.assert_allclose(
            memory.projection[0], np.array(network.joint.pred(output))[0, 0], atol=1e-5
        )


def test_numpy_and_mlx_agree() -> None:
    """The same steps in either array module choose the same and know the same."""
    network, encoded = make_model(seed=2).network, make_encoded(0, 3, 5)
    choices, states = [], []
    for xp in (np, mx):
        predictor = Predictor(network, xp)
        memory = predictor.recall([None] * 3)
        memory = predictor.read(memory, np.array([1, 2, 3]), np.array([True, False, True]))
        choices.append(predictor.choose(predictor.project(encoded), np.array([0, 9, 12]), memory))
        states.append(np.array(memory.hidden))

    np.testing.assert_array_equal(choices[0].labels, choices[1].labels)
    np.testing.assert_array_equal(choices[0].durations, choices[1].durations)
    np.testing.assert_allclose(choices[0].confidence, choices[1].confidence, atol=1e-5)
    np.testing.assert_allclose(states[0], states[1], atol=1e-6)


def test_rows_that_say_nothing_keep_their_memory() -> None:
    """A blank leaves a row's memory as it was, whatever the others read."""
    predictor = Predictor(make_model().network, np)
    before = predictor.recall([None, None])

    after = predictor.read(before, np.array([4, 5]), np.array([True, False]))

    np.testing.assert_array_equal(before.projection[1], after.projection[1])
    assert not np.array_equal(before.projection[0], after.projection[0])


def test_recalled_memory_is_the_memory_left() -> None:
    """State and last token are all it takes to go on, to the last bit."""
    predictor = Predictor(make_model().network, np)
    memory = predictor.read(predictor.recall([None]), np.array([7]), np.array([True]))
    state = DecoderState(memory.hidden[0], memory.cell[0], 7, 0)

    np.testing.assert_array_equal(memory.projection, predictor.recall([state]).projection)


def test_confidence_is_a_share_of_certainty() -> None:
    """Confidence lies between 0 and 1."""
    predictor, encoded = Predictor(make_model().network, np), make_encoded(1, 1, 8)[0] * 5

    choice = predictor.choose(predictor.project([encoded]), np.arange(8), predictor.recall([None] * 8))

    assert ((choice.confidence >= 0) & (choice.confidence <= 1)).all()


@pytest.mark.parametrize("kind", ["TDT", "RNNT"])
def test_scores_are_log_probabilities(kind: str) -> None:
    """Scores of labels sum to one as probabilities, and so do those of durations where there are any."""
    predictor = Predictor(make_model("TDT" if kind == "TDT" else "RNNT").network, np)
    projected = predictor.project(make_encoded(2, 1, 3))

    labels, durations = predictor.score(projected, np.array([0, 2]), predictor.recall([None, None]))

    assert (2, PIECES + 1) == labels.shape
    np.testing.assert_allclose(np.exp(labels).sum(-1), 1.0, atol=1e-5)
    assert (5 if kind == "TDT" else 0) == durations.shape[1]
