"""Take pictures of every state of the pages in a real browser, and the paper: run as a program.

`python -m tests.web.take_screenshots FOLDER` ends when all are there, after a minute and a half: the bundled
meeting is played for those that show people talking. `--told` takes only those that need no meeting played.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.web.browser import open_browser
from tests.web.conftest import Service
from tests.web.staged import played_demo, told_service

Look = dict[str, object]
DESK: Look = {"viewport": {"width": 1180, "height": 860}}
PHONE: Look = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
SCREEN: Look = {"viewport": {"width": 1280, "height": 720}}
LIVE = {
    "live": (DESK, "light"),
    "live-dark": (DESK, "dark"),
    "live-phone": (PHONE, "light"),
    "live-phone-dark": (PHONE, "dark"),
}
LONG_DRAFT = re.compile(".{24,}")
SENTENCES = 20
"""that many are said before a picture is taken: everybody has joined, and people talk over each other"""
Act = Callable[[Page], Awaitable[object]]


async def main(folder: Path, *, told_only: bool) -> None:
    """Every picture, by name, into the folder."""
    async with open_browser() as browser:
        await take_told(browser, folder)
        if not told_only:
            await take_played(browser, folder)


async def take_played(browser: Browser, folder: Path) -> None:
    """While the bundled meeting is live: in every look, with captions."""
    async with played_demo() as url:
        views = [_take_live(browser, url, folder / f"{name}.png", *look) for name, look in LIVE.items()]
        await asyncio.gather(*views, _take_captions(browser, url, folder / "captions.png"))


async def take_told(browser: Browser, folder: Path) -> None:
    """States that are made on purpose."""
    async with told_service() as service:
        await shoot(browser, service.url, folder, "list-empty")
        await shoot(browser, f"{service.url}/meetings/none", folder, "error")
        await shoot(browser, f"{service.url}/docs", folder, "docs")
        await _hold_meetings(service)
        page = f"{service.url}/meetings/m"
        await shoot(browser, page, folder, "gap-and-not-transcribed")
        await shoot(browser, page, folder, "downloads", _open_downloads)
        await shoot(browser, page, folder, "keys", lambda page: page.keyboard.press("?"))
        await shoot(browser, page, folder, "paused", lambda page: page.keyboard.press("p"))
        await shoot(browser, service.url, folder, "list")
        await shoot(browser, f"{service.url}/?q=login", folder, "list-search")
        service.worker.ready = False
        await shoot(browser, page, folder, "trouble")
        service.worker.ready = True
        await service.sessions.end_meeting("m")
        await shoot(browser, page, folder, "ended-retention")
        await _print(browser, page, folder / "paper.pdf")


async def shoot(browser: Browser, url: str, folder: Path, name: str, act: Act | None = None) -> None:
    """One state in four looks."""
    for size, where in ((DESK, ""), (PHONE, "-phone")):
        for scheme, dark in (("light", ""), ("dark", "-dark")):
            page = await browser.new_page(**size, color_scheme=scheme)  # type: ignore[arg-type]
            await page.goto(url)
            await page.wait_for_timeout(300)  # the first events
            if act is not None:
                await act(page)
            await page.screenshot(path=folder / f"{name}{where}{dark}.png")
            await page.close()


async def _hold_meetings(service: Service) -> None:
    await service.open_meeting(meeting_id="past")
    await service.sessions.end_meeting("past")
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


async def _open_downloads(page: Page) -> None:
    await page.locator("#download > summary").click()
    await page.locator("#download .choice summary").click()


async def _print(browser: Browser, url: str, path: Path) -> None:
    page = await browser.new_page(color_scheme="dark")
    await page.goto(url)
    await page.pdf(path=path, format="A4")
    await page.close()


async def _take_live(browser: Browser, url: str, path: Path, size: Look, scheme: str) -> None:
    page = await browser.new_page(**size, color_scheme=scheme)  # type: ignore[arg-type]
    await page.goto(url)
    await _wait_for_talk(page)
    await page.screenshot(path=path)


async def _take_captions(browser: Browser, url: str, path: Path) -> None:
    page = await browser.new_page(**SCREEN)  # type: ignore[arg-type]
    await page.goto(f"{url}?captions")
    await _wait_for_talk(page)
    await expect(page.locator(".captions .lines")).to_have_text(re.compile(".{80,}"), timeout=30_000)
    await page.screenshot(path=path)


async def _wait_for_talk(page: Page) -> None:
    await page.locator(".sentence").nth(SENTENCES).wait_for(state="attached", timeout=180_000)
    draft = page.locator(".draft:not([hidden])").filter(has_text=LONG_DRAFT)
    await draft.first.wait_for(state="attached", timeout=60_000)


if __name__ == "__main__":
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    asyncio.run(main(Path(wanted[0]), told_only="--told" in sys.argv))
