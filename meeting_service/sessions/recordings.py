"""Kept audio to listen to: what of a meeting there is at this moment, and how it is read.

Blocks are read one after the other, each by a connection of its own: between them nobody waits for a reader,
neither what is stored nor what is deleted. What is deleted meanwhile is not read any further.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from meeting_service.audio import Pcm
from meeting_service.errors import AudioDamaged, AudioRemoved, NotFound
from meeting_service.ledger import Ledger, LedgerReader
from meeting_service.meeting import Meeting, Participant, Stream
from meeting_service.playback import Held, OpenReading, Part, ReadHeld, Recording, lay_out
from meeting_service.storage import Store

log = structlog.get_logger()

BELIEVED_AT = 3
"""connections of their own that have to find the same audio damaged: a disk that fails can look like that"""

Through = Callable[[int], int]
"""samples that the ledger holds of a stream, by its id"""


@dataclass(frozen=True, slots=True)
class Playable:
    """What was asked for of a meeting, as of this moment."""

    meeting: Meeting
    participant: Participant | None
    """None if all are mixed"""
    recording: Recording
    open_reading: OpenReading
    """raises `AudioRemoved` once the audio was deleted"""


class Recordings:
    """The kept audio of every meeting. For the event loop; what its methods return is for any thread."""

    def __init__(self, store: Store, ledger: Ledger, path: Path) -> None:
        self._store = store
        self._ledger = ledger
        self._path = path

    async def get(
        self, meeting_id: str, called: str | None = None, from_ms: int = 0, to_ms: int | None = None
    ) -> Playable:
        """See `find_playable`."""
        return await find_playable(
            self._store, self._path, self._ledger.through, meeting_id, called, from_ms, to_ms
        )


async def find_playable(
    store: Store,
    path: Path,
    through: Through,
    meeting_id: str,
    called: str | None = None,
    from_ms: int = 0,
    to_ms: int | None = None,
) -> Playable:
    """What there is to hear of a meeting.

    Args:
        store: where the meeting is.
        path: the ledger's file.
        through: asked now and while it is read.
        meeting_id: which meeting.
        called: the id or the name of the only one to hear; None mixes all.
        from_ms: where it begins, from the meeting's start.
        to_ms: where it ends; None goes as far as everybody is.

    Raises:
        NotFound: no such meeting or participant, or no audio there.
        AudioRemoved: it is not kept any more.
        InvalidRequest: the span ends before it begins.
    """
    meeting = await store.get_meeting(meeting_id)
    participant = None if called is None else _find(await store.list_participants(meeting_id), called)
    if meeting.audio_removed_at:
        since = f"{meeting.audio_removed_at:%Y-%m-%d %H:%M} UTC"
        raise AudioRemoved(f"the audio of this meeting is not kept any more since {since}")
    streams = await _list_held(store, meeting_id, through)
    ids = None if participant is None else {participant.id}
    part = Part(participant_ids=ids, from_ms=from_ms, to_ms=to_ms)
    recording = lay_out(streams, part)
    held = {track.held.stream.id: through(track.held.stream.id) for track in recording.tracks}

    def is_kept() -> bool:
        return all(through(stream_id) >= samples for stream_id, samples in held.items())

    return Playable(meeting, participant, recording, partial(open_reading, path, is_kept))


@contextmanager
def open_reading(path: Path, is_kept: Callable[[], bool]) -> Iterator[ReadHeld]:
    """Read what is held, for one block, in one thread.

    Raises:
        AudioRemoved: it is not kept any more.
        StorageFailed: it cannot be read now.
    """
    if not is_kept():
        raise AudioRemoved("the audio was deleted while it was read")
    with closing(LedgerReader(path)) as reader:

        def read(stream_id: int, start: int, end: int) -> Pcm:
            try:
                return reader.read(stream_id, start, end)
            except AudioDamaged:
                return _read_again(path, stream_id, start, end)

        yield read
    if not is_kept():
        raise AudioRemoved("the audio was deleted while it was read")


def _read_again(path: Path, stream_id: int, start: int, end: int) -> Pcm:
    for _ in range(BELIEVED_AT - 2):
        try:
            return _read_once(path, stream_id, start, end)
        except AudioDamaged:
            continue
    return _read_once(path, stream_id, start, end)


def _read_once(path: Path, stream_id: int, start: int, end: int) -> Pcm:
    with closing(LedgerReader(path)) as reader:
        return reader.read(stream_id, start, end)


async def _list_held(store: Store, meeting_id: str, through: Through) -> list[Held]:
    """The streams to hear, oldest first.

    Raises:
        AudioRemoved: there was audio, and none of it is held.
    """
    found = [
        await _find_held(store, stream, through(stream.id)) for stream in await store.list_streams(meeting_id)
    ]
    streams = [held for held in found if held is not None]
    if streams and not any(through(held.stream.id) for held in streams):
        raise AudioRemoved("the audio of this meeting is not kept any more")
    return streams


async def _find_held(store: Store, stream: Stream, samples: int) -> Held | None:
    """None of a stream that nothing came of, or that only repeats another so far, see `repeats`.

    Of audio that was acknowledged and is not there any more, it is said that it was: it is heard as damaged.
    """
    if samples and stream.repeats is None:
        return Held(stream, samples)
    received = await store.get_received(stream.id)
    return Held(stream, max(samples, received)) if received else None


def _find(participants: Sequence[Participant], called: str) -> Participant:
    """Who has this id or, if it is nobody else's too, this name."""
    by_id = [person for person in participants if person.id == called]
    matching = by_id or [person for person in participants if person.name == called]
    if len(matching) != 1:
        reason = "there is nobody" if not matching else "there is more than one participant"
        raise NotFound(f"{reason} called {called!r} in this meeting")
    return matching[0]
