"""From sentences to captions."""

from dataclasses import replace
from itertools import pairwise

from meeting_service.exports.breaks import join_tokens
from meeting_service.exports.cues import Span, cut_sentence, linger
from meeting_service.exports.rules import PRESETS, Preset
from tests.exports.meetings import make_sentence

TWO = (42, 42)
RULES = PRESETS[Preset.NETFLIX]
LONG = "We have to decide today, because tomorrow the others decide for us, and they decide in another way."


def test_pieces_have_the_times_of_their_words() -> None:
    """A caption starts with its first word and ends with its last."""
    sentence = make_sentence(1, ("ann", 10_000, LONG))

    pieces = cut_sentence(sentence, TWO, TWO, RULES)

    spoken = 0
    for piece in pieces:
        words = sentence.words[spoken : spoken + len(piece.tokens)]
        assert (words[0].start_ms, words[-1].end_ms) == (piece.start_ms, piece.end_ms)
        spoken += len(words)
    assert spoken == len(sentence.words)


def test_corrected_text_is_spread_over_the_sentence() -> None:
    """Where words do not fit the text, the text counts, and its times are of like speed."""
    sentence = replace(make_sentence(1, ("ann", 1_000, LONG)), text="Entirely different. " * 6)

    pieces = cut_sentence(sentence, TWO, TWO, RULES)

    assert " ".join(join_tokens(p.tokens) for p in pieces) == sentence.text.strip()
    assert pieces[0].start_ms == 1_000
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(pieces))
    assert pieces[-1].end_ms <= sentence.end_ms


def test_times_that_cannot_be_are_mended() -> None:
    """Words that go back, and what came before the meeting, give captions a player can show."""
    sentence = make_sentence(1, ("ann", -5_000, "Early bird."))
    words = (replace(sentence.words[0], start_ms=900), replace(sentence.words[1], start_ms=100))

    [piece] = cut_sentence(replace(sentence, words=words, end_ms=2_000), TWO, TWO, RULES)

    assert 0 <= piece.start_ms < piece.end_ms


def test_nothing_said_is_no_caption() -> None:
    """Empty text, or text of control characters, gives no piece."""
    assert [] == cut_sentence(make_sentence(1, ("ann", 0, "")), TWO, TWO, RULES)
    assert [] == cut_sentence(replace(make_sentence(1, ("ann", 0, "x")), text="\x00 \u2028"), TWO, TWO, RULES)


def test_short_captions_stay_where_there_is_room() -> None:
    """Until they are seen, or read, or the next one comes."""
    spans = [Span(0, 100, 4), Span(500, 600, 4), Span(5_000, 5_100, 60)]

    assert [500, 500 + RULES.min_ms, 8_000] == linger(spans, RULES)


def test_lanes_may_overlap_to_be_seen() -> None:
    """Another person's caption does not cut a short one below what the eye needs."""
    spans = [Span(0, 100, 40, "ann"), Span(200, 4_000, 4, "bob"), Span(600, 2_000, 4, "ann")]

    assert [600, 4_000, 2_000] == linger(spans, RULES)


def test_captions_never_get_shorter() -> None:
    """Speech that goes on while another caption begins keeps its end."""
    assert [3_000, 2_000] == linger([Span(0, 3_000, 4), Span(1_000, 2_000, 4)], RULES)
