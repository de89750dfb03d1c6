// Searching in a meeting: the service finds, the page marks the places and goes from one to the next.

import { words } from "./words.js";

const TYPING_MS = 200;
const MOST = 1_000;
const AT_ONCE = 200;
const TOO_SLOW = 503;

export class Find {
  constructor(form) {
    this.form = form;
    this.field = form.elements.q;
    this.told = form.querySelector("output");
    this.buttons = [...form.querySelectorAll("[data-step]")];
    this.hits = [];
    this.at = -1;
    this.turn = 0;
    this.highlight = globalThis.Highlight && new Highlight();
    if (this.highlight) CSS.highlights.set("found", this.highlight);
    form.parentElement.querySelector(".found")?.remove();
    for (const mark of document.querySelectorAll(".sentence mark")) {
      const place = mark.closest(".sentence");
      place.textContent = place.textContent;
    }
    form.addEventListener("submit", (event) => this.onSubmit(event));
    form.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("input", () => this.onInput());
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

  onInput() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.search({ go: true }), TYPING_MS);
  }

  async onSubmit(event) {
    event.preventDefault();
    if (this.field.value.trim() === this.asked && !this.failed) this.step(1);
    else await this.search({ go: true });
  }

  onKey(event) {
    if (event.key === "Escape" && this.field.value) {
      event.preventDefault();
      this.field.value = "";
      this.search({ go: false });
    } else if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      this.step(-1);
    }
  }

  async search({ go }) {
    clearTimeout(this.typing);
    const turn = ++this.turn;
    const q = this.asked = this.field.value.trim();
    const hits = q ? await this.ask(q) : [];
    if (turn !== this.turn) return;
    this.failed = typeof hits === "string" ? hits : null;
    this.unmark();
    this.hits = this.failed ? [] : hits.filter(({ sentence_id }) => this.placeOf(sentence_id));
    for (const hit of this.hits) this.mark(hit);
    history.replaceState(null, "", `${location.pathname}${q ? `?q=${encodeURIComponent(q)}` : ""}${location.hash}`);
    this.at = this.hits.findIndex(({ sentence_id }) => location.hash === `#s-${sentence_id}`);
    for (const button of this.buttons) button.hidden = !this.hits.length;
    if (go && this.hits.length) this.step(1);
    else this.tell();
  }

  /** All that is found, or which words say why it is not. */
  async ask(q) {
    const found = [];
    let cursor = "";
    while (cursor !== null && found.length < MOST) {
      const asked = new URLSearchParams({ q, meeting: this.form.dataset.meeting, limit: AT_ONCE });
      if (cursor) asked.set("cursor", cursor);
      const answer = await fetch(`/v1/search?${asked}`).catch(() => null);
      if (!answer?.ok) return answer?.status === TOO_SLOW ? "find.too_slow" : "find.failed";
      const page = await answer.json();
      found.push(...page.hits);
      cursor = page.next_cursor;
    }
    return found;
  }

  /** To the next place, or the one before; round the end to the beginning. */
  step(by) {
    if (!this.hits.length) return;
    this.placeOf(this.hits[this.at]?.sentence_id)?.classList.remove("here");
    const from = this.at < 0 && by < 0 ? 0 : this.at;
    this.at = (from + by + this.hits.length) % this.hits.length;
    const { sentence_id } = this.hits[this.at];
    const place = this.placeOf(sentence_id);
    history.replaceState(null, "", `#s-${sentence_id}`);
    place.classList.add("here");
    place.scrollIntoView({ block: "center", behavior: "instant" });
    this.tell();
  }

  tell() {
    const n = this.hits.length;
    this.told.textContent = !this.asked ? "" : this.failed ? words(this.failed) : !n ? words("find.none")
      : this.at < 0 ? words("find.count", { n }) : words("find.place", { n: this.at + 1, all: n });
  }

  placeOf(id) {
    return document.getElementById(`s-${id}`);
  }

  /** Marks the words where the sentence is still as it was found, else all of it. The text stays one. */
  mark({ sentence_id, snippet }) {
    const place = this.placeOf(sentence_id);
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
