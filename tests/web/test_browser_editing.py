"""Changing what is shown, by the page's own dialogs, in a real browser."""

import pytest
from playwright.async_api import Browser, Page, expect

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
    """With its mark; the dialog knows what was recognised, and undoes."""
    page = await open_page(service, window)
    await begin_correction(page, "We ship <b>the</b> beta.")
    await page.get_by_role("button", name="Save").click()
    sentence = page.locator(".sentence").first
    await expect(sentence).to_have_text("We ship <b>the</b> beta. ")
    await expect(sentence).to_have_class("sentence picked edited")
    await page.get_by_role("button", name="Correct").click()
    await expect(page.locator("#edit-sentence .original")).to_contain_text("We ship the bat.")
    await page.get_by_role("button", name="Undo the last correction").click()

    await expect(sentence).to_have_text("We ship the bat. ")
    await expect(page.locator("#edit-sentence")).to_be_hidden()


async def test_two_editors_do_not_overwrite_each_other(
    service: Service, window: Window, browser: Browser
) -> None:
    """The slower one sees what the faster one wrote, and decides."""
    page = await open_page(service, window)
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
    assert "412" in window.complaints.pop()
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
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Change Ann").click()
    await service.sessions.editing.merge("m", "bob", "ann", None)
    await page.get_by_role("button", name="Delete…").click()
    dialog = page.locator("#edit-person")
    await expect(dialog.get_by_role("alert").filter(has_text="meanwhile")).not_to_contain_text("Ann")
    await expect(dialog).to_contain_text("Also bob.")
    kept = await window.said()
    await page.get_by_role("button", name="Delete…").click()

    await expect(page.locator("#people .name")).to_have_count(0)
    assert ["We ship the bat.", "Which one?"] == kept
    assert "412" in window.complaints.pop()


async def test_a_moment_is_bookmarked_with_a_note(service: Service, window: Window) -> None:
    """Made at a sentence, changed, and deleted."""
    page = await open_page(service, window)
    await page.get_by_text("Which one?").click()
    await page.get_by_role("button", name="Bookmark").click()
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


async def test_what_is_refused_is_said(service: Service, window: Window) -> None:
    """The dialog stays, with what was written and why it is not taken."""
    page = await open_page(service, window)
    await begin_correction(page, "\u200b")
    await page.get_by_role("button", name="Save").click()

    await expect(page.locator("#edit-sentence .amiss")).not_to_be_empty()
    await expect(page.get_by_label("What was said")).to_have_value("\u200b")
    assert "422" in window.complaints.pop()
