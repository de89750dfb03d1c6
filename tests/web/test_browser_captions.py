"""Captions while things go wrong: what comes late, a lost connection, a screen that would sleep."""

import pytest
from playwright.async_api import Browser, expect

from tests.web.browser import open_window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

STAY_AND_COUNT = """
  const { setTimeout } = window;
  // Words stay, however slow a machine.
  window.setTimeout = (then, ms) => (ms === 8000 ? 0 : setTimeout(then, ms));
  window.locks = [];
  const request = async () => {
    locks.push({ released: false, release() { this.released = true; } });
    return locks.at(-1);
  };
  Object.defineProperty(navigator, "wakeLock", { value: { request } });
"""
COME_BACK = """() => {
  locks.at(-1).released = true; // as a browser does when a page is hidden
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_captions_lose_nothing_silently(service: Service, browser: Browser) -> None:
    """Late words come last; what is wrong is said; the screen stays awake; what was gone stays gone."""
    await service.open_meeting("ann", "bob")
    window = await open_window(browser)
    page = window.page
    await page.add_init_script(STAY_AND_COUNT)
    await page.goto(f"{service.url}/meetings/m?captions")
    lines, status = page.locator(".captions .lines p"), page.get_by_role("dialog").get_by_role("status")
    await service.say("bob", 10_000, 11_000, "In time.")
    await expect(lines).to_have_text(["Bob: In time."])
    await service.say("ann", 1_000, 2_000, "Late.")
    await expect(lines).to_have_count(2)
    await service.say("bob", 12_000, 13_000, "Then this.")
    await expect(lines).to_have_text(["Bob: In time.", "Ann: Late.", "Bob: Then this."])
    await expect(status).to_be_empty()
    await page.route("**/events?*", lambda route: route.abort())
    service.cut_connections()
    await expect(status).to_have_text("Reconnecting…")
    await page.unroute_all()
    await expect(status).to_be_empty()
    await page.evaluate(COME_BACK)
    await service.sessions.end_meeting("m")
    await expect(status).to_have_text("Ended")

    assert [True, False] == await page.evaluate("locks.map(lock => lock.released)")
    await page.keyboard.press("Escape")
    await page.keyboard.press("c")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(lines).to_have_count(0)
