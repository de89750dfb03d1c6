"""Changing what is shown, by the page's own dialogs, in a real browser."""

import asyncio
import re

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.web.browser import Window, open_window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser


async def open_page(service: Service, window: Window) -> Page:
    """The page of an ended meeting of two people."""
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 900, "We ship the bat.")
    await service.say("bob", 1_000, 1_900, "Which one?")
    await service.sessions.end_meeting("m")
    await window.page.goto(f"{service.url}/meetings/m")
    return window.page


async def begin_correction(page: Page, text: str) -> None:
    """Pick the sentence, open its dialog, write."""
    await page.get_by_text("We ship").click()
    await page.get_by_role("button", name="Correct").click()
    await page.get_by_label("What was said").fill(text)


async def test_a_sentence_is_corrected_and_put_back(service: Service, window: Window) -> None:
    """With its mark; the dialog lists every earlier text with its time, and brings any of them back."""
    page = await open_page(service, window)
    await begin_correction(page, "We ship <b>the</b> beta.")
    await page.get_by_role("button", name="Save").click()
    sentence = page.locator(".sentence").first
    await expect(sentence).to_have_text("We ship <b>the</b> beta. ")
    await expect(sentence).to_have_class("sentence picked edited")
    await page.get_by_role("button", name="Correct").click()
    await page.get_by_label("What was said").fill("We ship.")
    await page.get_by_role("button", name="Save").click()
    await expect(sentence).to_have_text("We ship. ")
    await page.get_by_role("button", name="Correct").click()
    earlier = page.get_by_role("region", name="Earlier").get_by_role("listitem")
    await expect(earlier.locator("q")).to_have_text(["We ship <b>the</b> beta.", "We ship the bat."])
    await expect(earlier.locator("time")).to_have_text(re.compile(r"\d{4}, \d"))
    await expect(earlier.nth(1)).to_contain_text("as recognised")
    await earlier.nth(1).get_by_role("button", name="Undo to this").click()
    await expect(sentence).to_have_text("We ship the bat. ")
    await expect(sentence).not_to_have_class(re.compile("edited"))
    await page.get_by_role("button", name="Correct").click()
    await expect(earlier).to_have_count(3)
    await earlier.nth(1).get_by_role("button", name="Undo to this").click()

    await expect(sentence).to_have_text("We ship <b>the</b> beta. ")
    await expect(page.locator("#edit-sentence")).to_be_hidden()


@pytest.mark.parametrize(
    ("again", "told"),
    [("We ship the bat.", "was changed in the same way"), ("We shipped a bat.", "stays as it is")],
)
async def test_a_late_correction_says_what_it_is_of(
    service: Service, window: Window, again: str, told: str
) -> None:
    """A sentence of a revision that is not current any more: whether the current one followed."""
    page = await open_page(service, window)
    await page.goto(f"{service.url}/meetings/m?revision=1")
    await hear_again(service, again)
    await begin_correction(page, "We ship the bed.")
    await page.get_by_role("button", name="Save").click()
    dialog = page.locator("#edit-sentence")
    await expect(dialog.get_by_role("alert").filter(has_text=told)).to_be_visible()
    await expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    await expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(dialog).to_be_hidden()
    await expect(page.locator(".sentence").first).to_have_text("We ship the bed. ")
    current = (await service.sessions.get_transcript("m")).sentences[0].text
    assert current == ("We ship the bed." if again == "We ship the bat." else again)


async def hear_again(service: Service, text: str) -> None:
    """A second revision, in which this is what Ann said."""
    service.worker.holds_back = True
    runs = {stream[1] for stream in service.worker.streams.values()}
    await service.sessions.retranscriptions.begin("m")
    async with asyncio.timeout(30):
        while "ann" not in service.worker.streams or service.worker.streams["ann"][1] in runs:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    service.worker.say("ann", 0, 900, text)
    service.worker.let_go()
    async with asyncio.timeout(30):
        while (await service.sessions.get_transcript("m")).revision != 2:  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.01)


