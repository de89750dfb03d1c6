// What is known of a meeting: fed by the page as it was sent and by live events; asked by what renders.
// No DOM, no network. Feeding the same event twice changes nothing.

import { figuresOf } from "./account.js";
import { COLOURS, changeEntries } from "./turns.js";

const GAP = 0;
const TEXT = 1;
const QUIET_MS = 15_000;
const IDLE = { level: 0, behind_ms: 0, reconnecting: false };
const PASSING = ["draft", "activity", "behind", "service"];

export class MeetingStore {
  constructor(state) {
    this.state = state;
    this.title = null;
    this.people = new Map();
    this.sentences = new Map();
    this.drafts = new Map();
    this.gaps = new Map();
    this.stretches = new Map();
    this.bookmarks = new Map();
    this.activity = new Map();
    this.behind_ms = 0;
    this.service = "ready";
    this.settled = 0; // grows with everything that stays
    this.entries = [];
    this.changes = new Map(); // by id, what is to be seen in entries yet; null of what went
    this.changed_ms = Infinity; // entries stay up to there
  }

  /** Takes one event as `/events` tells it. */
  apply(kind, data) {
    if (!PASSING.includes(kind)) this.settled += 1;
    if (kind === "sentence") this.tellSentence(data);
    else if (kind === "not_transcribed") this.addStretch(data);
    else if (kind === "draft") this.setDraft(data);
    else if (kind === "participant") this.putPerson(data);
    else if (kind === "gap") this.addGap(data);
    else if (kind === "bookmark") this.bookmarks.set(data.id, data);
    else if (kind === "bookmark_deleted") this.bookmarks.delete(data.id);
    else if (kind === "meeting") this.setMeeting(data);
    else if (kind === "activity") for (const one of data.participants) this.activity.set(one.participant_id, one);
    else if (kind === "behind") this.behind_ms = data.behind_ms;
    else if (kind === "service") this.service = data.state;
  }

  /** A new connection is told all of it that is so, and also whose draft there is. */
  forgetPassing(connected) {
    if (connected) this.dropDrafts();
    this.activity.clear();
    this.behind_ms = 0;
    this.service = "ready";
  }

  /** A person keeps the colour of the place in which they came. */
  putPerson(person) {
    const { id, name, present, version } = person;
    const known = this.people.get(id);
    const colour = known?.colour ?? this.people.size % COLOURS;
    const figures = figuresOf(person);
    const kept = known && { heard_ms: known.heard_ms, quiet: known.quiet, came_ms: known.came_ms };
    this.people.set(id, { id, name, present, version, colour, figures, ...kept });
    if (known?.name !== name) this.changed_ms = -Infinity; // it stands all over the text
  }

  /** Somebody is there who was not, `now_ms` on the clock of `putFigures`. */
  welcome(id, now_ms) {
    this.people.get(id).came_ms = now_ms;
  }

  /**
   * Takes the figures of everybody `now_ms`, on any clock: whose audio no longer grows is known by it. Who is here
   * and what they are called is known from events, which may be newer.
   */
  putFigures(people, now_ms) {
    for (const person of people) {
      const known = this.people.get(person.id);
      if (!known) continue;
      const before = known.figures;
      known.figures = figuresOf(person);
      if (before.received_ms !== known.figures.received_ms || known.heard_ms === undefined) known.heard_ms = now_ms;
      known.quiet = now_ms - known.heard_ms >= QUIET_MS;
      if (now_ms - known.came_ms >= QUIET_MS) delete known.came_ms;
    }
  }

  /** One that somebody corrected is told again; of another revision than is shown, it is none of ours. */
  tellSentence(sentence) {
    if (!sentence.version || this.sentences.has(sentence.id)) this.addSentence(sentence);
  }

  addSentence({ id, participant_id, start_ms, end_ms, text, edited = false, version = 0 }) {
    if (version < (this.sentences.get(id)?.version ?? 0)) return;
    const sentence = { kind: "sentence", rank: TEXT, id, participant_id, start_ms, end_ms, text, edited, version };
    this.put(this.sentences, id, sentence);
    this.dropDraft(participant_id, end_ms);
  }

