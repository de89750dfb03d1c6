"""The meeting's audio over HTTP: to listen to on a page, and to take away, also while the meeting is live."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import structlog
from aiohttp import web
from pydantic import Field

from meeting_service import metrics
from meeting_service.errors import (
    AudioRemoved,
    InvalidRequest,
    MeetingServiceError,
    NotFound,
    NotInFile,
    Overloaded,
    StorageFailed,
    TooLarge,
    TooMany,
)
from meeting_service.exports import content_disposition
from meeting_service.playback import AudioFormat, Part, count_wav_bytes, encode, read_wav
from meeting_service.sessions.recordings import Playable
from meeting_service.web.bodies import Query, read_query
from meeting_service.web.keys import SESSIONS, SETTINGS
from meeting_service.web.numbers import MAX_OFFSET_MS
from meeting_service.web.operations import Header, Operation, Reply
from meeting_service.web.ranges import read_range
from meeting_service.web.stopping import STOPPING
from meeting_service.web.transcripts import MAX_PARTICIPANT_CHARS

log = structlog.get_logger()

PIECE_BYTES = 65_536
"""what a slow listener has to take within the time it may stand still"""
RETRY_AFTER_S = 10


class AudioQuery(Query):
    """What of the audio."""

    participant: str | None = Field(None, max_length=MAX_PARTICIPANT_CHARS)
    """only this one, by id or by a name that is one's own; all mixed without it"""
    from_ms: int = Field(0, ge=0, le=MAX_OFFSET_MS)
    """where it begins, from the meeting's start"""
    to_ms: int | None = Field(None, ge=0, le=MAX_OFFSET_MS)
    """where it ends; without it, as far as everybody is at this moment who sends"""
    rate: int | None = None
    """16000 or 48000 Hz; without it, 48000 if anything in it came at more than 16000, else 16000"""


DOWNLOAD = Operation(
    "Listen to a meeting",
    {
        200: Reply(
            "A file. Of `wav` the length is known and any part can be had (`Accept-Ranges: bytes`).",
            media="audio/wav",
            headers=[
                Header("Audio-From-Ms", "where in the meeting it begins", {"type": "integer"}),
                Header("Audio-To-Ms", "where in the meeting it ends", {"type": "integer"}),
                Header("ETag", "of a WAV: the same as long as its samples are"),
                Header("Content-Disposition", "attachment, with a file name made of the title"),
            ],
        ),
        206: Reply("The bytes of a WAV that `Range` asks for.", media="audio/wav"),
        304: Reply("It is the WAV that `If-None-Match` tells of."),
    },
    detail=f"Formats: {', '.join(AudioFormat)}; mono, 16 bits. Time is the meeting's: a file begins with the "
    "meeting, or at `from_ms`, whoever is heard in it; gaps and absence are silence, damaged audio is "
    "a low buzz. What one participant sent at 16 or 48 kHz comes back bit for bit; all together are a plain "
    "sum. A part has the samples of the whole. While the meeting is live a file ends where everybody is at "
    "that moment; with `to_ms` and `rate` it stays as it is.",
    tag="Audio",
    query=AudioQuery,
    headers=[
        Header("Range", "one range of bytes of a WAV"),
        Header("If-None-Match", "the tag of a WAV that is known"),
        Header("If-Range", "the tag of the file it is a range of; all is sent if it is another by now"),
    ],
    errors=[NotFound, AudioRemoved, InvalidRequest, NotInFile, TooLarge, TooMany, Overloaded, StorageFailed],
)


