import mlx.core as mx
import numpy as np
import pytest

from meeting_service.recogniser.predictor import Predictor
from meeting_service.recognition import DecoderState
from tests.recogniser.tiny import PIECES, make_encoded, make_model

FIRST = np.array([0])


def test_steps_equal_upstream_alone() -> None:
    """Reading tokens one by one gives what upstream's network gives at batch 1."""
    network = make_model(seed=1).network
    predictor = Predictor(network)
    memory, carried = predictor.recall([None]), None
    output, carried = network.decoder(None, None)

    for token in (3, 0, 19):
        memory.move_on(FIRST)
        predictor.read(memory, FIRST, np.array([token]))
        output, carried = network.decoder(mx.array([[token]]), carried)

        np.testing.assert_allclose(
            memory.projection[0], np.array(network.joint.pred(output))[0, 0], atol=1e-5
        )


def test_rows_that_say_nothing_keep_their_memory() -> None:
    """Only the rows that read change."""
    predictor = Predictor(make_model().network)
    memory = predictor.recall([None, None])
    before = memory.select([0, 1])

    predictor.read(memory, FIRST, np.array([4]))

    np.testing.assert_array_equal(before.projection[1], memory.projection[1])
    assert not np.array_equal(before.projection[0], memory.projection[0])


def test_recalled_memory_is_the_memory_left() -> None:
    """State and last token are all it takes to go on, to the last bit."""
    predictor = Predictor(make_model().network)
    memory = predictor.recall([None])
    memory.move_on(FIRST)
    predictor.read(memory, FIRST, np.array([7]))
    state = DecoderState(memory.hidden[0], memory.cell[0], 7, 0)

    recalled = predictor.recall([None, state])

    np.testing.assert_array_equal(memory.projection[0], recalled.projection[1])
    np.testing.assert_array_equal(predictor.recall([None]).projection[0], recalled.projection[0])


@pytest.mark.parametrize("kind", ["TDT", "RNNT"])
def test_scores_are_of_labels_and_durations(kind: str) -> None:
    """Every row has a score for each label and each duration, where there are any; the best one is told."""
    predictor = Predictor(make_model("TDT" if kind == "TDT" else "RNNT").network)
    seen = np.array(make_encoded(2, 1, 6)[0])

    scores = predictor.score(seen, predictor.recall([None, None]), np.array([0, 1]))

    assert (6, PIECES + 1) == scores.labels.shape
    np.testing.assert_array_equal(scores.labels.argmax(axis=-1), scores.best)
    assert (6, 5 if kind == "TDT" else 0) == scores.durations.shape


def test_confidence_is_a_share_of_certainty() -> None:
    """Confidence lies between 0 and 1, and asking for it changes no score."""
    predictor, [encoded] = Predictor(make_model().network), make_encoded(1, 1, 8)
    scores = predictor.score(np.array(encoded) * 5, predictor.recall([None]), FIRST)
    before = scores.labels.copy()

    confidence = scores.confidence(np.arange(8))

    assert ((confidence >= 0) & (confidence <= 1)).all()
    np.testing.assert_array_equal(before, scores.labels)
