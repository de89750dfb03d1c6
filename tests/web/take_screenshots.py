"""Take the README's screenshot: the bundled meeting, played live, in a real browser.

Run as a program: `python -m tests.web.take_screenshots FOLDER`; it takes two minutes.
"""

import asyncio
import re
import sys
from pathlib import Path

from playwright.async_api import Browser

from meeting_service.preflight import find_free_port
from tests.web.browser import open_browser

VIEWS = {
    "live": {"viewport": {"width": 1180, "height": 860}, "color_scheme": "light", "device_scale_factor": 1.5},
    "live-dark": {"viewport": {"width": 1180, "height": 860}, "color_scheme": "dark"},
    "live-phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "is_mobile": True},
}
LONG_DRAFT = re.compile(".{24,}")
SENTENCES = 30
"""that many are said before a picture is taken: everybody has joined, and people talk over each other"""


async def main(folder: Path) -> None:
    """Play the meeting and take a picture of every view while somebody speaks."""
    port = find_free_port("127.0.0.1")
    command = (sys.executable, "-m", "meeting_service", "demo", "--exit", "--port", str(port))
    service = await asyncio.create_subprocess_exec(
        *command, "--out", str(folder / "demo"), stdout=asyncio.subprocess.PIPE
    )
    try:
        url = await _meeting_url(service)
        async with open_browser() as browser:
            await asyncio.gather(*(_take(browser, url, folder / f"{name}.png") for name in VIEWS))
    finally:
        service.terminate()
        await service.communicate()


async def _meeting_url(service: asyncio.subprocess.Process) -> str:
    assert service.stdout is not None
    async for line in service.stdout:
        for word in line.decode().split():
            if "/meetings/" in word:
                return word
    raise SystemExit("the demo ended without a page")


async def _take(browser: Browser, url: str, path: Path) -> None:
    page = await browser.new_page(**VIEWS[path.stem])  # type: ignore[arg-type]
    await page.goto(url)
    await page.locator(".sentence").nth(SENTENCES).wait_for(timeout=150_000)
    await page.locator(".draft:not([hidden])").filter(has_text=LONG_DRAFT).first.wait_for(timeout=30_000)
    await page.screenshot(path=path)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
