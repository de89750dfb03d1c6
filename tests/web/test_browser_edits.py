"""What people change by hand, on a page that is open: in Chromium, as it happens, and as it was sent."""

from playwright.async_api import expect

from tests.web.browser import Window
from tests.web.conftest import Service


async def fill(service: Service) -> list[str]:
    """An ended meeting of three ids, of whom two are one person; the ids of its sentences."""
    await service.open_meeting("ann", "bob", "ann2")
    await service.say("ann", 0, 900, "We ship the bat.")
    await service.say("bob", 1_000, 1_900, "Which one?")
    await service.say("ann2", 2_000, 2_900, "This one.")
    await service.sessions.end_meeting("m")
    return [sentence.id for sentence in (await service.sessions.get_transcript("m")).sentences]


async def test_an_open_page_follows_every_edit(service: Service, window: Window) -> None:
    """Also of a meeting that is over: text with its mark, a name everywhere, a bookmark; and back."""
    first, *_ = await fill(service)
    editing, page = service.sessions.editing, window.page
    await page.goto(f"{service.url}/meetings/m")
    sentence = page.locator(f"#s-{first}")
    await editing.correct("m", first, "We ship the <b>bet</b>.", 0)
    await editing.rename("m", "bob", "Robert", 0)
    mark, _ = await editing.add_bookmark("m", 1_000, "A question")

    await expect(sentence).to_have_text("We ship the <b>bet</b>.")
    await expect(sentence).to_have_class("sentence edited")
    await expect(sentence).to_have_attribute("title", "Corrected by hand")
    await expect(page.locator(".turn .name").nth(1)).to_have_text("Robert")
    await expect(page.locator("#people .name").nth(1)).to_have_text("Robert")
    await expect(page.locator("#bookmarks li")).to_have_text("0:01 A question")
    await editing.undo("m", first, 1)
    await editing.delete_bookmark("m", mark.id, 1)
    await expect(sentence).to_have_text("We ship the bat.")
    await expect(sentence).to_have_class("sentence")
    await expect(page.locator("#bookmarks")).to_be_hidden()


async def test_a_page_is_sent_with_every_edit(service: Service, window: Window) -> None:
    """And shows nothing else once its script runs; two ids of one person are one."""
    first, *_ = await fill(service)
    editing, page = service.sessions.editing, window.page
    await editing.correct("m", first, "We ship the bet.", 0)
    await editing.merge("m", "bob", "ann", None)
    await editing.add_bookmark("m", 61_000, "Two\nlines")
    await page.goto(f"{service.url}/meetings/m")
    await expect(page.locator(".turn")).to_have_count(2)
    await expect(page.locator(".sentence.edited")).to_have_text("We ship the bet.")
    await expect(page.locator("#bookmarks a")).to_have_attribute("href", "#t=61")
    await editing.merge("m", "ann2", "ann", None)

    await expect(page.locator("#people > li")).to_have_count(1)
    await expect(page.locator("#people .name")).to_have_text("Ann")
    await editing.part("m", "bob", None)
    await expect(page.locator("#people .name")).to_have_text(["Ann", "Bob"])
    await expect(page.locator(".turn .name")).to_have_text(["Ann", "Bob", "Ann"])
