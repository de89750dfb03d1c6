import pytest

from meeting_service.recogniser.ctc import GreedyCtc
from meeting_service.recogniser.decoder import Region
from tests.recogniser.tiny import make_encoded, make_model

FRAMES = 60


@pytest.mark.parametrize("seed", range(6))
def test_equals_upstream(seed: int) -> None:
    """Tokens and where they begin are those of parakeet_mlx."""
    network, encoded = make_model("CTC", seed).network, make_encoded(seed, 1, FRAMES)
    [expected] = network.decode(encoded[0][None], [FRAMES])

    [decoded] = GreedyCtc(network).decode(encoded, [Region(0, FRAMES, None)])

    assert [token.id for token in expected] == [emission.label for emission in decoded.emissions]
    assert [round(t.start / network.time_ratio) for t in expected] == [e.frame for e in decoded.emissions]
    assert all(0 <= emission.confidence <= 1 for emission in decoded.emissions)


@pytest.mark.parametrize("frames", [1, 7, 20])
@pytest.mark.parametrize("seed", range(6))
def test_in_pieces_equals_in_one(seed: int, frames: int) -> None:
    """A label that runs across a cut is one token, as it is without the cut."""
    decoder, encoded = GreedyCtc(make_model("CTC", seed).network), make_encoded(seed, 1, FRAMES)
    [whole] = decoder.decode(encoded, [Region(0, FRAMES, None)])
    labels, state = [], None

    for first in range(0, FRAMES, frames):
        [piece] = decoder.decode(encoded, [Region(first, min(first + frames, FRAMES), state)])
        labels += [emission.label for emission in piece.emissions]
        state = piece.state

    assert [emission.label for emission in whole.emissions] == labels


def test_rows_have_their_own_regions() -> None:
    """Each row of a batch decodes its own frames, and none where it has none."""
    decoder, encoded = GreedyCtc(make_model("CTC").network), make_encoded(1, 2, FRAMES)

    some, none = decoder.decode(encoded, [Region(10, 20, None), Region(0, 0, None)])

    assert some.emissions
    assert all(10 <= emission.frame < 20 for emission in some.emissions)
    assert ([], None) == (none.emissions, none.state.last_token)


def test_an_empty_region_passes_the_state_on() -> None:
    """A window without a frame to decode leaves the state it was given."""
    decoder, encoded = GreedyCtc(make_model("CTC").network), make_encoded(1, 1, FRAMES)
    [before] = decoder.decode(encoded, [Region(0, 30, None)])

    [after] = decoder.decode(encoded, [Region(30, 30, before.state)])

    assert before.state.last_token == after.state.last_token
