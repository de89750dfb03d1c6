"""Events to JSON and back."""

import json
import math
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from meeting_service.events import (
    GapRecorded,
    MeetingChanged,
    MeetingRestored,
    ParticipantChanged,
    RevisionChanged,
    SentenceFinalized,
    SpeechGivenUp,
    StoredEventKind,
)
from meeting_service.meeting import Meeting, MeetingState, Participant
from meeting_service.storage.payload import event_to_payload, payload_to_event
from meeting_service.transcript import Revision, RevisionState, Sentence, TranscriptGap, Untranscribed, Word

_ms = st.integers(0, 10**9)
_share = st.floats(0, 1)
_moments = st.datetimes(timezones=st.just(UTC))
_words = st.builds(Word, st.text(), _ms, _ms, _share)
_sentences = st.builds(
    Sentence,
    st.text(),
    st.text(),
    _ms,
    _ms,
    st.text(),
    _share,
    st.lists(_words, max_size=3).map(tuple),
    st.just(7),
    st.booleans(),
)
_participants = st.builds(Participant, st.just("m"), st.text(), st.text(), _ms, _ms, _ms, st.booleans(), _ms)
_meetings = st.builds(
    Meeting,
    st.just("m"),
    st.text(),
    st.sampled_from(MeetingState),
    _moments,
    st.none() | _moments,
    st.none() | st.text(),
    st.lists(st.text(), max_size=3).map(tuple),
    st.none() | st.text(),
)
_revisions = st.builds(
    Revision,
    st.integers(1, 10**9),
    st.none() | st.text(),
    st.lists(st.text(), max_size=3).map(tuple),
    st.sampled_from(RevisionState),
    _moments,
    st.none() | _moments,
    _share,
    st.none() | st.text(),
)
_events = st.one_of(
    st.builds(SentenceFinalized, _sentences),
    st.builds(ParticipantChanged, _participants),
    st.builds(GapRecorded, st.builds(TranscriptGap, st.text(), _ms, _ms)),
    st.builds(SpeechGivenUp, st.builds(Untranscribed, st.text(), _ms, _ms)),
    st.builds(MeetingChanged, _meetings),
    st.builds(MeetingRestored, st.integers(0, 10**15)),
    st.builds(RevisionChanged, _revisions),
)


@given(_events)
def test_every_event_survives_json(event: StoredEventKind) -> None:
    """What is rebuilt from the stored JSON equals what was told."""
    kind, payload = event_to_payload(event)

    assert event == payload_to_event("m", 7, kind, json.loads(json.dumps(payload)))


def test_confidence_keeps_every_digit() -> None:
    """Floating point comes back to the last bit."""
    sentence = Sentence("1", "a", 0, 1, "x", math.nextafter(0.7, 1), (), 7)
    kind, payload = event_to_payload(SentenceFinalized(sentence))

    assert payload_to_event("m", 7, kind, json.loads(json.dumps(payload))) == SentenceFinalized(sentence)
