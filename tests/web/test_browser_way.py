"""The whole way of a user with a meeting, from beginning to deletion, with a service as people run it.

The bundled model hears the bundled meeting, sent by our client. One reads it at a desk in the light, one on a
phone in the dark, through a network that breaks.
"""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from docx import Document
from playwright.async_api import Locator, expect

from meeting_service.client import MeetingClient
from tests.faults.proxy import HEALTHY, FaultProxy, Faults
from tests.faults.service import FaultService, Recogniser
from tests.web.browser import open_browser
from tests.web.companions import DESK, HAND, Reader, Speakers

pytestmark = pytest.mark.browser

TITLE = "Release planning"
FIRST = "Good afternoon everybody, welcome to the release planning."
MIDDLE_OF_FIRST_MS, AFTER_FIRST_MS, SOME_MS, MORE_MS, REST_MS = 3_600, 6_000, 42_500, 49_000, 62_000
"""how far the meeting has come at each stage"""
NOT_MISSED = """() => document.querySelectorAll("#log .sentence").length
  - Number(/\\d+/.exec(document.getElementById("follow").textContent)?.[0] ?? 0)"""
"""sentences that the button "Jump to live" does not count as new"""
WITHIN_LOG = """(element) => {
  const [own, log] = [element, element.closest("#log")].map((each) => each.getBoundingClientRect());
  return [own.left - log.left, own.top - log.top];
}"""
"""where it stands in the transcript; on a phone the participants above that may become taller"""
LONG = 6
"""a sentence that takes five seconds"""
IS_HEARD = """(nth) => {
  const sentence = document.querySelectorAll("#log .sentence")[nth];
  const since_ms = document.querySelector("[data-listen=place]").value - sentence.dataset.start;
  return since_ms > 200 && sentence.classList.contains("spoken");
}"""
Step = Callable[[Reader], Coroutine[None, None, object]]


@dataclass
class Way:
    """One meeting, those who speak in it and the two who read it."""

    network: FaultProxy
    client: MeetingClient
    speakers: Speakers
    desk: Reader
    hand: Reader
    meeting_id: str = ""
    corrections: dict[str, str] = field(default_factory=dict)
    """new text by old text"""

    async def both(self, *steps: Step) -> None:
        """Each reader does the same at the same time; no page is wider than its window."""
        for step in steps:
            async with asyncio.TaskGroup() as group:
                for reader in (self.desk, self.hand):
                    group.create_task(step(reader))
            await asyncio.gather(*(reader.fits() for reader in (self.desk, self.hand)))

    async def sentences(self) -> list[str]:
        """What is final now, as the interface tells it."""
        return [sentence.text for sentence in (await self.client.transcript(self.meeting_id)).sentences]


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Way]:
    """All of it, running; there is no meeting yet."""
    async with (
        open_browser() as browser,
        FaultService(tmp_path, recogniser=Recogniser.BUNDLED) as service,
        FaultProxy(service.port) as network,
        MeetingClient(service.url) as client,
    ):
        desk, hand = [await Reader.come(browser, network.url, look) for look in (DESK, HAND)]
        yield Way(network, client, Speakers(client), desk, hand)


async def test_the_whole_way_of_a_user(way: Way) -> None:
    """It appears, is read live, through a cut, is searched, corrected, heard, taken away and deleted."""
    await begin(way)
    await read_live(way)
    await lose_the_connection(way)
    await way.both(find_words)
    await correct(way)
    await way.both(hear_a_sentence)
    await take_away(way)
    await delete(way)

    for reader in (way.desk, way.hand):
        assert await reader.page.evaluate("violations") == []
        assert {way.network.url} == reader.origins
        assert reader.complaints == []


async def begin(way: Way) -> None:
    """On a list without meetings one appears by itself; it is opened."""

    async def look(reader: Reader) -> None:
        await reader.open()
        await expect(reader.page.get_by_role("heading", name="No meetings yet")).to_be_visible()

    async def enter(reader: Reader) -> None:
        await reader.press(reader.page.get_by_role("link", name=TITLE))
        await expect(reader.page.get_by_role("status")).to_have_text("Live")
        await expect(reader.page.get_by_text("Nothing has been said yet.")).to_be_visible()

    await way.both(look)
    way.meeting_id = await way.speakers.begin()
    await way.both(enter)


