// What a reader chooses about a download goes into the addresses of the files.

import { setText } from "./elements.js";
import { clockToMs } from "./format.js";
import { words } from "./words.js";

const EACH = "\0each";
const MOST_MS = 10 ** 12; // as far as the service goes
const OF_TEXT = ["names", "times", "preset", "line_chars", "keep_overlaps"];

export class Downloads {
  /** `listPeople()` tells who is in the meeting; `isLive()` whether more is to come. */
  constructor(menu, listPeople, isLive) {
    const find = (part) => menu.querySelector(part);
    this.find = find;
    this.form = find("form");
    this.links = [...menu.querySelectorAll("a[download]")].map((link) => ({ link, address: link.href }));
    this.sounds = find(".sounds");
    this.mixed = [...this.sounds?.children ?? []];
    this.listPeople = listPeople;
    this.isLive = isLive;
    find(".choice").hidden = false;
    this.form.addEventListener("input", () => this.write());
    this.form.addEventListener("reset", () => setTimeout(() => {
      this.write();
      this.form.elements[0].focus(); // the button is gone
    }));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    menu.addEventListener("toggle", () => menu.open && this.onOpen());
    menu.addEventListener("click", (event) => event.target.closest("a[download]") && this.onTake(event));
  }

  onOpen() {
    this.tellTime();
    const select = this.form.elements.participant;
    const chosen = select.value;
    const people = this.listPeople().map(({ id, name }) => new Option(name, id));
    select.replaceChildren(
      new Option(words("download.everybody"), "", true), ...people, new Option(words("download.each"), EACH));
    select.value = chosen;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
    this.write();
  }

  /** Nothing is taken by a choice that is none; where it is made comes into view. */
  onTake(event) {
    this.tellTime();
    const wrong = this.form.querySelector("[aria-invalid=true]");
    if (!wrong) return;
    event.preventDefault();
    this.find(".choice").open = true;
    wrong.focus();
  }

  tellTime() {
    const asOf = this.find(".as-of");
    asOf.hidden = !this.isLive();
    const time = new Date().toLocaleTimeString(undefined, { timeStyle: "short" });
    asOf.textContent = words("download.as_of", { time });
  }

  /** Writes every address anew, or says why a choice is none. */
  write() {
    const { line_chars, from_ms, to_ms } = this.form.elements;
    const span = { from_ms: toMs(from_ms.value), to_ms: toMs(to_ms.value) };
    const isBackwards = span.to_ms !== undefined && span.from_ms !== null && (span.from_ms ?? 0) >= span.to_ms;
    line_chars.ariaInvalid = !line_chars.validity.valid;
    from_ms.ariaInvalid = span.from_ms === null;
    to_ms.ariaInvalid = span.to_ms === null || isBackwards;
    const wrong = this.form.querySelector("[aria-invalid=true]");
    const { min: least, max: most } = line_chars;
    setText(this.find(".amiss"), !wrong ? "" : wrong === line_chars ? words("download.line_wrong", { least, most })
      : words("download.span_wrong"));
    const chosen = new Map([...this.listChosen()].map(([name, value]) => [name, span[name] ?? value]));
    this.find("[type=reset]").hidden = !chosen.size;
    setText(this.find(".changed"), chosen.size ? words("download.changed", { n: chosen.size }) : "");
    if (wrong) return;
    for (const { link, address } of this.links) link.href = compose(address, chosen);
    this.listSounds(chosen);
  }

  /** What is not as usual, by name. */
  *listChosen() {
    for (const { name, type, checked, defaultChecked, value, options } of this.form.elements) {
      const isBox = type === "checkbox";
      if (isBox && checked !== defaultChecked) yield [name, String(checked)];
      else if (!isBox && name && value.trim() !== (options?.[0]?.value ?? "")) yield [name, value];
    }
  }

  /** Sound comes one file at a time: with a file for each, everybody has links of their own. */
  listSounds(chosen) {
    const each = chosen.get("participant") === EACH;
    this.sounds?.replaceChildren(...(each ? this.listPeople().map((person) => this.soundOf(person, chosen)) : this.mixed));
  }

  soundOf({ id, name }, chosen) {
    const row = document.createElement("li");
    const whose = document.createElement("bdi");
    whose.textContent = name;
    row.className = "each";
    row.append(whose, ...this.mixed.map((item) => {
      const link = item.firstElementChild.cloneNode();
      link.href = compose(link.href, new Map(chosen).set("participant", id));
      link.textContent = item.querySelector("span").textContent;
      link.ariaLabel = `${name} ${link.textContent}`;
      return link;
    }));
    return row;
  }
}

/** The address with what was chosen; sound knows nothing of text's options, nor text of its rate. */
function compose(address, chosen) {
  const url = new URL(address);
  const isSound = /\/audio\.\w+$/.test(url.pathname);
  for (const [name, value] of chosen) {
    if (isSound ? OF_TEXT.includes(name) : name === "rate") continue;
    if (value !== EACH) url.searchParams.set(name, value);
    else if (!isSound) url.searchParams.set("per_participant", "true");
  }
  return url.href;
}

/** Of h:mm:ss, m:ss or s; undefined of nothing, null of anything else. */
function toMs(text) {
  if (!text.trim()) return undefined;
  const ms = /^\s*(\d+:){0,2}\d+\s*$/.test(text) ? clockToMs(text) : Infinity;
  return ms > MOST_MS ? null : ms;
}
