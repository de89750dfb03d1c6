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

/** Turns `{kind: "turn", key, participant_id, start_ms, items, overlaps}` and gaps, from items in order. */
export function groupEntries(items) {
  const pairs = [...findPairs(items.filter((item) => item.kind === "sentence"))];
  const overlapping = new Set(pairs.flat().map(({ id }) => id));
  const entries = [];
  for (const item of items) {
    if (item.kind === "gap") {
      entries.push({ ...item, key: item.id });
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
