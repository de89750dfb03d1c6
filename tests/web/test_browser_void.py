"""Pages that show what is gone: of somebody who was deleted, or of a past that a backup undid."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from meeting_service.backup import back_up, restore
from meeting_service.settings import Settings
from tests.web.browser import Window
from tests.web.conftest import Service, StartService

pytestmark = pytest.mark.browser


async def test_a_participant_is_deleted_while_the_page_is_open(service: Service, window: Window) -> None:
    """Their words, their draft, their name and their place go at once; the others' stay, and go on."""
    await service.open_meeting("ann", "ben")
    await window.page.goto(f"{service.url}/meetings/m")
    await service.say("ann", 0, 900, "Hello Ben.")
    await service.say("ben", 1_000, 1_900, "Forget me.")
    service.worker.draft("ben", 2_000, 2_900, "and this")
    await expect(window.page.locator(".draft")).to_have_text("and this")
    async with service.client.delete("/v1/meetings/m/participants/ben") as answer:
        assert 204 == answer.status
    await expect(window.page.locator("#people > li")).to_have_count(1)
    await service.say("ann", 3_000, 3_900, "Are you there?")
    await expect(window.page.locator("#log .sentence")).to_have_count(2)
    shown, html = await window.shown(), await window.page.content()
    await window.page.reload()

    assert ["Hello Ben.", "Are you there?"] == await window.said()
    assert shown == await window.shown()
    assert not [gone for gone in ("Forget me", "and this", ">Ben<", '"ben"') if gone in html]
    assert html.count("Ann") == (await window.page.content()).count("Ann")


async def test_a_participant_of_a_meeting_that_is_over_is_deleted(service: Service, window: Window) -> None:
    """Who reads it is not left with what is gone."""
    await service.open_meeting("ann", "ben")
    await service.say("ann", 0, 900, "Hello Ben.")
    await service.say("ben", 1_000, 1_900, "Forget me.")
    await service.sessions.end_meeting("m")
    await window.page.goto(f"{service.url}/meetings/m")
    await expect(window.page.locator("#log .sentence")).to_have_count(2)
    await service.sessions.delete_participant("m", "ben")
    await expect(window.page.locator("#people > li")).to_have_count(1)

    assert ["Hello Ben."] == await window.said()


async def test_a_backup_is_put_back_while_the_page_is_open(
    start_service: StartService, settings: Settings, window: Window, tmp_path: Path
) -> None:
    """The page forgets what has not happened, though as many other things have, and goes on."""
    first, backup = await start_service(), tmp_path / "backup.tar"
    await first.open_meeting("ann")
    await first.send_silence("ann", 9_000)
    await first.say("ann", 0, 900, "Before.")
    data = settings.data.directory
    await asyncio.to_thread(back_up, data, backup, on_progress=lambda _done, _total: None)
    await window.page.goto(f"{first.url}/meetings/m")
    for second in (1, 2):
        await first.say("ann", second * 1_000, second * 1_000 + 900, f"Void {second}.")
    await expect(window.page.locator("#log .sentence")).to_have_count(3)
    port = first.client.port
    await first.client.close()
    await asyncio.to_thread(restore, backup, data, replace=True, on_progress=lambda _done, _total: None)
    again = await start_service(port=port)
    for second in (3, 4, 5):
        await again.say("ann", second * 1_000, second * 1_000 + 900, f"True {second}.")
    await expect(window.page.locator("#log .sentence")).to_have_count(4)

    assert ["Before.", "True 3.", "True 4.", "True 5."] == await window.said()
