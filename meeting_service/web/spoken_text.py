"""What the participants of an audio socket say, for clients that ask for it."""

from collections.abc import AsyncIterator, Mapping

from meeting_service.events import (
    DraftChanged,
    MeetingChanged,
    MeetingEvent,
    SentenceFinalized,
    StoredEvent,
)
from meeting_service.meeting import MeetingState
from meeting_service.protocol import SpokenText
from meeting_service.sessions import SessionManager
from meeting_service.transcript import Draft, Sentence


async def follow_text(
    sessions: SessionManager, meeting_id: str, after: int, streams: Mapping[str, int]
) -> AsyncIterator[SpokenText]:
    """Drafts and finals from event `after` on of those who are in `streams`, which may grow meanwhile.

    Ends with the meeting: all its text is told then.

    Args:
        sessions: whose meeting it is.
        meeting_id: the meeting.
        after: the last event that is not wanted.
        streams: each participant's stream number on the socket.

    Raises:
        TooMany: the meeting has too many watchers.
    """
    with sessions.subscribe(meeting_id, after) as watcher:
        async for event in watcher:
            if _is_end(event):
                return
            spoken, final = _spoken(event)
            if spoken is None or spoken.participant_id not in streams:
                continue
            who = spoken.participant_id
            yield SpokenText(streams[who], who, spoken.text, final, spoken.start_ms, spoken.end_ms)


def _is_end(event: MeetingEvent) -> bool:
    match event:
        case StoredEvent(event=MeetingChanged(meeting)):
            return meeting.state is MeetingState.ENDED
    return False


def _spoken(event: MeetingEvent) -> tuple[Draft | Sentence | None, bool]:
    match event:
        case DraftChanged(draft):
            return draft, False
        case StoredEvent(event=SentenceFinalized(sentence)):
            return sentence, True
    return None, False