class Listeners:
    """Everybody audio is being sent to. Runs on the event loop; reading and encoding have a thread.

    Full means as many files as the settings allow: whoever comes then is told to come again.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        # One: block by block each has a turn, and who sends audio in waits for no more than one of them.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="playback")
        self.count = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Be one of them.

        Raises:
            TooMany: as many are there as may be.
        """
        if self.count >= self._most:
            raise TooMany(
                f"{self.count} files of audio are being sent, which is the limit ([limits] listeners): "
                "wait until one is sent",
                retry_after_s=RETRY_AFTER_S,
            )
        self.count += 1
        metrics.listeners.set(self.count)
        try:
            yield
        finally:
            self.count -= 1
            metrics.listeners.set(self.count)

    async def take(self, file: Iterator[bytes]) -> bytes | None:
        """What comes next of a file; None at its end."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, next, file, None)

    def close(self) -> None:
        """Wait for the block that is being made; there will be no more."""
        self._thread.shutdown(cancel_futures=True)


LISTENERS: web.AppKey[Listeners] = web.AppKey("listeners", Listeners)


def setup(app: web.Application) -> None:
    """Put what all requests share into an application."""
    app.cleanup_ctx.append(_listeners_context)


async def _listeners_context(app: web.Application) -> AsyncIterator[None]:
    app[LISTENERS] = Listeners(app[SETTINGS].limits.listeners)
    yield
    await asyncio.to_thread(app[LISTENERS].close)


async def download(request: web.Request) -> web.StreamResponse:
    """GET /v1/meetings/{meeting}/audio.{format}."""
    form = _read_format(request)
    query = read_query(request, AudioQuery)
    part = Part(from_ms=query.from_ms, to_ms=query.to_ms, rate_hz=query.rate)
    found = await request.app[SESSIONS].recordings.find(
        request.match_info["meeting"], query.participant, part
    )
    if form is AudioFormat.WAV and _is_known(request, found.recording.tag):
        return web.Response(status=304, headers={"ETag": f'"{found.recording.tag}"'})
    response = web.StreamResponse(headers=_describe(form, found))
    file = _open(request, response, form, found)
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    with request.app[LISTENERS].place():
        return await _send(request, response, file)


def _read_format(request: web.Request) -> AudioFormat:
    name = request.match_info["format"]
    try:
        return AudioFormat(name)
    except ValueError:
        raise NotFound(f"there is no format {name!r}; there are: {', '.join(AudioFormat)}") from None


def _is_known(request: web.Request, tag: str) -> bool:
    return any(one.value in {tag, "*"} for one in request.if_none_match or ())


def _describe(form: AudioFormat, found: Playable) -> dict[str, str]:
    return {
        "Content-Type": form.media_type,
        "Content-Disposition": content_disposition(found.meeting.title, form, found.whose),
        "Audio-From-Ms": str(found.recording.from_ms),
        "Audio-To-Ms": str(found.recording.to_ms),
        "Accept-Ranges": "none",
    }


def _open(
    request: web.Request, response: web.StreamResponse, form: AudioFormat, found: Playable
) -> Iterator[bytes]:
    """What is to be sent; nothing is read yet."""
    if form is not AudioFormat.WAV:
        return encode(form, found.recording, found.open_reading)
    size_bytes, tag = count_wav_bytes(found.recording), f'"{found.recording.tag}"'
    wanted = read_range(request, size_bytes, tag)
    first, last = wanted or (0, size_bytes)
    if wanted:
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {first}-{last - 1}/{size_bytes}"
    response.headers.update({"Accept-Ranges": "bytes", "ETag": tag})
    response.content_length = last - first
    return read_wav(found.recording, found.open_reading, first, last)


async def _send(
    request: web.Request, response: web.StreamResponse, file: Iterator[bytes]
) -> web.StreamResponse:
    """Send a file. Before its first bytes an error is an answer; after them the connection is cut, so that
    nobody takes a part for the whole."""
    listeners, idle_s = request.app[LISTENERS], request.app[SETTINGS].limits.body_idle_s
    block = await listeners.take(file)
    await response.prepare(request)
    cut = asyncio.create_task(_cut_at_the_stop(request), name="cut of a listener at the stop")
    try:
        while block is not None:
            for at in range(0, len(block), PIECE_BYTES):
                async with asyncio.timeout(idle_s):
                    await response.write(block[at : at + PIECE_BYTES])
            block = await listeners.take(file)
    except MeetingServiceError as error:
        log.warning("audio cut", code=error.code, detail=error.detail)
    except (ConnectionError, TimeoutError):
        pass  # the listener is gone or takes nothing; a player asks again from where it is
    finally:
        cut.cancel()
    if block is not None:
        _cut(request)
    return response


async def _cut_at_the_stop(request: web.Request) -> None:
    await request.app[STOPPING].wait()
    _cut(request)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
