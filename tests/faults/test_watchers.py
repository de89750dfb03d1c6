"""Who follows a meeting through a bad network sees every final sentence once and in order."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from itertools import groupby
from pathlib import Path

import psutil
import pytest
from playwright.async_api import expect

from tests.faults.followers import watch
from tests.faults.proxy import FaultProxy, Faults
from tests.faults.room import Room
from tests.faults.watching import WatchedMeeting
from tests.web.browser import Window, open_browser, open_window

DEAF = 60
DEAF_BYTES = 400_000
"""what one who takes nothing may cost the service"""
TURNS = """turns => turns.map(turn => [turn.querySelector(".name").textContent,
  turn.querySelector("p").textContent])"""

Said = list[tuple[str, str]]
"""who, and what in a row"""


@pytest.fixture
async def window() -> AsyncIterator[Window]:
    """A window of a real browser."""
    async with open_browser() as browser:
        yield await open_window(browser)


async def test_cut_watchers_see_everything_once(tmp_path: Path) -> None:
    """Thirty cuts at any byte and a SIGKILL: a browser's way to resume, and our client's."""
    watched = await WatchedMeeting(tmp_path, 8.0).run(cuts=30, restarts=1)

    assert [] == watched.failures
    assert 30 <= watched.cuts


@pytest.mark.browser
async def test_a_page_behind_a_bad_network_shows_the_transcript(tmp_path: Path, window: Window) -> None:
    """Cuts, a connection that leads nowhere and a SIGKILL; what it shows in the end is the TXT file."""
    meeting = WatchedMeeting(tmp_path, 12.0)
    async with meeting.live() as (proxy, room):
        await window.page.clock.install()
        await window.page.goto(f"{proxy.url}/meetings/m")
        await _say_and_cut(meeting, proxy, room, window, part=0)
        proxy.faults = Faults(swallow_down=True)
        await meeting.say(room, 1, 3)
        proxy.faults, connections = Faults(), proxy.connections
        await window.page.clock.fast_forward(41_000)
        async with asyncio.timeout(30):
            while proxy.connections == connections:  # noqa: ASYNC110 the page does what it does
                await asyncio.sleep(0.01)
        await meeting.service.kill()
        await meeting.service.start()
        await _say_and_cut(meeting, proxy, room, window, part=2)
        await room.end()
        await expect(window.page.get_by_role("status")).to_have_text("Ended")
        exported = _read_txt((await room.download("txt")).decode())
        shown = await window.page.locator(".turn").evaluate_all(TURNS)

    assert exported
    assert exported == _join(shown)


async def test_watchers_that_never_read_cost_little_and_nobody_else(tmp_path: Path) -> None:
    """Their memory is bounded, and another one is told everything meanwhile."""
    meeting = WatchedMeeting(tmp_path, 30.0)
    async with meeting.live() as (_, room), AsyncExitStack() as stack:
        watching = asyncio.create_task(watch(room))
        await meeting.say(room, 0, 10)
        process = psutil.Process(meeting.service.pid)
        for _ in range(DEAF):
            stack.enter_context(_be_deaf(meeting.service.port))
        before = process.memory_info().rss
        await meeting.say(room)
        await room.end()
        async with asyncio.timeout(60):
            await watching
        grown = process.memory_info().rss - before

    assert grown < DEAF * DEAF_BYTES


async def _say_and_cut(
    meeting: WatchedMeeting, proxy: FaultProxy, room: Room, window: Window, part: int
) -> None:
    """A third of what is said, with the page cut off every moment; it is live again afterwards."""
    saying = asyncio.create_task(meeting.say(room, part, 3))
    while not saying.done():
        await asyncio.wait({saying}, timeout=0.2)
        proxy.reset_all()
    await saying
    await expect(window.page.get_by_role("status")).to_have_text("Live")


def _be_deaf(port: int) -> socket.socket:
    """A connection that asks for events and takes none."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.connect(("127.0.0.1", port))
    connection.sendall(b"GET /v1/meetings/m/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return connection


def _read_txt(text: str) -> Said:
    lines = re.findall(r"^\[\d+:\d\d:\d\d\] (.*?): (.*)$", text, re.MULTILINE)
    return _join(lines)


def _join(said: Sequence[Sequence[str]]) -> Said:
    """In a row what one says in a row, wherever the one or the other begins a line."""
    return [
        (who, " ".join(" ".join(text for _, text in texts).split()))
        for who, texts in groupby(said, key=lambda item: item[0])
    ]
