"""The participants as a live page shows them: who comes, speaks, is loud, late, cut off, and goes."""

import pytest
from aiohttp import ClientSession
from playwright.async_api import expect

from meeting_service.protocol import SUBPROTOCOL
from tests.web.browser import Window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

LISTEN = """() => {
  const told = document.getElementById("told");
  window.told = [];
  new MutationObserver(() => window.told.push(told.textContent)).observe(told, { childList: true });
}"""
"""keeps what is told to who sees nothing"""


async def test_the_panel_says_how_everybody_is(service: Service, window: Window) -> None:
    """In words; how loud they are in bars, which are read to nobody; a little late is not worth a word."""
    await service.open_meeting("ann", "ben")
    await window.page.goto(f"{service.url}/meetings/m")
    ann, ben = (window.page.locator(f"#people > li[data-id={who}]") for who in ("ann", "ben"))
    await expect(ann.locator(".loud")).to_have_attribute("data-level", "0")
    async with service.heard("ann", 4_000):
        await expect(ann.locator(".loud")).to_have_attribute("data-level", "4")
    service.worker.fall_behind("ann", 2_400)
    service.worker.fall_behind("ben", 7_400)
    await expect(ben.locator(".late")).to_have_text("7 s behind")
    await expect(ann.locator(".late")).to_be_empty()
    await service.join("cleo", "Cleo")
    cleo = window.page.locator("#people > li[data-id=cleo]")
    await expect(cleo.locator(".doing")).to_have_text("joined")
    service.worker.draft("cleo", 0, 900, "hello")
    await expect(cleo.locator(".doing")).to_have_text("speaking")
    await service.sessions.end_participant("m", "ben")
    await expect(ben.locator(".doing")).to_have_text("left")
    await expect(ben.locator(".late")).to_be_empty()

    await expect(ben.locator(".loud")).to_be_hidden()
    await expect(ann.locator(".loud")).to_have_attribute("aria-hidden", "true")


async def test_who_is_cut_off_is_shown_until_they_are_back(service: Service, window: Window) -> None:
    """A sender whose connection broke, and came back; nobody is told aloud."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    await window.page.evaluate(LISTEN)
    doing = window.page.locator("#people .doing")
    hello = {"stream": 1, "participant": "ann", "encoding": "s16le", "rate": 16_000}
    for shown in ("connection lost", "here"):
        async with ClientSession() as session:
            url = f"{service.url}/v1/meetings/m/audio"
            socket = await session.ws_connect(url, protocols=(SUBPROTOCOL,))
            await socket.send_json({"type": "hello", "streams": [hello]})
            assert "welcome" == (await socket.receive_json())["type"]
            if shown == "here":
                await expect(doing).to_have_text(shown)
        if shown != "here":
            await expect(doing).to_have_text(shown)

    await service.join("ben", "Ben")
    await expect(window.page.locator("#told")).to_have_text("Ben joined")
    assert await window.page.evaluate("window.told") == ["Ben joined"]
