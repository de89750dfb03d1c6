import asyncio
import random
import re

import pytest
from playwright.async_api import Browser, expect

from tests.web.browser import Window, open_window
from tests.web.conftest import Service, StartService

pytestmark = pytest.mark.browser


async def test_a_draft_firms_up_in_place(service: Service, window: Window) -> None:
    """Grey while it may change, then firm at the same place; what is above does not move."""
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 900, "Good morning.")
    await window.page.goto(f"{service.url}/meetings/m")
    above = window.page.locator(".turn").first
    place = await above.bounding_box()
    service.worker.draft("bob", 1_000, 1_800, "good mor")
    draft = window.page.locator(".draft")
    await expect(draft).to_have_text("good mor")
    drafted = await draft.bounding_box()
    await service.say("bob", 1_000, 2_000, "Good morning, Ann.")
    final = window.page.locator(".sentence", has_text="Good morning, Ann.")
    await expect(final).to_be_visible()
    firm = await final.bounding_box()

    await expect(draft).to_have_count(0)
    assert await above.bounding_box() == place
    assert drafted is not None
    assert firm is not None
    assert (firm["x"], firm["y"]) == (drafted["x"], drafted["y"])


async def test_drafts_are_not_read_out(service: Service, window: Window) -> None:
    """Only finals are told to a screen reader; the speaker's dot is told to everyone in words."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    service.worker.draft("ann", 0, 800, "good mor")
    await expect(window.page.locator(".draft")).to_be_visible()

    assert await window.page.get_by_role("log").get_by_text("good mor").count() == 1
    assert "good mor" not in await window.page.get_by_role("log").aria_snapshot()
    await expect(window.page.locator("#people .doing")).to_have_text("speaking")


async def test_people_who_talk_over_each_other_are_read_in_order(service: Service, window: Window) -> None:
    """By start time, whoever is final first; both are marked; a reload shows the same."""
    await service.open_meeting("ann", "bob")
    await window.page.goto(f"{service.url}/meetings/m")
    await service.say("bob", 2_000, 3_000, "Second.")
    await service.say("bob", 4_000, 4_500, "Third.")
    await service.say("ann", 1_000, 2_500, "First.")
    await service.say("ann", 5_000, 6_000, "Fourth.")
    await expect(window.page.locator(".sentence")).to_have_count(4)
    shown = await window.shown()

    assert await window.said() == ["First.", "Second.", "Third.", "Fourth."]
    assert "talking at once" in shown[0]
    assert "talking at once" in shown[1]
    await window.page.reload()
    assert await window.shown() == shown


async def test_a_turn_is_split_by_what_somebody_said_in_between(service: Service, window: Window) -> None:
    """A sentence that comes late goes where it was said."""
    await service.open_meeting("ann", "bob")
    await window.page.goto(f"{service.url}/meetings/m")
    await service.say("ann", 0, 900, "One.")
    await service.say("ann", 4_000, 4_900, "Three.")
    await expect(window.page.locator(".turn")).to_have_count(1)
    await service.say("bob", 2_000, 2_900, "Two.")
    await expect(window.page.locator(".turn")).to_have_count(3)

    assert await window.said() == ["One.", "Two.", "Three."]


async def test_what_goes_over_to_another_turn_is_the_same(service: Service, window: Window) -> None:
    """A sentence that is picked stays so when its turn is split; it is nothing new."""
    await service.open_meeting("ann", "bob")
    await window.page.goto(f"{service.url}/meetings/m")
    await service.say("ann", 0, 900, "One.")
    await service.say("ann", 4_000, 4_900, "Three.")
    await window.page.get_by_text("Three.").click()
    await service.say("bob", 2_000, 2_900, "Two.")
    await expect(window.page.locator(".turn")).to_have_count(3)

    await expect(window.page.locator(".turn").nth(2).locator(".sentence")).to_have_class("sentence picked")


async def test_whatever_the_order_of_arrival_the_page_is_the_same(service: Service, window: Window) -> None:
    """Forty sentences of four people arrive as people finish them; a reload shows what was shown."""
    people = ("ann", "bob", "cleo", "dora")
    chance = random.Random(4)
    await service.open_meeting(*people)
    await window.page.goto(f"{service.url}/meetings/m")
    free_at = dict.fromkeys(people, 0)
    for n in range(40):
        who = chance.choice(people)
        start_ms = free_at[who] + chance.randrange(0, 3_000)
        free_at[who] = start_ms + chance.randrange(200, 4_000)
        await service.say(who, start_ms, free_at[who], f"Sentence {n}.")
    await expect(window.page.locator(".sentence")).to_have_count(40)
    shown = await window.shown()
    await window.page.reload()

    assert await window.shown() == shown


async def test_a_broken_connection_loses_and_repeats_nothing(service: Service, window: Window) -> None:
    """The page says that it reconnects, then shows what was said meanwhile, each sentence once."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    for round_ in range(3):
        await service.say("ann", round_ * 10_000, round_ * 10_000 + 900, f"Before {round_}.")
        await expect(window.page.locator(".sentence")).to_have_count(2 * round_ + 1)
        service.cut_connections()
        await service.say("ann", round_ * 10_000 + 1_000, round_ * 10_000 + 1_900, f"After {round_}.")
        await expect(window.page.locator(".sentence")).to_have_count(2 * round_ + 2)

    await expect(window.page.get_by_role("status")).to_have_text("Live")
    assert await window.said() == [f"{when} {n}." for n in range(3) for when in ("Before", "After")]


