"""The timeline's hours, and the sentence that is heard."""

import pytest
from playwright.async_api import expect

from tests.web.browser import Window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

HEARD = "() => [...CSS.highlights.get('heard')].map(String)"


async def test_a_timeline_has_times(service: Service, window: Window) -> None:
    """A few, in steps that people count in, none standing out over the end."""
    await service.open_meeting("ann")
    await service.say("ann", 0, 900, "First.")
    await service.say("ann", 299_000, 301_000, "Last words.")
    await service.sessions.end_meeting("m")
    await window.page.set_viewport_size({"width": 320, "height": 640})
    await window.page.goto(f"{service.url}/meetings/m")
    ticks = window.page.locator(".axis span")
    await expect(ticks).to_have_text(["0:00", "2:00", "4:00"])
    boxes = [await tick.bounding_box() for tick in await ticks.all()]
    places = [box["x"] for box in boxes if box]

    assert places == sorted(places)
    assert await window.page.evaluate("document.documentElement.scrollWidth") == 320


async def test_the_sentence_that_is_heard_is_marked_without_the_space_after_it(
    service: Service, window: Window
) -> None:
    """What was heard before it is not marked any more."""
    await service.open_meeting("ann")
    await service.say("ann", 0, 3_000, "First.")
    await service.say("ann", 4_000, 8_000, "Last words.")
    await service.sessions.end_meeting("m")
    await window.page.goto(f"{service.url}/meetings/m#t=1")
    await expect(window.page.locator(".spoken")).to_have_text("First. ")
    assert ["First."] == await window.page.evaluate(HEARD)
    await window.page.evaluate("location.hash = '#t=5'")
    await expect(window.page.locator(".spoken")).to_have_text("Last words. ")
    assert ["Last words."] == await window.page.evaluate(HEARD)
