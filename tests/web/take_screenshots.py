"""Take pictures of every state of the pages in a real browser, and the paper: run as a program.

`python -m tests.web.take_screenshots FOLDER` takes every state in four looks, of the bundled meeting where it
can be. `--docs` takes only those that the documentation shows, by the names they have there; `--told` only
those that need no recogniser.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from meeting_service.client import MeetingClient
from tests.faults.service import FaultService, Recogniser
from tests.web.browser import PATIENCE_MS
from tests.web.companions import Speakers
from tests.web.conftest import Service
from tests.web.staged import told_service
from tests.web.talking import hum, open_talking_browser, write_recording

Look = dict[str, object]
DESK: Look = {"viewport": {"width": 1180, "height": 820}}
PHONE: Look = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SCREEN: Look = {"viewport": {"width": 1280, "height": 720}}
LOOKS = {
    "": DESK | {"color_scheme": "light"},
    "-dark": DESK | {"color_scheme": "dark"},
    "-phone": PHONE | {"color_scheme": "light"},
    "-phone-dark": PHONE | {"color_scheme": "dark"},
}
DOCS = {
    "live": "live",
    "live-dark": "live-dark",
    "live-phone": "live-phone-dark",
    "list": "list",
    "captions": "captions",
    "talk": "talk",
    "listening": "listening",
    "correcting": "correcting-dark",
    "searching": "searching",
    "downloads": "downloads",
    "gap-and-not-transcribed": "gap-and-not-transcribed",
}
"""what the documentation shows: the name of a picture there, and the state with its look"""
TALKING_MS, SENTENCES = 58_000, 17
"""what was said when the first look at the page is taken; so many sentences are final soon after, at least"""
PAST = {"Budget for the second half": 24, "Design review: login page": 47, "Retrospective": 93}
"""meetings that are over, with the minutes that they took"""
NAMES = ("Ann", "Ben", "Carla", "Dev", "Élodie", "Farid")
Act = Callable[[Page], Awaitable[object]]
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Album:
    """Where pictures go, and which are wanted."""

    browser: Browser
    folder: Path
    wanted: dict[str, str] | None
    """by state and look, the name of the file; None: all, by state and look"""

    async def take(
        self, url: str, state: str, act: Act | None = None, *, looks: Mapping[str, Look] = LOOKS
    ) -> None:
        """One state, in every look that is wanted."""
        for ending, look in looks.items():
            name = f"{state}{ending}"
            if self.wanted is None or name in self.wanted:
                file = name if self.wanted is None else self.wanted[name]
                async with self.open(url, look) as page:
                    if act is not None:
                        await act(page)
                    await page.screenshot(path=self.folder / f"{file}.png", animations="disabled")

    async def print(self, url: str, state: str) -> None:
        """One state on paper, if all are wanted."""
        if self.wanted is None:
            async with self.open(url, DESK | {"color_scheme": "dark"}) as page:
                await page.pdf(path=self.folder / f"{state}.pdf", format="A4")

    @asynccontextmanager
    async def open(self, url: str, look: object) -> AsyncIterator[Page]:
        """A page of its own, which has what was there."""
        assert isinstance(look, dict)
        context = await self.browser.new_context(**look, permissions=["microphone"])
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        await page.goto(url, wait_until="networkidle" if "/meetings/" not in url else "load")
        yield page
        await context.close()


async def main(folder: Path, flags: set[str]) -> None:
    """Every picture that is wanted, into the folder."""
    with tempfile.TemporaryDirectory() as given:
        recording = await asyncio.to_thread(write_recording, Path(given) / "hum.wav", hum(2), silence_s=0)
        async with open_talking_browser(recording) as browser:
            wanted = {state: name for name, state in DOCS.items()} if "--docs" in flags else None
            album = Album(browser, folder, wanted)
            await take_told(album)
            if "--told" not in flags:
                await take_heard(album, Path(given))


async def take_heard(album: Album, data: Path) -> None:
    """The bundled meeting, as the bundled model hears it: while people talk, and when it is over."""
    async with (
        FaultService(data, recogniser=Recogniser.BUNDLED) as service,
        MeetingClient(service.url) as client,
    ):
        speakers = Speakers(client)
        meeting_id = await speakers.begin()
        await _hold_past(client, speakers)
        await speakers.say(TALKING_MS)
        page = f"{service.url}/meetings/{meeting_id}"
        while len((await client.transcript(meeting_id)).sentences) < SENTENCES - 2:  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.2)
        async with speakers.talking():
            await album.take(page, "live", _see_talk)
            await album.take(f"{page}?captions", "captions", _see_captions, looks={"": SCREEN})
            await album.take(f"{page}/talk", "talk", _try_microphone)
            await album.take(service.url, "list")
        await speakers.say(speakers.script.duration_ms + 2_000)
        await client.end(meeting_id)
        await album.take(page, "ended")
        await album.take(page, "listening", _listen)
        await album.take(page, "correcting", _correct)
        await album.take(page, "searching", _search)
        await album.take(page, "downloads", _open_downloads)
        await album.take(f"{service.url}/?q=customers", "list-search")


async def _hold_past(client: MeetingClient, speakers: Speakers) -> None:
    """Meetings before it, without a word."""
    assert speakers.meeting is not None
    for n, (title, minutes) in enumerate(PAST.items()):
        started_at = speakers.meeting.started_at - timedelta(minutes=minutes)
        meeting = await client.create_meeting(title=title, started_at=started_at)
        for name in NAMES[: 3 + n]:
            await client.put_participant(meeting.id, name.lower(), name)
        await client.end(meeting.id)


async def take_told(album: Album) -> None:
    """States that are made on purpose."""
    async with told_service() as service:
        await album.take(service.url, "list-empty")
        await album.take(f"{service.url}/meetings/none", "error")
        await album.take(f"{service.url}/talk", "begin")
        await album.take(f"{service.url}/docs", "docs")
        await _hold_meetings(service)
        page = f"{service.url}/meetings/m"
        await album.take(page, "gap-and-not-transcribed", _see_live)
        await album.take(page, "keys", lambda page: page.keyboard.press("?"))
        await album.take(page, "paused", lambda page: page.keyboard.press("p"))
        await album.take(f"{page}/manage", "manage")
        service.worker.ready = False
        await album.take(page, "trouble")
        service.worker.ready = True
        await service.sessions.end_meeting("m")
        await album.take(page, "ended-retention")
        await album.print(page, "paper")


async def _hold_meetings(service: Service) -> None:
    await service.open_meeting("ann", "ben", "carla")
    for who in ("ann", "ben", "carla"):
        await service.send_silence(who, 24_000)
    await service.say("ann", 1_000, 4_000, "Good morning. What is the state of the login page?")
    await service.say("ben", 4_500, 9_000, "The login page takes nine seconds on old phones.")
    await service.say("carla", 8_000, 11_000, "Six customers called me about it.")
    await service.give_up("ben", 12_000, 15_000)
    ann = await service.sessions.open_input("m", ["ann"], 16_000)
    await ann.declare_gap(16_000 * 24 + 1_600, 16_000 * 28)
    await service.send_silence("ann", 6_000)
    await service.say("ann", 29_000, 33_000, "I was cut off for a moment, could you say that again?")


async def _see_live(page: Page) -> None:
    await expect(page.locator("#health")).to_have_text("Live")


async def _see_talk(page: Page) -> None:
    await page.locator("#log .sentence").nth(SENTENCES - 1).wait_for(state="attached")
    await page.locator(".draft", has_text=re.compile(".{24,}")).first.wait_for(state="attached")
    await expect(page.locator("#behind")).to_be_hidden()
    await page.locator("[data-doing=speaking] .loud:not([data-level='0'])").first.wait_for()


async def _see_captions(page: Page) -> None:
    await expect(page.locator(".captions .lines")).to_have_text(re.compile(".{80,}"))


async def _try_microphone(page: Page) -> None:
    await page.get_by_label("Your name").fill("Dev")
    await page.get_by_role("button", name="Try the microphone first").click()
    await expect(page.locator("#talk-state")).to_contain_text("You are heard")


async def _listen(page: Page) -> None:
    await page.locator("#log .sentence", has_text="topics").first.click()
    await page.locator('#actions [data-do="play"]').click()
    await page.wait_for_function("() => [...CSS.highlights.get('spoken') ?? []].length")
    await page.get_by_role("region", name="Listen").get_by_role("button", name="Pause").click()
    await page.evaluate("scrollTo(0, 0)")


async def _correct(page: Page) -> None:
    await page.locator("#log .sentence", has_text="How").first.click()
    await page.locator('#actions [data-do="correct"]').click()
    await page.get_by_label("What was said").fill("How bad is it at the moment?")


async def _search(page: Page) -> None:
    await page.locator("#find-q").fill("server")
    await expect(page.locator("#find output")).to_contain_text("1 of")
    await page.locator("#find-q").press("Enter")


async def _open_downloads(page: Page) -> None:
    await page.locator("#download > summary").click()
    await page.locator("#download .choice summary").click()


if __name__ == "__main__":
    words = sys.argv[1:]
    asyncio.run(main(Path(words[0]), set(words[1:])))
