"""What all examples share: a service, somebody who talks to it, and a clean folder now and then."""

import asyncio
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import ClientSession, ClientTimeout

from meeting_service.protocol import SUBPROTOCOL
from tests.faults.contract.inside import TAG, InsideService
from tests.faults.contract.outside import OutsideService
from tests.faults.contract.sender import PATIENCE_S, Socket
from tests.faults.contract.takes import RATE_HZ, STARTED_AT, Lane

MEETINGS_A_FOLDER = 200
"""then the data is thrown away, so that thousands of examples stay quick"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to a request."""

    status: int
    offset: int | None
    """`Upload-Offset`"""
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """Of the problem."""
        return str(self.body.get("code", ""))


class World:
    """One service for many meetings, on an event loop that runs while somebody waits for it.

    Args:
        folder: where the service keeps its data.
        outside: whether it is a process of its own.
    """

    def __init__(self, folder: Path, *, outside: bool = False) -> None:
        self._folder = folder
        self._runner = asyncio.Runner()
        self.meetings = 0
        """that were begun"""
        self._tags = 0
        self.service = OutsideService.on(folder) if outside else InsideService.on(folder)
        self.http: ClientSession
        self.run(self._start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it to its end; the service does what it has to do meanwhile."""
        return self._runner.run(work)

    def close(self) -> None:
        """Leave nothing running."""
        self.run(self._stop())
        self._runner.close()

    async def begin(self) -> str:
        """A new meeting's id."""
        if self.meetings and self.meetings % MEETINGS_A_FOLDER == 0:
            await self.service.stop()
            shutil.rmtree(self.service.settings.data.directory)
        if not self.service.running:  # also where an example failed in the middle of a restart
            await self.service.start()
        self.meetings += 1
        return f"m{self.meetings}"

    async def create(self, meeting_id: str) -> None:
        """The meeting, whose clock starts where all do."""
        body = {"id": meeting_id, "started_at": STARTED_AT.isoformat()}
        assert (await self.ask("POST", "/v1/meetings", json=body)).status == 201

    def next_tag(self) -> str:
        """To tell a request from others."""
        self._tags += 1
        return str(self._tags)

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        """A request and its answer."""
        async with self.http.request(method, self.service.url + path, **options) as response:
            offset = response.headers.get("Upload-Offset")
            is_json = "json" in response.headers.get("Content-Type", "")
            body = await response.json(content_type=None) if is_json and method != "HEAD" else {}
            return Answer(response.status, None if offset is None else int(offset), body)

    async def post(self, meeting_id: str, lane: Lane, body: bytes, **headers: str) -> Answer:
        """Post a piece for a lane."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {**head_of(lane), **named}
        return await self.ask("POST", path_of(meeting_id, lane), data=body, headers=given)

    async def break_off(self, meeting_id: str, lane: Lane, body: bytes, **headers: str) -> None:
        """Post a piece whose sender goes away before its end; returns when all has come of it that will."""
        tag = self.next_tag()
        _, writer = await asyncio.open_connection("127.0.0.1", self.service.port)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        lines = {
            **head_of(lane),
            **named,
            TAG: tag,
            "Host": f"127.0.0.1:{self.service.port}",
            "Content-Length": str(len(body) + 1),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"POST {path_of(meeting_id, lane)} HTTP/1.1\r\n{head}\r\n".encode() + body)
        await self.service.wait_begun(tag)
        writer.transport.abort()
        await self.service.wait_over(tag)

    async def dial(self, meeting_id: str) -> Socket:
        """A socket that has said nothing."""
        tag = self.next_tag()
        url = f"{self.service.url}/v1/meetings/{meeting_id}/audio"
        ws = await self.http.ws_connect(url, protocols=(SUBPROTOCOL,), headers={TAG: tag}, max_msg_size=0)
        return Socket(ws, tag)

    async def head(self, meeting_id: str, participant: str) -> int:
        """What the service says to hold of a participant."""
        answer = await self.ask("HEAD", f"/v1/meetings/{meeting_id}/participants/{participant}/audio")
        assert answer.status == 200
        assert answer.offset is not None
        return answer.offset

    async def _start(self) -> None:
        self.http = ClientSession(timeout=ClientTimeout(total=PATIENCE_S))
        await self.service.start()

    async def _stop(self) -> None:
        await self.http.close()
        await self.service.close()


def head_of(lane: Lane) -> dict[str, str]:
    """What every piece of a lane says."""
    channels = f"{len(lane.participants)}"
    kind = f"audio/pcm;rate={RATE_HZ};encoding=s16le;channels={channels}"
    return {"Content-Type": kind, "Captured-At": lane.take.captured_at.isoformat()}


def path_of(meeting_id: str, lane: Lane) -> str:
    """Where pieces of a lane go."""
    if len(lane.participants) == 1:
        return f"/v1/meetings/{meeting_id}/participants/{lane.participants[0]}/audio"
    return f"/v1/meetings/{meeting_id}/audio?participants={','.join(lane.participants)}"
