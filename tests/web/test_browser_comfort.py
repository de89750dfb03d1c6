"""What makes a live page good to read: pause, captions, shortcuts, choices of a download, paper."""

import io
import zipfile
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, expect

from meeting_service.web.playback import AudioQuery
from meeting_service.web.transcripts import DownloadQuery
from tests.web.browser import Window, open_window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

HEIGHTS = "fields => fields.map((field) => field.getBoundingClientRect().height)"


async def test_pause_holds_everything_and_counts(service: Service, window: Window) -> None:
    """Drafts and finals wait while somebody reads; then all of it is there, in its place."""
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 900, "Before.")
    await window.page.goto(f"{service.url}/meetings/m")
    await window.page.get_by_role("button", name="Pause").click()
    service.worker.draft("bob", 1_000, 1_900, "first wor")
    await service.say("bob", 1_000, 2_000, "First words.")
    await service.say("ann", 3_000, 4_000, "More words.")
    button = window.page.get_by_role("button", name="Resume")
    await expect(button).to_have_text("Resume (2 new)")

    assert await window.said() == ["Before."]
    assert await window.page.locator(".draft").count() == 0
    await button.click()
    await expect(window.page.locator(".sentence")).to_have_count(3)
    assert await window.said() == ["Before.", "First words.", "More words."]
    await expect(window.page.get_by_role("button", name="Pause")).to_be_visible()


async def test_what_is_said_late_does_not_move_what_is_read(service: Service, window: Window) -> None:
    """A sentence that belongs above comes above; the reader's line stays where it is."""
    await service.open_meeting("ann", "bob")
    for n in range(40):
        await service.say("ann", 10_000 + n * 130_000, 10_900 + n * 130_000, f"Sentence {n}.")
    await window.page.goto(f"{service.url}/meetings/m")
    read = window.page.get_by_text("Sentence 20.")
    await read.scroll_into_view_if_needed()
    await expect(window.page.get_by_role("button", name="Jump to live")).to_be_visible()
    place = await read.bounding_box()
    await service.say("bob", 0, 900, "The very first.")
    await expect(window.page.get_by_text("The very first.")).to_be_attached()

    assert place is not None
    assert await read.bounding_box() == pytest.approx(place, abs=1)


async def test_captions_show_the_last_words_large(service: Service, window: Window) -> None:
    """With the speaker's name, at least three lines of 42 letters; gone a while after the last word."""
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 900, "Long ago.")
    await window.page.clock.install()
    await window.page.goto(f"{service.url}/meetings/m?captions")
    captions = window.page.get_by_role("dialog")
    await expect(captions).to_be_visible()
    service.worker.draft("bob", 1_000, 1_900, "What is said")
    await expect(captions).to_contain_text("Bob: What is said")
    await service.say("bob", 1_000, 2_000, "What is said now. " * 30)
    await expect(captions).to_contain_text("now.")
    lines = captions.locator(".lines")
    await window.page.clock.run_for(1_000)
    box, size = (
        await lines.bounding_box(),
        await lines.evaluate("e => parseFloat(getComputedStyle(e).fontSize)"),
    )

    assert box is not None
    assert box["height"] == pytest.approx(3 * 1.35 * size, abs=2)
    assert size >= 40
    await window.page.clock.run_for(9_000)
    await expect(lines).to_be_empty()
    await window.page.keyboard.press("Escape")
    await expect(captions).to_be_hidden()


async def test_single_keys_do_what_their_help_says(service: Service, window: Window) -> None:
    """Turn by turn, pause, downloads; nothing while somebody writes or once they are switched off."""
    page = window.page
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 900, "One.")
    await service.say("bob", 1_000, 1_900, "Two.")
    await page.goto(f"{service.url}/meetings/m")
    for key, words in (("j", "One."), ("j", "Two."), ("k", "One.")):
        await page.keyboard.press(key)
        await expect(page.locator(":focus")).to_contain_text(words)
    await page.keyboard.press("p")
    await expect(page.locator("#pause")).to_have_text("Resume")
    await page.keyboard.press("d")
    await page.locator("#download .choice summary").click()
    await page.get_by_label("From").press_sequentially("pp?")
    await expect(page.locator("#pause")).to_have_text("Resume")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Next turn")
    await page.get_by_label("Use single-key shortcuts").uncheck()
    await page.get_by_role("button", name="Close").click()
    await page.keyboard.press("p")

    await expect(page.locator("#pause")).to_have_text("Resume")
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect(page.get_by_label("Use single-key shortcuts")).not_to_be_checked()


async def take(window: Window, name: str) -> tuple[str, bytes]:
    """A file from the menu, with its name."""
    async with window.page.expect_download() as waiting:
        await window.page.locator(f'#download a[href*="transcript.{name}"]').click()
    file = await waiting.value
    return file.suggested_filename, (await file.path()).read_bytes()


