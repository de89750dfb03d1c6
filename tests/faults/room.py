"""A meeting as seen from outside: where the service is, how to ask it, whatever happens to it meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
)

from meeting_service.client import Patience
from tests.faults.history import History
from tests.faults.script import RATE_HZ, START

PIECE = RATE_HZ // 4
"""samples sent at once"""
RETRY_S = 0.05
ANSWER_S = 20.0
"""after which a request is made again; far more than any answer takes"""
IMPATIENT = Patience(delays_s=(RETRY_S,), jitter_s=RETRY_S, later_s=RETRY_S)
PCM_TYPE = f"audio/pcm;rate={RATE_HZ};encoding=s16le"

T = TypeVar("T")


class Away(Exception):
    """The service gave no answer, or one that says to try again."""


class Room:
    """A meeting that bots are in: where the service is, what they have seen. One event loop.

    Args:
        url: of the service, the same over restarts.
        http: closed by who made it.
        history: where everybody logs.
        speed: how many times faster than people they speak.
        meeting_id: of the meeting.
    """

    def __init__(
        self, url: str, http: ClientSession, history: History, speed: float = 20.0, meeting_id: str = "m"
    ) -> None:
        self.url = url
        self.http = http
        self.history = history
        self.pause_s = PIECE / RATE_HZ / speed
        self.id = meeting_id

    def path(self, rest: str = "") -> str:
        """An address of the meeting."""
        return f"{self.url}/v1/meetings/{self.id}{rest}"

    async def create(self) -> None:
        """The meeting, whose clock starts where the script does."""
        body = {"id": self.id, "title": "Campaign", "started_at": START.isoformat()}
        await self.ask("POST", f"{self.url}/v1/meetings", json=body)

    async def end(self) -> None:
        """End the meeting; all text is final when this returns, whatever happens meanwhile."""
        await self.ask("POST", self.path("/end"), timeout=ClientTimeout(total=None))

    async def delete(self) -> None:
        """Delete the meeting; one that is gone already is fine."""
        await self.ask("DELETE", self.path(), accept=(404,), timeout=ClientTimeout(total=None))

    async def download(self, name: str) -> bytes:
        """The transcript in a format."""
        return await self.ask("GET", self.path(f"/transcript.{name}"))

    async def ask(self, method: str, url: str, *, accept: tuple[int, ...] = (), **options: Any) -> bytes:
        """Ask again and again until there is an answer."""
        return await persist(lambda: self._ask_once(method, url, accept, options))

    async def _ask_once(
        self, method: str, url: str, accept: tuple[int, ...], options: Mapping[str, Any]
    ) -> bytes:
        given = {"timeout": ClientTimeout(total=ANSWER_S), **options}
        async with self.http.request(method, url, **given) as response:
            body = await response.read()
            if response.status >= 500 or response.status == 429:
                raise Away(f"status {response.status}")
            if not response.ok and response.status not in accept:
                raise AssertionError(f"{method} {url} is refused: {response.status} {body.decode()}")
            return body


@asynccontextmanager
async def room(url: str, history: History, speed: float = 20.0) -> AsyncIterator[Room]:
    """A room with its own connections, closed afterwards."""
    async with ClientSession() as http:
        yield Room(url, http, history, speed)


async def persist(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until the service answers."""
    while True:
        try:
            return await attempt()
        except (ClientError, OSError, TimeoutError, Away):
            await asyncio.sleep(RETRY_S)
