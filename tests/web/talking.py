"""People who take part from a browser: a real Chromium whose microphone plays a recording."""

import base64
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from playwright.async_api import Browser, BrowserContext, Locator, Page

from meeting_service.audio import Pcm
from tests.web.browser import PATIENCE_MS, Window, open_browser

RATE_HZ = 48_000
LOUD = 3_000

WATCH = """
window.produced = [];
window.asked = 0;
const Node = AudioWorkletNode, Context = AudioContext, { mediaDevices } = navigator;
window.AudioWorkletNode = class extends Node {
  constructor(...arguments_) {
    super(...arguments_);
    window.context = arguments_[0];
    this.port.addEventListener("message", ({ data }) => {
      window.produced.push(data.pcm.slice());
      window.last = Date.now();
    });
  }
};
const ask = mediaDevices?.getUserMedia.bind(mediaDevices);
if (ask) mediaDevices.getUserMedia = async (wishes) => {
  window.asked += 1;
  return (window.stream = await ask(window.wishes = wishes));
};
"""
"""what the audio thread hands over, and what the page holds, seen from outside"""
PRODUCED = """() => {
  const bytes = new Uint8Array(window.produced.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const pcm of window.produced) {
    bytes.set(new Uint8Array(pcm.buffer), at);
    at += pcm.byteLength;
  }
  return bytes.toBase64?.() ?? btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""


def write_recording(path: Path, pcm: Pcm, *, silence_s: float = 60.0) -> Path:
    """A recording at 48 kHz, which a microphone plays again and again, with silence between."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.concatenate([pcm, np.zeros(round(silence_s * RATE_HZ), np.int16)]).tobytes())
    return path


def hum(seconds: float) -> Pcm:
    """A voice that no echo canceller takes for noise: bursts of harmonics."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    voiced = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 12))
    return (LOUD * voiced * (np.sin(2 * np.pi * 3 * t) > -0.3)).astype(np.int16)


@asynccontextmanager
async def open_talking_browser(recording: Path, *flags: str) -> AsyncIterator[Browser]:
    """Chromium whose microphone plays `recording` from when it is opened; who may use it is granted apart."""
    fake = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={recording}")
    async with open_browser(*fake, *flags, audible=True) as browser:
        yield browser


class Talker:
    """A person at a page `/meetings/…/talk`."""

    def __init__(self, page: Page) -> None:
        self.window = Window(page)
        self.page = page
        self.state: Locator = self.page.locator("#talk-state")
        self.trouble: Locator = self.page.locator("#talk-trouble")

    async def join(self, name: str) -> None:
        """Fill in the form and join."""
        await self.page.get_by_label("Your name").fill(name)
        await self.press("Join")

    async def press(self, button: str) -> None:
        """Press a button by its name."""
        await self.page.get_by_role("button", name=button, exact=True).click()

    async def level(self) -> int:
        """The meter, 0 to 100."""
        return int(await self.page.locator("#talk-level").get_attribute("aria-valuenow") or "0")

    async def wait_level(self, condition: str) -> None:
        """Wait until the meter's value fulfils, such as `> 40`."""
        value = 'Number(document.getElementById("talk-level").ariaValueNow)'
        await self.page.wait_for_function(f"() => {value} {condition}")

    async def wait_produced(self, seconds: float) -> None:
        """Wait until the microphone has given so much more."""
        before = await self.count()
        samples = before + round(seconds * RATE_HZ)
        await self.page.wait_for_function(f"() => {COUNT} >= {samples}")

    async def count(self) -> int:
        """Samples that the audio thread has handed over."""
        return int(await self.page.evaluate(f"() => {COUNT}"))

    async def produced(self) -> Pcm:
        """All that the audio thread has handed over."""
        encoded = await self.page.evaluate(PRODUCED)
        return np.frombuffer(base64.b64decode(encoded), "<i2")


COUNT = "window.produced.reduce((sum, { length }) => sum + length, 0)"


async def open_person(browser: Browser, *, allowed: bool = True) -> BrowserContext:
    """Somebody's browser: nothing kept from others."""
    permissions = ["microphone"] if allowed else []
    context = await browser.new_context(permissions=permissions, viewport={"width": 1_000, "height": 700})
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(WATCH)
    return context


async def open_talker(person: BrowserContext, url: str, meeting_id: str) -> Talker:
    """A tab of theirs on the meeting's page."""
    talker = Talker(await person.new_page())
    await talker.page.goto(f"{url}/meetings/{meeting_id}/talk")
    return talker
