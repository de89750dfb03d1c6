// Searching in a meeting: the service finds, the page marks the places and goes from one to the next.

import { offerPeople, setText } from "./elements.js";
import { handFocusOn } from "./focus.js";
import { words } from "./words.js";

const TYPING_MS = 200;
const RENEWAL_MS = 5_000;
const MOST = 200;
const TOO_SLOW = 503;

export class Find {
  /** `listPeople()` tells who is in the meeting, `onPlace(id)` is told to which sentence a step leads. */
  constructor(form, listPeople, onPlace) {
    this.form = form;
    this.listPeople = listPeople;
    this.onPlace = onPlace;
    this.field = form.elements.q;
    this.who = form.elements.speaker;
    this.told = form.querySelector("output");
    this.elsewhere = form.querySelector(".elsewhere");
    this.buttons = form.querySelectorAll("[data-step]");
    this.hits = [];
    this.at = -1;
    this.turn = this.answered = 0;
    this.highlight = globalThis.Highlight && new Highlight();
    if (this.highlight) CSS.highlights.set("found", this.highlight);
    form.parentElement.querySelector(".found")?.remove();
    for (const place of document.querySelectorAll(".sentence:has(mark)")) place.textContent = place.textContent;
    form.addEventListener("submit", (event) => this.onSubmit(event));
    form.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.search({ go: true }), TYPING_MS);
    });
    this.who.addEventListener("change", () => this.search({ go: true }));
    for (const button of this.buttons) {
      button.addEventListener("click", () => this.step(Number(button.dataset.step)));
    }
    if (this.field.value) this.search({ go: !location.hash });
  }

  /** Where a shortcut leads. */
  focus() {
    this.field.select();
    this.field.focus();
  }

  /** People or sentences came or were corrected: shows who and what is found now; the reader stays where they are. */
  renew() {
    const people = this.listPeople();
    offerPeople(this.who, people);
    this.who.hidden = people.length < 2;
    if (!this.asked || this.renewal) return;
    this.renewal = setTimeout(() => {
      this.renewal = null;
      if (this.answered !== this.turn) this.renew();
      else if (this.field.value.trim() === this.asked) this.search({ again: true });
    }, RENEWAL_MS);
  }

  onSubmit(event) {
    event.preventDefault();
    if (this.field.value.trim() === this.asked && !this.failed) this.step(1);
    else this.search({ go: true });
  }

  onKey(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      if (!this.field.value) return event.target.blur();
      this.field.value = "";
      this.search({});
    } else if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      this.step(-1);
    }
  }

  /** `go`: to a place, the one that was found before if it still is; `again`: the same question as before. */
  async search({ go = false, again = false }) {
    clearTimeout(this.typing);
    const turn = ++this.turn;
    const q = this.asked = this.field.value.trim();
    const who = this.who.value;
    const { hits = [], more, failed } = q ? await this.ask(q, who) : {};
    if (turn !== this.turn) return;
    this.answered = turn;
    if (again && failed) return;
    const here = again ? this.hits[this.at]?.sentence_id : location.hash.replace("#s-", "");
    this.failed = failed;
    this.more = more;
    this.unmark();
    this.hits = hits.filter(({ sentence_id }) => placeOf(sentence_id));
    for (const hit of this.hits) this.mark(hit);
    this.at = this.hits.findIndex(({ sentence_id }) => sentence_id === here);
    for (const button of this.buttons) {
      if (!this.hits.length) handFocusOn(button, this.field);
      button.hidden = !this.hits.length;
    }
    if (!again) this.keepAddress(q, who);
    if (go && this.hits.length) this.step(this.at < 0 ? 1 : 0);
    else this.tell();
    if (again && this.at >= 0) placeOf(here).classList.add("here");
  }

  keepAddress(q, speaker) {
    const asked = new URLSearchParams(q && (speaker ? { q, speaker } : { q }));
    history.replaceState(null, "", `${location.pathname}${asked.size ? `?${asked}` : ""}${location.hash}`);
    this.elsewhere.href = `/?${new URLSearchParams({ q })}`;
  }

  /** The first `hits`, and whether there are `more`; or which words say why it `failed`. */
  async ask(q, participant) {
    const asked = new URLSearchParams({ q, meeting: this.form.dataset.meeting, limit: MOST });
    if (participant) asked.set("participant", participant);
    const answer = await fetch(`/v1/search?${asked}`).catch(() => null);
    if (!answer?.ok) return { failed: answer?.status === TOO_SLOW ? "find.too_slow" : "find.failed" };
    const { hits, next_cursor } = await answer.json();
    return { hits, more: next_cursor !== null };
  }

  /** To the next place, or the one before; round the end to the beginning. */
  step(by) {
    if (!this.hits.length) return;
    placeOf(this.hits[this.at]?.sentence_id)?.classList.remove("here");
    const from = this.at < 0 && by < 0 ? 0 : this.at;
    this.at = (from + by + this.hits.length) % this.hits.length;
    const { sentence_id } = this.hits[this.at];
    const place = placeOf(sentence_id);
    history.replaceState(null, "", `#s-${sentence_id}`);
    place.classList.add("here");
    place.scrollIntoView({ block: "center", behavior: "instant" });
    this.onPlace(sentence_id);
    this.tell();
  }

  tell() {
    const n = this.hits.length;
    const [count, place] = this.more ? ["find.many", "find.place_many"] : ["find.count", "find.place"];
    const text = !this.asked ? "" : this.failed ? words(this.failed) : !n ? words("find.none")
      : this.at < 0 ? words(count, { n }) : words(place, { n: this.at + 1, all: n });
    setText(this.told, text);
    this.elsewhere.hidden = !this.asked || Boolean(this.failed) || n > 0;
  }

  /** Marks the words where the sentence is still as it was found, else all of it. The text stays one. */
  mark({ sentence_id, snippet }) {
    const place = placeOf(sentence_id);
    const text = place.firstChild;
    const same = place.textContent.trimEnd() === snippet.map((part) => part.text).join("").trimEnd();
    if (!this.highlight || !same || place.childNodes.length !== 1) return place.classList.add("hit");
    let at = 0;
    for (const part of snippet) {
      const range = new Range();
      range.setStart(text, at);
      range.setEnd(text, Math.min(at += part.text.length, text.length));
      if (part.match) this.highlight.add(range);
    }
  }

  unmark() {
    this.highlight?.clear();
    for (const place of document.querySelectorAll(".sentence.hit, .sentence.here")) {
      place.classList.remove("hit", "here");
    }
  }
}

function placeOf(id) {
  return document.getElementById(`s-${id}`);
}
