"""What the page makes of events, one after another: no more work than they ask for, and the same text."""

import pytest
from playwright.async_api import Page

from tests.web.browser import Window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

SEEDS = 12
EVENTS = 120
MODULES = """
  const script = document.querySelector("script[src$='js/main.js']").src;
  const { MeetingStore } = await import(script.replace("main.js", "store.js"));
  const { LogRenderer } = await import(script.replace("main.js", "render.js"));
"""
COMPARE = (
    """async ({ seeds, events }) => {"""
    + MODULES
    + """
  const KINDS = ["sentences", "stretches", "drafts", "gaps"];
  const PEOPLE = ["ann", "bob", "cleo"];
  for (let seed = 1; seed <= seeds; seed += 1) {
    let state = seed;
    const below = (n) => (state = state * 48271 % 2147483647) % n;
    const store = new MeetingStore("live");
    const log = new LogRenderer(document.createElement("div"));
    const told = [];
    const tell = (kind, data) => { told.push([kind, data]); store.apply(kind, data); };
    let now_ms = 0;
    for (let n = 0; n < events; n += 1) {
      now_ms += below(9) ? 100 * below(60) : 100_000;
      const near_ms = below(8) ? Math.max(0, now_ms - below(9_000)) : below(now_ms + 1);
      const start_ms = near_ms - near_ms % 100;
      const end_ms = start_ms + 100 * (1 + (below(12) ? below(40) : below(2_000)));
      const participant_id = PEOPLE[below(3)];
      const said = { participant_id, start_ms, end_ms, text: `text ${n}`, version: 0 };
      const old = [...store.sentences.values()][below(events)];
      const what = below(20);
      if (what < 8) tell("draft", { ...said, text: below(5) ? said.text : "" });
      else if (what < 14) tell("sentence", { ...said, id: `s${below(1_000_000)}` });
      else if (what < 16) tell("not_transcribed", said);
      else if (what < 17) tell("gap", said);
      else if (what < 18) tell("participant", { id: participant_id, name: `name ${n}`, present: true });
      else if (what < 19 && old) tell("sentence", { ...old, text: "new", version: n, edited: true });
      else store.forgetPassing(!below(4));
      if (!below(3)) continue;
      const whole = new MeetingStore("live");
      for (const person of store.people.values()) whole.putPerson({ ...person, ...person.figures });
      for (const kind of KINDS) for (const [key, item] of store[kind]) whole.put(whole[kind], key, item);
      const entries = store.listEntries();
      const plain = (given) => JSON.stringify(given, (key, value) => key === "until_ms" ? 0 : value);
      if (plain(entries) !== plain(whole.listEntries())) return { seed, n, told };
      const anew = new LogRenderer(document.createElement("div"));
      log.render(entries, (id) => store.person(id));
      anew.render(whole.listEntries(), (id) => store.person(id));
      const shown = ({ log }) => log.innerHTML.replaceAll(" fresh", "");
      if (shown(log) !== shown(anew)) return { n, shown: shown(log), wanted: shown(anew) };
    }
  }
  return null;
}"""
)
"""tells a store and a page of random events, and says where they differ from what is made of all at once"""
CHANGED = (
    """async (sentences) => {"""
    + MODULES
    + """
  const store = new MeetingStore("live");
  const say = (n) => store.apply("sentence", { id: `s${n}`, participant_id: `p${n % 3}`, text: "Words.",
    start_ms: n * 3_600, end_ms: n * 3_600 + 3_000 });
  for (let n = 0; n < sentences; n += 1) say(n);
  const changed = [];
  let before = store.listEntries();
  const count = () => {
    const entries = store.listEntries();
    const known = new Set(before);
    changed.push(entries.filter((entry) => !known.has(entry)).length);
    before = entries;
  };
  const start_ms = sentences * 3_600;
  for (const text of ["wor", "words he", ""]) {
    store.apply("draft", { participant_id: "p1", start_ms, end_ms: start_ms + 900, text });
    count();
  }
  say(sentences);
  count();
  store.apply("activity", { participants: [] });
  count();
  return changed;
}"""
)
"""of what is shown, how many entries are made anew for drafts, for a sentence, and for what is no text"""


async def open_page(service: Service, window: Window) -> Page:
    """A page whose modules are tried."""
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    return window.page


async def test_the_text_is_the_same_bit_by_bit_as_all_at_once(service: Service, window: Window) -> None:
    """Whatever comes in whatever order: late, corrected, taken back, by people who are renamed meanwhile."""
    page = await open_page(service, window)

    assert await page.evaluate(COMPARE, {"seeds": SEEDS, "events": EVENTS}) is None


async def test_a_long_meeting_is_no_more_work(service: Service, window: Window) -> None:
    """What is made anew is the turn that comes and the one before it, however many there are."""
    page = await open_page(service, window)

    assert [2, 2, 1, 2, 0] == await page.evaluate(CHANGED, 3_000)
    assert [2, 2, 1, 2, 0] == await page.evaluate(CHANGED, 30)
