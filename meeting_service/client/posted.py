"""A participant's stream over plain HTTP: one request a piece, made again until the piece is held."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from meeting_service.audio import Encoding, RawFormat
from meeting_service.client.errors import PASSING
from meeting_service.client.meeting_client import MeetingClient
from meeting_service.client.reports import ConnectionReport, ConnectionState
from meeting_service.client.requests import id_of
from meeting_service.client.stream import SAMPLE_BYTES
from meeting_service.errors import AudioHole, InvalidAudio
from meeting_service.meeting import Meeting


class PostedStream:
    """The same as an `AudioStream` for bots that cannot keep a socket. `write` returns when it is durable."""

    def __init__(
        self,
        client: MeetingClient,
        meeting: Meeting | str,
        participant: str,
        audio_format: RawFormat,
        *,
        captured_at: datetime | None = None,
    ) -> None:
        self._client = client
        self._of = (id_of(meeting), participant)
        self._content_type = format_to_media_type(audio_format)
        self._frame_bytes = SAMPLE_BYTES[audio_format.encoding] * audio_format.channels
        self._captured_at = captured_at
        self._through: int | None = None

    async def write(self, pcm: bytes) -> None:
        """Append whole samples; tries again while the service is away or full.

        Raises:
            InvalidAudio: these are not whole samples.
            MeetingServiceError: the service refuses them for good.
        """
        if len(pcm) % self._frame_bytes:
            raise InvalidAudio(f"{len(pcm)} bytes are not whole samples of {self._frame_bytes} bytes")
        if pcm:
            await self._persist(lambda: self._post(pcm))

    @property
    def pending_samples(self) -> int:
        """Samples written and not yet durable: none outside `write`."""
        return 0

    async def drain(self, _pending_samples: int = 0) -> None:
        """Return at once, as an `AudioStream` does that has nothing pending."""

    async def finish(self) -> None:
        """The participant left; their text is final when this returns."""
        await self._persist(self._end)

    async def _persist(self, request: Callable[[], Awaitable[None]]) -> None:
        attempts, lost = self._client.attempts(self._of[0]), False
        while True:
            try:
                await request()
                if lost:
                    self._client.report(ConnectionReport(self._of[0], ConnectionState.LIVE))
                return
            except AudioHole as hole:
                if self._through == hole.expected:
                    raise
                self._through = hole.expected  # a new stream has begun: this piece is its next
            except PASSING as error:
                lost = True
                await attempts.wait(error)

    async def _end(self) -> None:
        await self._client.end_participant(*self._of)

    async def _post(self, pcm: bytes) -> None:
        if self._through is None:
            self._through = await self._client.received(*self._of)
        start = self._through
        await self._client.post_audio(
            *self._of, pcm, self._content_type, offset=start, captured_at=self._captured_at
        )
        self._through = start + len(pcm) // self._frame_bytes


def format_to_media_type(audio_format: RawFormat) -> str:
    """The `Content-Type` of raw audio."""
    encoding = Encoding(audio_format.encoding).value
    return f"audio/pcm;rate={audio_format.rate_hz};encoding={encoding};channels={audio_format.channels}"
