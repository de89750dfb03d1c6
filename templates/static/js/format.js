// Values as people read them; the same as `web/view.py` writes them.

import { words } from "./words.js";

/** m:ss, or h:mm:ss from the first hour on. */
export function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Of what `clock` writes, or seconds, milliseconds; the last part may have a fraction. */
export function clockToMs(text) {
  return text.split(":").reduce((sum, part) => 60 * sum + Number(part), 0) * 1000;
}

/** How an address leads to a moment of the meeting. */
export function momentHash(ms) {
  return `#t=${Math.floor(ms / 1000)}`;
}

/** At most two letters that stand for a name. */
export function initials(name) {
  const words = name.split(/\s+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const first = (word) => Array.from(word)[0];
  const letters = words.length > 1 ? [first(words[0]), first(words.at(-1))] : words.map(first);
  return Array.from(letters.join("").toUpperCase()).slice(0, 2).join("") || "?";
}

/** How far text lags, in seconds, or minutes from the second one on; nothing if it does not. */
export function behind(ms, phrase = "health.behind") {
  const seconds = Math.round(ms / 1000);
  if (!seconds) return "";
  const amount = seconds < 120 ? words("common.seconds", { n: seconds })
    : words("common.minutes", { n: Math.floor(seconds / 60) });
  return words(phrase, { amount });
}

/** Less than ten seconds to a tenth, rounded up: nothing that is there shows as nothing. */
export function exactly(ms) {
  return ms < 10_000 ? words("common.seconds", { n: (Math.ceil(ms / 100) / 10).toFixed(1) }) : clock(ms);
}

/** Every wall time on the page in the reader's zone and manner. */
export function localiseTimes(root) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = format.format(new Date(time.dateTime));
  }
}
