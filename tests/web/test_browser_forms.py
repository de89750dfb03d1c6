"""Forms of our own pages in a browser, by a name of another machine and without TLS: as in most LANs."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from meeting_service.settings import Settings
from tests.web.browser import open_browser, open_window
from tests.web.conftest import Service, StartService

pytestmark = pytest.mark.browser

HOST = "meetings.test"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """It does not say there of which site a request is, for it does not trust the network."""
    async with open_browser(f"--host-resolver-rules=MAP {HOST} 127.0.0.1") as opened:
        yield opened


@pytest.fixture
async def exposed(start_service: StartService, settings: Settings) -> Service:
    """A service for all of a network."""
    server = settings.server.model_copy(update={"insecure": True})
    return await start_service(settings.model_copy(update={"server": server}))


async def test_forms_work_over_a_network(browser: Browser, exposed: Service) -> None:
    """A meeting is begun, renamed and deleted."""
    url = exposed.url.replace("127.0.0.1", HOST)
    window = await open_window(browser, scripts=False)
    page = window.page
    await page.goto(f"{url}/talk")
    await page.get_by_role("textbox").fill("Weekly")
    await page.locator("form button").click()
    await page.wait_for_url("**/meetings/*/talk")
    manage = page.url.removesuffix("talk") + "manage"
    await page.goto(manage)
    await page.locator("form[action$=rename] input").fill("Monthly")
    await page.locator("form[action$=rename] button").click()
    await expect(page.locator("main")).to_contain_text("Monthly")
    await page.goto(manage)
    await page.locator("form[action$=delete] button").click()
    await page.wait_for_url(f"{url}/")
    left = (await exposed.sessions.store.list_meetings()).meetings

    assert [] == left
