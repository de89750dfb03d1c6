"""Where captions break."""

import pytest

from meeting_service.exports.breaks import Token, break_into_lines, cut_into_cues, join_tokens

TWO = (42, 42)


def speak(text: str, word_ms: int = 250) -> list[Token]:
    """Words spoken evenly."""
    return [Token(word, n * word_ms, (n + 1) * word_ms) for n, word in enumerate(text.split())]


def cut(text: str, word_ms: int = 250) -> list[str]:
    """A sentence as cues."""
    return [join_tokens(cue) for cue in cut_into_cues(speak(text, word_ms), TWO, TWO, 7_000)]


def test_what_fits_stays_whole() -> None:
    """A short sentence is one cue of one line."""
    assert ["We agree."] == cut("We agree.")
    assert ("We agree.",) == break_into_lines(speak("We agree."), TWO)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "We could do it tomorrow, but then it is too late.",
            ("We could do it tomorrow,", "but then it is too late."),
        ),
        (
            "I think we should wait because nobody has read it yet.",
            ("I think we should wait", "because nobody has read it yet."),
        ),
        (
            "The new version of the product goes to the customer.",
            ("The new version of the product goes", "to the customer."),
        ),
    ],
)
def test_lines_break_where_it_reads_well(text: str, lines: tuple[str, str]) -> None:
    """After a comma, before a conjunction or preposition; an article keeps its noun."""
    assert lines == break_into_lines(speak(text), TWO)


def test_long_sentence_breaks_at_its_commas() -> None:
    """Cues end where the sentence takes breath."""
    text = (
        "When we started this project two years ago nobody believed in it at all, "
        "and today we have four hundred customers in eleven countries."
    )

    assert cut(text)[0].endswith("at all,")


def test_no_cue_is_longer_than_seven_seconds() -> None:
    """Slow speech makes more cues."""
    cues = cut_into_cues(speak("one two three four five six", 2_000), TWO, TWO, 7_000)

    assert [3, 3] == [len(cue) for cue in cues]


def test_no_word_stands_alone() -> None:
    """A cue takes its share rather than leave a scrap behind."""
    text = "This is a sentence that is just a little bit too long for one cue, by only a single word or so."

    assert min(len(cue.split()) for cue in cut(text)) > 2


def test_pieces_of_one_word_join_without_space() -> None:
    """A word that had to be broken is still one word."""
    assert join_tokens([Token("ab", 0, 1), Token("cd", 1, 2, joined=True), Token("e", 2, 3)]) == "abcd e"


def test_many_words_are_cut_in_no_time() -> None:
    """Work grows with the length of a sentence, not faster."""
    tokens = speak("word " * 5_000, 10)

    assert sum(len(cue) for cue in cut_into_cues(tokens, TWO, TWO, 7_000)) == 5_000
