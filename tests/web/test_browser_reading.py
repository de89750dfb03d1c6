import re

import pytest
from playwright.async_api import Browser, Locator, expect

from meeting_service.exports import Purpose, formats
from tests.web.browser import Window, open_window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser


async def two_people_talk(service: Service) -> None:
    """A meeting with an overlap, a long turn and a gap."""
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 2_000, "Shall we begin?")
    await service.say("bob", 1_500, 3_000, "Yes, please.")
    await service.say("ann", 4_000, 5_000, "First topic.")
    await service.say("ann", 5_200, 6_000, "Second topic.")
    bob = await service.sessions.open_input("m", ["bob"], 16_000)
    await bob.declare_gap(1_600, 16_000 * 4)


async def test_a_meeting_is_complete_without_scripts(
    service: Service, browser: Browser, window: Window
) -> None:
    """The page as sent shows what the page with scripts shows, word by word."""
    await two_people_talk(service)
    plain = await open_window(browser, scripts=False)
    await plain.page.goto(f"{service.url}/meetings/m")
    await window.page.goto(f"{service.url}/meetings/m")
    await expect(window.page.get_by_role("status")).to_have_text("Live")
    await service.sessions.rename_meeting("m", "Renamed")
    await expect(window.page.locator("h1")).to_have_text("Renamed")  # rendered once by the script

    assert await plain.said() == ["Shall we begin?", "Yes, please.", "First topic.", "Second topic."]
    assert await plain.shown() == await window.shown()
    assert len(await plain.shown()) == 4


async def test_files_can_be_taken_away(service: Service, window: Window) -> None:
    """Every entry of the menu gives a file; those that people read have the text in it."""
    await two_people_talk(service)
    names = []
    for group in range(len(Purpose)):  # a browser takes so many files from a page and no more
        await window.page.goto(f"{service.url}/meetings/m")
        await window.page.locator("#download > summary").click()
        for link in await window.page.locator("#download .sheet > ul > li").nth(group).locator("a").all():
            names.append(await download(window, link))

    assert names == [f"Planning.{form.extension}" for form in formats.values()]


async def download(window: Window, link: Locator) -> str:
    """Take a file away; its name."""
    async with window.page.expect_download() as waiting:
        await link.click()
    file = await waiting.value
    content = (await file.path()).read_bytes()

    assert content
    if file.suggested_filename.endswith((".txt", ".md", ".srt", ".vtt")):
        assert b"First topic." in content
    return file.suggested_filename


async def test_the_list_leads_to_meetings(service: Service, window: Window) -> None:
    """Live ones first; each with its people; a click opens its page."""
    await two_people_talk(service)
    await service.open_meeting("cleo", meeting_id="done")
    await service.sessions.end_meeting("done")
    await window.page.goto(service.url)
    rows = window.page.locator(".meeting")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("Live")
    await expect(rows.first).to_contain_text("Ann, Bob")
    await rows.first.get_by_role("link").click()

    await expect(window.page.locator(".sentence")).to_have_count(4)


async def test_an_empty_service_tells_the_first_step(service: Service, window: Window) -> None:
    """A command for a demonstration, and one for a meeting of one's own at this address."""
    await window.page.goto(service.url)

    await expect(window.page.get_by_role("main")).to_contain_text("meeting-service demo")
    await expect(window.page.get_by_role("main")).to_contain_text(f"meeting-service send {service.url}")


@pytest.mark.parametrize("path", ["", "/meetings/m", "/docs", "/meetings/none"])
async def test_pages_fit_a_phone(service: Service, browser: Browser, path: str) -> None:
    """Nothing is wider than 320 pixels, not even a name without a space in it."""
    await service.open_meeting("x" * 60)
    await service.say(
        "x" * 60, 0, 900, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten" * 2
    )
    window = await open_window(browser)
    await window.page.set_viewport_size({"width": 320, "height": 640})
    await window.page.goto(service.url + path)

    assert await window.page.evaluate("document.documentElement.scrollWidth") == 320


async def test_a_keyboard_is_enough(service: Service, window: Window) -> None:
    """The first stop skips to the text; the menu opens and leads on without a mouse."""
    await two_people_talk(service)
    await window.page.goto(f"{service.url}/meetings/m")
    await window.page.keyboard.press("Tab")
    await expect(window.page.locator(":focus")).to_have_text("Skip to content")
    await window.page.locator("#download > summary").focus()
    await window.page.keyboard.press("Enter")
    await window.page.keyboard.press("Tab")
    await expect(window.page.locator(":focus")).to_have_text("Options")
    await window.page.keyboard.press("Tab")
    await expect(window.page.locator(":focus")).to_have_text("Copy all text")
    await window.page.keyboard.press("Tab")

    await expect(window.page.locator(":focus")).to_have_attribute(
        "href", re.compile("/v1/meetings/m/transcript.txt$")
    )
    await window.page.keyboard.press("Escape")
    await expect(window.page.locator("#download > summary")).to_be_focused()
    await expect(window.page.locator("#download .sheet")).to_be_hidden()
