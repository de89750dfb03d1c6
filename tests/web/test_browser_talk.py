import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser, BrowserContext, expect

from meeting_service.app import build_app
from meeting_service.audio import Pcm
from meeting_service.meeting import MeetingState
from meeting_service.settings import Settings
from meeting_service.web.keys import SESSIONS
from tests.audio_service import AudioService
from tests.web.browser import PATIENCE_MS, Window
from tests.web.conftest import Service, StartService
from tests.web.talking import (
    RATE_HZ,
    Talker,
    hum,
    open_person,
    open_talker,
    open_talking_browser,
    write_recording,
)
from tests.web.test_accessibility import violations

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

BUNDLED = Path(__file__).parents[2] / "meeting_service" / "demo" / "meeting"
SAID = {
    "ann": (1.0, 4.7, "Good afternoon everybody, welcome to the release planning."),
    "ben": (4.7, 8.4, "Good morning, Ann, nice to hear you again."),
}
HOST = "meetings.test"
"""a name of this machine to which no browser lends a microphone"""
NO_CAMERA = "Permissions policy violation: camera is not allowed in this document."
"""what Chromium says of any tab that is shared, and then shares it"""
PLAY = """async () => {
  const context = new AudioContext(), tone = context.createOscillator();
  tone.connect(context.destination);
  tone.start();
  await context.resume();
}"""
FAIL = """failure => {
  const answer = async () => {
    if (failure) throw new DOMException(...failure);
    return document.createElement("canvas").captureStream();
  };
  Object.assign(navigator.mediaDevices, { getUserMedia: answer, getDisplayMedia: answer });
}"""
"""how a browser answers that is asked for sound"""
FAILURES: list[tuple[str, list[str] | None, str]] = [
    ("My microphone", ["", "NotFoundError"], "No microphone was found. Plug one in"),
    ("My microphone", ["", "NotReadableError"], "Another program may be using it"),
    ("My microphone", ["Permission denied by system", "NotAllowedError"], "privacy settings"),
    ("The sound of a tab", ["", "NotAllowedError"], "No tab was shared"),
    ("The sound of a tab", None, "That was shared without sound"),
]
LIVE = "Live: what you say is written down."


def record(folder: Path, who: str) -> Path:
    """What somebody says first in the bundled meeting, after a moment, as a file for a microphone."""
    start, end = (round(at * RATE_HZ) for at in SAID[who][:2])
    resampler = av.AudioResampler("s16", "mono", RATE_HZ)
    with av.open(str(BUNDLED / f"{who}.ogg")) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    pcm = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    before = np.zeros(RATE_HZ, np.int16)
    return write_recording(folder / f"{who}.wav", np.concatenate([before, pcm[start:end]]))


