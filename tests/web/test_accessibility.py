"""No page breaks a rule of axe-core in any state, light or dark, on a desk or in a hand."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, ViewportSize, expect

from tests.web.browser import Window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

DESK, HAND = ViewportSize(width=1_180, height=860), ViewportSize(width=320, height=640)


async def violations(page: Page) -> list[str]:
    """Every broken rule, with where and how it looked."""
    found: list[str] = []
    for size in (DESK, HAND):
        await page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            result = (await Axe().run(page)).response
            found += [
                f"{scheme} {size['width']}: {rule['id']} at {node['target']}: {node['failureSummary']}"
                for rule in result["violations"]
                for node in rule["nodes"]
            ]
    return found


async def full_meeting(service: Service) -> None:
    """Somebody speaks, two talk at once, a gap, speech without text, somebody who left, a long name."""
    await service.open_meeting("ann", "bob", "x" * 60)
    await service.say("ann", 0, 2_000, "Shall we begin?")
    await service.say("bob", 1_500, 3_000, "Yes, please.")
    await service.give_up("ann", 4_000, 6_000)
    bob = await service.sessions.open_input("m", ["bob"], 16_000)
    await bob.declare_gap(1_600, 16_000 * 4)
    await service.sessions.end_participant("m", "x" * 60)


async def speak(service: Service, page: Page) -> None:
    """A draft is on the page."""
    service.worker.draft("ann", 7_000, 8_000, "and then we")
    await expect(page.locator(".draft")).to_be_visible()


async def test_pages_without_a_meeting(service: Service, window: Window) -> None:
    """The empty list, the interface, an address that leads nowhere."""
    for path in ("/", "/?q=nothing", "/docs"):
        await window.page.goto(service.url + path)

        assert await violations(window.page) == [], path
    await window.page.goto(f"{service.url}/meetings/none")
    assert await violations(window.page) == []
    window.complaints.clear()  # a browser reports the 404 that was wanted


async def test_a_live_meeting(service: Service, window: Window) -> None:
    """With everything that can be on it, paused, in trouble, with each menu and sheet open; in the list."""
    page = window.page
    await full_meeting(service)
    await page.goto(f"{service.url}/meetings/m")
    await speak(service, page)

    assert await violations(page) == []
    await page.locator("#download > summary").click()
    await page.locator("#download .choice summary").click()
    await page.get_by_role("button", name="Pause").click()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    assert await violations(page) == []
    await page.keyboard.press("?")
    await page.keyboard.press("c")
    await expect(page.locator(".captions .lines")).not_to_be_empty()
    assert await violations(page) == []
    service.worker.ready = False
    await page.goto(f"{service.url}/")
    assert await violations(page) == []
    await page.goto(f"{service.url}/?q=begin")
    assert await violations(page) == []
    await page.goto(f"{service.url}/meetings/m")
    assert await violations(page) == []


async def test_a_meeting_that_is_over(service: Service, window: Window) -> None:
    """One with text, and one in which nothing was said."""
    await full_meeting(service)
    await service.sessions.end_meeting("m")
    await service.open_meeting(meeting_id="silent")
    await service.sessions.end_meeting("silent")
    for meeting_id in ("m", "silent"):
        await window.page.goto(f"{service.url}/meetings/{meeting_id}")

        assert await violations(window.page) == []
