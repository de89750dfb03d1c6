"""Hearing a meeting on its page: real audio, as it is kept, in a real browser."""

import asyncio
import re

import numpy as np
import pytest
from playwright.async_api import Page, expect

from tests.web.browser import Window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

RATE_HZ = 16_000
PLACE = "#listening [data-listen=place]"
OUTSIDE = """() => [...document.querySelectorAll("#listening *")].filter((part) => {
  const { left, right } = part.getBoundingClientRect();
  return part.checkVisibility() && (left < 0 || right > innerWidth);
}).map((part) => part.outerHTML)"""
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
HIDES = """() => {
  const { top, bottom } = document.querySelector("#actions").getBoundingClientRect();
  return [...document.querySelectorAll(".turn h3, .sentence")].filter((part) => {
    const lines = [...part.getClientRects()];
    return lines.some((line) => line.top < bottom && line.bottom > top);
  }).map((part) => part.textContent.trim());
}"""
COVERED = """() => document.querySelector("#actions").getBoundingClientRect().bottom
  > document.querySelector("#listening").getBoundingClientRect().top"""


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


async def length_of(page: Page) -> float:
    """What the page takes the meeting's length for, in ms."""
    return float(await page.locator(PLACE).get_attribute("max") or 0)


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
    await page.get_by_role("region", name="Listen").get_by_role("button", name="Pause").click()
    await expect(page.locator("[data-listen=time]")).to_have_text(re.compile(r"0:\d\d / 0:3\d"))
    stopped = await page.locator(PLACE).input_value()
    assert 5_000 <= int(stopped) < 20_000


async def test_the_word_that_is_said_is_marked(service: Service, window: Window) -> None:
    """Within its sentence, by the word's own time; who loads the page again stays where they read."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m#t=00:00:22")
    await page.wait_for_function("() => [...CSS.highlights.get('spoken')].map(String).join() === 'Fine.'")

    await expect(page.locator(".sentence.spoken")).to_have_text("Fine. ")
    assert await page.locator(PLACE).input_value() == "22000"
    await page.reload()
    await page.evaluate(FRAME)
    assert await page.locator(PLACE).input_value() == "0"


async def test_the_timeline_has_a_lane_a_speaker_and_goes_where_it_is_clicked(
    service: Service, window: Window
) -> None:
    """What each said is drawn in their lane; as far along as somebody clicks is as far in the meeting."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    lanes = page.get_by_role("region", name="Who spoke when").get_by_role("listitem")
    await expect(lanes).to_have_text(["Ann", "Bob"])
    assert await lanes.nth(1).locator("path.said").get_attribute("d") == "M5000 0h15000v1H5000z"
    drawing = await lanes.nth(0).locator("svg").bounding_box()
    assert drawing is not None
    share = 21_750 / await length_of(page)
    await page.mouse.click(drawing["x"] + share * drawing["width"], drawing["y"] + 5)
    await expect(page.locator(".sentence.spoken")).to_have_text("Fine. ")
    slider = page.get_by_role("slider", name="Who spoke when")
    await slider.press("ArrowLeft")
    await slider.press("ArrowLeft")

    await expect(page.locator(".sentence.spoken")).to_have_text("Good morning, Ann, how are you? ")
    assert (await slider.get_attribute("aria-valuetext") or "").startswith("0:11 of 0:3")


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
    await page.goto("about:blank")
    await page.goto(f"{service.url}/meetings/m#t=22")
    await expect(page.locator(".notice")).to_contain_text("The audio of this meeting was removed.")
    await expect(page.locator(".sentence.spoken")).to_have_text("Fine. ")


async def test_audio_that_is_removed_meanwhile_is_said_to_be(service: Service, window: Window) -> None:
    """A page that is open already says why nothing plays."""
    page = window.page
    window.expect_status(410)
    await service.client.post("/v1/meetings", json={"id": "m", "retention": {"audio_days": 0}})
    await hold_meeting(service)
    await page.goto(f"{service.url}/meetings/m")
    await service.sessions.end_meeting("m")
    await service.sessions.keeping.sweep()
    bar = page.get_by_role("region", name="Listen")
    await bar.get_by_role("button", name="Play").click()

    await expect(bar.locator("[data-listen=trouble]")).to_contain_text("was removed")


