"""No page breaks a rule of axe-core in any state.

Each state is looked at in two of the four looks, by turns, so that each look comes often.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, ViewportSize, expect

from meeting_service.meeting import NewMeeting
from tests.web.browser import Window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

DESK, HAND = ViewportSize(width=1_280, height=800), ViewportSize(width=320, height=640)
LOOKS = (((DESK, "light"), (HAND, "dark")), ((DESK, "dark"), (HAND, "light")))
"""pairs: whichever a state gets, it is seen in both sizes and in both schemes"""
RATE_HZ = 16_000
LONG_NAME = "x" * 60
FEW_OF_MANY = {
    "include": [
        ["header"],
        ["main > p"],
        ["nav"],
        ["section:first-of-type"],
        ["section:last-of-type > :nth-child(-n + 3)"],
    ],
}
"""of the description of the interface: its parts are all made by the same few macros"""


@dataclass
class Proof:
    """What axe-core found in the states of one page, by the state."""

    page: Page
    found: dict[str, list[str]] = field(default_factory=dict)
    _looks: Iterator[tuple[Any, ...]] = field(default_factory=lambda: itertools.cycle(LOOKS))

    async def look(self, state: str, context: dict[str, Any] | None = None) -> None:
        """Look at the page as it is now; `context` is what axe-core looks at, if not all of it."""
        self.found[state] = await violations(self.page, next(self._looks), context)

    @property
    def broken(self) -> dict[str, list[str]]:
        """The states in which something is wrong."""
        return {state: rules for state, rules in self.found.items() if rules}


async def violations(
    page: Page, looks: tuple[Any, ...] = LOOKS[0], context: dict[str, Any] | None = None
) -> list[str]:
    """Every broken rule, with where and how it looked."""
    found: list[str] = []
    for size, scheme in looks:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)
        result = (await Axe().run(page, context)).response
        found += [
            f"{scheme} {size['width']}: {rule['id']} at {node['target']}: {node['failureSummary']}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]
    return found


@pytest.fixture
def proof(window: Window) -> Proof:
    """Of one window."""
    return Proof(window.page)


async def hold_meeting(service: Service) -> None:
    """Two talk at once, a gap, speech without text, somebody who left, a long name, all edits."""
    await service.open_meeting("ann", "bob", "bob2", LONG_NAME)
    await service.say("ann", 0, 2_000, "Shall we begin?")
    await service.say("bob", 1_500, 3_000, "Yes, please begin.")
    await service.give_up("ann", 4_000, 6_000)
    bob = await service.sessions.open_input("m", ["bob"], RATE_HZ)
    await bob.declare_gap(1_600, RATE_HZ * 4)
    await service.sessions.end_participant("m", LONG_NAME)
    editing, first = service.sessions.editing, (await service.sessions.get_transcript("m")).sentences[0]
    await editing.correct("m", first.id, "Should we begin?", 0)
    await editing.add_bookmark("m", 1_000, "A question")
    await editing.merge("m", "bob2", "bob", None)


async def make_sound(service: Service, seconds: int) -> None:
    """Something to hear of Ann."""
    tone = 8_000 * np.sin(2 * np.pi * 220 * np.arange(seconds * RATE_HZ) / RATE_HZ)
    found = await service.sessions.open_input("m", ["ann"], RATE_HZ)
    await found.append(tone.astype(np.int16), None)


async def test_lists(service: Service, window: Window, proof: Proof) -> None:
    """Without a meeting, with some, searched, with a menu and each dialog, while the recogniser is away."""
    page = proof.page
    window.expect_status(503)
    await page.goto(service.url)
    await proof.look("empty")
    await page.goto(f"{service.url}/?q=nothing")
    await proof.look("nothing found")
    await hold_meeting(service)
    for n in range(2):
        await service.sessions.create_meeting(
            NewMeeting(id=f"past{n}", title=f"Another meeting to begin {LONG_NAME}")
        )
        await service.sessions.end_meeting(f"past{n}")
    service.worker.ready = False
    await page.goto(service.url)
    await page.locator(".filters summary").click()
    await page.locator(".meeting summary").first.click()
    await proof.look("full, with a menu")
    for does in ("Rename", "Delete"):
        await page.goto(service.url)
        await page.locator(".meeting summary").first.click()
        await page.get_by_role("link", name=does).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await proof.look(does)
    await page.goto(f"{service.url}/?q=begin&speaker=ann")
    await expect(page.locator("mark").first).to_be_visible()
    await proof.look("found")
    await page.route("**/?q=*", lambda route: route.fulfill(status=503, body="too slow"))
    await page.get_by_role("searchbox").fill("plan")
    await expect(page.get_by_role("alert").filter(has_text="too long")).to_be_visible()
    await proof.look("too slow")
    await page.goto(f"{service.url}/meetings/m/manage")
    await proof.look("without scripts")

    assert proof.broken == {}


async def test_a_live_meeting(service: Service, window: Window, proof: Proof) -> None:
    """With drafts and everything that can be on it, paused, behind, in trouble, cut off, as captions."""
    page = proof.page
    await service.open_meeting(meeting_id="m")
    await page.goto(f"{service.url}/meetings/m")
    await expect(page.get_by_role("status")).to_have_text("Live")
    await proof.look("nothing said")
    await hold_meeting(service)
    await expect(page.locator(".gap")).to_be_visible()
    service.worker.draft("ann", 7_000, 8_000, "and then we")
    service.worker.fall_behind("bob", 9_000)
    await expect(page.locator(".draft")).to_be_visible()
    await expect(page.locator("#behind")).to_be_visible()
    await proof.look("a draft, a gap, somebody behind")
    await page.get_by_role("button", name="Pause").click()
    await service.say("ann", 7_000, 9_000, "And then we can go.")
    await expect(page.get_by_role("button", name="Resume (1 new)")).to_be_visible()
    await proof.look("paused")
    await page.get_by_role("button", name="Resume (1 new)").click()
    await page.keyboard.press("c")
    await expect(page.locator(".captions .lines")).not_to_be_empty()
    await proof.look("captions")
    await page.keyboard.press("c")
    service.worker.ready = False
    await expect(page.get_by_role("status")).to_have_text("Recogniser restarts: text comes later")
    await page.locator("#download > summary").click()
    await page.locator("#download .choice summary").click()
    await page.get_by_label("From").fill("soon")
    await proof.look("the recogniser is away; downloads")
    await page.keyboard.press("Escape")
    await page.context.set_offline(True)
    service.cut_connections()
    await expect(page.get_by_role("status")).to_have_text("Reconnecting…")
    await page.locator("#keys").evaluate(
        "dialog => dialog.open || document.getElementById('show-keys').click()"
    )
    await proof.look("reconnecting; keys")
    await page.context.set_offline(False)

    assert proof.broken == {}


async def test_what_readers_change(service: Service, window: Window, proof: Proof) -> None:
    """A sentence's toolbar, and each dialog, also with what somebody else wrote meanwhile."""
    page = proof.page
    window.expect_status(412)
    await hold_meeting(service)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await page.locator(".sentence").first.click()
    await expect(page.get_by_role("toolbar")).to_be_visible()
    await proof.look("toolbar")
    await page.get_by_role("button", name="Correct").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Shall we begin?")
    await service.sessions.editing.correct("m", await first_id(page), "Let us begin.", 1)
    await page.get_by_label("What was said").fill("We begin.")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").filter(has_text="meanwhile")).to_be_visible()
    await proof.look("a correction that somebody else has made")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Change Bob").click()
    await expect(page.get_by_role("button", name="Not the same person")).to_be_visible()
    await proof.look("a participant")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Change this bookmark").click()
    await expect(page.get_by_label("Note", exact=True)).to_be_visible()
    await proof.look("a bookmark")

    assert proof.broken == {}


