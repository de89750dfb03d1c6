from meeting_service.assembly.words import drop_leading_marks, tokens_to_words
from meeting_service.recognition import Token

FRAME = 1_280


def tokens(*texts: str, confidence: float = 0.9) -> list[Token]:
    """One token a frame, each one frame long."""
    return [Token(text, i * FRAME, (i + 1) * FRAME, confidence) for i, text in enumerate(texts)]


def texts(*pieces: str) -> list[str]:
    """The words that these pieces make."""
    return [word.text for word in tokens_to_words(tokens(*pieces))]


def test_a_leading_space_starts_a_word() -> None:
    """Pieces without one continue it; the very first needs none."""
    assert ["Good", "morning", "everybody"] == texts("Go", "od", " mor", "ning", " everybody")


def test_punctuation_joins_the_word_before() -> None:
    """Also with a space before it; an opening mark starts the next word."""
    assert ["Well,", "yes.", "¿Qué?"] == texts(" Well", ",", " yes", " .", " ¿", "Qué", "?")


def test_numbers_stay_whole() -> None:
    """Marks inside a word are part of it."""
    assert ["about", "3.5", "%"] != texts(" about", " 3", ".", "5", " %")
    assert ["about", "3.5%"] == texts(" about", " 3", ".", "5", "%")


def test_a_lone_space_belongs_to_what_follows() -> None:
    """Doubled spaces make no empty words, and none is lost."""
    words = tokens_to_words(tokens(" ", " a", " ", "b", " "))

    assert ["a", "b", ""] == [word.text for word in words]
    assert 5 == sum(word.token_count for word in words)


def test_a_wide_full_stop_ends_a_word() -> None:
    """Languages without spaces get at least a word for each sentence."""
    assert ["はい。", "そうです。"] == texts("はい", "。", "そう", "です", "。")


def test_a_word_lasts_from_its_first_to_its_last_letters() -> None:
    """A mark that is recognised late does not make the word longer."""
    word, mark = Token(" yes", 1_280, 3_840, 0.9), Token(".", 12_800, 14_080, 0.2)
    (only,) = tokens_to_words([word, mark])

    assert (1_280, 3_840, 0.9) == (only.start, only.end, only.confidence)


def test_a_word_does_not_last_into_the_next() -> None:
    """Nor less than an encoder frame, even where both start on the same one."""
    first, second, third = tokens_to_words(
        [Token(" a", 0, 9_000, 0.9), Token(" b", 2_560, 2_560, 0.9), Token(" c", 2_560, 2_560, 0.9)]
    )

    assert (0, 2_560) == (first.start, first.end)
    assert (2_560, 3_840) == (second.start, second.end) == (third.start, third.end)


def test_a_word_is_as_sure_as_its_least_sure_letters() -> None:
    """The confidence of a word is the smallest of its tokens'."""
    (word,) = tokens_to_words([Token(" un", 0, 1, 0.9), Token("sure", 1, 2, 0.4)])

    assert 0.4 == word.confidence


def test_marks_before_any_letter_are_dropped() -> None:
    """What follows keeps its marks."""
    assert [" So", "."] == [token.text for token in drop_leading_marks(tokens(".", " ", ",", " So", "."))]
    assert [] == drop_leading_marks(tokens(".", " "))
