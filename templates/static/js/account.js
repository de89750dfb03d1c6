// What became of everybody's audio: in words as `web/view.py` writes them, and kept current while a page is open.

import { clock, exactly } from "./format.js";
import { words } from "./words.js";

const EVERY_MS = 10_000;
const CAUGHT_UP_MS = 1000;  // of audio that waits while somebody speaks, all the same
const SHOWN_WAITING_MS = 5000;
const FIGURES = ["received_ms", "speech_ms", "transcribed_ms", "not_transcribed_ms",
  "waiting_ms", "gap_ms", "unaccounted_ms"];

/** The figures of a person that are shown. */
export function figuresOf(person) {
  return Object.fromEntries(FIGURES.map((name) => [name, person[name] ?? 0]));
}

/** One line: received, spoken unless that is told beside it, transcribed, missing; nothing where nothing came. */
export function account(figures, { spoken = true } = {}) {
  if (!figures.received_ms) return "";
  const { speech_ms, not_transcribed_ms, waiting_ms, gap_ms } = figures;
  return [
    words("meeting.received", { time: clock(figures.received_ms) }),
    speech_ms && spoken ? words("meeting.spoken", { time: clock(speech_ms) }) : "",
    not_transcribed_ms ? words("meeting.missing_text", { time: exactly(not_transcribed_ms) }) : "",
    waiting_ms >= SHOWN_WAITING_MS ? words("meeting.in_work", { time: clock(waiting_ms) })
      : speech_ms && !not_transcribed_ms && waiting_ms < CAUGHT_UP_MS ? words("meeting.all_transcribed") : "",
    gap_ms ? words("meeting.missing", { time: exactly(gap_ms) }) : "",
  ].filter(Boolean).map((part) => part.replaceAll(" ", "\u00a0")).join(", ");
}

/** Whether some of it never came or has no text. */
export function lost({ not_transcribed_ms, gap_ms }) {
  return not_transcribed_ms > 0 || gap_ms > 0;
}

/** The warning; empty if all is accounted for. */
export function unaccounted({ unaccounted_ms }) {
  return unaccounted_ms ? words("meeting.unaccounted", { time: exactly(unaccounted_ms) }) : "";
}

/** Asks for everybody's figures now and then while the page is seen. */
export class Figures {
  constructor(address, onPeople) {
    this.address = address;
    this.onPeople = onPeople;
    this.timer = setInterval(() => document.hidden || this.ask(), EVERY_MS);
  }

  async ask() {
    try {
      const response = await fetch(this.address, { headers: { Accept: "application/json" } });
      if (response.ok) this.onPeople((await response.json()).participants);
    } catch {
      // The connection is gone; the page says so, and asks again.
    }
  }

  /** Once more, for the last figures. */
  retire() {
    clearInterval(this.timer);
    this.ask();
  }
}
