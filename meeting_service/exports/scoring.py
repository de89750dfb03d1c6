"""What scoring tools read: SegLST (meeteval), and NIST's STM, CTM and RTTM. Times are seconds."""

import json
from collections.abc import Iterator

from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.plain import clean
from meeting_service.exports.speakers import label_speakers, to_field
from meeting_service.exports.words import time_words
from meeting_service.transcript import Sentence, Transcript

# NIST's tools take these for labels, alternatives and words that need not be there.
_PLAIN = str.maketrans("<>{}()", "‹›[][]")


def write_seglst(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """A JSON list with an object for each sentence: `session_id, speaker, start_time, end_time, words`."""
    labels = label_speakers(transcript, options)
    segments = [
        {
            "session_id": transcript.meeting.id,
            "speaker": labels[sentence.participant_id],
            "start_time": start_ms / 1000,
            "end_time": end_ms / 1000,
            "words": clean(sentence.text),
        }
        for sentence, start_ms, end_ms in _spoken(transcript)
    ]
    lines = ",\n".join(json.dumps(segment, ensure_ascii=False) for segment in segments)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def write_stm(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """`file channel speaker begin end text`, a line for each sentence."""
    labels = label_speakers(transcript, options, fields=True)
    file = to_field(clean(transcript.meeting.id))
    return "".join(
        f"{file} 1 {labels[s.participant_id]} {seconds(start)} {seconds(end)} {_plain(clean(s.text))}\n"
        for s, start, end in _spoken(transcript)
    )


def write_ctm(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """`file channel begin duration word confidence`, a line for each word, by channel and time.

    CTM knows no speakers: each has a channel of their own, called as they are.
    """
    labels = label_speakers(transcript, options, fields=True)
    file = to_field(clean(transcript.meeting.id))
    words = sorted(
        (labels[s.participant_id], max(word.start_ms, 0), word.end_ms, _word(word.text), word.confidence)
        for s in transcript.sentences
        for word in time_words(s)
    )
    return "".join(
        f"{file} {label} {seconds(start)} {seconds(max(end - start, 1))} {text} {confidence:.3f}\n"
        for label, start, end, text, confidence in words
    )


def write_rttm(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """Who speaks when: `SPEAKER file 1 begin duration <NA> <NA> speaker <NA> <NA>` for each sentence."""
    labels = label_speakers(transcript, options, fields=True)
    file = to_field(clean(transcript.meeting.id))
    return "".join(
        f"SPEAKER {file} 1 {seconds(start)} {seconds(end - start)} <NA> <NA> "
        f"{labels[s.participant_id]} <NA> <NA>\n"
        for s, start, end in _spoken(transcript)
    )


def seconds(ms: int) -> str:
    """Exactly, with three places."""
    return f"{ms // 1000}.{ms % 1000:03}"


def _spoken(transcript: Transcript) -> Iterator[tuple[Sentence, int, int]]:
    """Sentences that say something, with times that are not before the meeting and span at least 1 ms."""
    for sentence in transcript.sentences:
        if clean(sentence.text):
            start_ms = max(sentence.start_ms, 0)
            yield sentence, start_ms, max(sentence.end_ms, start_ms + 1)


def _plain(text: str) -> str:
    return text.translate(_PLAIN)


def _word(text: str) -> str:
    """One field, also where a space that holds two words together is in it."""
    return "_".join(_plain(text).split())