async def test_sentences_are_picked_by_keys(service: Service, window: Window) -> None:
    """A turn, its first sentence, the next ones, and back to the turn; each is told to who sees none."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator(".sentence.picked")).to_have_text("Good morning. ")
    await expect(page.get_by_role("button", name="Play from here")).to_be_focused()
    await page.get_by_role("button", name="Sentence after").press("Enter")
    await expect(page.locator(".sentence.picked")).to_have_text("Good morning, Ann, how are you? ")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#told")).to_have_text("Fine. ")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Escape")

    await expect(page.locator(".sentence.picked")).to_have_count(0)
    await expect(page.locator(".turn .at").nth(1)).to_be_focused()


async def test_the_time_of_a_turn_is_a_button_that_picks(service: Service, window: Window) -> None:
    """Reached by Tab, also of what is said while the page is open; a draft has nothing to be picked."""
    page = window.page
    await hold_meeting(service)
    await page.goto(f"{service.url}/meetings/m")
    service.worker.draft("bob", 30_000, 31_000, "Me")
    await expect(page.locator(".turn[data-draft] .at")).to_be_disabled()
    await service.say("bob", 30_000, 31_000, "Me too.")
    await expect(page.get_by_role("button", name="0:30")).to_be_enabled()
    await page.get_by_role("button", name="0:21").focus()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="0:30")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.locator(".sentence.picked")).to_have_text("Me too. ")
    await expect(page.get_by_role("toolbar", name="This sentence").locator(":focus")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="0:30")).to_be_focused()


async def test_one_sentence_is_heard_and_no_more(service: Service, window: Window) -> None:
    """It stops where the sentence ends, also if silence is skipped; pressed again it goes on from there."""
    page = window.page
    await service.open_meeting("ann")
    await service.send_silence("ann", 30_000)
    await service.say("ann", 1_000, 2_000, "Good morning.")
    await service.say("ann", 21_000, 29_000, "Fine.")
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await page.locator("#listening summary").click()
    await page.get_by_label("Skip silence").check()
    await page.get_by_text("Good morning.").click()
    await page.get_by_role("button", name="Only this sentence").click()
    bar = page.get_by_role("region", name="Listen")
    await heard_until(page, 2)
    await expect(bar.get_by_role("button", name="Play")).to_be_visible()
    stopped = int(await page.locator(PLACE).input_value())
    await bar.get_by_role("button", name="Play").click()

    assert 2_000 <= stopped < 20_000
    await heard_until(page, 21)


async def test_what_is_corrected_can_be_heard(service: Service, window: Window) -> None:
    """From its dialog, which stays open."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await page.get_by_text("how are you?").click()
    await page.get_by_role("button", name="Correct").click()
    await page.locator("#edit-sentence").get_by_role("button", name="Play").click()
    await heard_until(page, 5.2)

    await expect(page.locator("#edit-sentence")).to_be_visible()


async def test_nothing_is_played_that_must_not_be(service: Service, window: Window) -> None:
    """Before anything was said the reader is told so; who talks is not heard twice by any key."""
    page = window.page
    await page.add_init_script(
        "navigator.mediaSession.setActionHandler = (name, act) => { (window.keys ??= {})[name] = act; };"
    )
    await service.open_meeting("ann")
    await service.send_silence("ann", 5_000)
    await page.goto(f"{service.url}/meetings/m")
    await page.keyboard.press("l")
    await expect(page.locator(".notice")).to_contain_text("Nothing has been said yet.")
    await service.say("ann", 1_000, 4_000, "One.")
    await expect(page.get_by_text("One.")).to_be_visible()
    play = page.locator("#listening .play")
    await page.evaluate("() => { document.body.dataset.talk = 'live'; window.keys.play(); }")
    await expect(play).to_have_attribute("data-playing", "no")
    await page.evaluate("() => { delete document.body.dataset.talk; window.keys.play(); }")
    await expect(play).to_have_attribute("data-playing", "yes")


