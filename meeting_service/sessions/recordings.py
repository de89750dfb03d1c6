"""Kept audio to listen to: what of a meeting there is at this moment, and how it is read.

Blocks are read one after the other, each by a connection of its own: between them nobody waits for a reader,
neither what is stored nor what is deleted. What is deleted meanwhile is not read any further.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import structlog

from meeting_service.audio import Pcm
from meeting_service.errors import AudioDamaged, AudioRemoved, NotFound
from meeting_service.ledger import LedgerReader
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

    @property
    def whose(self) -> str | None:
        """The name of the only one who is heard."""
        return None if self.participant is None else self.participant.name


class Recordings:
    """The kept audio of meetings. For the event loop; what it finds can be read in any thread.

    Args:
        store: where the meetings are.
        path: the ledger's file.
        through: says how much of a stream is held, asked also while it is read.
    """

    def __init__(self, store: Store, path: Path, through: Through) -> None:
        self._store = store
        self._path = path
        self._through = through

    async def find(self, meeting_id: str, called: str | None, part: Part) -> Playable:
        """What there is to hear of a meeting.

        Args:
            meeting_id: which meeting.
            called: the id or the name of the only one to hear; None mixes all.
            part: how much of it, of whomever.

        Raises:
            NotFound: no such meeting or participant, or no audio there.
            AudioRemoved: it is not kept any more.
        """
        meeting = await self._store.get_meeting(meeting_id)
        person = None if called is None else await self._get_person(meeting_id, called)
        if meeting.audio_removed_at:
            since = f"{meeting.audio_removed_at:%Y-%m-%d %H:%M} UTC"
            raise AudioRemoved(f"the audio of this meeting is not kept any more since {since}")
        streams = await self._list_held(meeting_id)
        ids = None if person is None else {person.id, *person.aliases}
        recording = lay_out(streams, replace(part, participant_ids=ids))
        heard = [track.held for track in recording.tracks]
        held = {held.stream.id: self._through(held.stream.id) for held in heard}

        def is_kept() -> bool:
            return all(self._through(stream_id) >= samples for stream_id, samples in held.items())

        return Playable(meeting, person, recording, partial(open_reading, self._path, is_kept))

    async def _get_person(self, meeting_id: str, called: str) -> Participant:
        """Who has this id, was merged from it or, if it is nobody else's too, has this name."""
        people = await self._store.list_participants(meeting_id)
        matching = [person for person in people if called in (person.id, *person.aliases)]
        matching = matching or [person for person in people if person.name == called]
        if len(matching) != 1:
            reason = "there is nobody" if not matching else "there is more than one participant"
            raise NotFound(f"{reason} called {called!r} in this meeting")
        return matching[0]

    async def _list_held(self, meeting_id: str) -> list[Held]:
        """The streams to hear, oldest first.

        Raises:
            AudioRemoved: there was audio, and none of it is held.
        """
        found = [await self._find_held(stream) for stream in await self._store.list_streams(meeting_id)]
        streams = [held for held in found if held is not None]
        if streams and not any(self._through(held.stream.id) for held in streams):
            raise AudioRemoved("the audio of this meeting is not kept any more")
        return streams

    async def _find_held(self, stream: Stream) -> Held | None:
        """None of a stream that nothing came of, or that only repeats another so far, see `repeats`.

        What was acknowledged and is not there any more is said to be there: it is heard as damaged.
        """
        samples = self._through(stream.id)
        if samples and stream.repeats is None:
            return Held(stream, samples)
        received = await self._store.get_received(stream.id)
        return Held(stream, max(samples, received)) if received else None


@contextmanager
def open_reading(path: Path, is_kept: Callable[[], bool]) -> Iterator[ReadHeld]:
    """Read what is held, for one block, in one thread.

    Raises:
        AudioRemoved: it is not kept any more.
        StorageFailed: it cannot be read now.
    """
    doubted: set[int] = set()
    damaged: set[int] = set()

    with closing(LedgerReader(path)) as reader:

        def read(stream_id: int, start: int, end: int) -> Pcm:
            if stream_id not in doubted:
                with suppress(AudioDamaged):
                    return reader.read(stream_id, start, end)
            doubted.add(stream_id)
            try:
                return _read_again(path, stream_id, start, end)
            except AudioDamaged:
                damaged.add(stream_id)
                raise

        yield read
    if not is_kept():
        raise AudioRemoved("the audio was deleted while it was read")
    for stream_id in damaged:
        log.error("damaged_audio_played", stream=stream_id)


def _read_again(path: Path, stream_id: int, start: int, end: int, found: int = 1) -> Pcm:
    """Read what was found damaged so often already."""
    if found == BELIEVED_AT - 1:
        with closing(LedgerReader(path)) as reader:
            return reader.read(stream_id, start, end)
    with closing(LedgerReader(path)) as reader, suppress(AudioDamaged):
        return reader.read(stream_id, start, end)
    return _read_again(path, stream_id, start, end, found + 1)
