import pytest
from hypothesis import given
from hypothesis import strategies as st

from meeting_service.assembly import SentenceAssembler, assemble
from meeting_service.meeting import Stream
from meeting_service.recognition import SentenceRules, Token
from meeting_service.transcript import Draft

STREAM = Stream(id=7, meeting_id="m", participant_id="ann", rate_hz=48_000, anchor_ms=10_000)
START = 32_000


def spoken(text: str, start: int = START) -> list[Token]:
    """A token a word or mark, each 0.2 s long, in a row."""
    parts = text.replace(".", "¶.").replace(" ", "¶ ").split("¶")
    return [
        Token(part, start + i * 3_200, start + (i + 1) * 3_200, 0.8)
        for i, part in enumerate(part for part in parts if part)
    ]


def test_a_sentence_has_its_place_in_the_meeting() -> None:
    """Times are ms from the meeting's start; words carry theirs."""
    (sentence,) = assemble(STREAM, START, spoken(" Good morning."))

    assert "Good morning." == sentence.text
    assert ("ann", 12_000, 12_400) == (sentence.participant_id, sentence.start_ms, sentence.end_ms)
    assert [("Good", 12_000, 12_200), ("morning.", 12_200, 12_400)] == [
        (word.text, word.start_ms, word.end_ms) for word in sentence.words
    ]
    assert 0.8 == sentence.confidence


def test_ids_name_stream_utterance_and_place() -> None:
    """So that the same audio always gives the same."""
    sentences = assemble(STREAM, START, spoken(" Yes. No. Well"))

    assert ["7-32000-0", "7-32000-1", "7-32000-2"] == [sentence.id for sentence in sentences]
    assert ["Yes.", "No.", "Well"] == [sentence.text for sentence in sentences]


def test_a_sentence_goes_on_in_the_next_hypothesis() -> None:
    """Words and sentences that a cut divides read as one text."""
    assembler = SentenceAssembler(STREAM, SentenceRules())
    tokens = spoken(" Yes. I will be there tomorrow. Bye.")
    tokens[5:5] = [Token("fore", tokens[5].start, tokens[5].start, 0.8)]

    first = assembler.accept(START, tokens[:5], last=False)
    second = assembler.accept(START, tokens[5:], last=True)

    assert ["Yes."] == [sentence.text for sentence in first]
    assert ["I will before there tomorrow.", "Bye."] == [sentence.text for sentence in second]


def test_an_utterance_completes_its_last_sentence() -> None:
    """With or without a full stop, also when nothing more is recognised; the next starts from 0."""
    assembler = SentenceAssembler(STREAM, SentenceRules())
    assert [] == assembler.accept(START, spoken(" and so"), last=False)

    assert ["and so"] == [s.text for s in assembler.accept(START, [], last=True)]
    assert ["7-90000-0"] == [s.id for s in assembler.accept(90_000, spoken(" Yes", 90_000), last=True)]


def test_nothing_said_is_no_sentence() -> None:
    """Neither an empty hypothesis nor stray marks and spaces."""
    assert [] == assemble(STREAM, START, [])
    assert [] == assemble(STREAM, START, [*spoken(" ."), Token(" ", START, START, 1.0)])


def test_tokens_are_never_sorted() -> None:
    """A later token with an earlier time stays where it was recognised."""
    tokens = [Token(" one", 9_600, 12_800, 1.0), Token(" two", 6_400, 9_600, 1.0)]

    assert "one two" == assemble(STREAM, 0, tokens)[0].text


def test_a_long_sentence_is_cut_at_its_longest_pause() -> None:
    """As soon as it is too long, by words or by time."""
    tokens = spoken(" a b c") + spoken(" d e f", START + 16_000)

    by_words = assemble(STREAM, START, tokens, SentenceRules(max_words=5))
    by_time = assemble(STREAM, START, tokens, SentenceRules(max_duration_ms=1_500))

    assert ["a b c", "d e f"] == [s.text for s in by_words] == [s.text for s in by_time]


def test_a_draft_reads_on_from_the_open_sentence() -> None:
    """It shows pending final words and the new ones, and keeps nothing."""
    assembler = SentenceAssembler(STREAM, SentenceRules())
    assembler.accept(START, spoken(" Yes. I will"), last=False)

    assert Draft("ann", 12_400, 13_200, "I will be there") == assembler.draft(
        spoken(" be there", START + 12_800)
    )
    assert "I will" == assembler.settle_draft(START + 20_000).text
    assert 2 == len(assembler.pending)


def test_a_draft_of_nothing_has_no_text() -> None:
    """It takes an earlier one back."""
    assert "" == SentenceAssembler(STREAM, SentenceRules()).draft(()).text


def test_utterances_do_not_mix() -> None:
    """An utterance that was not ended is not silently joined to the next."""
    assembler = SentenceAssembler(STREAM, SentenceRules())
    assembler.accept(START, spoken(" and"), last=False)

    with pytest.raises(ValueError, match="began at 32000 is not over"):
        assembler.accept(99_000, [], last=True)


@given(st.text(alphabet="ab .,3?", max_size=40), st.lists(st.integers(0, 60), max_size=5))
def test_every_letter_is_kept_once_and_in_order(text: str, cuts: list[int]) -> None:
    """However the tokens are divided among hypotheses."""
    tokens = spoken(text)
    assembler = SentenceAssembler(STREAM, SentenceRules(max_words=4))
    edges = sorted({min(cut, len(tokens)) for cut in cuts})
    sentences = []
    for first, after in zip([0, *edges], [*edges, len(tokens)], strict=True):
        sentences += assembler.accept(START, tokens[first:after], last=after == len(tokens))

    said = "".join(sentence.text for sentence in sentences)
    letters = [character for character in text if character in "ab3"]
    assert letters == [character for character in said if character in "ab3"]
    assert all(sentence.text == " ".join(sentence.text.split()) for sentence in sentences)
