from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Browser, Page

from tests.audio_service import AudioService
from tests.web.browser import open_window

pytestmark = pytest.mark.browser

RATE_HZ = 8_000
OPEN = """async ({ rate, zero, seconds, at }) => {
  const script = document.querySelector("script[src$='js/talk.js']").src;
  const { AudioLink } = await import(script.replace("talk.js", "audio-link.js"));
  const who = { meeting: "/v1/meetings/m1", participant: "ann", name: "Ann" };
  const link = window.link = new AudioLink({ ...who, rate, zero, now: () => at, onState() {} });
  for (let second = 1; second <= seconds; second += 1) {
    link.write(new Int16Array(rate).fill(second), at + second * 1_000);
  }
}"""
"""somebody who has spoken for some seconds, each sample of a second its number, from a moment in ms on"""


@pytest.fixture
async def page(browser: Browser, audio_service: AudioService) -> AsyncIterator[Page]:
    """The page whose modules are tried."""
    window = await open_window(browser)
    await window.page.goto(f"{audio_service.url}/meetings/m1/talk")
    yield window.page
    assert window.complaints == []


async def speak(page: Page, seconds: int, at: int, *, rate: int = RATE_HZ, zero: float | None = None) -> None:
    """Speak on a link of its own until all of it is held."""
    wishes: dict[str, Any] = {"rate": rate, "zero": zero, "seconds": seconds, "at": at}
    await page.evaluate(OPEN, wishes)
    await page.wait_for_function('() => window.link.state === "live" && !window.link.waitingMs')


async def now(page: Page) -> int:
    """The browser's wall time, in ms."""
    return int(await page.evaluate("() => Date.now()"))


async def test_what_finds_no_room_is_a_gap(page: Page, audio_service: AudioService) -> None:
    """Five minutes are kept for a service that does not answer; what is said after that is missing."""
    await speak(page, 303, await now(page))
    (held,) = await audio_service.stored("ann")
    gaps = await audio_service.sessions.list_gaps("m1")

    assert len(held) == 303 * RATE_HZ
    assert np.array_equal(held[: 300 * RATE_HZ], np.repeat(np.arange(1, 301), RATE_HZ))
    assert [gap.end_ms - gap.start_ms for gap in gaps] == [3_000]


async def test_who_comes_back_goes_on_at_the_right_time(page: Page, audio_service: AudioService) -> None:
    """After a reload the time in between is a gap of the same stream."""
    at = await now(page)
    await speak(page, 1, at)
    zero = float(await page.evaluate("() => { window.link.abandon(); return window.link.began; }"))
    await speak(page, 1, at + 5_000, zero=zero)
    (held,) = await audio_service.stored("ann")

    assert np.flatnonzero(np.diff(held)).tolist() == [RATE_HZ - 1, 5 * RATE_HZ - 1]
    assert len(held) == 6 * RATE_HZ


async def test_another_rate_is_another_stream(page: Page, audio_service: AudioService) -> None:
    """As after a change of headset: the former one is ended, and nothing of either is lost."""
    at = await now(page)
    await speak(page, 1, at)
    await page.evaluate("() => window.link.abandon()")
    await speak(page, 2, at + 1_000, rate=16_000)
    streams = await audio_service.stored("ann")

    assert [len(held) for held in streams] == [RATE_HZ, 2 * 16_000]


async def test_who_is_ended_from_elsewhere_goes_on(page: Page, audio_service: AudioService) -> None:
    """In a new stream, for they are still speaking."""
    at = await now(page)
    await speak(page, 1, at)
    await audio_service.sessions.end_participant("m1", "ann")
    await page.evaluate("at => window.link.write(new Int16Array(8000).fill(7), at)", at + 2_000)
    await page.wait_for_function('() => window.link.state === "live" && !window.link.waitingMs')
    streams = await audio_service.stored("ann")

    assert [len(held) for held in streams] == [RATE_HZ, RATE_HZ]
    assert set(streams[1]) == {7}


async def test_all_is_sent_before_somebody_leaves(page: Page, audio_service: AudioService) -> None:
    """Also if they leave at once; afterwards the participant has left."""
    await page.evaluate(OPEN, {"rate": RATE_HZ, "zero": None, "seconds": 30, "at": await now(page)})
    await page.evaluate("() => window.link.leave()")
    await page.wait_for_function('() => window.link.state === "left"')
    (held,) = await audio_service.stored("ann")
    (ann,) = await audio_service.sessions.list_participants("m1")

    assert len(held) == 30 * RATE_HZ
    assert not ann.present
