// What is being heard, marked in the text: the sentence, and in it the word; the page goes along until the
// reader goes elsewhere.

const AROUND_MS = 60_000;
const AGAIN_MS = 3_000;
const NOBODY = [];
const SCROLLING = ["PageUp", "PageDown", "ArrowUp", "ArrowDown", "Home", "End", " "];

export class Spoken {
  /** `url` is the meeting's; words' times come from there, a minute's at once; `onWords` is told of them. */
  constructor(url, onWords) {
    this.url = url;
    this.onWords = onWords;
    this.shown = new Set();
    this.words = new Map();
    this.asked = new Map();
    this.marked = [];
    this.along = true;
    this.heard = makeHighlight("heard");
    this.word = makeHighlight("spoken");
    const leave = ({ target }) => {
      if (!target.closest?.(".listening, .timeline, dialog")) this.along = false;
    };
    for (const kind of ["wheel", "touchmove"]) addEventListener(kind, leave, { passive: true });
    addEventListener("keydown", (event) => SCROLLING.includes(event.key) && leave(event));
  }

  /** Marks what is said at this moment, of these sentences; gives it as `{now, to_ms}`, until when that is so. */
  show(at_ms, sentences) {
    const said = this.find(at_ms, sentences);
    const { now } = said;
    const elements = now.map(({ id }) => document.getElementById(`s-${id}`)).filter(Boolean);
    for (const element of this.shown) if (!elements.includes(element)) element.classList.remove("spoken");
    const fresh = elements.filter((element) => !this.shown.has(element));
    for (const element of fresh) element.classList.add("spoken");
    const text = elements.map(({ textContent }) => textContent).join();
    if (fresh.length || text !== this.text) highlight(this.heard, elements.map(boundsOf));
    this.text = text;
    this.shown = new Set(elements);
    if (fresh.length && this.along) keepInSight(fresh[0]);
    this.showWords(at_ms, now);
    return said;
  }

  /** Looks anew only where somebody begins or ends, not with each frame. */
  find(at_ms, sentences) {
    const known = this.known;
    if (known?.sentences === sentences && known.from_ms <= at_ms && at_ms < known.to_ms) return known;
    const edges = sentences.flatMap(({ start_ms, end_ms }) => [start_ms, end_ms]);
    this.known = {
      sentences,
      now: sentences.filter(({ start_ms, end_ms }) => start_ms <= at_ms && at_ms < end_ms),
      from_ms: edges.reduce((last, edge) => (edge <= at_ms ? Math.max(last, edge) : last), -Infinity),
      to_ms: edges.reduce((next, edge) => (edge > at_ms ? Math.min(next, edge) : next), Infinity),
    };
    return this.known;
  }

  /** Nothing is heard. */
  clear() {
    this.show(-1, NOBODY);
  }

  showWords(at_ms, sentences) {
    if (!this.word) return;
    // Of a sentence that is new, or corrected since, the words are asked for again.
    const unknown = sentences.some(({ id, text }) => this.words.get(id)?.text !== text);
    if (unknown) this.fetch(Math.floor(at_ms / AROUND_MS));
    const said = sentences.map(({ id, text }) => (
      findWord(document.getElementById(`s-${id}`), text, this.words.get(id), at_ms))).filter(Boolean);
    const same = ([node, from], n) => node === this.marked[n][0] && from === this.marked[n][1];
    if (said.length === this.marked.length && said.every(same)) return;
    this.marked = said;
    highlight(this.word, said.map(([node, from, to]) => [node, from, node, to]));
  }

  /** Asks for the words of a minute, and what begins before it; seldom for the same. */
  async fetch(minute) {
    const now = performance.now();
    if (now - (this.asked.get(minute) ?? -Infinity) < AGAIN_MS) return;
    this.asked.set(minute, now);
    const span = `from_ms=${minute * AROUND_MS}&to_ms=${(minute + 1) * AROUND_MS}`;
    const { pinned, shown } = document.getElementById("revisions").dataset;
    const revision = pinned === "yes" ? `&revision=${shown}` : "";
    try {
      const answer = await fetch(`${this.url}/transcript.json?${span}${revision}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const { sentences } = await answer.json();
      for (const { id, text, words } of sentences) this.words.set(id, { text, words });
      this.onWords();
    } catch {
      // Words are not marked now; a later moment asks again.
    }
  }
}

/** None where a browser has no such thing. */
function makeHighlight(name) {
  if (!globalThis.Highlight) return null;
  const made = new Highlight();
  CSS.highlights.set(name, made);
  return made;
}

/** Marks this and nothing else, each `[node, from, node, to]`. */
function highlight(marks, bounds) {
  marks?.clear();
  for (const [start, from, end, to] of bounds) {
    const range = new Range();
    range.setStart(start, from);
    range.setEnd(end, to);
    marks?.add(range);
  }
}

/** A sentence without the space that parts it from the next. */
function boundsOf(element) {
  const { lastChild } = element;
  return [element, 0, lastChild, lastChild.data.trimEnd().length];
}

/** Where the word is that is said, `[node, from, to]` in a sentence's element; none between words, or if the text differs. */
function findWord(element, text, known, at_ms) {
  const node = element?.firstChild;
  if (node?.nodeType !== Node.TEXT_NODE || known?.text !== text) return null;
  let from = 0;
  for (const word of known.words) {
    const at = text.indexOf(word.text.trim(), from);
    if (at < 0) return null;
    from = at + word.text.trim().length;
    if (word.start_ms > at_ms || at_ms >= word.end_ms) continue;
    return [node, at, from];
  }
  return null;
}

function keepInSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  if (top > innerHeight * 0.2 && bottom < innerHeight * 0.7) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
}
