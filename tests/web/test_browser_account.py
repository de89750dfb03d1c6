"""What became of everybody's audio, on the page: as it is sent, and kept current while it is open."""

import pytest
from playwright.async_api import expect

from tests.web.browser import Window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser


async def test_figures_follow_and_seconds_that_are_lost_are_told(service: Service, window: Window) -> None:
    """A page that is open learns the last figures when the meeting ends; a new one is sent with them."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    line, warning = window.page.locator(".account"), window.page.locator(".unaccounted")
    await expect(line).to_have_text("0:00\N{NO-BREAK SPACE}received")
    await expect(warning).to_be_hidden()

    await service.say("ann", 0, 2_000, "More than was ever received.")
    await service.sessions.end_meeting("m")

    told = "\N{NO-BREAK SPACE}".join(["0:00", "received, all", "transcribed"])
    await expect(line).to_have_text(told)
    await expect(warning).to_have_text("1.9 s not accounted for")
    await window.page.reload()
    await expect(line).to_have_text(told)
    await expect(warning).to_have_text("1.9 s not accounted for")
    assert [] == window.complaints
