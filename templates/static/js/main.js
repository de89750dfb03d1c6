// A meeting's page: what was sent becomes the store, events keep it current, each change is rendered once.

import { Figures } from "./account.js";
import { Captions } from "./captions.js";
import { Downloads } from "./downloads.js";
import { Editing } from "./editing.js";
import { Find } from "./find.js";
import { Follow } from "./follow.js";
import { behind, localiseTimes } from "./format.js";
import { Keys, moveTurn } from "./keys.js";
import { Listening } from "./listening.js";
import { closeMenus } from "./menu.js";
import { Pause } from "./pause.js";
import { reloadWhenFree } from "./reload.js";
import { BookmarkRenderer, LogRenderer, PeopleRenderer } from "./render.js";
import { Revisions } from "./revisions.js";
import { Selected } from "./selected.js";
import { MeetingStore } from "./store.js";
import { EventStream } from "./stream.js";
import { words } from "./words.js";

const TROUBLES = ["storage_full", "storage_failing", "storage_damaged", "recogniser_down"];

const find = (id) => document.getElementById(id);
const log = find("log");
const meeting = log.dataset.events.replace(/\/events$/, "");
const health = find("health");
const renderBookmarks = new BookmarkRenderer(find("bookmarks"));
const store = readPage();
const renderLog = new LogRenderer(log);
const renderPeople = new PeopleRenderer(find("people"));
const follow = new Follow(find("follow"));
const revisions = new Revisions(find("revisions"), find("progress"), Number(log.dataset.after));
const keys = new Keys(find("keys"), find("show-keys"));
const selected = new Selected(log, find("actions"), (id) => store.sentences.get(id));
const listening = new Listening(find("listening"), find("timeline"), meeting, store);
const personOf = (id) => store.person(id);
let connection = "connecting";
let added = 0;
let scheduled = false;
let listened = 0;
let figures = null;
let pause = null;
let captions = null;

localiseTimes(document);
closeMenus();
new Downloads(find("download"), () => store.listPeople(), () => store.state !== "ended");
renderLog.adopt(store.listEntries());
keys.add("j", "keys.next", () => moveTurn(log, 1));
keys.add("k", "keys.previous", () => moveTurn(log, -1));
keys.add("d", "keys.download", openDownloads);
listening.begin(selected, keys);
new Editing(meeting, find("people"), find("bookmarks")).begin(selected, keys, () => listening.moment());
listening.render(store.listEntries());
const finder = find("find") && new Find(find("find"), () => store.listPeople());
if (finder) keys.add("/", "keys.search", () => finder.focus());
if (store.state === "ended") follow.retire();
else begin();
openStream();

/** The store of what the page was sent with. */
function readPage() {
  const made = new MeetingStore(log.dataset.state);
  for (const item of document.querySelectorAll("#people > li")) {
    const { id, present, figures, version } = item.dataset;
    const name = item.querySelector(".name").textContent;
    made.putPerson({ id, name, present: present === "yes", version: Number(version), ...JSON.parse(figures) });
  }
  for (const gap of log.querySelectorAll(".gap")) made.addGap(readTimes(gap));
  for (const stretch of log.querySelectorAll(".untranscribed")) made.addStretch(readTimes(stretch));
  for (const sentence of log.querySelectorAll(".sentence")) {
    const edited = sentence.classList.contains("edited");
    const version = Number(sentence.dataset.version ?? 0);
    made.addSentence({ ...readTimes(sentence), id: sentence.dataset.id, text: sentence.textContent.trimEnd(), edited, version });
  }
  for (const mark of renderBookmarks.read()) made.apply("bookmark", mark);
  return made;
}

function readTimes({ dataset }) {
  return { participant_id: dataset.participant, start_ms: Number(dataset.start), end_ms: Number(dataset.end) };
}

/** The meeting is live: the page is kept current. */
function begin() {
  pause = new Pause(find("pause"), schedule);
  captions = new Captions(find("captions"), find("show-captions"), schedule);
  find("follow").addEventListener("click", () => pause.resume());
  keys.add("g", "keys.live", () => { follow.jump(); pause.resume(); });
  keys.add("p", "keys.pause", () => pause.toggle());
  keys.add("c", "keys.captions", () => captions.toggle());
  showHealth();
  if (isFirstVisit()) follow.jump();
  figures = new Figures(meeting, (people) => {
    store.putPeople(people, performance.now());
    schedule();
  });
}

/** Also when the meeting is over, for what people change by hand; a hidden page lets go of it. */
function openStream() {
  const aliases = new Map([...document.querySelectorAll("#people > li")].map(({ dataset }) => [dataset.id, dataset.aliases]));
  const stream = new EventStream(log.dataset.events, Number(log.dataset.after), {
    onEvent(kind, data) {
      if (kind === "participant_deleted" || kind === "restored") return reloadWhenFree();
      // Who is the same person as whom decides whose all text is.
      if (kind === "participant" && (aliases.get(data.id) ?? "") !== data.aliases.join("/")) return reloadWhenFree();
      if (kind === "participant" && store.state !== "ended") tell(data);
      added += kind === "sentence" && !store.sentences.has(data.id) ? 1 : 0;
      const over = store.state === "ended";
      store.apply(kind, data);
      schedule();
      if (over || store.state !== "ended") return;
      figures.retire();
      revisions.offer(stream.after);
    },
    onHealth(state) {
      connection = state;
      store.behind_ms = 0; // a new connection is told if it is otherwise
      store.service = "ready";
      showHealth();
    },
  });
  stream.open();
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(render);
}

function render() {
  scheduled = false;
  showHealth();
  const entries = store.listEntries();
  captions?.render(entries, personOf);
  const more = added;
  added = 0;
  if (pause?.holds(more)) return;
  follow.around(() => renderLog.render(entries, personOf), more + (pause?.take() ?? 0));
  renderPeople.render(store.listPeople());
  renderBookmarks.render(store.listBookmarks());
  if (listened !== store.settled) {
    listening.render(entries);
    finder?.renew();
  }
  listened = store.settled;
  selected.place();
  find("nothing").hidden = entries.length > 0;
  if (store.title !== null) showTitle(store.title);
  if (store.state === "ended") retire();
}

function retire() {
  follow.retire();
  pause?.retire();
}

function showTitle(title) {
  const heading = find("title");
  if (heading.textContent !== title) heading.textContent = document.title = title;
}

/** Says who came or left, to who does not see it. */
function tell({ id, name, present }) {
  const before = store.people.get(id)?.present ?? false;
  if (before !== present) find("told").textContent = words(present ? "meeting.joined" : "meeting.has_left", { name });
}

function showHealth() {
  showBehind();
  const ended = store.state === "ended" && connection !== "gone";
  const over = ended || (store.state === "ending" && connection === "live");
  const troubled = !ended && connection === "live" && TROUBLES.includes(store.service);
  const state = troubled ? store.service : over ? store.state : connection;
  const text = words(`health.${state}`);
  health.dataset.health = state;
  if (health.textContent !== text) health.textContent = text;
}

function showBehind() {
  const text = store.state === "ended" ? "" : behind(store.behind_ms);
  const shown = find("behind");
  if (!shown) return;
  shown.hidden = !text;
  if (text && shown.textContent !== text) shown.textContent = text;
}

function openDownloads() {
  const menu = find("download");
  menu.open = true;
  menu.querySelector("summary").focus();
}

// A reload keeps the reader's place, and so does a link to a sentence.
function isFirstVisit() {
  const visit = performance.getEntriesByType("navigation")[0]?.type;
  return !location.hash && !document.getElementById("talk") && visit !== "reload" && visit !== "back_forward";
}
