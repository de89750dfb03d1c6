"""A real browser for tests: found where it usually is, started without reaching for the network."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OTHER_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_MS = 60_000
SHOWN = """entries => entries.map(entry => {
  const parts = entry.matches(".gap") ? [entry] : [...entry.querySelectorAll("h3 > *, p > *")];
  return [entry.className, ...parts.map(part => part.textContent)].join(" ");
})"""


def find_chromium(driver_path: str | None = None) -> str | None:
    """The path of a Chromium: one told, on the path, in its usual place, or one that playwright keeps."""
    told = os.environ.get("CHROMIUM")
    candidates = [told, *map(shutil.which, NAMES), *OTHER_PLACES, driver_path]
    return next((path for path in candidates if path and Path(path).exists()), None)


def require_chromium(path: str | None) -> str:
    """The path, or a skip that says why; where tests must be complete, a failure."""
    if path is not None:
        return path
    reason = "NO CHROMIUM FOUND: the pages are not tested in a browser; install chromium or set CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class Window:
    """A page in a browser, with all it complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._wanted: tuple[str, ...] = ()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        # Chromium reports a lost connection as an error of the page; that is the network's.
        if message.type in ("error", "warning") and not any(
            part in message.text for part in ("net::ERR_", *self._wanted)
        ):
            self.complaints.append(message.text)

    def expect_status(self, *statuses: int) -> None:
        """Answers like these are wanted from now on: that Chromium reports them, at some time, is none."""
        self._wanted += tuple(f"status of {status} " for status in statuses)

    async def said(self) -> list[str]:
        """Every final sentence, from top to bottom."""
        return [text.strip() for text in await self.page.locator("#log .sentence").all_text_contents()]

    async def shown(self) -> list[str]:
        """Every turn and gap, from top to bottom: how it looks, who, when and what."""
        found: list[str] = await self.page.locator("#log > *").evaluate_all(SHOWN)
        return [" ".join(text.split()) for text in found]


@asynccontextmanager
async def open_browser(*flags: str, audible: bool = False) -> AsyncIterator[Browser]:
    """Chromium, with more flags than always if a test needs them, mute unless told; closed afterwards."""
    async with async_playwright() as playwright:
        path = require_chromium(find_chromium(playwright.chromium.executable_path))
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[*FLAGS, *flags],
            ignore_default_args=["--mute-audio"] if audible else None,
        )
        try:
            yield browser
        finally:
            await browser.close()


async def open_window(browser: Browser, *, scripts: bool = True) -> Window:
    """A window of its own: nothing kept from others; closed with the browser."""
    context = await browser.new_context(java_script_enabled=scripts, viewport={"width": 1_000, "height": 600})
    context.set_default_timeout(PATIENCE_MS)
    return Window(await context.new_page())
