from collections.abc import Sequence

from meeting_service.assembly.steady import SteadyDraft
from meeting_service.assembly.words import TimedWord


def words(text: str, start: int = 0) -> list[TimedWord]:
    """Words of 0.1 s each, one after another."""
    places = range(start, start + 1_600 * len(text.split()), 1_600)
    return [TimedWord(word, at, at + 1_600, 0.9, 1) for word, at in zip(text.split(), places, strict=True)]


def read(shown: Sequence[TimedWord]) -> str:
    """As one text."""
    return " ".join(word.text for word in shown)


def test_all_words_are_shown_at_once() -> None:
    """Also those nobody agreed on yet, and another draft may change these."""
    steady = SteadyDraft()

    assert "I thing" == read(steady.show(words("I thing")))
    assert "I think that" == read(steady.show(words("I think that")))


def test_what_two_drafts_agree_on_stays() -> None:
    """A third that differs changes only what comes after it, by time."""
    steady = SteadyDraft()
    steady.show(words("we meet at noon"))
    steady.show(words("we meet at noon today"))

    assert "we meet at noon tomorrow" == read(steady.show(words("we eat at noon tomorrow")))
    assert "we meet at noon two" == read(steady.show(words("meet at noon two", 1_600)))


def test_the_last_word_is_never_agreed_on() -> None:
    """Whether its sentence is over is decided by what follows."""
    steady = SteadyDraft()
    steady.show(words("I see."))
    steady.show(words("I see."))

    assert "I see you" == read(steady.show(words("I see you")))


def test_a_final_takes_what_was_said_before_it() -> None:
    """Words after it stay as they are shown, agreed on or not; its own that are shown on come before them."""
    steady = SteadyDraft()
    steady.show(words("yes but why"))
    steady.show(words("yes but why not"))

    assert "Yes, but why not" == read(steady.settle(words("Yes, but"), 3_200))
    assert "Yes, but why now" == read(steady.show(words("Yes, but why now")))
    assert "" == read(steady.settle([], 60_000))
