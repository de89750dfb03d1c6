from meeting_service.segmenter.cuts import weakest_place

FRAME = 512


def test_the_weakest_stretch_wins_over_a_short_dip() -> None:
    """Some weak frames together are a pause; a single silent one is a closed consonant."""
    weights = [2.0] * 100
    weights[20] = 0.0
    weights[60:66] = [0.8] * 6

    place = weakest_place(weights, 1_000, range(1_000, 1_000 + 100 * FRAME, 1_280))

    assert 61 * FRAME <= place - 1_000 <= 65 * FRAME


def test_of_equal_places_the_last_is_taken() -> None:
    """Without any pause the span is as long as it may be."""
    assert 9_600 == weakest_place([0.0] * 50, 0, range(6_400, 9_601, 1_280 // 2))


def test_only_the_given_places_are_taken() -> None:
    """Weaker speech outside them does not count."""
    weights = [0.0] * 10 + [2.0] * 90
    places = range(30 * FRAME, 60 * FRAME, 1_280)

    assert weakest_place(weights, 0, places) in places