async def test_bookmarks_stand_on_the_timeline(service: Service, window: Window) -> None:
    """With their notes, where they belong; pressed, one leads there. The player marks where it is."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.editing.add_bookmark("m", 22_000, "All is <b>well</b>")
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    flag = page.locator(".flags").get_by_role("link")
    await expect(flag).to_have_accessible_name("Bookmark at 0:22: All is <b>well</b>")
    chart, place = await page.locator(".plot").bounding_box(), await flag.bounding_box()
    assert chart is not None
    assert place is not None
    assert place["x"] - chart["x"] == pytest.approx(chart["width"] * 22_000 / await length_of(page), abs=2)
    await flag.click()
    await expect(page.locator(".sentence.spoken")).to_have_text("Fine. ")
    await page.keyboard.press("b")
    await page.get_by_label("Note", exact=True).fill("Again")
    await page.get_by_role("button", name="Save").click()

    await expect(page.locator("#bookmarks li")).to_have_text(["0:22 All is <b>well</b>", "0:22 Again"])
    await expect(flag).to_have_count(2)
    await expect(flag.first).to_be_focused()
    await page.locator(PLACE).focus()
    await page.keyboard.press("b")
    await page.get_by_role("button", name="Save").click()
    await expect(flag.nth(2)).to_have_accessible_name("Bookmark 0:22")


async def test_what_is_said_now_is_bookmarked(service: Service, window: Window) -> None:
    """In a meeting that is live: as far as its audio is, whether somebody speaks or listens."""
    page = window.page
    await hold_meeting(service)
    await page.goto(f"{service.url}/meetings/m")
    await page.get_by_text("Fine.").click()
    await page.get_by_role("button", name="Play from here").click()
    bar = page.get_by_role("region", name="Listen")
    await bar.get_by_role("button", name="Pause").click()
    await page.keyboard.press("b")
    await expect(page.get_by_role("heading", name=re.compile(r"^Bookmark 0:3\d$"))).to_be_visible()
    await page.get_by_role("button", name="Cancel").click()
    await bar.get_by_role("button", name="Close").click()
    await expect(bar).to_be_hidden()
    await page.get_by_role("button", name="Bookmark what is said now").click()
    await expect(page.get_by_role("heading", name=re.compile(r"^Bookmark 0:3\d$"))).to_be_visible()
    await page.get_by_role("button", name="Save").click()

    await expect(page.locator("#bookmarks li")).to_have_text(re.compile(r"^0:3\d\s*$"))


async def test_the_timeline_shows_who_talks_over_whom(service: Service, window: Window) -> None:
    """In both lanes, for as long as both speak, with a legend of what there is; text without lies as such."""
    page = window.page
    await service.open_meeting("ann", "bob")
    await service.say("ann", 1_000, 4_000, "One.")
    await service.say("bob", 3_000, 6_000, "Two.")
    await service.give_up("bob", 7_000, 9_000)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    lanes = page.get_by_role("region", name="Who spoke when").get_by_role("listitem")
    drawn = [await lanes.nth(n).locator("path.both").get_attribute("d") for n in (0, 1)]

    assert drawn == ["M3000 0.6h1000v0.4H3000z"] * 2
    assert await lanes.nth(1).locator("path.lost").get_attribute("d") == "M7000 0h2000v1H7000z"
    signs = await page.locator(".legend :visible").all_text_contents()
    assert signs == ["talking at once", "not transcribed"]


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
async def test_the_player_fits_a_small_window(service: Service, window: Window, direction: str) -> None:
    """A phone's, and one of four times the size: all of it and text are in sight, time from left to right."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    for width, height in ((360, 740), (320, 256)):
        await page.set_viewport_size({"width": width, "height": height})
        await page.goto("about:blank")
        await page.goto(f"{service.url}/meetings/m#t=15")
        await page.evaluate("direction => { document.documentElement.dir = direction; }", direction)
        plot = page.locator(".plot")
        head, whole = await plot.locator(".playhead").bounding_box(), await plot.bounding_box()
        assert head is not None
        assert whole is not None
        assert head["x"] - whole["x"] == pytest.approx(whole["width"] * 15_000 / await length_of(page), abs=2)
        await page.locator("#listening summary").click()
        await expect(page.get_by_label("Speed")).to_be_visible()
        assert await page.evaluate(OUTSIDE) == []
        await page.keyboard.press("Escape")
        await page.get_by_text("Fine.").click()
        tools = page.get_by_role("toolbar", name="This sentence")
        await expect(tools).to_be_in_viewport(ratio=0.99)
        assert await page.evaluate(COVERED) is False