@pytest.fixture
async def talking(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser whose microphone hums."""
    recording = write_recording(tmp_path / "hum.wav", hum(2), silence_s=0)
    flags = (
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
        "--auto-select-tab-capture-source-by-title=Begin a meeting",
        "--autoplay-policy=no-user-gesture-required",
    )
    async with open_talking_browser(recording, *flags) as browser:
        yield browser


@pytest.fixture
async def person(talking: Browser) -> BrowserContext:
    """Somebody's browser with a microphone that its owner lends."""
    return await open_person(talking)


async def held_of(service: AudioService) -> Pcm:
    """What is held of the only participant's last stream in the meeting."""
    (participant,) = await service.sessions.list_participants("m1")
    return (await service.stored(participant.id))[-1]


async def test_a_link_and_two_browsers_are_a_meeting(settings: Settings, tmp_path: Path) -> None:
    """One begins it, the other opens the link; what they say comes out as text on both pages."""
    model = settings.model.model_copy(update={"name": "demo"})
    app = build_app(settings.model_copy(update={"model": model}))
    async with (
        TestClient(TestServer(app)) as client,
        open_talking_browser(record(tmp_path, "ann")) as anns,
        open_talking_browser(record(tmp_path, "ben")) as bens,
    ):
        ann = Talker(await (await open_person(anns)).new_page())
        await ann.page.goto(str(client.make_url("/talk")))
        await ann.press("Begin")
        link = await ann.page.get_by_label("Link to this meeting").input_value()
        ben = Talker(await (await open_person(bens)).new_page())
        await ben.page.goto(link)
        await ann.join("Ann")
        await ben.join("Ben")
        for talker in (ann, ben):
            for _, _, said in SAID.values():
                await expect(talker.page.locator(".sentence", has_text=said)).to_be_visible()
        (meeting,) = (await app[SESSIONS].store.list_meetings()).meetings
        people = await app[SESSIONS].list_participants(meeting.id)
        complaints = ann.window.complaints + ben.window.complaints

    assert sorted(person.name for person in people) == ["Ann", "Ben"]
    assert complaints == []


async def test_who_presses_twice_joins_once(audio_service: AudioService, person: BrowserContext) -> None:
    """The browser is asked once, one socket is opened; also by who is trying the microphone already."""
    await person.add_init_script(
        "window.sockets = 0; window.WebSocket = class extends WebSocket {"
        " constructor(...all) { super(...all); window.sockets += 1; } };"
    )
    talker = await open_talker(person, audio_service.url, "m1")
    await talker.page.get_by_label("Your name").fill("Ann")
    await talker.page.evaluate("""() => {
      for (const id of ["check", "join", "join"]) document.getElementById(`talk-${id}`).click();
    }""")
    await expect(talker.state).to_have_text(LIVE)
    await talker.wait_produced(0.3)
    people = await audio_service.sessions.list_participants("m1")

    assert await talker.page.evaluate("() => [window.asked, window.sockets]") == [1, 1]
    assert [person.name for person in people] == ["Ann"]
    assert talker.window.complaints == []


async def test_a_restart_of_the_service_loses_nothing(
    audio_service: AudioService, person: BrowserContext
) -> None:
    """What is said meanwhile is kept in the page, which says so, and is held afterwards to the sample."""
    talker = await open_talker(person, audio_service.url, "m1")
    await talker.join("Ann")
    await expect(talker.state).to_have_text(LIVE)
    await audio_service.stop()
    await expect(talker.state).to_contain_text("What you say is kept and sent later.")
    await talker.wait_produced(1)
    await audio_service.start()
    await expect(talker.state).to_have_text(LIVE)
    await talker.press("Leave")
    await expect(talker.state).to_have_text("You left.")
    held, produced = await held_of(audio_service), await talker.produced()

    assert len(held) > RATE_HZ
    assert np.array_equal(held, produced[-len(held) :])
    assert await audio_service.sessions.list_gaps("m1") == []
    assert talker.window.complaints == []


async def test_the_muted_are_silent_and_stay_so(audio_service: AudioService, person: BrowserContext) -> None:
    """From the press on silence is sent, so that time goes on; a reload goes on as the same, muted."""
    talker = await open_talker(person, audio_service.url, "m1")
    await talker.join("Ann")
    await talker.wait_level("> 40")
    await talker.press("Mute")
    await expect(talker.state).to_have_text("You are speaking, but you are muted.")
    await talker.wait_produced(0.5)
    await talker.page.reload()
    await expect(talker.state).to_have_text("You are speaking, but you are muted.")
    await talker.wait_produced(0.5)
    await talker.press("Leave")
    await expect(talker.state).to_have_text("You left.")
    held = await held_of(audio_service)
    loud = np.flatnonzero(held)

    assert len(loud) > RATE_HZ / 10
    assert len(held) - loud[-1] > 0.9 * RATE_HZ
    assert len(await audio_service.stored((await audio_service.sessions.list_participants("m1"))[0].id)) == 1
    assert talker.window.complaints == []


async def test_two_tabs_do_not_fight(audio_service: AudioService, person: BrowserContext) -> None:
    """The newer one goes on, the other says so and can be gone back to; they are one participant."""
    tabs = [await open_talker(person, audio_service.url, "m1") for _ in range(2)]
    await tabs[0].join("Ann")
    await expect(tabs[0].state).to_have_text(LIVE)
    await tabs[1].join("Ann")
    await expect(tabs[1].state).to_have_text(LIVE)
    await expect(tabs[0].state).to_contain_text("You go on in another tab")
    await tabs[0].press("Go on here")
    await expect(tabs[1].state).to_contain_text("You go on in another tab")
    await expect(tabs[0].state).to_have_text(LIVE)
    people = await audio_service.sessions.list_participants("m1")

    assert [person.name for person in people] == ["Ann"]
    assert tabs[0].window.complaints == tabs[1].window.complaints == []


async def test_what_the_browser_takes_away_is_told(
    audio_service: AudioService, person: BrowserContext
) -> None:
    """Sound that it pauses, a microphone that is pulled out: each with a way on; what is missing is a gap.

    A tab that it puts to sleep is missing nothing. Who has left may end the meeting.
    """
    talker = await open_talker(person, audio_service.url, "m1")
    await talker.join("Ann")
    await expect(talker.state).to_have_text(LIVE)
    await talker.wait_produced(0.5)
    system = await person.new_cdp_session(talker.page)
    await system.send("Page.setWebLifecycleState", {"state": "frozen"})
    await asyncio.sleep(1.3)
    await system.send("Page.setWebLifecycleState", {"state": "active"})
    await talker.wait_produced(0.3)
    await talker.page.evaluate("() => window.context.suspend()")
    await expect(talker.state).to_contain_text("Your browser has paused the sound")
    await talker.page.wait_for_function("() => Date.now() > window.last + 2_000")
    await talker.press("Go on")
    await expect(talker.state).to_have_text(LIVE)
    await talker.wait_produced(0.3)
    await talker.page.evaluate('() => window.stream.getAudioTracks()[0].dispatchEvent(new Event("ended"))')
    await expect(talker.state).to_contain_text("The microphone is gone")
    await talker.press("Use this microphone")
    await expect(talker.state).to_have_text(LIVE)
    await talker.press("Leave")
    await expect(talker.state).to_have_text("You left.")
    gaps = await audio_service.sessions.list_gaps("m1")
    talker.page.once("dialog", lambda dialog: dialog.accept())
    await talker.press("End the meeting for everybody")
    await expect(talker.state).to_have_text("The meeting has ended. The text stays here.")

    assert (await audio_service.sessions.get_meeting("m1")).state is not MeetingState.LIVE
    assert len(gaps) == 1
    assert 1_000 < gaps[0].end_ms - gaps[0].start_ms < 10_000
    assert talker.window.complaints == []


async def test_a_tab_is_heard(audio_service: AudioService, talking: Browser) -> None:
    """Such as one in which a call goes on; it is a participant beside who has the microphone."""
    person = await open_person(talking)
    call = await person.new_page()
    await call.goto(f"{audio_service.url}/talk")
    await call.evaluate(PLAY)
    tabs = [await open_talker(person, audio_service.url, "m1") for _ in range(2)]
    await tabs[0].join("Ann")
    await tabs[1].page.get_by_label("The sound of a tab").check()
    await tabs[1].join("The others")
    await tabs[1].wait_level("> 40")
    await expect(tabs[1].state).to_have_text(LIVE)
    await expect(tabs[0].state).to_have_text(LIVE)
    people = await audio_service.sessions.list_participants("m1")

    assert sorted(participant.name for participant in people) == ["Ann", "The others"]
    assert set(tabs[0].window.complaints + tabs[1].window.complaints) <= {NO_CAMERA}


async def test_the_end_of_the_meeting_is_told(audio_service: AudioService, person: BrowserContext) -> None:
    """Also to who talks: what was said is there, the microphone is let go, who reads reads on; and to who has
    not joined yet."""
    waiting = await open_talker(person, audio_service.url, "m1")
    talker = await open_talker(person, audio_service.url, "m1")
    await talker.join("Ann")
    await expect(talker.state).to_have_text(LIVE)
    await talker.page.locator("#download > summary").focus()
    await audio_service.sessions.end_meeting("m1")
    await expect(talker.state).to_have_text("The meeting has ended. The text stays here.")
    await expect(talker.page.locator("#download > summary")).to_be_focused()
    live = await talker.page.evaluate('() => window.stream.getTracks().some(t => t.readyState === "live")')

    assert not live
    await expect(waiting.state).to_have_text("The meeting has ended. The text stays here.")
    await expect(waiting.page.get_by_role("button", name="Join")).to_be_hidden()
    assert talker.window.complaints == waiting.window.complaints == []


async def test_no_state_breaks_a_rule_of_accessibility(service: Service, talking: Browser) -> None:
    """While the microphone is tried, while somebody is muted, and where it is not allowed."""
    await service.open_meeting("ann")
    await service.say("ann", 0, 900, "Shall we begin?")
    talker = await open_talker(await open_person(talking), service.url, "m")
    await talker.page.locator("summary", has_text="Sound settings").click()
    await talker.press("Try the microphone first")
    await expect(talker.state).to_contain_text("You are heard")
    found = [await violations(talker.page)]
    await talker.join("Ann")
    await talker.press("Mute")
    found.append(await violations(talker.page))
    denied = await open_talker(await open_person(talking, allowed=False), service.url, "m")
    await denied.join("Ann")
    await expect(denied.trouble).not_to_be_empty()
    found.append(await violations(denied.page))

    assert found == [[]] * 3


async def test_a_microphone_that_may_not_be_used(
    start_service: StartService, settings: Settings, talking: Browser
) -> None:
    """Why, and what to do: not allowed; not on https."""
    server = settings.server.model_copy(update={"host_names": (HOST,)})
    service = await start_service(settings.model_copy(update={"server": server}))
    await service.open_meeting()
    denied = await open_talker(await open_person(talking, allowed=False), service.url, "m")
    await denied.join("Ann")
    await expect(denied.trouble).to_contain_text("The microphone was not allowed. Allow it")
    insecure = await open_talker(await open_person(talking), service.url.replace("127.0.0.1", HOST), "m")

    await expect(insecure.trouble).to_contain_text("only to pages on https or on the same machine")
    await expect(insecure.page.get_by_role("button", name="Join")).to_be_disabled()
    assert denied.window.complaints == []


async def test_why_nothing_can_be_heard(service: Service, window: Window) -> None:
    """And what to do: no microphone, another program has it, the system forbids it, a tab without sound."""
    await service.open_meeting()
    talker = Talker(window.page)
    await talker.page.goto(f"{service.url}/meetings/m/talk")
    for kind, failure, told in FAILURES:
        await talker.page.evaluate(FAIL, failure)
        await talker.page.get_by_label(kind).check()
        await talker.join("Ann")

        await expect(talker.trouble).to_contain_text(told)
        await expect(talker.state).to_be_empty()
    assert await service.sessions.list_participants("m") == []


async def test_why_no_tab_can_be_heard(service: Service, window: Window) -> None:
    """Beside the choice that cannot be made; elsewhere nothing is said of it."""
    page = window.page
    await service.open_meeting()
    await page.goto(f"{service.url}/meetings/m/talk")
    tab, why = page.get_by_label("The sound of a tab"), page.locator("#talk-no-tab")
    await expect(tab).to_be_enabled()
    await expect(why).to_be_hidden()
    await page.add_init_script("delete MediaDevices.prototype.getDisplayMedia;")
    await page.reload()

    await expect(tab).to_be_disabled()
    await expect(why).to_have_text(
        "This browser cannot share a tab’s sound. Chrome or Edge on a computer can."
    )
    await expect(page.get_by_label("My microphone")).to_be_enabled()
