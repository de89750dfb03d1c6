"""The service's JSON as the client reads it."""

from typing import Any

from meeting_service.client.shapes import json_to_event, json_to_transcript
from meeting_service.events import SpeechGivenUp, StoredEvent
from meeting_service.exports import transcript_json
from meeting_service.transcript import Untranscribed
from tests.exports.meetings import LOST


def test_speech_without_text_is_read() -> None:
    """As an event and in the transcript; a service from before it told none."""
    stretch = {"participant_id": "ann", "participant": "Ann", "start_ms": 5, "end_ms": 9}
    fields: dict[str, Any] = transcript_json(LOST)
    former = {key: value for key, value in fields.items() if key != "not_transcribed"}

    told = json_to_event("m", "not_transcribed", 7, stretch)
    assert StoredEvent("m", 7, SpeechGivenUp(Untranscribed("ann", 5, 9))) == told
    assert LOST.not_transcribed == json_to_transcript(fields).not_transcribed
    assert [] == json_to_transcript(former).not_transcribed
