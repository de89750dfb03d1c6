"""Figures of the live page, in a real browser: run as a program, `python -m tests.web.measure_page`.

It prints what a meeting's page loads, as it is and as it is sent, the first paint with three thousand
sentences, the time from a commit to the page, frames while the page follows, and how much of drafts is
taken back as they are seen: of the bundled meeting, recognised while it is played, which takes three minutes
(`--told` leaves it out). Times depend on the machine; nothing else should run on it.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence

from playwright.async_api import Browser, Page, Response

from tests.web.browser import open_browser
from tests.web.conftest import Service
from tests.web.staged import played_demo, told_service

PEOPLE = ("ann", "bob", "cleo")
LIMIT_KB = 150
SENTENCES = 3_000
EVERY_MS = 3_600
"""a meeting of three hours"""
TOLD = 200
"""sentences told while the page follows, each with a draft before it"""
PAUSE_S = 0.1
PLAYED_MS = 300_000
WORDS = "The quick review of what we said last week took longer than we had planned."
PAINTED = """() => [
  performance.getEntriesByName("first-contentful-paint")[0].startTime,
  performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
]"""
WATCH = """() => {
  window.seen = {};
  window.frames = [];
  let last = performance.now();
  requestAnimationFrame(function frame(now) {
    window.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  });
  new MutationObserver((changes) => {
    const now = Date.now();
    for (const node of changes.flatMap((change) => [...change.addedNodes])) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      const said = node.matches(".sentence") ? [node] : node.querySelectorAll(".sentence");
      for (const sentence of said) window.seen[sentence.id.split("-")[2]] ??= now;
    }
  }).observe(document.getElementById("log"), { childList: true, subtree: true });
}"""
WATCH_DRAFTS = """() => {
  window.erased = 0;
  let drafts = new Map();
  const common = (a, b) => { let n = 0; while (n < a.length && a[n] === b[n]) n += 1; return n; };
  new MutationObserver(() => {
    const shown = new Map();
    for (const draft of document.querySelectorAll("#log .draft")) {
      shown.set(draft.closest(".turn").querySelector(".name").textContent, draft.textContent.trimEnd());
    }
    for (const [who, before] of drafts) {
      const now = shown.get(who);
      if (now !== undefined) window.erased += before.length - common(before, now);
    }
    drafts = shown;
  }).observe(document.getElementById("log"), { childList: true, subtree: true, characterData: true });
}"""
ERASURE = """() => [
  window.erased,
  [...document.querySelectorAll("#log .sentence")].reduce((sum, said) => sum + said.textContent.length, 0),
]"""


async def main(*, told_only: bool) -> None:
    """Measure and print everything."""
    async with open_browser() as browser:
        report("measured on", f"{os.cpu_count()} cores, Chromium {browser.version}")
        async with told_service() as service:
            await measure_told(browser, service)
        if not told_only:
            await measure_played(browser)


async def measure_told(browser: Browser, service: Service) -> None:
    """What needs no recognition."""
    await service.open_meeting("ann", meeting_id="small")
    report("a meeting's page loads", await load(browser, f"{service.url}/meetings/small"))
    await fill(service)
    page = await browser.new_page(viewport={"width": 1180, "height": 860})
    await page.goto(f"{service.url}/meetings/m")
    await page.locator("#health[data-health=live]").wait_for()
    paint, ready = await page.evaluate(PAINTED)
    report("first paint, 3,000 sentences", f"{paint:.0f} ms, scripts ready after {ready:.0f} ms")
    delays, frames = await follow(service, page)
    report("from a commit to the page", spread(delays))
    report("a frame while following", f"{spread(frames)}; {share_of_slow(frames):.1%} over 33 ms")


async def measure_played(browser: Browser) -> None:
    """What the reader sees of drafts."""
    async with played_demo() as url:
        page = await browser.new_page(viewport={"width": 1180, "height": 860})
        await page.goto(url)
        await page.evaluate(WATCH_DRAFTS)
        await page.locator("#health[data-health=ended]").wait_for(timeout=PLAYED_MS)
        erased, said = await page.evaluate(ERASURE)
    share = erased / said if said else 0
    report("drafts taken back", f"{share:.1%} ({erased:,} of {said:,} characters)")


async def load(browser: Browser, url: str) -> str:
    """Bytes by kind, as they are and as they are sent."""
    page = await browser.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    await page.goto(url)
    await page.locator("#health[data-health=live]").wait_for()
    sizes: dict[str, int] = {}
    packed = 0
    for answer in answers:
        kind = answer.request.resource_type
        if kind in ("document", "script", "stylesheet", "image", "other", "font"):
            sizes[kind] = sizes.get(kind, 0) + len(await answer.body())
            packed += (await answer.request.sizes())["responseBodySize"]
    await page.close()
    parts = ", ".join(f"{kind} {size / 1000:.1f}" for kind, size in sizes.items())
    sent = f"{packed / 1000:.1f} kB of at most {LIMIT_KB} are sent"
    return f"{sent}, {sum(sizes.values()) / 1000:.1f} kB when unpacked ({parts})"


async def fill(service: Service) -> None:
    """A long meeting."""
    await service.open_meeting(*PEOPLE)
    before = await service.sessions.store.last_seq("m")
    for n in range(SENTENCES):
        service.worker.say(PEOPLE[n % 3], n * EVERY_MS, n * EVERY_MS + 3_000, WORDS)
    while await service.sessions.store.last_seq("m") < before + SENTENCES:  # noqa: ASYNC110 nobody tells
        await asyncio.sleep(0.1)


async def follow(service: Service, page: Page) -> tuple[list[float], list[float]]:
    """Of each sentence that is told, ms from its commit to the page; and the time of every frame, in ms."""
    await page.evaluate(WATCH)
    committed: dict[str, float] = {}
    for n in range(SENTENCES, SENTENCES + TOLD):
        start_ms, who = n * EVERY_MS, PEOPLE[n % 3]
        service.worker.draft(who, start_ms, start_ms + 1_500, WORDS[: 20 + n % 40])
        await asyncio.sleep(PAUSE_S)
        await service.say(who, start_ms, start_ms + 3_000, WORDS)
        committed[str(start_ms)] = time.time() * 1000
    await page.locator(".sentence").nth(SENTENCES + TOLD - 1).wait_for(state="attached")
    seen = await page.evaluate("window.seen")
    return [max(0.0, seen[key] - at) for key, at in committed.items()], await page.evaluate("window.frames")


def spread(values: Sequence[float]) -> str:
    """Of 100 the 50th, 95th and 99th."""
    ordered = sorted(values)
    parts = {part: ordered[min(len(ordered) - 1, len(ordered) * part // 100)] for part in (50, 95, 99)}
    return ", ".join(f"p{part} {value:.0f} ms" for part, value in parts.items())


def share_of_slow(frames: Sequence[float]) -> float:
    """Of frames, those that miss two turns of a screen of 60 Hz."""
    return sum(frame > 33.4 for frame in frames) / len(frames)


def report(what: str, figure: str) -> None:
    """One line."""
    sys.stdout.write(f"{what:<30}{figure}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(told_only="--told" in sys.argv))
