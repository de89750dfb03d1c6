"""Corrected sentences in files: whatever people write, captions keep to the grammar and to the times."""

import unicodedata
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from meeting_service.errors import InvalidRequest
from meeting_service.exports.check import check_srt, check_vtt
from meeting_service.exports.srt import write_srt
from meeting_service.exports.vtt import write_vtt
from meeting_service.exports.words import time_words
from meeting_service.ingest import clean_sentence
from meeting_service.retiming import retime_words, split_text
from meeting_service.transcript import Sentence, Transcript
from tests.exports.meetings import PLAIN, make_sentence
from tests.exports.transcripts import texts, transcripts


def correct(sentence: Sentence, text: str) -> Sentence:
    """As the store keeps it, without what is refused; where nothing is left, as it was."""
    try:
        cleaned = clean_sentence("".join(c for c in text if c in "\r\n" or unicodedata.category(c) != "Cc"))
    except InvalidRequest:
        return sentence
    words = retime_words(sentence.words, cleaned, sentence.start_ms, sentence.end_ms)
    return replace(sentence, text=cleaned, words=words, edited=True, version=1)


@given(transcripts(), st.lists(texts, min_size=12, max_size=12))
def test_captions_of_any_correction_are_right(transcript: Transcript, written: list[str]) -> None:
    """Both grammars, whatever the text and however its time is cut."""
    corrected = [correct(s, text) for s, text in zip(transcript.sentences, written, strict=False)]
    changed = replace(transcript, sentences=corrected)

    assert [] == check_srt(write_srt(changed)).violations
    assert [] == check_vtt(write_vtt(changed)).violations


@given(texts)
def test_words_of_captions_have_the_times_that_are_kept(text: str) -> None:
    """They are the words of the corrected text, none of them shared out anew."""
    sentence = correct(make_sentence(1, ("ann", 1_000, "We ship the bat on the first of May.")), text)
    timed = time_words(sentence)

    assert split_text(sentence.text) == [word.text for word in sentence.words]
    assert [(w.start_ms, w.end_ms) for w in sentence.words] == [(w.start_ms, w.end_ms) for w in timed]


def test_the_longest_correction_of_a_short_sentence() -> None:
    """Two thousand characters in the time of one word are all shown."""
    sentence = correct(make_sentence(1, ("ann", 1_000, "Yes.")), "no " * 666)
    cues = check_srt(write_srt(replace(PLAIN, sentences=[sentence])))

    assert [] == cues.violations
    assert 666 == sum(line.count("no") for cue in cues.cues for line in cue.lines)
