// Captions for a large screen: the last three lines of what is said, large, white on black, who speaks by name.
// What comes late comes last: nothing goes above what is being read, and nothing that was gone comes again.

import { setText } from "./elements.js";

const TURNS = 3;
const SENTENCES = 50; // the last of them, and no more, may still be shown
const TURN_CHARS = 240; // more than three lines of it are never seen
const STAY_MS = 8_000; // after the last word
const AFTER_MS = 1e-3; // what is less late than this is not late

export class Captions {
  /** `onOpen()` is asked to render. */
  constructor(dialog, onOpen) {
    this.onOpen = onOpen;
    this.dialog = dialog;
    this.lines = dialog.querySelector(".lines");
    this.empty = dialog.querySelector(".none");
    this.status = dialog.querySelector("[role=status]");
    this.text = "";
    this.timer = null;
    this.items = [];
    this.gone_ms = new Map(); // by participant, up to where their words were shown and are gone
    this.forget();
    this.leave = dialog.querySelector("button");
    this.leave.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => this.onClose());
    document.addEventListener("visibilitychange", () => this.stayAwake());
  }

  /** `byKey`: whoever works without a mouse sees where the way out is. */
  open(byKey) {
    this.onOpen();
    this.dialog.showModal();
    (byKey ? this.leave : this.dialog).focus();
    this.stayAwake();
    this.dialog.requestFullscreen?.().catch(() => {}); // a browser may refuse; it is large all the same
  }

  onClose() {
    this.clear();
    this.forget();
    if (document.fullscreenElement) document.exitFullscreen();
    this.lock?.release();
    this.lock = null;
  }

  /** A browser lets the screen sleep again whenever the page was hidden. */
  async stayAwake() {
    if (!this.dialog.open || document.hidden || (this.lock && !this.lock.released)) return;
    this.lock = await navigator.wakeLock?.request("screen").catch(() => null);
    if (!this.dialog.open) this.lock?.release();
  }

  /** What is not as it should be; nothing if all is. */
  tell(text) {
    setText(this.status, text);
  }

  /** While they are open, shows the end of what has come if it differs. */
  render(entries, personOf) {
    if (!this.dialog.open) return;
    this.items = listLast(entries);
    this.place();
    const waiting = this.items.filter((item) => item.end_ms > (this.gone_ms.get(item.participant_id) ?? -1));
    waiting.sort((a, b) => this.placeOf(a) - this.placeOf(b));
    const turns = group(waiting).slice(-TURNS).map(({ who, texts }) => ({ person: personOf(who), said: tail(texts) }));
    const text = turns.map(({ person, said }) => `${person.name}: ${said}`).join("\n");
    if (text === this.text) return;
    this.text = text;
    this.lines.replaceChildren(...turns.map(makeLine));
    this.empty.hidden = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.clear(), STAY_MS);
  }

  /** Each where it was said, or after all that is there; what was a draft stays where that was. */
  place() {
    const { drafts: before, places } = this;
    this.drafts = new Map();
    this.places = new Map();
    for (const item of this.items) {
      const key = keyOf(item);
      const from = before.get(item.participant_id) ?? this.latest_ms + AFTER_MS;
      this.places.set(key, places.get(key) ?? Math.max(item.start_ms, from));
      this.latest_ms = Math.max(this.latest_ms, this.placeOf(item));
      if (item.kind === "draft") this.drafts.set(item.participant_id, this.placeOf(item));
    }
  }

  placeOf(item) {
    return this.places.get(keyOf(item));
  }

  forget() {
    this.places = new Map();
    this.drafts = new Map(); // by participant, the place of what they seemed to be saying last
    this.latest_ms = -1;
  }

  clear() {
    for (const { participant_id, end_ms } of this.items) {
      this.gone_ms.set(participant_id, Math.max(end_ms, this.gone_ms.get(participant_id) ?? 0));
    }
    this.text = "";
    this.lines.replaceChildren();
  }
}

// Counted in sentences, which stay: what fell out of the window never comes into it again.
function listLast(entries) {
  const items = [];
  let left = SENTENCES;
  for (let at = entries.length - 1; at >= 0 && left; at -= 1) {
    for (const item of (entries[at].items ?? []).toReversed()) {
      if (!item.text || !left) continue;
      items.unshift(item);
      left -= item.kind === "sentence" ? 1 : 0;
    }
  }
  return items;
}

// The draft of somebody is one thing for the page, whatever it is of.
function keyOf({ id, kind, start_ms }) {
  return kind === "draft" ? `${id} ${start_ms}` : id;
}

/** One after another's words, `{who, texts}` each time somebody else speaks. */
function group(items) {
  const turns = [];
  for (const { participant_id, text } of items) {
    if (turns.at(-1)?.who !== participant_id) turns.push({ who: participant_id, texts: [] });
    turns.at(-1).texts.push(text);
  }
  return turns;
}

function tail(texts) {
  const said = texts.join(" ");
  if (said.length <= TURN_CHARS) return said;
  return said.slice(said.indexOf(" ", said.length - TURN_CHARS) + 1);
}

function makeLine({ person, said }) {
  const line = document.createElement("p");
  line.className = `speaker-${person.colour}`;
  line.dir = "auto"; // by what is said, and not by the name, which has its own
  const name = document.createElement("b");
  name.dir = "auto";
  name.textContent = `${person.name}:`;
  line.append(name, ` ${said}`);
  return line;
}
