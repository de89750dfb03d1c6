import pytest

from meeting_service.assembly.boundaries import ends_sentence, longest_pause, overlong
from meeting_service.assembly.words import TimedWord
from meeting_service.recognition import SentenceRules

SECOND = 16_000
RULES = SentenceRules()


def words(text: str, pause_samples: int = 0) -> list[TimedWord]:
    """Words of half a second each, with a pause after each."""
    step = SECOND // 2 + pause_samples
    return [TimedWord(word, i * step, i * step + SECOND // 2, 1.0, 1) for i, word in enumerate(text.split())]


def first_sentence(text: str) -> str:
    """The words up to the first sure end."""
    spoken = words(text)
    last = next((i for i in range(len(spoken)) if ends_sentence(spoken, i, RULES)), len(spoken))
    return " ".join(word.text for word in spoken[: last + 1])


@pytest.mark.parametrize(
    "sentence",
    [
        "Yes.",
        "Really?",
        'He said "no."',
        "It costs 3.5 million.",
        "It was 1990.",
        "Mr. Smith is here.",
        "Ask J. R. Smith for help.",
        "Fruit, e.g. Apples and pears.",
        "We meet at 3 p.m. on Monday.",
        "We meet at 3 p.m.",
        "That was plan B.",
        "Yes…",
        "そうです。",
    ],
)
def test_a_sentence_ends_where_a_reader_says(sentence: str) -> None:
    """Not after titles, initials and abbreviations, nor inside numbers."""
    assert sentence == first_sentence(f"{sentence} And so on.")


@pytest.mark.parametrize("text", ["It was 3.", "At 3 p.m.", "Dear Mr.", "and so"])
def test_what_the_next_word_decides_is_not_sure(text: str) -> None:
    """Where a number or an abbreviation may go on, the end is not known before the next word is."""
    spoken = words(text)

    assert not ends_sentence(spoken, len(spoken) - 1, RULES)


def test_a_long_pause_ends_a_sentence() -> None:
    """Without any mark."""
    assert ends_sentence(words("and then", pause_samples=3 * SECOND // 2), 0, RULES)
    assert not ends_sentence(words("and then", pause_samples=3 * SECOND // 2 - 16), 0, RULES)


def test_too_long_is_too_many_words_or_too_much_time() -> None:
    """At the limits it still is not."""
    assert overlong(words("a b c d"), SentenceRules(max_words=3))
    assert not overlong(words("a b c"), SentenceRules(max_words=3, max_duration_ms=1_500))
    assert overlong(words("a b c"), SentenceRules(max_words=3, max_duration_ms=1_499))


def test_the_longest_pause_is_found() -> None:
    """Of equal ones the last."""
    spoken = words("a b c d")
    spoken[2:] = [TimedWord(w.text, w.start + 800, w.end + 800, 1.0, 1) for w in spoken[2:]]

    assert 2 == longest_pause(spoken)
    assert 3 == longest_pause(words("a b c d"))
