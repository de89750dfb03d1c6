"""JSON as other tools write it: Whisper's, and the Podcasting 2.0 transcript."""

import json
import math
import zlib
from typing import Any

from meeting_service.exports.heading import length_ms
from meeting_service.exports.marks import is_mark, mark_stretches
from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.plain import clean
from meeting_service.exports.speakers import label_speakers
from meeting_service.exports.words import time_words
from meeting_service.transcript import Sentence, Transcript

UNKNOWN = "und"
"""a language nobody has said (ISO 639)"""
_LEAST_CONFIDENCE = 1e-10


def write_whisper(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """Whisper's `verbose_json` with a segment for each sentence and, as WhisperX has it, its `speaker`."""
    labels = label_speakers(transcript, options)
    spoken = [s for s in mark_stretches(transcript) if clean(s.text)]
    document = {
        "task": "transcribe",
        "language": transcript.meeting.language or UNKNOWN,
        "duration": length_ms(transcript) / 1000,
        "text": " ".join(clean(s.text) for s in spoken),
        "segments": [_segment(n, s, labels[s.participant_id]) for n, s in enumerate(spoken)],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write_podcast(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """The Podcasting namespace's transcript, version 1.0.0: `speaker, startTime, endTime, body`."""
    labels = label_speakers(transcript, options)
    segments = [
        {
            "speaker": labels[sentence.participant_id],
            "startTime": max(sentence.start_ms, 0) / 1000,
            "endTime": max(sentence.end_ms, 0) / 1000,
            "body": clean(sentence.text),
        }
        for sentence in mark_stretches(transcript)
        if clean(sentence.text)
    ]
    return json.dumps({"version": "1.0.0", "segments": segments}, ensure_ascii=False, indent=1) + "\n"


def _segment(number: int, sentence: Sentence, speaker: str) -> dict[str, Any]:
    text = clean(sentence.text)
    return {
        "id": number,
        "seek": 0,
        "start": max(sentence.start_ms, 0) / 1000,
        "end": max(sentence.end_ms, 0) / 1000,
        "text": f" {text}",
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": math.log(max(sentence.confidence, _LEAST_CONFIDENCE)),
        "compression_ratio": len(text.encode()) / len(zlib.compress(text.encode())),
        "no_speech_prob": 0.0,
        "speaker": speaker,
        "words": [
            {
                "word": f" {word.text}",
                "start": word.start_ms / 1000,
                "end": word.end_ms / 1000,
                "probability": word.confidence,
            }
            for word in ([] if is_mark(sentence) else time_words(sentence))
        ],
    }
