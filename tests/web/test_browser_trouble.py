"""A page of a service that has trouble which concerns every meeting, and then has none."""

import re

import pytest
from playwright.async_api import expect

from tests.web.browser import Window, open_browser, open_window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser


async def test_the_page_says_what_is_wrong_and_takes_it_back(service: Service, window: Window) -> None:
    """In its health line, also after a reload and in the list; when it is over it is live again."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    health = window.page.locator("#health")
    await expect(health).to_have_text("Live")
    service.worker.ready = False
    await expect(health).to_have_text("Recogniser restarts: text comes later")
    await window.page.reload()
    await expect(health).to_have_text("Recogniser restarts: text comes later")
    service.worker.ready = True
    await expect(health).to_have_text("Live")


async def test_it_is_said_without_scripts(service: Service) -> None:
    """On the page and in the list of meetings, as they are sent."""
    await service.open_meeting("ann")
    service.worker.ready = False
    async with open_browser() as browser:
        window = await open_window(browser, scripts=False)
        for path in ("/", "/meetings/m"):
            await window.page.goto(service.url + path)
            health = window.page.locator(".health")
            await expect(health).to_have_text(re.compile("^Recogniser restarts: text comes later"))
