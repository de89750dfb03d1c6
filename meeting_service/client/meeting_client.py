"""MeetingClient: what a bot's author imports, to speak to a running service."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from yarl import URL

from meeting_service.audio import Encoding
from meeting_service.client.connection import AudioConnection, make_format
from meeting_service.client.edits import Edits
from meeting_service.client.errors import PASSING
from meeting_service.client.following import follow_events
from meeting_service.client.patience import Attempts, Patience
from meeting_service.client.reports import ConnectionReport, ConnectionState, Report, tell_nobody
from meeting_service.client.requests import NONE, Question, Requests, id_of, path_of
from meeting_service.client.shapes import (
    json_to_meeting,
    json_to_participant,
    json_to_revision,
    json_to_transcript,
)
from meeting_service.client.stream import AudioStream
from meeting_service.errors import MeetingServiceError, NotFound
from meeting_service.events import MeetingChanged, MeetingEvent, StoredEvent
from meeting_service.meeting import Meeting, MeetingState, Participant
from meeting_service.transcript import Revision, Transcript

DIGEST_BYTES = 8 << 20
"""what the service takes with a digest; a longer body goes without"""
SLOWEST_BYTES_S = 10_000
"""what a network is trusted to carry, for how long a body may take"""


class MeetingClient:
    """A service's meetings, seen from a bot. An asynchronous context manager; used on one event loop.

        async with MeetingClient("http://127.0.0.1:8080") as client:
            meeting = await client.create_meeting(title="Weekly")
            async with client.open_stream(meeting.id, "ann", rate=48_000, name="Ann") as stream:
                await stream.write(pcm)
            await client.end(meeting.id)
            print(await client.export(meeting.id, "srt"))

    Streams and events reconnect and resume by themselves; all streams of a meeting share one socket. `end`
    and `end_participant` ask again until they have an answer; other requests are made once and raise.
    `edits` is what people change by hand. A meeting is given as such or by its id. Everything carries
    checksums, so that what a network changes is not taken for what was said.

    Args:
        base_url: where the service is.
        patience: how long to wait for a service that is away.
        report: told how a meeting's connection stands, whenever that changes.
    """

    def __init__(
        self, base_url: str, *, patience: Patience | None = None, report: Report = tell_nobody
    ) -> None:
        self._requests = Requests(base_url)
        self.edits = Edits(self._requests)
        self.patience = patience or Patience()
        self.report = report
        self._connections: dict[str, AudioConnection] = {}

    async def __aenter__(self) -> Self:
        await self._requests.open()
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
        await self._requests.close()

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
        audio_days: float | None = None,
        transcripts_days: float | None = None,
    ) -> Meeting:
        """Create a meeting; the same `id` again finds the one there is. `model` is one of `models`.

        It is kept for as many days, and no longer than the service's settings say.

        Without an `id` an answer that was lost leaves a meeting that nobody knows of; with one, ask again.

        Raises:
            NotFound: the service has no meetings there, for its address is another.
        """
        body = {
            "id": id,
            "title": title,
            "language": language,
            "vocabulary": list(vocabulary) or None,
            "started_at": started_at.isoformat() if started_at else None,
            "model": model,
            "retention": {"audio_days": audio_days, "transcripts_days": transcripts_days},
        }
        given = {name: value for name, value in body.items() if value is not None}
        try:
            return json_to_meeting(await self._ask_json("POST", URL("v1/meetings"), given))
        except NotFound as error:
            raise NotFound(
                f"there is no service at {self._requests.base_url}: its root is wanted, "
                "such as http://127.0.0.1:8080"
            ) from error

    async def get(self, meeting: Meeting | str) -> Meeting:
        """A meeting, or `NotFound`."""
        return json_to_meeting(await self._ask_json("GET", path_of(meeting)))

    async def end(self, meeting: Meeting | str, *, wait: bool = True) -> Meeting:
        """End a meeting; with `wait` all its text is final when this returns, however long that takes."""
        path = path_of(meeting, "end")
        fields = await self._insist(meeting, path, NONE if wait else {"wait": "false"})
        return json_to_meeting(fields)

    async def delete(self, meeting: Meeting | str) -> None:
        """Delete everything of a meeting."""
        await self._requests.ask(Question("DELETE", path_of(meeting)))

    async def transcript(self, meeting: Meeting | str, *, revision: int | None = None) -> Transcript:
        """All final text there is now, of the current revision unless told otherwise."""
        path, query = path_of(meeting, "transcript"), _revision_query(revision)
        return json_to_transcript(await self._ask_json("GET", path, query=query))

    async def export(
        self,
        meeting: Meeting | str,
        format: str,  # noqa: A002 the name of the interface
        *,
        revision: int | None = None,
    ) -> str:
        """The transcript as `srt`, `txt`, `vtt`, `json`, …, of the current revision unless told otherwise."""
        return (await self.download(meeting, format, revision=revision)).decode()

    async def download(
        self,
        meeting: Meeting | str,
        format: str,  # noqa: A002 the name of the interface
        *,
        revision: int | None = None,
        **options: str | int | bool,
    ) -> bytes:
        """The transcript's file in any format, `docx` too.

        Args:
            meeting: the meeting.
            format: as in the address, such as `srt`.
            revision: the current one unless told otherwise.
            options: as of the interface: `names`, `times`, `preset`, `participant`, `from_ms`, `to_ms`,
                `per_participant`, …
        """
        query = _revision_query(revision) | {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in options.items()
        }
        path = path_of(meeting, f"transcript.{format}")
        return (await self._requests.ask(Question("GET", path, query=query))).body

    # Revisions

    async def models(self) -> list[str]:
        """The models that are loaded, the default first."""
        return list((await self._ask_json("GET", URL("v1/models")))["models"])

    async def retranscribe(
        self, meeting: Meeting | str, *, model: str | None = None, vocabulary: Sequence[str] | None = None
    ) -> Revision:
        """Have a meeting that has ended transcribed again; returns at once, `revision` says how far it is.

        Without `model` or `vocabulary`, those of the meeting are used.
        """
        body = {"model": model, "vocabulary": None if vocabulary is None else list(vocabulary)}
        given = {name: value for name, value in body.items() if value is not None}
        path = path_of(meeting, "retranscribe")
        return json_to_revision(await self._ask_json("POST", path, given))

    async def revisions(self, meeting: Meeting | str) -> list[Revision]:
        """All texts of a meeting, the newest first."""
        fields = await self._ask_json("GET", path_of(meeting, "revisions"))
        return [json_to_revision(item) for item in fields["revisions"]]

    async def revision(self, meeting: Meeting | str, number: int) -> Revision:
        """One text of a meeting: its model, its state and how far it is."""
        path = path_of(meeting, "revisions", str(number))
        return json_to_revision(await self._ask_json("GET", path))

    async def delete_revision(self, meeting: Meeting | str, number: int) -> None:
        """Stop a revision that is running, or remove one; the one before it is current again."""
        await self._requests.ask(Question("DELETE", path_of(meeting, "revisions", str(number))))

    # Participants

    async def put_participant(
        self, meeting: Meeting | str, participant: str, name: str | None = None
    ) -> Participant:
        """Create a participant, or give one another name."""
        given = {} if name is None else {"name": name}
        path = path_of(meeting, "participants", participant)
        return json_to_participant(id_of(meeting), await self._ask_json("PUT", path, given))

    async def delete_participant(self, meeting: Meeting | str, participant: str) -> None:
        """Delete a participant and all that is theirs; what is still sent for them is refused."""
        await self._requests.ask(Question("DELETE", path_of(meeting, "participants", participant)))

    async def end_participant(self, meeting: Meeting | str, participant: str) -> Participant:
        """The participant left; all their text is final when this returns."""
        path = path_of(meeting, "participants", participant, "end")
        return json_to_participant(id_of(meeting), await self._insist(meeting, path))

    # Audio

    def open_stream(
        self,
        meeting: Meeting | str,
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
        return self._connection(meeting).open_stream(audio_format, {participant: name}, captured_at)

    def open_channels(
        self,
        meeting: Meeting | str,
        participants: Mapping[str, str | None],
        *,
        rate: int,
        encoding: Encoding | str = Encoding.S16LE,
        captured_at: datetime | None = None,
    ) -> AudioStream:
        """One stream with a channel for each of `participants`, which maps ids to names."""
        audio_format = make_format(rate, encoding, len(participants))
        return self._connection(meeting).open_stream(audio_format, participants, captured_at)

    async def post_audio(
        self,
        meeting: Meeting | str,
        participant: str,
        body: bytes,
        content_type: str,
        *,
        offset: int | None = None,
        captured_at: datetime | None = None,
    ) -> int:
        """Append one piece over HTTP; returns the samples that are durable.

        A body of up to 8 MiB carries its digest and is kept as a whole or not at all.
        """
        headers = {}
        if offset is not None:
            headers["Upload-Offset"] = str(offset)
        if captured_at is not None:
            headers["Captured-At"] = captured_at.isoformat()
        question = Question(
            "POST",
            path_of(meeting, "participants", participant, "audio"),
            body,
            content_type,
            headers,
            timeout_s=self.patience.silence_s + len(body) / SLOWEST_BYTES_S,
            digest=len(body) <= DIGEST_BYTES,
        )
        return int((await self._requests.ask_json(question))["through"])

    async def received(self, meeting: Meeting | str, participant: str) -> int:
        """How many samples of the participant's stream the service holds: where to go on."""
        path = path_of(meeting, "participants", participant, "audio")
        question = Question("HEAD", path, timeout_s=self.patience.silence_s)
        return int((await self._requests.ask(question)).position)

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
        events = follow_events(self._requests, id_of(meeting), after or 0, self.patience)
        async with aclosing(events):
            async for event in events:
                yield event
                if until_ended and _is_end(event):
                    return

    # Inside

    def _connection(self, meeting: Meeting | str) -> AudioConnection:
        meeting_id = id_of(meeting)
        if meeting_id not in self._connections:
            url = self._requests.base_url.join(path_of(meeting_id, "audio"))
            url = url.with_scheme("wss" if url.scheme == "https" else "ws")
            self._connections[meeting_id] = AudioConnection(
                self._requests.session, url, meeting_id, self.patience, self.report
            )
        return self._connections[meeting_id]

    async def _ask_json(
        self,
        method: str,
        path: URL,
        given: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] = NONE,
    ) -> Mapping[str, Any]:
        body = b"" if given is None else json.dumps(given).encode()
        return await self._requests.ask_json(Question(method, path, body, query=query))

    async def _insist(
        self, meeting: Meeting | str, path: URL, query: Mapping[str, str] = NONE
    ) -> Mapping[str, Any]:
        """Ask for what may take long, and again whenever the answer is overdue; harmless to repeat."""
        attempts = self.attempts(meeting)
        question = Question("POST", path, query=query, timeout_s=self.patience.silence_s)
        while True:
            try:
                return await self._requests.ask_json(question)
            except PASSING as error:
                if isinstance(error.__cause__, TimeoutError) and await self._is_there(meeting):
                    attempts.succeeded()
                else:
                    await attempts.wait(error)

    async def _is_there(self, meeting: Meeting | str) -> bool:
        """Tell a service that is busy from one that is away."""
        try:
            await self.get(meeting)
        except PASSING:
            return False
        return True

    def attempts(self, meeting: Meeting | str) -> Attempts:
        """Attempts at something for a meeting, whose failures are reported."""

        def tell(error: MeetingServiceError, retry_s: float) -> None:
            self.report(ConnectionReport(id_of(meeting), ConnectionState.LOST, error, retry_s))

        return Attempts(self.patience, tell)


def _revision_query(revision: int | None) -> dict[str, str]:
    return {} if revision is None else {"revision": str(revision)}


def _is_end(event: MeetingEvent) -> bool:
    return (
        isinstance(event, StoredEvent)
        and isinstance(event.event, MeetingChanged)
        and event.event.meeting.state is MeetingState.ENDED
    )
