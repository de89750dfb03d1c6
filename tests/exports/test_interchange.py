"""JSON as other tools write it."""

import json
import math
from dataclasses import replace

from hypothesis import given, settings

from meeting_service.exports import ExportOptions
from meeting_service.exports.interchange import write_podcast, write_whisper
from meeting_service.exports.plain import clean
from meeting_service.transcript import Transcript
from tests.exports.meetings import EMPTY, PLAIN
from tests.exports.transcripts import transcripts

SEGMENT = {"id", "seek", "start", "end", "text", "tokens", "temperature", "avg_logprob"} | {
    *("compression_ratio", "no_speech_prob", "words", "speaker")
}


def test_whisper_has_all_its_keys() -> None:
    """With seconds, leading spaces, and the speaker as WhisperX has it."""
    document = json.loads(write_whisper(PLAIN))
    segment = document["segments"][2]

    assert {"task", "language", "duration", "text", "segments"} == set(document)
    assert ("transcribe", "en", 60.0) == (document["task"], document["language"], document["duration"])
    assert set(segment) == SEGMENT
    assert (14.5, 14.77, " Yes.", "Bob") == tuple(segment[key] for key in ("start", "end", "text", "speaker"))
    assert [{"word": " Yes.", "start": 14.5, "end": 14.77, "probability": 0.9}] == segment["words"]
    assert math.isclose(0.9, math.exp(segment["avg_logprob"]))


def test_podcast_has_version_and_segments() -> None:
    """As the namespace's specification shows."""
    document = json.loads(write_podcast(PLAIN))

    assert "1.0.0" == document["version"]
    assert {"speaker": "Bob", "startTime": 14.5, "endTime": 14.77, "body": "Yes."} == document["segments"][2]


def test_nobody_needs_to_have_spoken() -> None:
    """Empty lists, and a language nobody has said."""
    silent = replace(EMPTY, meeting=replace(EMPTY.meeting, language=None))
    document = json.loads(write_whisper(silent))

    assert ([], "", "und") == (document["segments"], document["text"], document["language"])
    assert [] == json.loads(write_podcast(silent))["segments"]


@settings(deadline=None)
@given(transcripts())
def test_any_text_is_carried(transcript: Transcript) -> None:
    """In order, with speakers who are told apart."""
    said = [clean(s.text) for s in transcript.sentences if clean(s.text)]
    whisper = json.loads(write_whisper(transcript))["segments"]
    podcast = json.loads(write_podcast(transcript, ExportOptions(names=False)))["segments"]

    assert said == [segment["text"][1:] for segment in whisper] == [segment["body"] for segment in podcast]
    assert len({s.participant_id for s in transcript.sentences if clean(s.text)}) == (
        len({segment["speaker"] for segment in whisper})
    )
