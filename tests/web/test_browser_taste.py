"""A page to a reader's taste: light or dark, from right to left, and all of it to paste elsewhere."""

import pytest
from playwright.async_api import Browser, expect

from tests.web.browser import Window, open_window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

NOTE_THEME = """
  new MutationObserver((_, seen) => {
    if (!document.body) return;
    window.themeOfBody = document.documentElement.dataset.theme ?? "";
    seen.disconnect();
  }).observe(document, { childList: true, subtree: true });
"""
LEFT_OF_EACH = """sentence => [...sentence.textContent.trimEnd()].map((_, at) => {
  const range = new Range();
  range.setStart(sentence.firstChild, at);
  range.setEnd(sentence.firstChild, at + 1);
  return range.getBoundingClientRect().left;
})"""
BEGINNINGS = """(names, direction) => names.map((name) => {
  const range = new Range();
  range.selectNodeContents(name);
  return range.getBoundingClientRect()[direction === "ltr" ? "left" : "right"];
})"""


async def test_light_or_dark_is_a_choice_that_stays(service: Service, window: Window) -> None:
    """There before anything is painted, on every page, until the system may choose again; not on paper."""
    page = window.page
    await page.add_init_script(NOTE_THEME)
    await service.open_meeting("ann")
    await page.goto(f"{service.url}/meetings/m")
    await page.get_by_label("Colours").filter(visible=True).select_option("dark")
    await expect(page.locator("body")).to_have_css("background-color", "rgb(22, 24, 28)")
    await page.emulate_media(media="print")
    await expect(page.locator("html")).to_have_css("color-scheme", "light")
    await page.emulate_media(media="screen")
    await page.goto(service.url)
    assert "dark" == await page.evaluate("themeOfBody")
    await expect(page.get_by_label("Colours").filter(visible=True)).to_have_value("dark")
    await page.get_by_label("Colours").filter(visible=True).select_option("as the system")
    await expect(page.locator("body")).to_have_css("background-color", "rgb(252, 252, 250)")
    await page.reload()

    assert "" == await page.evaluate("themeOfBody")


async def test_all_text_is_copied(service: Service, browser: Browser) -> None:
    """What is final, as it is shown: a line for each turn."""
    window = await open_window(browser)
    page = window.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 900, "One.")
    await service.say("ann", 1_000, 1_900, "Two.")
    await service.say("bob", 61_000, 62_000, "Three.")
    await page.goto(f"{service.url}/meetings/m")
    service.worker.draft("bob", 62_000, 63_000, "not yet")
    await expect(page.locator(".draft")).to_be_visible()
    await page.keyboard.press("d")
    await page.get_by_role("button", name="Copy all text").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()

    copied = await page.evaluate("navigator.clipboard.readText()")
    assert "[0:00] Ann: One. Two.\n[1:01] Bob: Three." == copied


async def test_text_from_right_to_left(service: Service, window: Window) -> None:
    """A turn goes by its first letter, a sentence of another direction by its own, full stop included."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    await service.say("ann", 0, 900, "שלום לכולם.")
    await service.say("ann", 1_000, 1_900, "Hello all.")
    hebrew, english = (window.page.locator("#log .sentence").nth(n) for n in (0, 1))
    await expect(english).to_have_text("Hello all.")
    right_to_left, left_to_right = [await one.evaluate(LEFT_OF_EACH) for one in (hebrew, english)]

    await expect(window.page.locator("#log .turn p")).to_have_css("direction", "rtl")
    assert right_to_left == sorted(right_to_left, reverse=True)
    assert left_to_right == sorted(left_to_right)
    assert left_to_right[-1] < right_to_left[-1]


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
async def test_names_of_either_direction_begin_where_others_do(
    service: Service, window: Window, direction: str
) -> None:
    """Among the participants and on the timeline, whose slider lies over its lanes."""
    page = window.page
    await service.open_meeting("ann")
    await service.join("lia", "ליאת כהן")
    for participant_id in ("ann", "lia"):
        await service.say(participant_id, 0, 900, "Hello all.")
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await expect(page.locator(".lane")).to_have_count(2)
    await page.evaluate("direction => { document.documentElement.dir = direction; }", direction)

    for names in ("#people .name", ".lane .name"):
        ann, lia = await page.locator(names).evaluate_all(BEGINNINGS, direction)
        assert ann == pytest.approx(lia, abs=1)
    lane, plot = [await page.locator(part).first.bounding_box() for part in (".lane svg", ".plot")]
    assert lane is not None
    assert plot is not None
    assert (plot["x"], plot["width"]) == pytest.approx((lane["x"], lane["width"]), abs=1)
