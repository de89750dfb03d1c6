"""A browser's own player on what the service sends, under its content security policy."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.audio_service import RATE_HZ, AudioService, Bot, noise, to_bytes
from tests.web.browser import Window

pytestmark = pytest.mark.browser
START = "2026-05-01T09:00:00Z"
HOUR_S = 3_600
LOAD = """async (url) => {
  const audio = window.audio = new Audio(url);
  const context = new AudioContext();
  window.heard = context.createAnalyser();
  context.createMediaElementSource(audio).connect(window.heard);
  window.heard.connect(context.destination);
  await new Promise((done, failed) => {
    audio.onloadedmetadata = done;
    audio.onerror = () => failed(new Error(audio.error.message));
  });
  return audio.duration;
}"""
PLAY = """async (at) => {
  const {audio, heard} = window;
  const samples = new Float32Array(heard.fftSize);
  audio.currentTime = at;
  await audio.play();
  let loudest = 0;
  while (audio.currentTime < at + 0.6) {
    await new Promise(requestAnimationFrame);
    if (audio.currentTime < at + 0.3) continue;
    heard.getFloatTimeDomainData(samples);
    loudest = Math.max(loudest, ...samples);
  }
  audio.pause();
  return loudest;
}"""


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[AudioService]:
    """Ann is heard in the first two seconds of a live meeting, and again after an hour."""
    async with AudioService.on(tmp_path) as service, ClientSession() as http:
        await http.post(f"{service.url}/v1/meetings", json={"id": "m1", "started_at": START})
        bot = Bot(http, service.url)
        await bot.post(to_bytes(noise(2 * RATE_HZ)), Captured_At=START)
        await bot.post(to_bytes(noise(2 * RATE_HZ)), Upload_Offset=str(HOUR_S * RATE_HZ), Gap="true")
        yield service


async def test_a_long_meeting_is_played_from_anywhere(service: AudioService, window: Window) -> None:
    """The length is known at once, a seek loads what is there and not what is before, and that is heard.

    So it is while the meeting goes on: what the player has is then shorter than what there is.
    """
    asked: list[int] = []
    window.page.on("request", lambda request: asked.append(_first_byte(request.headers.get("range", ""))))
    await window.page.goto(f"{service.url}/")
    await window.page.mouse.click(5, 5)
    length_s = await window.page.evaluate(LOAD, "/v1/meetings/m1/audio.wav")
    at_start = await window.page.evaluate(PLAY, 0)
    async with ClientSession() as http:
        await Bot(http, service.url).post(to_bytes(noise(4 * RATE_HZ)))
    at_end = await window.page.evaluate(PLAY, HOUR_S)
    between = await window.page.evaluate(PLAY, HOUR_S / 2)

    assert HOUR_S + 2 == pytest.approx(length_s, abs=0.001)
    assert 0.1 < min(at_start, at_end)
    assert between < 0.01
    assert 115_000_000 < max(asked)
    assert [] == window.complaints


def _first_byte(told: str) -> int:
    return int(told.removeprefix("bytes=").partition("-")[0] or 0)