async def test_two_editors_do_not_overwrite_each_other(
    service: Service, window: Window, browser: Browser
) -> None:
    """The slower one sees what the faster one wrote, and decides."""
    page = await open_page(service, window)
    window.expect_status(412)
    await begin_correction(page, "We ship the bed.")
    other = (await open_window(browser)).page
    await other.goto(f"{service.url}/meetings/m")
    await begin_correction(other, "We ship the beta.")
    await other.get_by_role("button", name="Save").click()
    await expect(page.locator(".sentence").first).to_have_text("We ship the beta. ")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").filter(has_text="meanwhile")).to_contain_text("We ship the beta.")
    await page.get_by_role("button", name="Save").click()

    await expect(other.locator(".sentence").first).to_have_text("We ship the bed. ")
    history = (await (await service.client.get(f"/v1/meetings/m/sentences/{await first_id(page)}")).json())[
        "history"
    ]
    assert [version["text"] for version in history] == [
        "We ship the bed.",
        "We ship the beta.",
        "We ship the bat.",
    ]


async def first_id(page: Page) -> str:
    """Of the first sentence."""
    return await page.locator(".sentence").first.get_attribute("data-id") or ""


async def test_a_participant_is_renamed_merged_parted_and_deleted(service: Service, window: Window) -> None:
    """Everywhere on the page; deleting asks first."""
    page = await open_page(service, window)
    await page.get_by_role("button", name="Change Bob").click()
    await page.get_by_label("Name", exact=True).fill("Robert")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".turn .name")).to_have_text(["Ann", "Robert"])
    await page.get_by_role("button", name="Change Robert").click()
    await page.get_by_label("The same person as").select_option("Ann")
    await expect(page.get_by_label("Name", exact=True)).to_be_disabled()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#people .name")).to_have_text(["Ann"])
    await page.get_by_role("button", name="Change Ann").click()
    await expect(page.locator("#edit-person")).to_contain_text("Also bob.")
    await page.get_by_role("button", name="Not the same person").click()
    await expect(page.locator("#people .name")).to_have_text(["Ann", "Robert"])
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Change Robert").click()
    await page.get_by_role("button", name="Delete…").click()

    await expect(page.locator("#people .name")).to_have_text(["Ann"])
    assert await window.said() == ["We ship the bat."]


async def test_nobody_is_deleted_with_another_unseen(service: Service, window: Window) -> None:
    """Who was merged into them while the dialog was open: it says so, and asks again."""
    page = await open_page(service, window)
    window.expect_status(412)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Change Ann").click()
    dialog = page.locator("#edit-person")
    await expect(dialog).to_be_visible()
    await service.sessions.editing.merge("m", "bob", "ann", None)
    await page.get_by_role("button", name="Delete…").click()
    await expect(dialog.get_by_role("alert").filter(has_text="meanwhile")).to_have_text(
        "Somebody changed this meanwhile. Nothing is deleted yet: press again if it still is to be."
    )
    await expect(dialog).to_contain_text("Also bob.")
    kept = await window.said()
    await page.get_by_role("button", name="Delete…").click()

    await expect(page.locator("#people .name")).to_have_count(0)
    assert ["We ship the bat.", "Which one?"] == kept


async def test_a_moment_is_bookmarked_with_a_note(service: Service, window: Window) -> None:
    """Made at a sentence, changed, and deleted."""
    page = await open_page(service, window)
    await page.get_by_text("Which one?").click()
    await page.get_by_role("button", name="Bookmark", exact=True).click()
    await page.get_by_label("Note", exact=True).fill("A question")
    await page.get_by_role("button", name="Save").click()
    mark = page.locator("#bookmarks li")
    await expect(mark).to_have_text("0:01 A question")
    await mark.get_by_role("button", name="Change this bookmark").click()
    await page.get_by_label("Note", exact=True).fill("The question")
    await page.get_by_role("button", name="Save").click()
    await expect(mark).to_have_text("0:01 The question")
    await mark.get_by_role("button", name="Change this bookmark").click()
    await page.get_by_role("button", name="Delete").click()

    await expect(page.locator("#bookmarks")).to_be_hidden()


