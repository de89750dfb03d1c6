import pytest
from playwright.async_api import expect

from tests.web.browser import Window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

MARK = "[not transcribed]"


async def test_speech_without_text_is_shown_where_it_was(service: Service, window: Window) -> None:
    """Among the speaker's sentences, windows of one utterance as one; a reload shows the same."""
    await service.open_meeting("ann", "bob")
    await window.page.goto(f"{service.url}/meetings/m")
    await service.say("ann", 1_000, 1_900, "One.")
    await service.give_up("ann", 2_000, 6_000)
    await service.give_up("ann", 6_000, 9_000)
    await service.say("ann", 9_500, 9_900, "Two.")
    await service.give_up("bob", 12_000, 13_000)
    marks = window.page.locator(".untranscribed")
    await expect(marks).to_have_count(2)
    await expect(window.page.locator(".sentence")).to_have_count(2)
    shown = await window.shown()

    assert [f"One. {MARK} Two.", MARK] == [
        " ".join((await said.inner_text()).split()) for said in await window.page.locator(".turn > p").all()
    ]
    await expect(marks.first).to_have_attribute("title", "0:02 to 0:09: this could not be recognised")
    await window.page.reload()
    assert shown == await window.shown()
    await expect(marks.first).to_have_attribute("title", "0:02 to 0:09: this could not be recognised")


async def test_speech_without_text_is_read_out_and_told_from_text(service: Service, window: Window) -> None:
    """In words to a screen reader, by its look to others, and not by its colour alone."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    service.worker.draft("ann", 1_000, 1_800, "good mor")
    await expect(window.page.locator(".draft")).to_be_visible()
    await service.give_up("ann", 1_000, 2_000)
    mark = window.page.locator(".untranscribed")
    await expect(mark).to_be_visible()

    await expect(window.page.locator(".draft")).to_have_count(0)
    assert MARK in await window.page.get_by_role("log").aria_snapshot()
    await expect(mark).to_have_css("border-bottom-style", "dashed")
