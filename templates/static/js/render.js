// The page made equal to the store, touching only what differs: nothing that is read moves or flickers,
// and a screen reader is told what is new and nothing else. All text goes in as text.

import { account, lost, unaccounted } from "./account.js";
import { setText } from "./elements.js";
import { behind, clock, initials, momentHash } from "./format.js";
import { makeTime } from "./selected.js";
import { around, words } from "./words.js";

const LATE_MS = 3_000; // from which on it is said of one participant

/** Makes the children of `parent`, from `next` on, the elements of `items`, by key, in order. */
export function reconcile(parent, items, elements, make, update, next = parent.firstElementChild) {
  const wanted = new Set(items.map((item) => item.key));
  for (const [key, element] of elements) {
    if (wanted.has(key)) continue;
    if (element === next) next = next.nextElementSibling;
    if (element.parentElement === parent) element.remove(); // or it went over to another already
    elements.delete(key);
  }
  for (const item of items) {
    const known = elements.get(item.key);
    const element = known ?? make(item);
    update(element, item);
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
    elements.set(item.key, element);
  }
}

function element(name, className, ...parts) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...parts);
  return made;
}

/** Text from people has a direction of its own. */
function makeText(name, className) {
  const made = element(name, className);
  made.dir = "auto";
  return made;
}

function makeChip() {
  const chip = element("span", "chip");
  chip.ariaHidden = "true";
  return chip;
}

function setClass(target, className) {
  if (target.className !== className) target.className = className;
}

/** The transcript: turns with their sentences and drafts, and gaps between them. */
export class LogRenderer {
  constructor(log) {
    this.log = log;
    this.entries = [];
    this.elements = new WeakMap(); // by entry
    this.parts = new WeakMap();
    this.made = new Map(); // by id, wherever it stands: what goes over to another turn stays what it was
    this.shown = new WeakMap();
  }

  /** Takes over what the page was sent with; `entries` are what it shows. */
  adopt(entries) {
    const shown = [...this.log.children];
    this.entries = entries;
    entries.forEach((entry, index) => {
      this.elements.set(entry, shown[index]);
      if (entry.kind !== "turn") return;
      const spans = [...shown[index].querySelectorAll(".sentence, .untranscribed")];
      const parts = entry.items.map((item, at) => [item.id, spans[at]]);
      this.parts.set(shown[index], new Map(parts));
      for (const [id, part] of parts) this.made.set(id, part);
    });
  }

  render(entries, personOf) {
    const from = entries.findIndex((entry, at) => entry !== this.entries[at]);
    const same = from < 0 ? entries.length : from;
    const changed = entries.slice(same);
    const elements = new Map(this.entries.slice(same).map((entry) => [entry.key, this.elements.get(entry)]));
    const next = same ? this.elements.get(entries[same - 1]).nextElementSibling : this.log.firstElementChild;
    const update = (target, entry) => this.update(target, entry, personOf(entry.participant_id));
    this.keep(changed, elements);
    reconcile(this.log, changed, elements, (entry) => this.make(entry), update, next);
    for (const entry of changed) this.elements.set(entry, elements.get(entry.key));
    this.entries = entries;
  }

  /** A turn that begins with another sentence by now stays the element it was: the focus may be in it. */
  keep(entries, elements) {
    const wanted = new Set(entries.map(({ key }) => key));
    for (const { key, items = [] } of entries) {
      if (elements.has(key)) continue;
      const turn = items.map(({ id }) => this.made.get(id)?.closest(".turn")).find(Boolean);
      const known = turn && [...elements].find(([former, element]) => element === turn && !wanted.has(former));
      if (!known) continue;
      elements.delete(known[0]);
      elements.set(key, turn);
    }
  }

  update(target, entry, person) {
    const known = this.shown.get(target);
    if (known && sameEntry(known.entry, entry) && samePerson(known.person, person)) return;
    this.shown.set(target, { entry, person });
    if (entry.kind === "turn") this.updateTurn(target, entry, person);
    else updateGap(target, entry, person);
  }

  make(entry) {
    if (entry.kind === "gap") {
      const times = { from: clock(entry.start_ms), to: clock(entry.end_ms) };
      const [before, after] = around("meeting.gap", "name", times);
      return element("p", "gap", before, makeText("span", "name"), after);
    }
    const head = element("h3", "", makeChip(), " ", makeText("span", "name"), " ", makeTime(), " ", element("span", "together"));
    const turn = element("article", "turn", head, makeText("p", ""));
    this.parts.set(turn, new Map());
    return turn;
  }

  updateTurn(turn, entry, person) {
    const onlyDrafts = entry.items.every((item) => item.kind === "draft");
    setClass(turn, `turn speaker-${person.colour}${entry.overlaps ? " overlapping" : ""}`);
    turn.toggleAttribute("data-draft", onlyDrafts);
    turn.ariaHidden = onlyDrafts ? "true" : null;
    updatePerson(turn, person);
    const at = turn.querySelector(".at");
    setText(at, clock(entry.start_ms));
    at.disabled = !entry.items.some((item) => item.kind === "sentence");
    setText(turn.querySelector(".together"), entry.overlaps ? words("meeting.together") : "");
    const items = entry.items.map((item) => ({ ...item, key: item.id }));
    reconcile(turn.querySelector("p"), items, this.parts.get(turn), (item) => this.makePart(item), updatePart);
  }

  makePart(item) {
    const known = this.made.get(item.id);
    known?.classList.remove("fresh");
    const part = known ?? makePart(item);
    this.made.set(item.id, part);
    return part;
  }
}

