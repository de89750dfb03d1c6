"""MeetingClient: what a bot's author imports, to speak to a running service."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from yarl import URL

from meeting_service.audio import Encoding
from meeting_service.client.connection import AudioConnection, make_format
from meeting_service.client.errors import Unreachable, problem_to_error
from meeting_service.client.event_stream import EventReader
from meeting_service.client.patience import Patience
from meeting_service.client.shapes import (
    json_to_event,
    json_to_meeting,
    json_to_participant,
    json_to_revision,
    json_to_transcript,
)
from meeting_service.client.stream import AudioStream
from meeting_service.events import MeetingChanged, MeetingEvent, StoredEvent
from meeting_service.meeting import Meeting, MeetingState, Participant
from meeting_service.transcript import Revision, Transcript

ANSWER_PATIENCE_S = 60.0
EVENT_PATIENCE_S = 60.0
"""the service sends something at least every 15 s"""


class MeetingClient:
    """A service's meetings, seen from a bot. An asynchronous context manager; used on one event loop.

        async with MeetingClient("http://127.0.0.1:8080") as client:
            meeting = await client.create_meeting(title="Weekly")
            async with client.open_stream(meeting.id, "ann", rate=48_000, name="Ann") as stream:
                await stream.write(pcm)
            await client.end(meeting.id)
            print(await client.export(meeting.id, "srt"))

    Streams reconnect and resume by themselves; all streams of a meeting share one socket. Plain requests are
    made once and raise.
    """

    def __init__(self, base_url: str, *, patience: Patience | None = None) -> None:
        self._base_url = URL(base_url.rstrip("/") + "/")
        self._patience = patience or Patience()
        self._session: ClientSession | None = None
        self._connections: dict[str, AudioConnection] = {}

    async def __aenter__(self) -> Self:
        self._session = ClientSession(timeout=ClientTimeout(total=ANSWER_PATIENCE_S))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every socket; streams that were not finished stay open in the service."""
        for connection in self._connections.values():
            await connection.close()
        self._connections.clear()
        if self._session is not None:
            await self._session.close()

    # Meetings

    async def create_meeting(
        self,
        *,
        id: str | None = None,  # noqa: A002 the name of the interface
        title: str | None = None,
        language: str | None = None,
        vocabulary: Sequence[str] = (),
        started_at: datetime | None = None,
        model: str | None = None,
    ) -> Meeting:
        """Create a meeting; the same `id` again finds the one there is. `model` is one of `models`."""
        body = {
            "id": id,
            "title": title,
            "language": language,
            "vocabulary": list(vocabulary) or None,
            "started_at": started_at.isoformat() if started_at else None,
            "model": model,
        }
        given = {name: value for name, value in body.items() if value is not None}
        return json_to_meeting(await self._request_json("POST", "v1/meetings", json=given))

    async def get(self, meeting_id: str) -> Meeting:
        """A meeting, or `NotFound`."""
        return json_to_meeting(await self._request_json("GET", _path(meeting_id)))

    async def end(self, meeting_id: str, *, wait: bool = True) -> Meeting:
        """End a meeting; with `wait` all its text is final when this returns, however long that takes."""
        query = {} if wait else {"wait": "false"}
        timeout = ClientTimeout(total=None)
        fields = await self._request_json("POST", _path(meeting_id, "end"), params=query, timeout=timeout)
        return json_to_meeting(fields)

    async def transcript(self, meeting_id: str, *, revision: int | None = None) -> Transcript:
        """All final text there is now, of the current revision unless told otherwise."""
        path, query = _path(meeting_id, "transcript"), _revision_query(revision)
        return json_to_transcript(await self._request_json("GET", path, params=query))

    async def export(
        self,
        meeting_id: str,
        format: str,  # noqa: A002 the name of the interface
        *,
        revision: int | None = None,
    ) -> str:
        """The transcript as `srt`, `txt`, `vtt`, `json`, …, of the current revision unless told otherwise."""
        return (await self.download(meeting_id, format, revision=revision)).decode()

    async def download(
        self,
        meeting_id: str,
        format: str,  # noqa: A002 the name of the interface
        *,
        revision: int | None = None,
        **options: str | int | bool,
    ) -> bytes:
        """The transcript's file in any format, `docx` too.

        Args:
            meeting_id: the meeting.
            format: as in the address, such as `srt`.
            revision: the current one unless told otherwise.
            options: as of the interface: `names`, `times`, `preset`, `participant`, `from_ms`, `to_ms`,
                `per_participant`, …
        """
        query = _revision_query(revision) | {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in options.items()
        }
        return await self._request("GET", _path(meeting_id, f"transcript.{format}"), params=query)

    # Revisions

    async def models(self) -> list[str]:
        """The models that are loaded, the default first."""
        return list((await self._request_json("GET", "v1/models"))["models"])

    async def retranscribe(
        self, meeting_id: str, *, model: str | None = None, vocabulary: Sequence[str] | None = None
    ) -> Revision:
        """Have a meeting that has ended transcribed again; returns at once, `revision` says how far it is.

        Without `model` or `vocabulary`, those of the meeting are used.
        """
        body = {"model": model, "vocabulary": None if vocabulary is None else list(vocabulary)}
        given = {name: value for name, value in body.items() if value is not None}
        path = _path(meeting_id, "retranscribe")
        return json_to_revision(await self._request_json("POST", path, json=given))

    async def revisions(self, meeting_id: str) -> list[Revision]:
        """All texts of a meeting, the newest first."""
        fields = await self._request_json("GET", _path(meeting_id, "revisions"))
        return [json_to_revision(item) for item in fields["revisions"]]

    async def revision(self, meeting_id: str, number: int) -> Revision:
        """One text of a meeting: its model, its state and how far it is."""
        path = _path(meeting_id, "revisions", str(number))
        return json_to_revision(await self._request_json("GET", path))

    async def delete_revision(self, meeting_id: str, number: int) -> None:
        """Stop a revision that is running, or remove one; the one before it is current again."""
        await self._request("DELETE", _path(meeting_id, "revisions", str(number)))

    # Participants

    async def put_participant(
        self, meeting_id: str, participant: str, name: str | None = None
    ) -> Participant:
        """Create a participant, or give one another name."""
        given = {} if name is None else {"name": name}
        path = _path(meeting_id, "participants", participant)
        return json_to_participant(meeting_id, await self._request_json("PUT", path, json=given))

    async def end_participant(self, meeting_id: str, participant: str) -> Participant:
        """The participant left; all their text is final when this returns."""
        path = _path(meeting_id, "participants", participant, "end")
        fields = await self._request_json("POST", path, timeout=ClientTimeout(total=None))
        return json_to_participant(meeting_id, fields)

    # Audio

    def open_stream(
        self,
        meeting_id: str,
        participant: str,
        *,
        rate: int,
        encoding: Encoding | str = Encoding.S16LE,
        channels: int = 1,
        name: str | None = None,
        captured_at: datetime | None = None,
    ) -> AudioStream:
        """A participant's stream; several channels are mixed down.

        Returns at once; what is written before the service answers is kept. An error that ends the stream,
        such as a meeting that does not exist, is raised by the next `write`, `ready` or `finish`.
        """
        audio_format = make_format(rate, encoding, channels)
        return self._connection(meeting_id).open_stream(audio_format, {participant: name}, captured_at)

    def open_channels(
        self,
        meeting_id: str,
        participants: Mapping[str, str | None],
        *,
        rate: int,
        encoding: Encoding | str = Encoding.S16LE,
        captured_at: datetime | None = None,
    ) -> AudioStream:
        """One stream with a channel for each of `participants`, which maps ids to names."""
        audio_format = make_format(rate, encoding, len(participants))
        return self._connection(meeting_id).open_stream(audio_format, participants, captured_at)

    async def post_audio(
        self,
        meeting_id: str,
        participant: str,
        body: bytes,
        content_type: str,
        *,
        offset: int | None = None,
        captured_at: datetime | None = None,
    ) -> int:
        """Append one piece over HTTP; returns the samples that are durable."""
        headers = {"Content-Type": content_type}
        if offset is not None:
            headers["Upload-Offset"] = str(offset)
        if captured_at is not None:
            headers["Captured-At"] = captured_at.isoformat()
        path = _path(meeting_id, "participants", participant, "audio")
        fields = await self._request_json("POST", path, data=body, headers=headers)
        return int(fields["through"])

    async def received(self, meeting_id: str, participant: str) -> int:
        """How many samples of the participant's stream the service holds: where to go on."""
        path = _path(meeting_id, "participants", participant, "audio")
        async with self._open("HEAD", path) as response:
            await _raise_for_problem(response)
            return int(response.headers["Upload-Offset"])

    # Events

    async def events(
        self, meeting: Meeting | str, after: int | None = None, *, until_ended: bool = True
    ) -> AsyncGenerator[MeetingEvent, None]:
        """What happens in a meeting: every stored event after `after` once and in order, drafts between.

        Connects again by itself and goes on where it was. Ends when the meeting has ended, unless told
        otherwise, or is deleted.

        Raises:
            NotFound: there is no such meeting.
            Unreachable: the service was away for too long.
        """
        meeting_id = meeting.id if isinstance(meeting, Meeting) else meeting
        position, attempt, heard_s = after or 0, 0, _now_s()
        while True:
            try:
                async for event in self._events_once(meeting_id, position):
                    attempt, heard_s = 0, _now_s()
                    yield event
                    if isinstance(event, StoredEvent):
                        position = event.seq
                    if until_ended and _is_end(event):
                        return
                detail = "the event stream ended"
            except (ClientError, OSError, TimeoutError) as error:
                detail = str(error) or type(error).__name__
            if _now_s() - heard_s > self._patience.give_up_s:
                raise Unreachable(f"{self._base_url.origin()} does not answer: {detail}")
            await asyncio.sleep(self._patience.delay_s(attempt))
            attempt += 1

    async def _events_once(self, meeting_id: str, after: int) -> AsyncIterator[MeetingEvent]:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        timeout = ClientTimeout(total=None, sock_read=EVENT_PATIENCE_S)
        async with self._open(
            "GET", _path(meeting_id, "events"), headers=headers, timeout=timeout
        ) as response:
            if response.status < 500:
                await _raise_for_problem(response)
            response.raise_for_status()
            reader = EventReader()
            async for line in response.content:
                told = reader.accept_line(line.decode().rstrip("\r\n"))
                if told is None:
                    continue
                seq = int(told.id) if told.id else None
                event = json_to_event(meeting_id, told.kind, seq, json.loads(told.data))
                if event is not None:
                    yield event

    # Inside

    def _connection(self, meeting_id: str) -> AudioConnection:
        if meeting_id not in self._connections:
            url = self._base_url.join(_path(meeting_id, "audio"))
            url = url.with_scheme("wss" if url.scheme == "https" else "ws")
            self._connections[meeting_id] = AudioConnection(self._open_session(), url, self._patience)
        return self._connections[meeting_id]

    def _open_session(self) -> ClientSession:
        if self._session is None or self._session.closed:
            raise RuntimeError("a MeetingClient is used inside `async with`")
        return self._session

    def _open(self, method: str, path: URL, **options: Any) -> Any:
        return self._open_session().request(method, self._base_url.join(path), **options)

    async def _request_json(self, method: str, path: URL | str, **options: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = json.loads(await self._request(method, URL(path), **options))
        return answer

    async def _request(self, method: str, path: URL, **options: Any) -> bytes:
        try:
            async with self._open(method, path, **options) as response:
                await _raise_for_problem(response)
                return bytes(await response.read())
        except (ClientError, OSError, TimeoutError) as error:
            detail = str(error) or type(error).__name__
            raise Unreachable(f"{self._base_url.origin()} does not answer: {detail}") from error


async def _raise_for_problem(response: ClientResponse) -> None:
    if response.status < 400:
        return
    try:
        problem = json.loads(await response.read())
    except ValueError:
        problem = None
    raise problem_to_error(response.status, problem)


def _path(meeting_id: str, *parts: str) -> URL:
    # `joinpath` escapes what ids may hold.
    return URL("v1/meetings").joinpath(meeting_id, *parts)


def _revision_query(revision: int | None) -> dict[str, str]:
    return {} if revision is None else {"revision": str(revision)}


def _is_end(event: MeetingEvent) -> bool:
    return (
        isinstance(event, StoredEvent)
        and isinstance(event.event, MeetingChanged)
        and event.event.meeting.state is MeetingState.ENDED
    )


def _now_s() -> float:
    return asyncio.get_running_loop().time()