async def test_what_is_chosen_is_what_is_taken_away(service: Service, window: Window) -> None:
    """A span of time, without names, one file for each; a time that is none is told and nothing is taken."""
    page = window.page
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 900, "Early words.")
    await service.say("bob", 65_000, 66_000, "Later words.")
    await page.goto(f"{service.url}/meetings/m")
    await page.locator("#download > summary").click()
    await expect(page.locator(".as-of")).to_contain_text("What is final as of")
    await page.locator("#download .choice summary").click()
    await page.get_by_label("Names", exact=True).uncheck()
    await page.get_by_label("From").fill("1:05")
    _, text = await take(window, "txt")

    assert b"Later words." in text
    assert b"Early words." not in text
    assert b"Bob" not in text
    await page.get_by_label("From").fill("soon")
    await page.locator("#download .choice summary").click()
    await expect(page.get_by_role("alert").filter(has_text="Write a time")).to_be_visible()
    await page.get_by_role("link", name="Subtitles").click()
    await expect(page.get_by_label("From")).to_be_focused()
    assert page.url.endswith("/m")
    await page.get_by_role("button", name="As usual").click()
    await expect(page.locator("#download .changed")).to_be_empty()
    who = page.locator("#download [name=participant]")
    await who.select_option("each, a file for everybody")
    name, packed = await take(window, "srt")
    assert name == "Planning.zip"
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == ["Ann.srt", "Bob.srt"]
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Bob .flac").click()
    assert (await waiting.value).suggested_filename == "Planning - Bob.flac"
    await who.select_option("Bob")
    assert (await take(window, "srt"))[0] == "Planning - Bob.srt"


async def test_every_option_can_be_chosen(service: Service, window: Window) -> None:
    """All that a download takes, and a file of sound; none goes where it means nothing."""
    page = window.page
    await service.open_meeting("ann")
    await page.goto(f"{service.url}/meetings/m")
    await page.locator("#download > summary").click()
    await page.locator("#download .choice summary").click()
    for label in ("Names", "Times"):
        await page.get_by_label(label, exact=True).uncheck()
    await page.get_by_label("Subtitles overlap").check()
    await page.get_by_label("Letters a line").fill("32")
    for label, chosen in (("Captions by", "the BBC"), ("Sound at", "16 kHz"), ("Who", "Ann")):
        await page.locator("#download").get_by_label(label).select_option(chosen)
    await page.get_by_label("From").fill("5")
    await page.get_by_label("To", exact=True).fill("1:00")
    text, sound = [
        parse_qs(urlsplit(await link.get_attribute("href") or "").query)
        for link in (page.get_by_role("link", name="Subtitles"), page.get_by_role("link", name="smallest"))
    ]

    assert set(DownloadQuery.model_fields) - {"revision", "per_participant"} == set(text)
    assert set(AudioQuery.model_fields) == set(sound)
    assert [text["line_chars"], text["to_ms"], sound["rate"]] == [["32"], ["60000"], ["16000"]]


@pytest.mark.parametrize(("width", "height"), [(1_000, 600), (390, 780)])
async def test_the_downloads_are_all_in_reach(
    service: Service, window: Window, width: int, height: int
) -> None:
    """Inside the window and above the player, at a phone too; what can be chosen is of one height."""
    page = window.page
    await service.open_meeting("ann")
    await service.say("ann", 0, 900, "Good morning.")
    await service.sessions.end_meeting("m")
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto(f"{service.url}/meetings/m")
    await page.locator("#download > summary").click()
    await page.locator("#download .choice summary").click()
    heights = await page.locator(".options :is(select, input:not([type=checkbox]))").evaluate_all(HEIGHTS)
    sheet = await page.locator("#download .sheet").bounding_box()
    player = await page.locator("#listening").bounding_box()

    assert len(heights) == 6
    assert len(set(heights)) == 1
    assert sheet is not None
    assert player is not None
    assert sheet["x"] >= 0
    assert sheet["x"] + sheet["width"] <= width
    assert sheet["y"] + sheet["height"] <= player["y"]
    await page.get_by_role("link", name=".opus").scroll_into_view_if_needed()
    await expect(page.get_by_role("link", name=".opus")).to_be_in_viewport(ratio=0.99)


async def test_paper_has_the_text_and_nothing_to_press(service: Service, browser: Browser) -> None:
    """Black on white whatever the screen is like; title, people and every sentence."""
    window = await open_window(browser)
    await service.open_meeting("ann")
    await service.say("ann", 0, 900, "On paper.")
    await window.page.emulate_media(media="print", color_scheme="dark", reduced_motion="reduce")
    await window.page.goto(f"{service.url}/meetings/m")
    await expect(window.page.get_by_text("On paper.")).to_be_visible()

    assert await window.page.locator("button:visible:not(.at), summary:visible").count() == 0
    await expect(window.page.locator("h1")).to_be_visible()
    await expect(window.page.get_by_text("On paper.")).to_have_css("color", "rgb(28, 30, 34)")


async def test_shapes_say_what_colours_did(service: Service, browser: Browser) -> None:
    """With the reader's own colours chips keep an outline; with reduced motion nothing moves."""
    window = await open_window(browser)
    await service.open_meeting("ann")
    await window.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    await window.page.goto(f"{service.url}/meetings/m")
    await service.say("ann", 0, 900, "Still.")
    await expect(window.page.locator(".sentence.fresh")).to_be_visible()

    await expect(window.page.locator("#people .chip")).to_have_css("border-top-width", "1px")
    await expect(window.page.locator(".sentence.fresh")).to_have_css("animation-name", "none")
