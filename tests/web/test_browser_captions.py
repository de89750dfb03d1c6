"""Captions while things go wrong: what comes late, a lost connection, a screen that would sleep."""

import pytest
from playwright.async_api import Browser, expect

from tests.web.browser import Window, open_window
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


async def test_nobodys_words_stand_without_a_name(service: Service, window: Window) -> None:
    """Of a turn that is longer than the lines the name stands beside the first that is seen."""
    await service.open_meeting("ann", "bob")
    page = window.page
    await page.goto(f"{service.url}/meetings/m?captions")
    await service.say("bob", 0, 900, "Short.")
    await service.say("ann", 1_000, 9_000, "This goes on and on, and on again, and nobody knows why. " * 4)
    await expect(page.locator(".captions b")).to_have_text(["Bob:", "Ann:"])
    name = await page.locator(".captions b", has_text="Ann").bounding_box()
    lines = await page.locator(".captions .lines").bounding_box()

    assert name
    assert lines
    assert lines["y"] - 1 <= name["y"] <= lines["y"] + 1


async def test_the_way_out_of_captions_is_shown_to_whoever_works_by_keys(
    service: Service, window: Window
) -> None:
    """A ring around it is on no screen that was set up with a mouse."""
    await service.open_meeting("ann")
    page = window.page
    await page.goto(f"{service.url}/meetings/m")
    leave = page.get_by_role("button", name="Leave captions")
    await page.locator("#show-captions").click()
    await expect(page.get_by_role("dialog")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("c")
    await expect(leave).to_be_focused()

    assert await leave.evaluate("button => button.matches(':focus-visible')")


async def test_captions_that_cannot_be_loaded_are_told_and_tried_again(
    service: Service, browser: Browser
) -> None:
    """Nothing of them comes with the page; without a connection that is said, and with it they come."""
    await service.open_meeting("ann")
    page = (await open_window(browser)).page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{service.url}/meetings/m")
    await expect(page.locator("#health")).to_have_text("Live")
    assert not [url for url in asked if "captions" in url]
    for part in ("captions.*", "captions.css", "captions.js*"):
        await page.route(f"**/{part}", lambda route: route.abort())
        await page.get_by_role("button", name="Captions").click()
        await expect(page.locator("#told")).to_contain_text("Captions cannot be shown")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await page.unroute_all()
        await page.evaluate("document.getElementById('told').textContent = ''")
    await page.get_by_role("button", name="Captions").click()
    await expect(page.get_by_role("dialog")).to_be_visible()

    assert "rgb(0, 0, 0)" == await page.get_by_role("dialog").evaluate(
        "e => getComputedStyle(e).backgroundColor"
    )
