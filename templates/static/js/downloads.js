// What a reader chooses about a download goes into the addresses of the files.

import { words } from "./words.js";

const EACH = "\0each";

export class Downloads {
  /** `listPeople()` tells who is in the meeting; `isLive()` whether more is to come. */
  constructor(menu, listPeople, isLive) {
    this.form = menu.querySelector("form");
    this.asOf = menu.querySelector(".as-of");
    this.links = [...menu.querySelectorAll("a[download]")].map((link) => ({ link, address: link.href }));
    this.listPeople = listPeople;
    this.isLive = isLive;
    menu.querySelector(".choice").hidden = false;
    this.form.addEventListener("input", () => this.onInput());
    this.form.addEventListener("submit", (event) => event.preventDefault());
    menu.addEventListener("toggle", () => menu.open && this.onOpen());
    menu.addEventListener("click", (event) => {
      if (event.target.closest("a[download]") && !this.onInput()) event.preventDefault();
    });
  }

  onOpen() {
    this.asOf.hidden = !this.isLive();
    const now = new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(new Date());
    this.asOf.textContent = words("download.as_of", { time: now });
    const select = this.form.elements.participant;
    const chosen = select.value;
    const people = this.listPeople().map(({ id, name }) => new Option(name, id));
    select.replaceChildren(
      new Option(words("download.everybody"), ""), ...people, new Option(words("download.each"), EACH));
    select.value = chosen;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
  }

  /** Writes every address anew; false, and says why, if the choice is none. */
  onInput() {
    const { from_ms, to_ms } = this.form.elements;
    const span = [from_ms, to_ms].map((field) => toMs(field.value));
    const wrong = span.includes(null) || (span[0] !== undefined && span[1] !== undefined && span[0] >= span[1]);
    for (const field of [from_ms, to_ms]) field.ariaInvalid = String(wrong);
    this.form.querySelector(".amiss").textContent = wrong ? words("download.span_wrong") : "";
    if (wrong) return false;
    for (const { link, address } of this.links) link.href = this.compose(address, span);
    return true;
  }

  compose(address, [from_ms, to_ms]) {
    const { names, times, preset, participant } = this.form.elements;
    const url = new URL(address);
    const isAudio = /\/audio\.\w+$/.test(url.pathname);
    const choose = (name, value, usual) => value !== usual && url.searchParams.set(name, value);
    if (!isAudio) {
      choose("names", String(names.checked), "true");
      choose("times", String(times.checked), "true");
      choose("preset", preset.value, preset.options[0].value);
    }
    if (participant.value !== EACH) choose("participant", participant.value, "");
    else if (!isAudio) choose("per_participant", "true");
    choose("from_ms", from_ms, undefined);
    choose("to_ms", to_ms, undefined);
    return url.href;
  }
}

/** Of h:mm:ss, m:ss or s; undefined of nothing, null of anything else. */
export function toMs(text) {
  if (!text.trim()) return undefined;
  if (!/^\s*(\d+:)?(\d+:)?\d+\s*$/.test(text)) return null;
  return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1000;
}