function sameEntry(one, other) {
  return one.overlaps === other.overlaps && one.start_ms === other.start_ms
    && (one.items === other.items || (one.items.length === other.items.length
      && one.items.every((item, at) => item === other.items[at])));
}

function samePerson(one, other) {
  return one.name === other.name && one.colour === other.colour;
}

function makePart(item) {
  if (item.kind === "stretch") return element("span", "untranscribed fresh", `${words("meeting.not_transcribed")} `);
  const part = element("span", item.kind === "draft" ? "draft" : "sentence fresh");
  if (item.kind === "draft") {
    part.ariaHidden = "true";
    return part;
  }
  part.id = `s-${item.id}`;
  part.dataset.id = item.id;
  return part;
}

function updatePart(part, item) {
  if (item.kind === "sentence") markEdited(part, item.edited);
  if (item.kind !== "stretch") return setText(part, `${item.text} `);
  const title = words("meeting.not_recognised", { from: clock(item.start_ms), to: clock(item.end_ms) });
  if (part.title !== title) part.title = title;
}

function markEdited(part, edited) {
  if (part.classList.contains("edited") === edited) return;
  part.classList.toggle("edited", edited);
  if (edited) part.title = words("meeting.edited");
  else part.removeAttribute("title");
}

function updateGap(gap, entry, person) {
  setClass(gap, `gap speaker-${person.colour}`);
  setText(gap.querySelector(".name"), person.name);
}

function updatePerson(target, person) {
  setText(target.querySelector(".name"), person.name);
  const chip = target.querySelector(".chip");
  if (chip) setText(chip, initials(person.name));
}

/** The moments that people marked. */
export class BookmarkRenderer {
  constructor(section) {
    this.section = section;
    this.list = section.querySelector("ul");
    this.elements = new Map([...this.list.children].map((item) => [Number(item.dataset.id), item]));
  }

  /** What the page was sent with, as `/events` would tell it. */
  read() {
    return [...this.elements].map(([id, item]) => (
      { id, at_ms: Number(item.dataset.at), version: Number(item.dataset.version),
        note: item.querySelector(".noted").textContent }));
  }

  render(bookmarks) {
    this.section.hidden = !bookmarks.length;
    reconcile(this.list, bookmarks.map((mark) => ({ ...mark, key: mark.id })), this.elements, makeBookmark, updateBookmark);
  }
}

function makeBookmark({ id }) {
  const change = makeChange(words("edit.change_bookmark"));
  const item = element("li", "", document.createElement("a"), " ", makeText("span", "noted"), " ", change);
  item.dataset.id = id;
  return item;
}

/** The button that lets a reader change something. */
function makeChange(label) {
  const button = element("button", "change");
  button.type = "button";
  button.ariaLabel = button.title = label;
  return button;
}

function updateBookmark(item, { at_ms, note, version }) {
  item.dataset.at = at_ms;
  item.dataset.version = version;
  const link = item.querySelector("a");
  link.setAttribute("href", momentHash(at_ms));
  setText(link, clock(at_ms));
  setText(item.querySelector(".noted"), note);
}

/** The participants: who is here, who speaks, who left. */
export class PeopleRenderer {
  constructor(list) {
    this.list = list;
    this.elements = new Map([...list.children].map((item) => [item.dataset.id, item]));
  }

  render(people) {
    const items = people.map((person) => ({ ...person, key: person.id }));
    reconcile(this.list, items, this.elements, makePerson, updateListed);
  }
}

function makePerson(person) {
  const now = element("span", "now", element("span", "doing"), " ", element("span", "late"));
  const figures = [makeShare(), " ", element("span", "account"), " ", element("span", "unaccounted")];
  const item = element("li", "", makeChip(), " ", makeText("span", "name"), " ", now, " ", ...figures, " ", makeChange(""));
  item.dataset.id = person.id;
  return item;
}

/** Five bars beside what somebody does. Who cannot see them reads that. */
function makeBars(now) {
  const bars = element("span", "loud");
  bars.ariaHidden = "true";
  now.querySelector(".doing").after(" ", bars);
  return bars;
}

function makeShare() {
  const meter = document.createElement("meter");
  meter.max = 100;
  meter.ariaLabel = words("meeting.share");
  return element("span", "share", meter, " ", document.createElement("span"));
}

function updateLevel(now, { doing, level }) {
  const shown = now.querySelector(".loud") ?? makeBars(now);
  shown.hidden = ["left", "spoke"].includes(doing);
  if (shown.dataset.level !== String(level)) shown.dataset.level = level;
}

function updateListed(item, person) {
  setClass(item, `speaker-${person.colour}`);
  updatePerson(item, person);
  item.dataset.doing = person.doing;
  setText(item.querySelector(".doing"), words(`meeting.${person.doing}`, { time: clock(person.figures.speech_ms) }));
  setText(item.querySelector(".late"), person.behind_ms < LATE_MS ? "" : behind(person.behind_ms, "meeting.behind"));
  updateLevel(item.querySelector(".now"), person);
  item.dataset.lost = lost(person.figures) ? "yes" : "no";
  const share = item.querySelector(".share");
  share.hidden = !person.share;
  share.querySelector("meter").value = person.share;
  setText(share.querySelector("meter + span"), words("common.percent", { n: person.share }));
  setText(item.querySelector(".account"), account(person.figures, { spoken: person.doing !== "spoke" }));
  setText(item.querySelector(".unaccounted"), unaccounted(person.figures));
  const change = item.querySelector(".change");
  const label = words("edit.change_person", { name: person.name });
  if (change.title !== label) change.ariaLabel = change.title = label;
}
