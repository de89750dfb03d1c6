"""What is being recognised of a meeting: live, or again from the audio that was kept."""

import asyncio
from array import array
from collections.abc import Sequence

from meeting_service.errors import MeetingEnded, NotFound, ParticipantGone
from meeting_service.meeting import (
    Checkpoint,
    Meeting,
    MeetingState,
    Stream,
    participant_to_fingerprint,
)
from meeting_service.sessions.activity import Loudness, Watch
from meeting_service.sessions.present import Present
from meeting_service.transcript import FIRST_REVISION

ARRIVALS_REMEMBERED = 1_024
QUIET_S = 10
"""digital silence after which no utterance is open: no setting lets one wait for so long"""
QUIET_NEWS_S = 1
"""of more of it the worker is told this often; a stream that is only silent costs it a fifth then"""


class Arrivals:
    """When a stream's audio became durable: the latest pieces, in little memory, for streams are many."""

    def __init__(self) -> None:
        self._offsets_ms = array("q")
        self._times_s = array("d")
        self._first = 0
        """index of the oldest that is remembered"""

    @property
    def latest_s(self) -> float | None:
        """When the last piece came, as far as is known."""
        return self._times_s[-1] if self._times_s else None

    def add(self, offset_ms: int, at_s: float) -> None:
        """A piece that ends there came."""
        self._offsets_ms.append(offset_ms)
        self._times_s.append(at_s)
        self._first = max(self._first, len(self._times_s) - ARRIVALS_REMEMBERED)
        if self._first >= ARRIVALS_REMEMBERED:
            del self._offsets_ms[: self._first], self._times_s[: self._first]
            self._first = 0

    def find(self, offset_ms: int) -> float | None:
        """When the piece came that holds an offset, asked in rising order; None if unknown."""
        while self._first < len(self._times_s) and self._offsets_ms[self._first] < offset_ms:
            self._first += 1
        return self._times_s[self._first] if self._first < len(self._times_s) else None


class LiveStream:
    """A stream whose text is not all final yet. Owned by the session manager."""

    def __init__(self, stream: Stream, checkpoint: Checkpoint, former: Stream | None = None) -> None:
        self.stream = stream
        self.former = former
        """the stream that this one has only repeated so far, see `repeats`; then it is not recognised yet"""
        self.compared = 0
        """samples found to be the former stream's"""
        self.storing = asyncio.Lock()
        """held while a piece finds its place and is stored, and while the stream ends: one after another"""
        self.checkpoint = checkpoint
        """where recognition would begin again"""
        self.stored = checkpoint
        """the checkpoint in the database"""
        self.open_samples = 0
        """at 16 kHz, speech that is final beyond the checkpoint"""
        self.open_transcribed_samples = 0
        """of them, those with text"""
        self.behind_ms = 0
        """how much later than usual its text is"""
        self.run = 0
        """the number under which the worker was asked to recognise this stream, each time another"""
        self.failures = 0
        """how often in a row its recognition has failed without getting any further"""
        self.finished = asyncio.Event()
        """set when all text is final and stored"""
        self.loudness = Loudness()
        self.lost_s: float | None = None
        """when the connection that sent it broke, monotonic, unless another has come since"""
        self._sender: object = None
        """who sent last, or was told where to go on"""
        self._arrivals = Arrivals()
        self._sound_through = 0
        self._told = 0

    @property
    def id(self) -> int:
        """The stream's id."""
        return self.stream.id

    def go_back(self) -> None:
        """Only what is stored counts: recognition begins there again."""
        self.checkpoint, self.open_samples, self.open_transcribed_samples = self.stored, 0, 0

    def sent_by(self, sender: object) -> None:
        """It is `sender` that sends it now."""
        self._sender, self.lost_s = sender, None

    def lose(self, sender: object, at_s: float) -> None:
        """The connection of `sender` broke at a monotonic time; of no account if another sends it now."""
        if self._sender is sender:
            self.lost_s = at_s

    def audio_arrived(self, through: int, at_s: float) -> None:
        """Audio up to `through` became durable at a monotonic time."""
        self._arrivals.add(self.stream.offset_ms(through), at_s)

    def is_news(self, through: int, *, silent: bool) -> bool:
        """Whether to tell the worker of audio up to `through`; asked once for each piece that came.

        Args:
            through: samples that are durable now.
            silent: whether what came since is digital silence.
        """
        if not silent:
            self._sound_through = through
        rate_hz = self.stream.rate_hz
        quiet = through - self._sound_through > QUIET_S * rate_hz
        if quiet and through - self._told < QUIET_NEWS_S * rate_hz:
            return False
        self._told = through
        return True

    def came_since(self, at_s: float) -> bool:
        """Whether any audio became durable after a monotonic time."""
        latest_s = self._arrivals.latest_s
        return latest_s is not None and latest_s > at_s

    def arrival_s(self, offset_ms: int) -> float | None:
        """When the audio at a meeting offset became durable, asked in rising order; None if unknown."""
        return self._arrivals.find(offset_ms)


