"""A meeting that is transcribed again, in a browser: asked for, seen coming, read, and read as it was."""

import asyncio

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.web.browser import Window, open_window
from tests.web.conftest import BIG, Service

pytestmark = pytest.mark.browser

FIRST_RUN = 1
"""under which the only stream was recognised live"""


async def open_menu(window: Window, service: Service) -> Locator:
    """The meeting's page with the menu of its revisions open."""
    await window.page.goto(f"{service.url}/meetings/m")
    menu = window.page.locator("#revisions")
    await menu.locator("summary").click()
    return menu


async def hear_again(service: Service, text: str) -> None:
    """What the model says of the same audio once it is asked for; there is more to come."""
    async with asyncio.timeout(30):
        while service.worker.streams["ann"][1] == FIRST_RUN:  # noqa: ASYNC110 nobody tells of it
            await asyncio.sleep(0.01)
    service.worker.say("ann", 0, 90, text)


async def test_transcribing_again(ended: Service, window: Window) -> None:
    """Model and words are chosen, progress is shown, and at its end the page shows the new text."""
    menu = await open_menu(window, ended)
    await menu.get_by_label("Model").select_option(BIG)
    await menu.get_by_label("Names and terms").fill(" Zürich,, Änn ")
    await menu.get_by_role("button", name="Transcribe again").click()
    bar = window.page.get_by_label("Transcribing again: revision 2")
    await expect(bar).to_be_visible()
    await expect(menu.locator("form")).to_be_hidden()
    revision = await ended.sessions.store.get_revision("m", 2)
    await hear_again(ended, "What was heard.")
    await expect(bar).not_to_have_attribute("value", "0")
    assert ["What was herd."] == await window.said()
    ended.worker.let_go()
    await expect(window.page.locator(".sentence")).to_have_text("What was heard.")

    assert (BIG, ("Zürich", "Änn")) == (revision.model, revision.vocabulary)
    await expect(bar).to_be_hidden()
    await expect(menu.locator("summary")).to_have_text("Revision 2")


async def test_a_former_revision_can_be_read(ended: Service, window: Window) -> None:
    """The menu leads to each; a former one says so, leads back, and is what its downloads hold."""
    await ended.sessions.retranscriptions.begin("m")
    await hear_again(ended, "What was heard.")
    ended.worker.let_go()
    menu = await open_menu(window, ended)
    await expect(menu.get_by_role("link")).to_have_count(2)
    await menu.get_by_role("link").nth(1).click()
    await expect(window.page.locator(".sentence")).to_have_text("What was herd.")
    await window.page.locator("#download > summary").click()
    async with window.page.expect_download() as waiting:
        await window.page.get_by_role("link", name="Text .txt").click()
    path = await (await waiting.value).path()
    await window.page.get_by_role("link", name="Read revision 2").click()

    await expect(window.page.locator(".sentence")).to_have_text("What was heard.")
    assert "What was herd." in path.read_text(encoding="utf-8")


async def test_a_reader_of_a_chosen_revision_is_left_alone(ended: Service, window: Window) -> None:
    """The page that was asked for by number stays, and offers the new text."""
    await ended.sessions.retranscriptions.begin("m")
    await window.page.goto(f"{ended.url}/meetings/m?revision=1")
    await expect(window.page.get_by_label("Transcribing again")).to_be_visible()
    await hear_again(ended, "What was heard.")
    ended.worker.let_go()
    await window.page.get_by_role("link", name="Read revision 2").click()

    await expect(window.page.locator(".sentence")).to_have_text("What was heard.")


async def test_another_reader_sees_it_come(ended: Service, window: Window) -> None:
    """Whoever has the page open is shown the progress and then the new text, over one connection."""
    await window.page.goto(f"{ended.url}/meetings/m")
    await expect(window.page.locator("#health")).to_have_text("Ended")
    await ended.sessions.retranscriptions.begin("m")
    await expect(window.page.get_by_label("Transcribing again: revision 2")).to_be_visible()
    assert 1 == ended.sessions.broadcaster.watcher_count("m")
    await hear_again(ended, "What was heard.")
    ended.worker.let_go()

    await expect(window.page.locator(".sentence")).to_have_text("What was heard.")


async def test_it_can_be_stopped(ended: Service, window: Window) -> None:
    """The text stays as it is, and nothing is left of the attempt."""
    menu = await open_menu(window, ended)
    await menu.get_by_role("button", name="Transcribe again").click()
    await window.page.get_by_role("button", name="Stop").click()
    await expect(window.page.get_by_label("Transcribing again")).to_be_hidden()

    assert [1] == [revision.number for revision in await ended.sessions.store.list_revisions("m")]
    assert ["What was herd."] == await window.said()


async def test_a_refusal_is_told_where_it_was_asked(ended: Service, browser: Browser) -> None:
    """Somebody else was first: the menu says why not."""
    window = await open_window(browser)
    menu = await open_menu(window, ended)
    await ended.sessions.retranscriptions.begin("m")
    await menu.get_by_role("button", name="Transcribe again").click()

    await expect(menu.get_by_role("alert")).to_contain_text("still running")


async def test_a_keyboard_is_enough_to_transcribe_again(ended: Service, window: Window) -> None:
    """Enter opens the menu and sends the form; the focus is then where it can be stopped."""
    await window.page.goto(f"{ended.url}/meetings/m")
    await window.page.locator("#revisions summary").focus()
    await window.page.keyboard.press("Enter")
    await window.page.get_by_label("Names and terms").focus()
    await window.page.keyboard.press("Enter")

    await expect(window.page.get_by_role("button", name="Stop")).to_be_focused()


async def test_a_failure_is_told(ended: Service, window: Window) -> None:
    """What was shown stays, with the reason in words."""
    await window.page.goto(f"{ended.url}/meetings/m")
    await open_menu(window, ended)
    await window.page.get_by_role("button", name="Transcribe again").click()
    await expect(window.page.get_by_label("Transcribing again")).to_be_visible()
    ended.sessions.broadcaster.publish(
        [await ended.sessions.store.fail_revision("m", 2, "the model is gone")]
    )

    await expect(window.page.locator("#progress")).to_contain_text("failed: the model is gone")
    assert ["What was herd."] == await window.said()


async def test_without_scripts(ended: Service, browser: Browser) -> None:
    """Every revision can be read; nothing is offered that would not work."""
    await ended.sessions.retranscriptions.begin("m")
    await hear_again(ended, "What was heard.")
    ended.worker.let_go()
    window = await open_window(browser, scripts=False)
    await window.page.goto(f"{ended.url}/meetings/m?revision=1")
    await window.page.locator("#revisions summary").click()

    await expect(window.page.locator(".sentence")).to_have_text("What was herd.")
    await expect(window.page.get_by_role("button")).to_have_count(0)
    await expect(window.page.locator("#revisions").get_by_role("link")).to_have_count(2)
