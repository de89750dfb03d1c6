"""Plain requests of a client: each says its checksum, each answer is held to its own."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from types import MappingProxyType
from typing import Any

from aiohttp import ClientConnectionError, ClientError, ClientResponse, ClientSession, ClientTimeout
from multidict import CIMultiDict
from yarl import URL

from meeting_service.checksums import (
    CHECKSUM,
    CONTENT_DIGEST,
    answer_checksum,
    content_digest,
    request_checksum,
)
from meeting_service.client.errors import DOUBTS, Unreachable, failure_to_error, no_answer, problem_to_error
from meeting_service.errors import Forbidden
from meeting_service.meeting import Meeting

ANSWER_PATIENCE_S = 60.0
NONE: Mapping[str, str] = MappingProxyType({})
"""nothing in a query"""


@dataclass(frozen=True, slots=True)
class Question:
    """A request."""

    method: str
    path: URL
    """relative to the service's address"""
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = ANSWER_PATIENCE_S
    """for the whole answer"""
    digest: bool = True
    """whether the body's digest goes with it"""


@contextmanager
def reading() -> Iterator[None]:
    """For reading a body: of a connection that was given up before, aiohttp 3.14 says so by a RuntimeError.

    Raises:
        ClientConnectionError: in its place.
    """
    try:
        yield
    except RuntimeError as error:
        raise ClientConnectionError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, as it was sent."""

    position: str
    """`Upload-Offset`, empty without one"""
    body: bytes


class Requests:
    """The way to one service. Opened and closed by a `MeetingClient`."""

    def __init__(self, base_url: str) -> None:
        self.base_url = URL(base_url.rstrip("/") + "/")
        self._session: ClientSession | None = None

    async def open(self) -> None:
        """Make the session; on the event loop that will use it."""
        self._session = ClientSession(timeout=ClientTimeout(total=ANSWER_PATIENCE_S))

    async def close(self) -> None:
        """Drop all connections."""
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> ClientSession:
        """The session, while it is open."""
        if self._session is None or self._session.closed:
            raise RuntimeError("a MeetingClient is used inside `async with`")
        return self._session

    async def ask(self, question: Question) -> Answer:
        """Ask once; a refusal for the host's name, which no checksum covers, is not believed at once.

        Raises:
            Unreachable: no answer, or one that is not what the service sent.
            MeetingServiceError: the service refuses; as its problem says.
        """
        for _ in range(DOUBTS - 1):
            with suppress(Forbidden):
                return await self._ask(question)
        return await self._ask(question)

    async def _ask(self, question: Question) -> Answer:
        try:
            async with self.begin(question, ClientTimeout(total=question.timeout_s)) as response:
                return await self._read(response)
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise failure_to_error(self.base_url, error) from error

    async def ask_json(self, question: Question) -> Mapping[str, Any]:
        """The same for an answer in JSON."""
        answer: Mapping[str, Any] = json.loads((await self.ask(question)).body)
        return answer

    @asynccontextmanager
    async def begin(self, question: Question, limits: ClientTimeout) -> AsyncIterator[ClientResponse]:
        """An answer whose body has not been read, and whose status has not been judged."""
        url = self.base_url.join(question.path).update_query(question.query)
        headers = CIMultiDict(question.headers)
        if question.body:
            headers["Content-Type"] = question.content_type
            if question.digest:
                headers[CONTENT_DIGEST] = content_digest(question.body)
        headers[CHECKSUM] = request_checksum(question.method, url.raw_path_qs, headers)
        async with self.session.request(
            question.method,
            url,
            data=BytesIO(question.body) if question.body else None,
            headers=headers,
            skip_auto_headers=("Content-Type",),  # the checksum covers it, so it is said here or not at all
            timeout=limits,
        ) as response:
            yield response

    async def refuse(self, response: ClientResponse) -> None:
        """Raise what an answer that is no success says, if it does.

        Raises:
            MeetingServiceError: its problem, or `Unreachable` if it is not what the service sent.
        """
        if response.status != 200:
            await self._read(response)
            raise self.unreachable(f"it answers with status {response.status}")

    def unreachable(self, detail: str) -> Unreachable:
        """The error that says so."""
        return no_answer(self.base_url, detail)

    async def _read(self, response: ClientResponse) -> Answer:
        with reading():
            body = await response.read()
        position = response.headers.get("Upload-Offset", "")
        if response.headers.get(CHECKSUM) != answer_checksum(response.status, position, body):
            raise self.unreachable(
                f"an answer with status {response.status} was changed on its way, or is not the service's"
            )
        if response.status >= 400:
            raise problem_to_error(response.status, json.loads(body) if body else None)
        return Answer(position, body)


def id_of(meeting: Meeting | str) -> str:
    """A meeting's id, for whoever gives a meeting or its id."""
    return meeting.id if isinstance(meeting, Meeting) else meeting


def path_of(meeting: Meeting | str, *parts: str) -> URL:
    """Below a meeting; ids are escaped."""
    return URL("v1/meetings").joinpath(id_of(meeting), *parts)