class Reading:
    """One revision of a meeting in the making: who recognises it, and its streams."""

    def __init__(self, meeting_id: str, number: int, model: str, vocabulary: Sequence[str]) -> None:
        self.meeting_id = meeting_id
        self.number = number
        self.model = model
        """by name; one that is loaded"""
        self.vocabulary = vocabulary
        self.streams: dict[int, LiveStream] = {}
        """all that are unfinished, by stream id"""
        self.failure: str | None = None
        """why a stream of it was given up"""

    @property
    def behind_ms(self) -> int:
        """How much later than usual its text is: that of the stream furthest behind."""
        return max((live.behind_ms for live in self.streams.values()), default=0)

    @property
    def live(self) -> bool:
        """Whether it is told as it is made; else it is told as a whole once it is done."""
        return self.number == FIRST_REVISION


class LiveMeeting(Reading):
    """A meeting that takes audio or whose text is not all final. Owned by the session manager."""

    def __init__(self, meeting: Meeting, names: dict[str, str], model: str, present: Present) -> None:
        super().__init__(meeting.id, FIRST_REVISION, model, meeting.vocabulary)
        self.meeting = meeting
        self.present = present
        self.names = names
        """what senders call them, by participant id; people may have given another name by hand"""
        self.opening = asyncio.Lock()
        """held while a participant's stream is looked up or made, so that there is one"""
        self.over = asyncio.Event()
        """set when no more audio is taken"""
        self.used = False
        """whether any audio ever came"""
        self.senders = 0
        """how many are connected, whether they send anything or not"""
        self.deleted = False
        """whether it is being deleted; nothing is taken from then on"""
        self.gone: set[str] = set()
        """fingerprints of participants who were deleted while it is live; nothing is taken for them"""
        self.watch = Watch()
        """how everybody is, for who watches"""
        self.ending: asyncio.Task[None] | None = None
        """makes the last words final"""
        self._speaking: dict[str, LiveStream] = {}
        """the stream found last for a participant, since every piece of audio asks for it"""

    @property
    def id(self) -> str:
        """The meeting's id."""
        return self.meeting.id

    def check_there(self) -> None:
        """Raise `NotFound` if it is being deleted, or was."""
        if self.deleted:
            raise NotFound(f"there is no meeting {self.id}")

    def check_live(self, what: str = "audio") -> None:
        """Raise `MeetingEnded`, or `NotFound` for a deleted meeting, unless audio, or `what`, is taken."""
        self.check_there()
        if self.meeting.state is not MeetingState.LIVE:
            raise MeetingEnded(f"the meeting has ended and takes no more {what}")

    def check_takes(self, participant_id: str) -> None:
        """Raise `ParticipantGone` for who was deleted, and otherwise as `check_live` does."""
        self.check_live()
        if self.gone and participant_to_fingerprint(self.id, participant_id) in self.gone:
            raise ParticipantGone

    def find_open_stream(self, participant_id: str) -> LiveStream | None:
        """The participant's stream that takes audio, if there is one."""
        known = self._speaking.get(participant_id)
        if known is not None and known.id in self.streams and not known.stream.ended:
            return known
        found = next((live for live in self.list_streams_of(participant_id) if not live.stream.ended), None)
        if found is not None:
            self._speaking[participant_id] = found
        return found

    def list_streams_of(self, participant_id: str) -> list[LiveStream]:
        """The participant's unfinished streams, oldest first."""
        return [live for live in self.streams.values() if live.stream.participant_id == participant_id]