async def first_id(page: Page) -> str:
    """Of the first sentence."""
    return await page.locator(".sentence").first.get_attribute("data-id") or ""


async def test_a_meeting_that_is_over(service: Service, window: Window, proof: Proof) -> None:
    """Searched, heard, with every menu, transcribed again; and one without a word."""
    page = proof.page
    await hold_meeting(service)
    await make_sound(service, 20)
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await proof.look("over")
    await page.locator("#find-q").fill("begin")
    await expect(page.locator("#find output")).to_have_text("1 of 2")
    await proof.look("searched")
    await page.locator("#find-q").fill("nowhere")
    await expect(page.locator("#find output")).to_have_text("Not found")
    await page.locator("#listening summary").click()
    await proof.look("not found; the player's options")
    await page.keyboard.press("Escape")
    await page.get_by_role("region", name="Listen").get_by_role("button", name="Play").click()
    await expect(page.locator(".sentence.spoken").first).to_be_visible()
    await proof.look("playing")
    await page.route("**/audio.wav*", lambda route: route.abort())
    service.worker.holds_back = True
    await service.sessions.retranscriptions.begin("m")
    await page.goto(f"{service.url}/meetings/m")
    await page.get_by_role("region", name="Listen").get_by_role("button", name="Play").click()
    await expect(page.get_by_text("This audio cannot be played.")).to_be_visible()
    await page.locator("#revisions > summary").click()
    await expect(page.get_by_label("Transcribing again")).to_be_visible()
    await proof.look("transcribed again; not to be played")
    await service.open_meeting(meeting_id="silent")
    await service.sessions.end_meeting("silent")
    await page.goto(f"{service.url}/meetings/silent")
    await proof.look("nothing was said")
    service.worker.let_go()

    assert proof.broken == {}


async def test_other_pages(service: Service, window: Window, proof: Proof) -> None:
    """A meeting to begin, an address that leads nowhere, the interface."""
    page = proof.page
    window.expect_status(404)
    await page.goto(f"{service.url}/talk")
    await proof.look("begin")
    await page.goto(f"{service.url}/meetings/none")
    await proof.look("nowhere")
    await page.goto(f"{service.url}/docs")
    await proof.look("the interface", FEW_OF_MANY)

    assert proof.broken == {}