async def read_live(way: Way) -> None:
    """Drafts firm up in place; the page follows, unless its reader has gone back, also after a reload."""
    places: dict[Reader, object] = {}

    async def see_draft(reader: Reader) -> None:
        draft = reader.page.locator(".draft").first
        await expect(draft).to_contain_text("Good afternoon")
        places[reader] = await draft.evaluate(WITHIN_LOG)

    async def see_it_firm(reader: Reader) -> None:
        final = reader.page.locator(".sentence").first
        await expect(final).to_have_text(f"{FIRST} ")
        assert places[reader] == await final.evaluate(WITHIN_LOG)

    async def follow(reader: Reader) -> None:
        await expect(reader.page.locator("#log .sentence").last).to_contain_text("lunch")
        await expect(reader.page.locator("#log .sentence").last).to_be_in_viewport()

    await way.speakers.say(MIDDLE_OF_FIRST_MS)
    await way.both(see_draft)
    await way.speakers.say(AFTER_FIRST_MS)
    await way.both(see_it_firm)
    await way.speakers.say(SOME_MS)
    await way.both(follow, go_back, reload)
    old = {reader: await reader.page.evaluate(NOT_MISSED) for reader in (way.desk, way.hand)}

    async def jump(reader: Reader) -> None:
        button = reader.page.locator("#follow")
        await expect(button).to_have_text(re.compile(r"Jump to live \(\d+ new\)"))
        assert old[reader] == await reader.page.evaluate(NOT_MISSED)
        await reader.press(button)
        await expect(reader.page.locator("#log .sentence").last).to_be_in_viewport()
        await expect(button).to_be_hidden()

    await way.speakers.say(MORE_MS)
    await way.both(jump)


async def place_of(element: Locator) -> tuple[float, float]:
    """Its corner at the top."""
    box = await element.bounding_box()
    assert box is not None
    return box["x"], box["y"]


async def go_back(reader: Reader) -> None:
    """To what was said before; the page stays there."""
    await reader.scroll(-1_200)
    await reader.scroll(60)
    await expect(reader.page.get_by_role("button", name="Jump to live")).to_be_visible()


async def reload(reader: Reader) -> None:
    """The same sentence is at the same place."""
    third = reader.page.locator("#log .sentence").nth(2)
    before = await place_of(third)
    await reader.page.reload()
    await expect(reader.page.get_by_role("status")).to_have_text("Live")
    await reader.rest()
    assert before == pytest.approx(await place_of(third), abs=1)


async def lose_the_connection(way: Way) -> None:
    """The page says so as long as it lasts; what was said meanwhile is there afterwards, each once."""

    async def notice(reader: Reader) -> None:
        await expect(reader.page.get_by_role("status")).to_have_text("Reconnecting…")

    async def come_back(reader: Reader) -> None:
        await expect(reader.page.get_by_role("status")).to_have_text("Live")

    async def see_the_end(reader: Reader) -> None:
        await expect(reader.page.get_by_role("status")).to_have_text("Ended")
        await expect(reader.page.locator("#log .sentence")).to_have_text([f"{text} " for text in said])

    way.network.faults = Faults(refuse=True)
    way.network.reset_all()
    await way.both(notice)
    await way.speakers.say(REST_MS)
    await way.both(notice)
    way.network.faults = HEALTHY
    await way.both(come_back)
    await way.client.end(way.meeting_id)
    said = await way.sentences()
    assert len(said) > 12
    await way.both(see_the_end)


async def find_words(reader: Reader) -> None:
    """From one place to the next, which is in sight."""
    field = reader.page.get_by_role("searchbox")
    await reader.press(field)
    await field.fill("login page")
    output = reader.page.locator("#find output")
    await expect(output).to_have_text("1 of 2")
    await field.press("Enter")
    await expect(output).to_have_text("2 of 2")
    await expect(reader.page.locator(".sentence.here")).to_contain_text("login page")
    await expect(reader.page.locator(".sentence.here")).to_be_in_viewport()
    await field.press("Escape")