async def test_a_link_beyond_the_end_says_so(service: Service, window: Window) -> None:
    """And leads to what is last; one to a sentence that is not there says that."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m#t=7200")
    await expect(page.locator(".notice")).to_have_text(
        "This link leads to 2:00:00, but the meeting ends at 0:30."
    )
    await expect(page.locator("[data-listen=time]")).to_have_text("0:30 / 0:30")
    await page.goto("about:blank")
    await page.goto(f"{service.url}/meetings/m#s-nowhere")

    await expect(page.locator(".notice")).to_have_text("The sentence this link leads to is not in this text.")


async def test_a_link_to_what_is_yet_to_come_waits_for_it(service: Service, window: Window) -> None:
    """The page of a live meeting says that the text is not there, and goes there once it is."""
    page = window.page
    await hold_meeting(service)
    await page.goto(f"{service.url}/meetings/m#t=31")
    await expect(page.locator(".notice")).to_contain_text("The text of 0:31 is not here yet.")
    await asyncio.gather(*(service.send_silence(person, 9_000) for person in ("ann", "bob")))
    await service.say("bob", 30_000, 38_000, "Me too.")

    await expect(page.locator(".sentence.spoken")).to_have_text("Me too. ")


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
        await page.get_by_role("button", name="0:21").click()
        await expect(page.locator("[data-listen=time]")).to_have_text(re.compile(r"0:21 / 0:3\d"))
        await page.locator(PLACE).press("ArrowLeft")
        await expect(page.locator("[data-listen=time]")).to_have_text(re.compile(r"0:16 / 0:3\d"))
        await page.get_by_role("toolbar", name="This sentence").get_by_role("button").first.press("Escape")


async def test_a_place_that_was_found_is_where_the_player_is(service: Service, window: Window) -> None:
    """It does not begin by itself; who listens is not torn away."""
    page = window.page
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    time, play = page.locator("[data-listen=time]"), page.locator("[data-listen=play]")
    await page.locator("#find-q").fill("morning")
    await expect(time).to_have_text(re.compile(r"0:01 / 0:3\d"))
    await page.locator("#find-q").press("Enter")
    await expect(time).to_have_text(re.compile(r"0:05 / 0:3\d"))
    await expect(play).to_have_attribute("data-playing", "no")
    await expect(page.locator(".sentence.spoken")).to_have_count(0)

    await play.click()
    await heard_until(page, 5.2)
    await expect(page.locator(".sentence.spoken")).to_have_count(1)
    await page.locator("#find-q").press("Enter")
    await expect(page.locator("#find output")).to_have_text("1 of 2")
    assert int(await page.locator(PLACE).input_value()) >= 5_200
    await expect(play).to_have_attribute("data-playing", "yes")


async def test_a_link_to_a_sentence_leads_the_player_there(service: Service, window: Window) -> None:
    """As the page is opened, and on it; in a live meeting what is only read stays so."""
    page = window.page
    await hold_meeting(service)
    _, second, third = (await service.sessions.get_transcript("m")).sentences
    await page.goto(f"{service.url}/meetings/m#s-{second.id}")
    await expect(page.locator(PLACE)).to_have_value("5000")
    await expect(page.locator("#listening")).to_be_hidden()
    await service.sessions.end_meeting("m")
    await page.evaluate(f"location.hash = '#s-{third.id}'")

    await expect(page.locator("[data-listen=time]")).to_have_text("0:21 / 0:29")
    await expect(page.locator("[data-listen=play]")).to_have_attribute("data-playing", "no")


async def test_a_picked_sentence_hides_nothing_that_is_still_to_be_read(
    service: Service, window: Window
) -> None:
    """Its toolbar has room below its turn; in a long one it lies above, over what was read."""
    page = window.page
    await service.open_meeting("ann", "bob")
    for n in range(40):
        await service.say("ann", n * 1_000, n * 1_000 + 900, f"This is what was said {n} seconds after noon.")
    await service.say("bob", 40_000, 41_000, "Thank you.")
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")

    await page.get_by_text("said 39 seconds").click()
    await expect(page.locator("#actions")).to_be_in_viewport(ratio=0.99)
    assert await page.evaluate(HIDES) == []
    await page.get_by_text("said 20 seconds").click()
    hidden = await page.evaluate(HIDES)
    assert hidden
    assert all(text < "This is what was said 20" for text in hidden)