async def test_a_restart_of_the_service_loses_and_repeats_nothing(
    start_service: StartService, window: Window
) -> None:
    """The page waits for the service to come back and goes on by itself."""
    first = await start_service()
    await first.open_meeting("ann")
    await first.send_silence("ann", 2_000)
    await first.say("ann", 0, 900, "Before.")
    await window.page.goto(f"{first.url}/meetings/m")
    port = first.client.port
    await first.client.close()
    await expect(window.page.get_by_role("status")).to_have_text(
        re.compile("The service restarts…|Reconnecting…")  # as it was told, or as it finds
    )
    second = await start_service(port=port)
    await second.say("ann", 1_000, 1_900, "After.")
    await expect(window.page.locator(".sentence")).to_have_count(2)

    assert await window.said() == ["Before.", "After."]
    await expect(window.page.get_by_role("status")).to_have_text("Live")


async def test_a_draft_that_went_while_the_connection_was_away_is_gone(
    service: Service, window: Window
) -> None:
    """Who spoke before and is silent by now is not shown as speaking for ever."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    service.worker.draft("ann", 0, 800, "good mor")
    await expect(window.page.locator(".draft")).to_be_visible()
    await window.page.route("**/events*", lambda route: route.abort())
    service.cut_connections()
    await expect(window.page.get_by_role("status")).to_have_text("Reconnecting…")
    service.worker.draft("ann", 800, 800, "")
    await window.page.unroute_all()

    await expect(window.page.locator(".draft")).to_have_count(0)
    await expect(window.page.locator("#people .doing")).to_have_text("here")


async def test_a_turn_that_begins_earlier_by_now_keeps_the_focus(service: Service, window: Window) -> None:
    """A sentence that comes late goes before another in its turn, which stays what it was."""
    await service.open_meeting("ann")
    await service.say("ann", 4_000, 4_900, "Second.")
    await window.page.goto(f"{service.url}/meetings/m")
    at = window.page.locator(".turn .at")
    await at.focus()
    await service.say("ann", 0, 900, "First.")
    await expect(window.page.locator(".sentence")).to_have_text(["First. ", "Second. "])

    await expect(at).to_be_focused()
    await expect(at).to_have_text("0:00")


async def test_a_hidden_tab_lets_go_and_catches_up(service: Service, browser: Browser) -> None:
    """After half a minute out of sight in which nothing is heard; back in sight, everything is there once."""
    await service.open_meeting("ann")
    window = await open_window(browser)
    await window.page.clock.install()
    await window.page.goto(f"{service.url}/meetings/m")
    await expect(window.page.get_by_role("status")).to_have_text("Live")

    async def be(visibility: str) -> None:
        await window.page.evaluate(
            """value => {
              Object.defineProperty(document, "visibilityState", { value, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            visibility,
        )

    playing = "value => { document.querySelector('[data-listen=play]').dataset.playing = value; }"
    await window.page.evaluate(playing, "yes")
    await be("hidden")
    await window.page.clock.fast_forward(31_000)
    await expect(window.page.get_by_role("status")).to_have_text("Live")
    await window.page.evaluate(playing, "no")
    await service.say("ann", 0, 900, "Said to who listens.")
    await expect(window.page.locator(".sentence")).to_have_count(1)
    await window.page.clock.fast_forward(31_000)
    await expect(window.page.get_by_role("status")).to_have_text("Paused while hidden")
    await service.say("ann", 2_000, 2_900, "Said unseen.")
    await window.page.evaluate(
        """() => {
          const health = document.getElementById("health");
          window.told = [];
          const note = () => window.told.push(health.textContent);
          new MutationObserver(note).observe(health, { childList: true });
        }"""
    )
    await be("visible")
    await expect(window.page.get_by_role("status")).to_have_text("Live")
    assert ["Connecting…", "Live"] == await window.page.evaluate("window.told")
    await window.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await expect(window.page.get_by_role("status")).to_have_text("Live")
    await expect(window.page.locator(".sentence")).to_have_count(2)

    assert window.complaints == []


async def test_the_page_follows_until_the_reader_scrolls(service: Service, window: Window) -> None:
    """At the end it stays at the end; anywhere else it stays there and says how much is new."""
    await service.open_meeting("ann", "bob")
    for n in range(30):
        await service.say("ann" if n % 2 else "bob", n * 1_000, n * 1_000 + 900, f"Sentence {n}.")
    await window.page.goto(f"{service.url}/meetings/m")
    await expect(window.page.get_by_text("Sentence 29.")).to_be_in_viewport()
    jump = window.page.get_by_role("button", name="Jump to live")
    await window.page.mouse.wheel(0, -1_500)
    await expect(jump).to_be_visible()
    first = window.page.get_by_text("Sentence 10.")
    place = await first.bounding_box()
    await service.say("bob", 40_000, 40_900, "Something new.")
    await expect(jump).to_have_text("Jump to live (1 new)")

    assert await first.bounding_box() == place
    await jump.click()
    await expect(window.page.get_by_text("Something new.")).to_be_in_viewport()
    await expect(jump).to_be_hidden()


async def test_joining_leaving_and_gaps_are_shown(service: Service, window: Window) -> None:
    """Who comes appears with the next colour, who leaves stays in the list; missing audio is told."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    await service.join("bob", "Bob")
    await expect(window.page.locator("#people > li")).to_have_count(2)
    bob = await service.sessions.open_input("m", ["bob"], 16_000)
    await bob.declare_gap(1_600, 16_000 * 61)
    await expect(window.page.locator(".gap")).to_contain_text(
        re.compile(r"No audio from Bob, 0:\d\d to 1:\d\d")
    )
    await service.sessions.end_participant("m", "bob")
    await expect(window.page.locator("#people > li").nth(1)).to_contain_text("left")

    colours = [await item.get_attribute("class") for item in await window.page.locator("#people > li").all()]
    assert colours == ["speaker-0", "speaker-1"]


async def test_the_end_of_a_meeting_is_shown(service: Service, window: Window) -> None:
    """Ending, then ended; what people change by hand is followed on."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    await expect(window.page.get_by_role("status")).to_have_text("Live")
    service.worker.holds_back = True
    ending = asyncio.create_task(service.sessions.end_meeting("m"))
    await expect(window.page.get_by_role("status")).to_have_text("Finishing the last words")
    service.worker.let_go()
    await ending
    await expect(window.page.get_by_role("status")).to_have_text("Ended")

    assert 1 == service.sessions.broadcaster.watcher_count("m")
    await service.sessions.editing.add_bookmark("m", 0, "The end")
    await expect(window.page.locator("#bookmarks li")).to_have_text("0:00 The end")


async def test_a_deleted_meeting_is_told(service: Service, browser: Browser) -> None:
    """The page keeps what it shows and says that the meeting is gone."""
    await service.open_meeting("ann")
    window = await open_window(browser)
    await window.page.goto(f"{service.url}/meetings/m")
    await expect(window.page.get_by_role("status")).to_have_text("Live")
    await service.sessions.delete_meeting("m")

    await expect(window.page.get_by_role("status")).to_have_text("Deleted")