async def correct(way: Way) -> None:
    """Each reader a sentence and a name; both see all of it."""
    texts = await way.sentences()
    way.corrections = {texts[1]: "Good morning to you all.", texts[3]: "Okay, día uno."}

    async def write(reader: Reader, at: int) -> None:
        await reader.press(reader.page.locator("#log .sentence").nth(at))
        await reader.press(reader.page.locator('#actions [data-do="correct"]'))
        dialog = reader.page.get_by_role("dialog")
        await dialog.get_by_label("What was said").fill(way.corrections[texts[at]])
        await reader.press(dialog.get_by_role("button", name="Save"))
        await expect(dialog).to_be_hidden()

    async def rename(reader: Reader, name: str, new: str) -> None:
        await reader.press(reader.page.get_by_role("button", name=f"Change {name}"))
        dialog = reader.page.get_by_role("dialog")
        await dialog.get_by_label("Name", exact=True).fill(new)
        await reader.press(dialog.get_by_role("button", name="Save"))
        await expect(dialog).to_be_hidden()

    async def see(reader: Reader) -> None:
        expected = [f"{way.corrections.get(text, text)} " for text in texts]
        await expect(reader.page.locator("#log .sentence")).to_have_text(expected)
        await expect(reader.page.locator(".sentence.edited")).to_have_count(2)
        await expect(reader.page.locator("#people .name")).to_have_text(["Anna", "Benjamin", "Carla"])
        await expect(reader.page.locator(".turn .name").first).to_have_text("Anna")

    await asyncio.gather(write(way.desk, 1), write(way.hand, 3))
    await asyncio.gather(rename(way.desk, "Ann", "Anna"), rename(way.hand, "Ben", "Benjamin"))
    await way.both(see)


async def hear_a_sentence(reader: Reader) -> None:
    """From its beginning on, and marked while it is heard."""
    sentence = reader.page.locator("#log .sentence").nth(LONG)
    await reader.press(sentence)
    await reader.press(reader.page.locator('#actions [data-do="play"]'))
    await reader.page.wait_for_function(IS_HEARD, arg=LONG)
    bar = reader.page.get_by_role("region", name="Listen")
    await reader.press(bar.get_by_role("button", name="Pause"))
    await expect(bar.get_by_role("button", name="Play")).to_be_visible()


async def take_away(way: Way) -> None:
    """The files have the names and the text as they were corrected, and nothing of what those replaced."""

    async def take(reader: Reader) -> None:
        await reader.press(reader.page.locator("#download > summary"))
        srt, txt, docx = [await reader.take(name) for name in ("srt", "txt", "docx")]
        await reader.page.keyboard.press("Escape")
        written = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(docx)).paragraphs)
        for text in (srt.decode(), txt.decode(), written):
            joined = " ".join(text.split())
            assert [] == [new for new in way.corrections.values() if new not in joined]
            assert [] == [old for old in way.corrections if old in joined]
            assert ("Anna" in joined, "Benjamin" in joined, "Ben:" in joined) == (True, True, False)

    await way.both(take)


async def delete(way: Way) -> None:
    """In the list, after a question; who reads it is told, and the list is as it was before."""
    way.hand.expect_status(404)  # it reads what is deleted
    await way.desk.open()
    await way.desk.press(way.desk.page.get_by_label(f"More about {TITLE}"))
    await way.desk.press(way.desk.page.get_by_role("link", name="Delete"))
    await way.desk.press(way.desk.page.get_by_role("button", name="Delete for good"))
    await expect(way.desk.page.get_by_role("heading", name="No meetings yet")).to_be_visible()
    await expect(way.hand.page.get_by_role("status")).to_have_text("Deleted")
    await way.hand.press(way.hand.page.get_by_role("link", name="Meetings"))
    await expect(way.hand.page.get_by_role("heading", name="No meetings yet")).to_be_visible()
