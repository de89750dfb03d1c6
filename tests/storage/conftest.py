"""A store in a temporary folder, a clock that is set by hand, and sentences by the dozen."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from meeting_service.meeting import Checkpoint, Meeting, NewMeeting, Stream
from meeting_service.storage import Store
from meeting_service.transcript import Sentence, Word

START = datetime(2026, 3, 4, 9, 0, 0, 123456, tzinfo=UTC)


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def utc_now(self) -> datetime:
        """Wall time, with its zone."""
        return self.now

    def monotonic_s(self) -> float:
        """Seconds that never jump."""
        return (self.now - START).total_seconds()

    def advance(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


def make_sentence(number: int, text: str = "We agree.", participant_id: str = "ann") -> Sentence:
    """A sentence of one second, `number` seconds into the meeting."""
    start = number * 1000
    words = tuple(Word(w, start + i * 10, start + i * 10 + 9, 0.5) for i, w in enumerate(text.split()))
    return Sentence(f"s{number}", participant_id, start, start + 900, text, 0.75, words)


def checkpoint_at(stream: Stream, seconds: int) -> Checkpoint:
    """Everything up to there was speech and is text."""
    return Checkpoint(stream.id, seconds * 16_000, seconds * 16_000, seconds * 16_000)


async def read_checkpoint(store: Store, stream: Stream) -> Checkpoint:
    """How far the text of an unfinished stream is final."""
    return next(found for of, found in await store.list_unfinished_streams() if of.id == stream.id)


@pytest.fixture
def clock() -> FakeClock:
    """The clock of the store."""
    return FakeClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies; the name is not an easy one."""
    return tmp_path / "a b%20#?ü" / "meetings.db"


@pytest.fixture
async def store(path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    """A store, open and empty."""
    store = await Store.open(path, clock)
    yield store
    await store.close()


@pytest.fixture
async def meeting(store: Store) -> Meeting:
    """A live meeting."""
    meeting, _ = await store.create_meeting(NewMeeting(id="m", title="Weekly"))
    return meeting


@pytest.fixture
async def stream(store: Store, meeting: Meeting) -> Stream:
    """Ann's stream in it, at 48 kHz."""
    await store.put_participant(meeting.id, "ann", "Ann")
    stream, _ = await store.open_stream(meeting.id, "ann", 48_000, 250)
    return stream