  /** Speech without text; what touches is shown as one, as windows of one utterance are. */
  addStretch({ participant_id, start_ms, end_ms }) {
    this.dropDraft(participant_id, end_ms);
    for (const [id, other] of this.stretches) {
      if (other.participant_id !== participant_id) continue;
      if (other.start_ms > end_ms || start_ms > other.end_ms) continue;
      this.put(this.stretches, id, null);
      start_ms = Math.min(start_ms, other.start_ms);
      end_ms = Math.max(end_ms, other.end_ms);
    }
    const id = `stretch ${start_ms} ${participant_id}`;
    this.put(this.stretches, id, { kind: "stretch", rank: TEXT, id, participant_id, start_ms, end_ms });
  }

  dropDraft(participant_id, end_ms) {
    const draft = this.drafts.get(participant_id);
    if (draft && draft.start_ms < end_ms) this.put(this.drafts, participant_id, null);
  }

  dropDrafts() {
    for (const id of this.drafts.keys()) this.put(this.drafts, id, null);
  }

  setDraft({ participant_id, start_ms, end_ms, text }) {
    const draft = { kind: "draft", rank: TEXT, id: `draft ${participant_id}`,
      participant_id, start_ms, end_ms, text };
    this.put(this.drafts, participant_id, text ? draft : null);
  }

  addGap({ participant_id, start_ms, end_ms }) {
    const id = `gap ${start_ms} ${end_ms} ${participant_id}`;
    this.put(this.gaps, id, { kind: "gap", rank: GAP, id, participant_id, start_ms, end_ms });
  }

  /** An item stands under `key` from now on, or none. */
  put(items, key, item) {
    const before = items.get(key);
    if (item) items.set(key, item);
    else items.delete(key);
    for (const { id, start_ms } of [before, item].filter(Boolean)) {
      this.changes.set(id, item);
      this.changed_ms = Math.min(this.changed_ms, start_ms);
    }
  }

  setMeeting({ title, state }) {
    this.title = title;
    this.state = state;
    if (state === "ended") this.dropDrafts();
  }

  /** Who somebody is, also one who was never announced. */
  person(id) {
    return this.people.get(id) ?? { id, name: id, present: false, colour: 0, figures: figuresOf({}) };
  }

  doingOf({ id, present, quiet, came_ms }, { reconnecting }) {
    if (this.state === "ended") return "spoke";
    if (present && reconnecting) return "reconnecting";
    if (this.drafts.has(id)) return "speaking";
    if (!present) return "left";
    return came_ms !== undefined ? "arrived" : quiet ? "no_audio" : "here";
  }

  /**
   * Everybody, with what they do: "speaking", "reconnecting", "no_audio", "arrived", "here", "left" or "spoke", their
   * share of talk in percent, how loud they are, 0 to 5, and how late their text is.
   */
  listPeople() {
    const people = [...this.people.values()];
    const total = people.reduce((sum, { figures }) => sum + figures.speech_ms, 0);
    return people.map((person) => {
      const { level, behind_ms, reconnecting } = this.activity.get(person.id) ?? IDLE;
      const doing = this.doingOf(person, { reconnecting });
      const share = total ? Math.round(100 * person.figures.speech_ms / total) : 0;
      return { ...person, doing, share, level, behind_ms };
    });
  }

  /** By time. */
  listBookmarks() {
    return [...this.bookmarks.values()].sort((a, b) => a.at_ms - b.at_ms || a.id - b.id);
  }

  /** Turns and gaps in reading order; the same ones, up to where something changed, as the time before. */
  listEntries() {
    if (this.changed_ms < Infinity) this.entries = changeEntries(this.entries, this.changes, this.changed_ms);
    this.changes.clear();
    this.changed_ms = Infinity;
    return this.entries;
  }

  /** Entries that were listed before, with what people corrected since, and nothing new. */
  correct(entries) {
    const current = (item) => this.sentences.get(item.id) ?? item;
    return entries.map((entry) => (entry.items ? { ...entry, items: entry.items.map(current) } : entry));
  }
}
