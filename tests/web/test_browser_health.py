"""The health line of a page, which says that it is not live whenever it is not."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.web.browser import open_window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("missing", ["main.js", "turns.js"])
async def test_a_page_whose_script_does_not_start_is_not_live(
    service: Service, browser: Browser, missing: str
) -> None:
    """Blocked, or with an error in a module: the page says so, and how to try again."""
    await service.open_meeting("ann")
    window = await open_window(browser)
    await window.page.route(re.compile(f"/{missing}$"), lambda route: route.fulfill(body="not a module"))
    await window.page.goto(f"{service.url}/meetings/m")
    health = window.page.get_by_role("status")
    await expect(health.get_by_role("link", name="Not live: reload")).to_be_visible()

    assert "Live" not in (await health.text_content() or "").split()
    await window.page.unroute_all()
    await health.get_by_role("link").click()
    await expect(health).to_have_text("Live")


async def test_a_page_without_scripts_says_what_it_does(service: Service, browser: Browser) -> None:
    """It is not live, and is read anew by itself."""
    await service.open_meeting("ann")
    window = await open_window(browser, scripts=False)
    await window.page.goto(f"{service.url}/meetings/m")

    said = window.page.locator("#health noscript")
    await expect(said).to_be_visible()
    assert "Reloads by itself" == await said.evaluate("element => element.textContent")
    await expect(window.page.locator("#health .still")).to_be_hidden()


async def test_an_error_while_the_page_runs_is_said(service: Service, browser: Browser) -> None:
    """What cannot be shown stops the page; it says so, and not that it is live, whatever comes after."""
    await service.open_meeting("ann")
    window = await open_window(browser)
    await window.page.goto(f"{service.url}/meetings/m")
    health = window.page.get_by_role("status")
    await expect(health).to_have_text("Live")
    await window.page.locator("#people").evaluate("list => list.querySelector('.doing').remove()")
    await service.join("ben", "Ben")
    await expect(health.get_by_role("link", name="Stopped by an error: reload")).to_be_visible()
    service.cut_connections()
    await service.say("ann", 0, 900, "Said after it.")
    await expect(window.page.locator("#log")).to_contain_text("Said after it.")

    await expect(health).to_have_text("Stopped by an error: reload")
