// A lane for each speaker: who spoke when and over whom, where audio or text is missing, where bookmarks and the
// player are. A slider lies over the lanes: a click, a finger or keys go there.

import { setText } from "./elements.js";
import { clock, momentHash } from "./format.js";
import { reconcile } from "./render.js";
import { findPairs } from "./turns.js";
import { words } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 1;
const TICKS = 4; // and one at the beginning: on a phone there is no room for more
const STEPS_S = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];
const DRAWN = { gap: "missing", stretch: "lost", sentence: "said", both: "both" };

export class Timeline {
  /** `onSeek` is told the millisecond of the meeting. */
  constructor(element, onSeek) {
    this.element = element;
    this.lanes = element.querySelector(".lanes");
    this.place = element.querySelector("input");
    this.flags = element.querySelector(".flags");
    this.playhead = element.querySelector(".playhead");
    this.axis = element.querySelector(".axis");
    this.legend = element.querySelector(".legend");
    this.length_ms = 0;
    this.open = false;
    this.rows = new Map();
    this.marks = new Map();
    this.place.addEventListener("input", () => onSeek(Number(this.place.value)));
  }

  /** Draws people `[{id, name, colour}]`, their items `[{kind, participant_id, start_ms, end_ms}]` in order, and
   *  bookmarks. */
  render(people, items, bookmarks, length_ms) {
    this.length_ms = this.place.max = Math.max(1_000, length_ms);
    if (!this.open) return;
    const of = new Map(people.map(({ id }) => [id, []]));
    for (const item of [...items, ...findBoth(items)]) of.get(item.participant_id)?.push(item);
    const speakers = people.filter(({ id }) => of.get(id).length);
    this.element.hidden = !speakers.length;
    const lanes = speakers.map((person) => ({ ...person, key: person.id, items: of.get(person.id) }));
    reconcile(this.lanes, lanes, this.rows, makeLane, (row, lane) => this.updateLane(row, lane));
    this.renderFlags(bookmarks);
    this.renderAxis();
    for (const sign of this.legend.children) {
      sign.hidden = !this.lanes.querySelector(`.${sign.className}:not([d=""])`);
    }
  }

  updateLane(row, { name, colour, items }) {
    row.className = `lane speaker-${colour}`;
    setText(row.querySelector(".name"), name);
    row.querySelector("svg").setAttribute("viewBox", `0 0 ${this.length_ms} ${HEIGHT}`);
    for (const [kind, className] of Object.entries(DRAWN)) {
      const drawn = items.filter((item) => item.kind === kind).map(draw).join("");
      const path = row.querySelector(`path.${className}`);
      if (path.getAttribute("d") !== drawn) path.setAttribute("d", drawn);
    }
  }

  renderFlags(bookmarks) {
    const marks = bookmarks.map((mark) => ({ ...mark, key: mark.id }));
    reconcile(this.flags, marks, this.marks, () => document.createElement("a"), (flag, mark) => this.updateFlag(flag, mark));
  }

  updateFlag(flag, { at_ms, note }) {
    const at = clock(at_ms);
    const label = note ? words("listen.flag", { at, note }) : `${words("edit.bookmark")} ${at}`;
    flag.href = momentHash(at_ms);
    if (flag.title !== label) flag.title = flag.ariaLabel = label;
    flag.style.setProperty("--at", Math.min(1, at_ms / this.length_ms));
  }

  renderAxis() {
    const step_ms = 1_000 * (STEPS_S.find((s) => this.length_ms <= (TICKS + 1) * 1_000 * s) ?? Infinity);
    const ticks = [];
    // The last one would stand out over the end.
    for (let at_ms = 0; at_ms < 0.95 * this.length_ms; at_ms += step_ms) {
      const tick = document.createElement("span");
      tick.textContent = clock(at_ms);
      tick.style.setProperty("--at", at_ms / this.length_ms);
      ticks.push(tick);
    }
    this.axis.replaceChildren(...ticks);
  }

  /** Where the player is, and how that is said; at the very beginning it has not been used. */
  moveTo(at_ms, text) {
    this.place.value = at_ms;
    if (this.place.ariaValueText !== text) this.place.ariaValueText = text;
    this.playhead.hidden = !at_ms;
    this.playhead.style.setProperty("--at", Math.min(1, at_ms / (this.length_ms || 1)));
  }
}

/** Where one speaks while another does, an item in the lane of each. */
function findBoth(items) {
  const both = [];
  for (const [other, item] of findPairs(items.filter(({ kind }) => kind === "sentence"))) {
    const span = { kind: "both", start_ms: item.start_ms, end_ms: Math.min(item.end_ms, other.end_ms) };
    both.push({ ...span, participant_id: item.participant_id }, { ...span, participant_id: other.participant_id });
  }
  return both;
}

function makeLane() {
  const row = document.createElement("li");
  const name = document.createElement("span");
  name.className = "name";
  name.dir = "auto";
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("aria-hidden", "true");
  for (const className of Object.values(DRAWN)) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", className);
    drawing.append(path);
  }
  row.append(name, drawing);
  return row;
}

function draw({ kind, start_ms, end_ms }) {
  const top = kind === "both" ? 0.6 : 0;
  return `M${start_ms} ${top}h${Math.max(1, end_ms - start_ms)}v${HEIGHT - top}H${start_ms}z`;
}
