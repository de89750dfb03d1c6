"""What stays put while a page goes on: a paused page, the keyboard's place, text in small windows."""

import pytest
from playwright.async_api import Browser, expect

from meeting_service.sessions import SessionManager
from tests.web.browser import Window, open_window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

COVERS = """() => [...document.querySelectorAll("body *")].filter(part => {
  const { position, display, top, bottom } = getComputedStyle(part);
  const seen = display !== "none" && part.getClientRects().length && !part.closest(".unseen, .skip, dialog");
  return seen && (position === "sticky" ? top !== "auto" : position === "fixed");
}).map(part => part.id || part.className)"""
FIELDS = """() => {
  const light = colour => {
    const parts = colour.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255);
    const [r, g, b] = parts.map(part => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const paper = getComputedStyle(document.body).backgroundColor;
  const others = "[type=checkbox], [type=radio], [type=range], [type=hidden]";
  const fields = document.querySelectorAll(`input:not(${others}), select, textarea`);
  return [...fields].map(field => ratio(getComputedStyle(field).borderTopColor, paper));
}"""


async def correct_first(sessions: SessionManager, text: str) -> None:
    """As a reader does, of the first sentence."""
    sentence = (await sessions.get_transcript("m")).sentences[0]
    await sessions.editing.correct("m", sentence.id, text, 0)


async def test_a_paused_page_shows_what_is_changed_by_hand(service: Service, window: Window) -> None:
    """A correction, a name, a bookmark; what is said waits all the same, and comes with the rest."""
    page = window.page
    await service.open_meeting("ann", "ben")
    await service.say("ann", 0, 900, "Befor.")
    await page.goto(f"{service.url}/meetings/m")
    await page.get_by_role("button", name="Pause").click()
    await service.say("ben", 1_000, 2_000, "First words.")
    await expect(page.get_by_role("button", name="Resume (1 new)")).to_be_visible()
    await correct_first(service.sessions, "Before.")
    await expect(page.locator("#log .sentence")).to_have_text("Before.")
    await service.sessions.editing.rename("m", "ann", "Anna", 0)
    await service.sessions.editing.add_bookmark("m", 0, "Here")
    await expect(page.locator("#log .name")).to_have_text("Anna")
    await expect(page.locator("#bookmarks li")).to_have_text("0:00 Here")

    assert await window.said() == ["Before."]
    await page.get_by_role("button", name="Resume (1 new)").click()
    await expect(page.locator("#log .sentence")).to_have_text(["Before.", "First words."])


async def test_the_keyboard_keeps_a_place(service: Service, window: Window) -> None:
    """After the jump it is at the last turn; when the pause button goes at the end, at the one beside it."""
    page = window.page
    await service.open_meeting("ann", "ben")
    for n in range(30):
        await service.say("ann" if n % 2 else "ben", n * 1_000, n * 1_000 + 900, f"Sentence {n}.")
    await page.goto(f"{service.url}/meetings/m")
    await expect(page.get_by_text("Sentence 29.")).to_be_in_viewport()
    await page.mouse.wheel(0, -1_500)
    await page.get_by_role("button", name="Jump to live").press("Enter")
    await expect(page.locator(":focus")).to_contain_text("Sentence 29.")
    await page.get_by_role("button", name="Pause").focus()
    await service.sessions.end_meeting("m")

    await expect(page.locator("#show-captions")).to_be_focused()


async def test_nothing_covers_the_text_of_a_small_window(service: Service, browser: Browser) -> None:
    """At 400 % of a usual one; in others what sticks below the bar begins where that ends, however high."""
    window = await open_window(browser)
    page = window.page
    await service.open_meeting("ann")
    await service.sessions.rename_meeting("m", "A long title of a meeting. " * 6)
    await service.say("ann", 0, 900, "Said.")
    await page.set_viewport_size({"width": 340, "height": 700})
    await page.goto(f"{service.url}/meetings/m")
    await expect(page.get_by_role("status")).to_have_text("Live")
    for width in (340, 1_000):
        await page.set_viewport_size({"width": width, "height": 700})
        bar = await page.locator(".bar").bounding_box()
        assert bar is not None
        await expect(page.locator("#find")).to_have_css("top", f"{int(bar['height'])}px")
    await page.set_viewport_size({"width": 320, "height": 256})

    assert await page.evaluate(COVERS) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_fields_can_be_seen(service: Service, browser: Browser, scheme: str) -> None:
    """The border of each, on every page that has some, differs from the ground three to one."""
    await service.open_meeting("ann")
    page = (await open_window(browser)).page
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path, least in (
        ("/", 3),
        ("/talk", 1),
        ("/meetings/m", 10),
        ("/meetings/m/talk", 12),
        ("/meetings/m/manage", 1),
    ):
        await page.goto(service.url + path)
        ratios = await page.evaluate(FIELDS)

        assert len(ratios) >= least, path
        assert min(ratios) >= 3, path
