"""Words of corrected sentences: what was heard keeps its time, the rest takes the room that is there."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from meeting_service.retiming import CERTAIN, ROOM_MS, retime_words, split_text
from meeting_service.transcript import Word

HEARD = (
    Word("We", 1_000, 1_200, 0.9),
    Word("ship", 1_300, 1_600, 0.8),
    Word("the", 1_600, 1_700, 0.7),
    Word("bat.", 1_750, 2_100, 0.4),
)
SENTENCE = (1_000, 2_100)

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)


@st.composite
def spoken(draw: st.DrawFn) -> tuple[Word, ...]:
    """Words as assembly makes them: in order, possibly touching, never of no length."""
    at, words = draw(st.integers(0, 5_000)), []
    for text in draw(st.lists(st.text("abc.,é会", min_size=1, max_size=6), min_size=1, max_size=12)):
        at += draw(st.integers(0, 300))
        end = at + draw(st.integers(ROOM_MS, 600))
        words.append(Word(text, at, end, 0.5))
        at = end
    return tuple(words)


def said(words: tuple[Word, ...]) -> list[tuple[str, int, int]]:
    """Each word and when."""
    return [(word.text, word.start_ms, word.end_ms) for word in words]


def test_a_word_that_is_replaced_has_the_time_of_the_former() -> None:
    """And is as certain as the person who wrote it; the others are as they were."""
    words = retime_words(HEARD, "We ship the bet.", *SENTENCE)

    assert HEARD[:3] == words[:3]
    assert Word("bet.", 1_750, 2_100, CERTAIN) == words[3]


def test_case_and_punctuation_do_not_make_another_word() -> None:
    """They were heard as they are."""
    words = retime_words(HEARD, "WE: ship the “bat”!", *SENTENCE)

    assert [(w.start_ms, w.end_ms, w.confidence) for w in HEARD] == [
        (w.start_ms, w.end_ms, w.confidence) for w in words
    ]


def test_two_words_for_one_share_its_time() -> None:
    """By their length."""
    words = retime_words(HEARD, "We ship the big cat.", *SENTENCE)

    assert [("big", 1_750, 1_905), ("cat.", 1_905, 2_100)] == said(words)[3:]


def test_words_that_are_put_in_take_a_pause() -> None:
    """Where it is long enough for them, nothing else moves."""
    words = retime_words(HEARD, "We all ship the bat.", *SENTENCE)

    assert [("all", 1_200, 1_300)] == said(words)[1:2]
    assert HEARD[1:] == words[2:]


def test_words_without_room_share_that_of_their_neighbours() -> None:
    """No word is shown for no time, as long as the sentence has any."""
    words = retime_words(HEARD, "We ship just about all the bat.", *SENTENCE)

    assert all(word.end_ms > word.start_ms for word in words)
    assert (HEARD[0], HEARD[3]) == (words[0], words[-1])


def test_what_is_taken_out_is_silence() -> None:
    """The others do not grow into it."""
    assert (HEARD[0], HEARD[3]) == retime_words(HEARD, "We bat.", *SENTENCE)


def test_a_text_of_which_nothing_was_heard() -> None:
    """Is spread over the sentence; also where no words are known."""
    for heard in (HEARD, ()):
        words = retime_words(heard, "Nonsense indeed", *SENTENCE)
        assert (1_000, 2_100) == (words[0].start_ms, words[-1].end_ms)
        assert words[0].end_ms == words[1].start_ms


def test_spaces_that_hold_words_together_do_not_part_them() -> None:
    """As in captions."""
    assert ["10\u00a0000", "boats"] == split_text(" 10\u00a0000 \u2003boats")


@given(spoken(), texts)
def test_any_text_keeps_its_words_and_their_order(heard: tuple[Word, ...], text: str) -> None:
    """None is lost, none outside the sentence, none before the one before it."""
    start, end = heard[0].start_ms, heard[-1].end_ms
    words = retime_words(heard, text, start, end)

    assert split_text(text) == [word.text for word in words]
    assert all(start <= word.start_ms <= word.end_ms <= end for word in words)
    assert all(one.start_ms <= other.start_ms for one, other in pairwise(words))


@given(spoken())
def test_the_same_text_has_the_same_words(heard: tuple[Word, ...]) -> None:
    """Exactly: a correction of nothing changes nothing."""
    text = " ".join(word.text for word in heard)

    assert heard == retime_words(heard, text, heard[0].start_ms, heard[-1].end_ms)


@given(spoken(), st.integers(0, 11), st.text("xyz", min_size=1, max_size=9))
def test_one_other_word_moves_no_other(heard: tuple[Word, ...], at: int, text: str) -> None:
    """Whatever it is and wherever: a word for a word."""
    at %= len(heard)
    new = [text if n == at else word.text for n, word in enumerate(heard)]
    words = retime_words(heard, " ".join(new), heard[0].start_ms, heard[-1].end_ms)

    assert [(w.start_ms, w.end_ms) for w in heard] == [(w.start_ms, w.end_ms) for w in words]
