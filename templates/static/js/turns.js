// From sentences, drafts and gaps to what is shown, in reading order. Pure; the same rules as `web/view.py`.

import { clock } from "./format.js";

export const COLOURS = 12;
const TURN_MAX_MS = 120_000;

/** Start time, then participant: the one order everybody sees, whatever order things arrived in. */
export function inReadingOrder(a, b) {
  return a.start_ms - b.start_ms
    || a.rank - b.rank
    || compareText(a.participant_id, b.participant_id)
    || a.end_ms - b.end_ms
    || compareText(a.id, b.id);
}

/** Sentences of two participants who speak at once, `[earlier, later]`. `sentences` are in order. */
export function* findPairs(sentences) {
  let open = [];
  for (const later of sentences) {
    open = open.filter(({ end_ms }) => end_ms > later.start_ms);
    for (const earlier of open) if (earlier.participant_id !== later.participant_id) yield [earlier, later];
    open.push(later);
  }
}

/**
 * Entries as they are after `changes` to their items, by id, null of what went, none of it before `from_ms`. As long
 * as a meeting may be: what stands well before that is neither looked at nor made anew.
 */
export function changeEntries(entries, changes, from_ms) {
  const kept = countKept(entries, from_ms);
  const items = entries.slice(kept).flatMap((entry) => entry.items ?? [entry]).filter(({ id }) => !changes.has(id));
  items.push(...[...changes.values()].filter(Boolean));
  return entries.slice(0, kept).concat(groupEntries(items.sort(inReadingOrder)));
}

/** How many entries stay: the last one that begins before that may go on, and with it what speaks into it. */
function countKept(entries, from_ms) {
  let at = entries.length - 1;
  while (at > 0 && (entries[at].start_ms >= from_ms || entries[at - 1].until_ms > entries[at].start_ms)) at -= 1;
  return Math.max(at, 0);
}

/**
 * Turns `{kind: "turn", key, participant_id, start_ms, items, overlaps, until_ms}` and gaps, from items in order.
 * `until_ms` is how far sentences reach that begin up to there.
 */
function groupEntries(items) {
  const pairs = [...findPairs(items.filter((item) => item.kind === "sentence"))];
  const overlapping = new Set(pairs.flat().map(({ id }) => id));
  const entries = [];
  let until_ms = 0;
  for (const item of items) {
    if (item.kind === "sentence") until_ms = Math.max(until_ms, item.end_ms);
    if (item.kind === "gap") {
      entries.push({ ...item, key: item.id, until_ms });
      continue;
    }
    let last = entries.at(-1);
    if (!continues(last, item)) {
      last = { kind: "turn", key: `turn ${item.id}`, participant_id: item.participant_id,
        start_ms: item.start_ms, items: [], overlaps: false };
      entries.push(last);
    }
    last.items.push(item);
    last.overlaps ||= overlapping.has(item.id);
    last.until_ms = until_ms;
  }
  return entries;
}

/** What is final of entries as text to paste: a line for each turn. */
export function transcriptToText(entries, personOf) {
  const lines = entries.map(({ start_ms, participant_id, items = [] }) => {
    const said = items.filter((item) => item.kind === "sentence").map((item) => item.text).join(" ");
    return said && `[${clock(start_ms)}] ${personOf(participant_id).name}: ${said}`;
  });
  return lines.filter(Boolean).join("\n");
}

function continues(turn, item) {
  return turn?.kind === "turn" && turn.participant_id === item.participant_id
    && item.start_ms - turn.start_ms < TURN_MAX_MS;
}

// By code point, as the service sorts; plain comparison goes by UTF-16 unit.
function compareText(a, b) {
  const left = Array.from(a, (c) => c.codePointAt(0));
  const right = Array.from(b, (c) => c.codePointAt(0));
  const at = left.findIndex((c, index) => c !== right[index]);
  return at < 0 ? left.length - right.length : left[at] - (right[at] ?? -1);
}
