"""What the participants of an audio socket say, for clients that ask for it."""

from collections.abc import AsyncIterator, Mapping

from meeting_service.events import DraftChanged, MeetingEvent, SentenceFinalized, StoredEvent
from meeting_service.protocol import SpokenText
from meeting_service.sessions import SessionManager
from meeting_service.transcript import Draft, Sentence


async def follow_text(
    sessions: SessionManager, meeting_id: str, after: int, streams: Mapping[str, int]
) -> AsyncIterator[SpokenText]:
    """Drafts and finals from event `after` on of those who are in `streams`, which may grow meanwhile.

    Args:
        sessions: whose meeting it is.
        meeting_id: the meeting.
        after: the last event that is not wanted.
        streams: each participant's stream number on the socket.

    Raises:
        Overloaded: the meeting has too many watchers.
    """
    with sessions.subscribe(meeting_id, after) as watcher:
        async for event in watcher:
            spoken, final = _spoken(event)
            if spoken is None or spoken.participant_id not in streams:
                continue
            who = spoken.participant_id
            yield SpokenText(streams[who], who, spoken.text, final, spoken.start_ms, spoken.end_ms)


def _spoken(event: MeetingEvent) -> tuple[Draft | Sentence | None, bool]:
    match event:
        case DraftChanged(draft):
            return draft, False
        case StoredEvent(event=SentenceFinalized(sentence)):
            return sentence, True
    return None, False
