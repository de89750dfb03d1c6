"""Hearing a meeting on its page: real audio, as it is kept, in a real browser."""

import asyncio

import numpy as np
import pytest
from playwright.async_api import Page, expect

from tests.web.browser import Window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

RATE_HZ = 16_000
PLACE = "#listening [data-listen=place]"


async def hold_meeting(service: Service) -> None:
    """Two people, half a minute of sound each, three sentences."""
    await service.open_meeting("ann", "bob")
    for participant_id, pitch_hz in (("ann", 220), ("bob", 330)):
        tone = 8_000 * np.sin(2 * np.pi * pitch_hz * np.arange(30 * RATE_HZ) / RATE_HZ)
        found = await service.sessions.open_input("m", [participant_id], RATE_HZ)
        await found.append(tone.astype(np.int16), None)
    await service.say("ann", 1_000, 4_000, "Good morning.")
    await service.say("bob", 5_000, 20_000, "Good morning, Ann, how are you?")
    await service.say("ann", 21_000, 29_000, "Fine.")


async def heard_until(page: Page, seconds: float) -> None:
    """Until the player has come so far."""
    await page.wait_for_function(
        "([place, ms]) => Number(document.querySelector(place).value) >= ms", arg=[PLACE, 1_000 * seconds]
    )


async def test_a_sentence_is_played_from_its_beginning(service: Service, window: Window) -> None:
    """Picked by a click, heard and marked while it is said; the bar tells where that is."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await page.get_by_text("how are you?").click()
    await page.get_by_role("toolbar", name="This sentence").get_by_role("button", name="Play").click()
    await heard_until(page, 5.2)

    await expect(page.get_by_role("toolbar", name="This sentence")).to_be_hidden()
    await expect(page.locator(".sentence.spoken")).to_have_text("Good morning, Ann, how are you? ")
    await expect(page.locator("[data-listen=time]")).to_have_text("0:05 / 0:30")
    await page.get_by_role("region", name="Listen").get_by_role("button", name="Pause").click()
    stopped = await page.locator(PLACE).input_value()
    assert 5_000 <= int(stopped) < 20_000


async def test_the_word_that_is_said_is_marked(service: Service, window: Window) -> None:
    """Within its sentence, by the word's own time."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m#t=22")
    await page.wait_for_function("() => [...CSS.highlights.get('spoken')].map(String).join() === 'Fine.'")

    await expect(page.locator(".sentence.spoken")).to_have_text("Fine. ")
    assert await page.locator(PLACE).input_value() == "22000"


async def test_the_timeline_has_a_lane_a_speaker_and_goes_where_it_is_clicked(
    service: Service, window: Window
) -> None:
    """What each said is drawn in their lane; three quarters along is three quarters of the meeting."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    lanes = page.get_by_role("region", name="Who spoke when").get_by_role("listitem")
    await expect(lanes).to_have_text(["Ann", "Bob"])
    assert await lanes.nth(1).locator("path.said").get_attribute("d") == "M5000 0h15000v1H5000z"
    drawing = await lanes.nth(0).locator("svg").bounding_box()
    assert drawing is not None
    await page.mouse.click(drawing["x"] + 0.75 * drawing["width"], drawing["y"] + 5)

    await expect(page.locator(".sentence.spoken")).to_have_text("Fine. ")


async def test_one_voice_is_heard_alone(service: Service, window: Window) -> None:
    """The choice is of those who are there, and what is fetched is theirs."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await page.locator("#listening summary").click()
    async with page.expect_request(lambda request: "audio.wav" in request.url) as asked:
        await page.get_by_label("Hear").select_option("Bob")
        await page.get_by_role("region", name="Listen").get_by_role("button", name="Play").click()

    assert (await asked.value).url.endswith("audio.wav?participant=bob")
    await heard_until(page, 0.2)


async def test_a_live_meeting_is_heard_on_when_it_has_become_longer(service: Service, window: Window) -> None:
    """Up to what was said last, and further as soon as somebody has said more."""
    page = window.page
    await hold_meeting(service)
    await page.goto(f"{service.url}/meetings/m")
    await expect(page.locator("#listening")).to_be_hidden()
    await page.get_by_text("Fine.").click()
    await page.get_by_role("toolbar", name="This sentence").get_by_role("button", name="Play").click()
    await page.locator(PLACE).fill("28900")
    await heard_until(page, 28.98)
    await asyncio.gather(*(service.send_silence(person, 9_000) for person in ("ann", "bob")))
    await service.say("bob", 30_000, 38_000, "Me too.")

    await heard_until(page, 30.2)
    await expect(page.locator(".sentence.spoken")).to_have_text("Me too. ")


async def test_audio_that_was_removed_is_not_offered(service: Service, window: Window) -> None:
    """The timeline stays, nothing plays."""
    page = window.page
    await service.client.post("/v1/meetings", json={"id": "m", "retention": {"audio_days": 0}})
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await service.sessions.keeping.sweep()
    await page.goto(f"{service.url}/meetings/m")
    await page.get_by_text("Fine.").click()
    tools = page.get_by_role("toolbar", name="This sentence")

    await expect(tools.get_by_role("button", name="Link")).to_be_visible()
    await expect(tools.get_by_role("button", name="Play")).to_be_hidden()
    await expect(page.locator("#listening")).to_be_hidden()


async def test_sentences_are_picked_by_keys(service: Service, window: Window) -> None:
    """A turn, its first sentence, the next one, and back to the turn."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator(".sentence.picked")).to_have_text("Good morning. ")
    await page.get_by_role("button", name="Sentence after").press("Enter")
    await expect(page.locator(".sentence.picked")).to_have_text("Good morning, Ann, how are you? ")
    await page.keyboard.press("Escape")

    await expect(page.locator(".sentence.picked")).to_have_count(0)
    await expect(page.locator(".turn").nth(1)).to_be_focused()


async def test_listening_goes_on_after_a_failure(service: Service, window: Window) -> None:
    """Said where it failed; pressed again it plays."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await page.route("**/audio.wav*", lambda route: route.abort())
    bar = page.get_by_role("region", name="Listen")
    await bar.get_by_role("button", name="Play").click()
    trouble = bar.locator("[data-listen=trouble]")
    await expect(trouble).to_have_text("This audio cannot be played.")
    await page.unroute("**/audio.wav*")
    await bar.get_by_role("button", name="Play").click()

    await heard_until(page, 0.2)
    await expect(trouble).to_have_text("")


async def test_a_time_beside_words_leads_there(service: Service, window: Window) -> None:
    """The player goes to where the turn begins, again and again."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    for _ in range(2):
        await page.get_by_role("link", name="0:21").click()
        await expect(page.locator("[data-listen=time]")).to_have_text("0:21 / 0:29")
        await page.locator(PLACE).press("ArrowLeft")
        await expect(page.locator("[data-listen=time]")).to_have_text("0:16 / 0:29")