async def test_a_late_answer_leaves_alone_what_is_open_by_then(service: Service, window: Window) -> None:
    """A dialog that was asked for before another one, and what was saved of a sentence before another one."""
    page = await open_page(service, window)
    answered, late = asyncio.Event(), ["GET"]

    async def hold(route: Route) -> None:
        if route.request.method in late:
            await answered.wait()
        await route.continue_()

    await page.get_by_text("We ship").click()
    await page.route("**/sentences/*", hold)
    await page.get_by_role("button", name="Correct").click()
    await page.get_by_role("button", name="Bookmark", exact=True).click()
    async with page.expect_response("**/sentences/*") as told:
        answered.set()
    await (await told.value).finished()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#bookmarks li")).to_have_count(1)
    await expect(page.locator("dialog[open]")).to_have_count(0)
    await page.get_by_role("button", name="Correct").click()
    await page.get_by_label("What was said").fill("We ship the bed.")
    answered.clear()
    late[:] = ["PATCH"]
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Correct").press("ArrowDown")
    await page.get_by_role("button", name="Correct").click()
    await expect(page.get_by_label("What was said")).to_have_value("Which one?")
    answered.set()

    await expect(page.locator(".sentence").first).to_have_text("We ship the bed. ")
    await expect(page.locator("#edit-sentence")).to_be_visible()


async def test_what_somebody_deleted_meanwhile_is_said(service: Service, window: Window) -> None:
    """In plain words, with the note still there; a note that somebody changed is not deleted unseen."""
    page = await open_page(service, window)
    window.expect_status(412, 404)
    mark, _ = await service.sessions.editing.add_bookmark("m", 1_000, "A question")
    change = page.get_by_role("button", name="Change this bookmark")
    await change.click()
    await service.sessions.editing.change_bookmark("m", mark.id, None, "The answer", 1)
    dialog = page.locator("#edit-bookmark")
    await dialog.get_by_role("button", name="Delete").click()
    await expect(dialog.get_by_role("alert").first).to_have_text(
        "Somebody changed this meanwhile to “The answer”. "
        "Nothing is deleted yet: press again if it still is to be."
    )
    await service.sessions.editing.delete_bookmark("m", mark.id, 2)
    await dialog.get_by_role("button", name="Save").click()

    await expect(dialog.locator(".amiss")).to_have_text("Somebody deleted this meanwhile.")
    await expect(page.get_by_label("Note", exact=True)).to_have_value("A question")


async def test_what_is_refused_is_said(service: Service, window: Window) -> None:
    """The dialog stays, with what was written and why it is not taken."""
    page = await open_page(service, window)
    window.expect_status(422)
    await begin_correction(page, "\u200b")
    await page.get_by_role("button", name="Save").click()

    await expect(page.locator("#edit-sentence .amiss")).not_to_be_empty()
    await expect(page.get_by_label("What was said")).to_have_value("\u200b")


@pytest.mark.parametrize("lost", ["edits.js", "dialogs.js"])
async def test_what_cannot_be_loaded_is_said_and_tried_again(
    service: Service, window: Window, lost: str
) -> None:
    """Once the service can be reached again the dialog opens."""
    page = window.page
    await service.open_meeting("ann")
    await service.say("ann", 0, 900, "What was herd.")
    await page.goto(f"{service.url}/meetings/m")
    await page.get_by_text("What was herd.").click()
    correct = page.get_by_role("button", name="Correct")
    await page.route(f"**/{lost}*", lambda route: route.abort())
    await correct.click()
    await expect(page.locator("#told.notice")).to_contain_text("cannot be reached")
    await page.unroute(f"**/{lost}*")
    await correct.click()

    await expect(page.get_by_label("What was said")).to_have_value("What was herd.")
