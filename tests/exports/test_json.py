"""The transcript as JSON."""

import json

from meeting_service.exports import transcript_json
from meeting_service.exports.json import write_json
from tests.exports.meetings import OVERLAPS, PLAIN


def test_transcript_has_all_of_the_interface() -> None:
    """Meeting, revision, participants, sentences with words, gaps: each with what users rely on."""
    told = transcript_json(PLAIN)

    parts = {"meeting", "revision", "participants", "sentences", "not_transcribed", "gaps", "bookmarks"}
    assert parts == set(told)
    assert {"id": "m1", "title": "Weekly", "state": "ended"}.items() <= told["meeting"].items()
    assert "2026-03-04T09:00:00Z" == told["meeting"]["started_at"]
    assert [("ann", "Ann", 60_000)] == [
        (p["id"], p["name"], p["received_ms"]) for p in told["participants"][:1]
    ]
    assert [{"participant_id": "bob", "start_ms": 16_000, "end_ms": 19_200}] == told["gaps"]
    assert {
        "id": "1-3",
        "seq": 3,
        "participant_id": "bob",
        "participant": "Bob",
        "start_ms": 14_500,
        "end_ms": 14_770,
        "text": "Yes.",
        "confidence": 0.9,
        "words": [{"text": "Yes.", "start_ms": 14_500, "end_ms": 14_770, "confidence": 0.9}],
        "edited": False,
        "version": 0,
        "overlaps": False,
    } == told["sentences"][2]


def test_overlaps_are_marked() -> None:
    """A sentence during which somebody else speaks says so."""
    marks = [sentence["overlaps"] for sentence in transcript_json(OVERLAPS)["sentences"]]

    assert [True, True, True, True, True, False] == marks


def test_file_is_the_same_object() -> None:
    """The download holds what the API answers, with every script readable."""
    assert transcript_json(PLAIN) == json.loads(write_json(PLAIN))
    assert "\\u" not in write_json(PLAIN)
