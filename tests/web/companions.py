"""Those who take part in a whole meeting seen from outside: who speaks, through our client, and who reads."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Self

from playwright.async_api import Browser, Locator, Page

from meeting_service.client import AudioStream, MeetingClient
from meeting_service.demo import MEETING_FOLDER
from meeting_service.demo.player import Sound, read_sounds
from meeting_service.demo.script import Recording, Script
from meeting_service.meeting import Meeting
from tests.web.browser import PATIENCE_MS, Window

STEP_MS = 200
"""of audio that is sent at once at the speed of speech"""
Look = dict[str, object]
DESK: Look = {"viewport": {"width": 1_280, "height": 800}, "color_scheme": "light"}
HAND: Look = {
    "viewport": {"width": 390, "height": 844},
    "color_scheme": "dark",
    "is_mobile": True,
    "has_touch": True,
}
REST = """() => new Promise((done) => {
  let [still, last] = [0, null];
  const look = () => {
    still = scrollY === last ? still + 1 : 0;
    last = scrollY;
    if (still > 6) done();
    else requestAnimationFrame(look);
  };
  look();
})"""
NOTE_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", ({ blockedURI, violatedDirective }) =>
  window.violations.push(`${violatedDirective}: ${blockedURI}`));
"""


class Speakers:
    """The people of the bundled meeting, who say as much of it as they are told. Owned by one event loop.

    Args:
        client: how their audio is sent.
    """

    def __init__(self, client: MeetingClient) -> None:
        self.script = Script.load(MEETING_FOLDER)
        self.meeting: Meeting | None = None
        self._client = client
        self._sounds: dict[str, Sound] = {}
        self._streams: dict[str, AudioStream] = {}
        self._said_ms = 0

    async def begin(self) -> str:
        """A meeting in the past, so that nothing is said too early; its id."""
        self._sounds = await asyncio.to_thread(read_sounds, self.script, MEETING_FOLDER)
        started_at = datetime.now(UTC) - timedelta(milliseconds=self.script.duration_ms)
        self.meeting = await self._client.create_meeting(title=self.script.title, started_at=started_at)
        for speaker in self.script.participants:
            await self._client.put_participant(self.meeting.id, speaker.id, speaker.name)
        return self.meeting.id

    async def say(self, until_ms: int) -> None:
        """On to this moment of the meeting; returns when all of it is durable. Who drops is away."""
        for recording in self.script.streams:
            sound = self._sounds[recording.file]
            start, end = (
                max(0, at_ms - recording.starts_ms) * sound.rate_hz // 1_000
                for at_ms in (self._said_ms, until_ms)
            )
            if end > start < len(sound.pcm):
                await self._stream_of(recording).write(sound.pcm[start:end])
            if end >= len(sound.pcm) and (stream := self._streams.pop(recording.file, None)):
                await stream.finish()
        self._said_ms = until_ms
        await asyncio.gather(*(stream.drain() for stream in self._streams.values()))

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """They go on at the speed of speech meanwhile."""

        over = asyncio.Event()

        async def go_on() -> None:
            while not over.is_set():
                await asyncio.sleep(STEP_MS / 1_000)
                await self.say(self._said_ms + STEP_MS)

        async with asyncio.TaskGroup() as group:
            group.create_task(go_on())
            try:
                yield
            finally:
                over.set()

    def _stream_of(self, recording: Recording) -> AudioStream:
        assert self.meeting is not None
        if recording.file not in self._streams:
            self._streams[recording.file] = self._client.open_stream(
                self.meeting.id,
                recording.participant,
                rate=recording.rate,
                captured_at=self.meeting.started_at + timedelta(milliseconds=recording.starts_ms),
            )
        return self._streams[recording.file]


class Reader(Window):
    """Somebody with a page of the service: at a desk with a mouse, or with a phone in their hand."""

    def __init__(self, page: Page, url: str, *, touches: bool) -> None:
        super().__init__(page)
        self.url = url
        self.touches = touches
        self.origins: set[str] = set()
        """everywhere the page asked for anything"""
        page.on("request", lambda request: self.origins.add("/".join(request.url.split("/")[:3])))

    @classmethod
    async def come(cls, browser: Browser, url: str, look: Look) -> Self:
        """With a browser of their own, at the service at `url`."""
        context = await browser.new_context(**look)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(NOTE_VIOLATIONS)
        return cls(await context.new_page(), url, touches=bool(look.get("has_touch")))

    async def open(self, path: str = "/") -> None:
        """A page by its address."""
        await self.page.goto(self.url + path)

    async def press(self, target: Locator) -> None:
        """With a finger or the mouse."""
        await (target.tap() if self.touches else target.click())

    async def scroll(self, down_px: int) -> None:
        """With the wheel, or with a finger again and again."""
        size = self.page.viewport_size or {"width": 0, "height": 0}
        x, y = size["width"] // 2, size["height"] // 2
        if not self.touches:
            await self.page.mouse.move(x, y)
            await self.page.mouse.wheel(0, down_px)
        while self.touches and down_px:
            part_px = max(-y // 2, min(down_px, y // 2))
            await self._draw(x, y, -part_px)
            down_px -= part_px
        await self.rest()

    async def rest(self) -> None:
        """Return when the page has stopped moving."""
        await self.page.evaluate(REST)

    async def _draw(self, x: int, y: int, by_px: int) -> None:
        """A finger takes the page at this point, moves it, rests, so that nothing slides on, and lets go."""
        session = await self.page.context.new_cdp_session(self.page)

        async def touch(kind: str, after_s: float, *points: float) -> None:
            touched = [{"x": x, "y": point} for point in points]
            when = {"timestamp": begun_s + after_s}
            await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched, **when})

        begun_s = time.time()
        await touch("touchStart", 0.0, y)
        for after_s, share in ((0.05, 0.25), (0.1, 0.5), (0.15, 0.75), (0.2, 1.0), (0.5, 1.0)):
            await touch("touchMove", after_s, y + by_px * share)
        await touch("touchEnd", 0.6)
        await session.detach()

    async def take(self, name: str) -> bytes:
        """A file from the menu of downloads, which is open."""
        async with self.page.expect_download() as waiting:
            await self.press(self.page.locator(f'#download a[href*="transcript.{name}"]'))
        return (await (await waiting.value).path()).read_bytes()

    async def fits(self) -> None:
        """Nothing is wider than the window."""
        wider = "document.documentElement.scrollWidth > innerWidth"
        assert not await self.page.evaluate(wider), f"{self.page.url} is wider than its window"
