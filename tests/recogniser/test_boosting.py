import numpy as np
import pytest
from parakeet_mlx import boost

from meeting_service.recogniser.boosting import WEIGHT_PER_LETTER, Booster

PIECES = ["▁par", "a", "keet", "▁the", "kit", "."]


def test_a_phrase_gains_with_every_piece() -> None:
    """The pieces of a favoured phrase gain in proportion to their letters; complete, it keeps that."""
    booster, gains = Booster(["parakeet"], PIECES), []
    state = booster.start([])
    for token in (0, 1, 2, 3):
        state, gain = booster.advance(state, token)
        gains.append(gain)

    assert [3, 1, 4, 0] == [round(gain / WEIGHT_PER_LETTER) for gain in gains]
    assert 0.0 == booster.settlement(state)


def test_a_phrase_that_turns_out_another_pays_back() -> None:
    """A beginning that does not go on as the phrase does loses what it had gained."""
    booster = Booster(["parakeet"], PIECES)
    state, gained = booster.advance(booster.start([]), 0)

    _, lost = booster.advance(state, 4)

    assert 0.0 == pytest.approx(gained + lost)


def test_gains_tell_every_token() -> None:
    """The table of gains agrees with advancing by each token."""
    booster = Booster(["parakeet", "the kit"], PIECES)
    state = booster.start([0])

    expected = [booster.advance(state, token)[1] for token in range(len(PIECES))]

    np.testing.assert_allclose(booster.gains(state), expected)


def test_a_phrase_goes_on_across_a_cut() -> None:
    """Tokens of an earlier window bring the state back."""
    booster = Booster(["parakeet"], PIECES)
    state, _ = booster.advance(booster.start([]), 0)

    assert booster.start([0]) == state
    assert 0 < booster.standing(booster.start([0]))


@pytest.mark.parametrize("phrases", [[], [""], [" "]])
def test_nothing_favoured(phrases: list[str]) -> None:
    """Without a phrase nothing gains."""
    booster = Booster(phrases, PIECES)

    assert 0.0 == booster.gains(booster.start([]))
    assert 0.0 == booster.advance(booster.start([]), 1)[1]


def test_gains_are_upstreams() -> None:
    """Whatever was said, every token gains what it gains in upstream's machine, and leads where it does."""
    letters = ["a", "b", " ", ".", "1"]
    pieces = [x + y + z for x in ["", "▁", *letters] for y in letters for z in ["", *letters]] + ["", "<unk>"]
    phrases = ["ab", "ab ba", "b", "a.b", "1a", "ba b"]
    weights = {phrase: WEIGHT_PER_LETTER * len(phrase) for phrase in phrases}
    machine, booster = boost.lift(boost.words(weights), pieces), Booster(phrases, pieces)
    random, state = np.random.default_rng(0), booster.start([])

    for _ in range(60):
        expected = [boost.advance(machine, state, token) for token in range(len(pieces))]

        np.testing.assert_allclose(booster.gains(state), [gain for _, gain in expected], atol=1e-6)
        token = int(random.choice(np.argsort(booster.gains(state))[-20:]))
        state, gain = booster.advance(state, token)
        assert expected[token][0] == state
        assert expected[token][1] == pytest.approx(gain)
