// A meeting's page: what was sent becomes the store, events keep it current, each change is rendered once.

import { Figures } from "./account.js";
import { followBar } from "./bar.js";
import { copyText } from "./copying.js";
import { Downloads } from "./downloads.js";
import { Editing } from "./editing.js";
import { setText } from "./elements.js";
import { Find } from "./find.js";
import { Follow } from "./follow.js";
import { behind, localiseTimes } from "./format.js";
import { Keys, moveTurn } from "./keys.js";
import { Later } from "./later.js";
import { Listening } from "./listening.js";
import { closeMenus } from "./menu.js";
import { notice, tell } from "./notice.js";
import { Pause } from "./pause.js";
import { ACTIVE, isReturning, reloadWhenFree } from "./reload.js";
import { BookmarkRenderer, LogRenderer, PeopleRenderer } from "./render.js";
import { Revisions } from "./revisions.js";
import { Selected } from "./selected.js";
import { MeetingStore } from "./store.js";
import { EventStream } from "./stream.js";
import { transcriptToText } from "./turns.js";
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
const follow = new Follow(find("follow"), log);
const revisions = new Revisions(find("revisions"), find("progress"));
const keys = new Keys(find("keys"), find("show-keys"));
const selected = new Selected(log, find("actions"), (id) => store.sentences.get(id));
const listening = new Listening(find("listening"), find("timeline"), meeting, store);
const personOf = (id) => store.person(id);
let connection = "connecting";
let added = 0;
let scheduled = false;
let listened = 0;
let shown = store.listEntries();
let edited = false;
let broken = false;
let figures = null;
let pause = null;
let captions = null;
const captionsToLoad = new Later(loadCaptions);

localiseTimes(document);
closeMenus();
new Downloads(find("download"), () => store.listPeople(), () => store.state !== "ended");
renderLog.adopt(shown);
keys.add("j", "keys.next", () => moveTurn(log, 1));
keys.add("k", "keys.previous", () => moveTurn(log, -1));
keys.add("d", "keys.download", openDownloads);
listening.begin(selected, keys);
new Editing(meeting, listening).begin(selected, keys, find("people"), find("bookmarks"));
listening.render(shown);
const finder = find("find") && new Find(find("find"), () => store.listPeople(), (id) => listening.lead(id));
if (finder) keys.add("/", "keys.search", () => finder.focus());
if (store.state === "ended") follow.retire();
else begin();
openStream();
followBar(document.querySelector(".bar"));
find("copy-all").addEventListener("click", copyAll);
showHealth();

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
  find("follow").addEventListener("click", () => pause.resume());
  keys.add("g", "keys.live", () => { follow.jump(); pause.resume(); });
  keys.add("p", "keys.pause", () => pause.toggle());
  keys.add("c", "keys.captions", () => (find("captions").open ? find("captions").close() : openCaptions(true)));
  find("show-captions").hidden = false;
  find("show-captions").addEventListener("click", ({ detail }) => openCaptions(!detail));
  if (new URLSearchParams(location.search).has("captions")) openCaptions(false);
  if (isFirstVisit()) follow.jump();
  figures = new Figures(meeting, (people) => {
    store.putFigures(people, performance.now());
    schedule();
  });
}

async function openCaptions(byKey) {
  captions = await captionsToLoad.get();
  if (!captions) notice(words("meeting.captions_failed"));
  else if (!find("captions").open) captions.open(byKey);
}

async function loadCaptions(tries) {
  const style = find("captions-style");
  const styled = new Promise((resolve, reject) => Object.assign(style, { onload: resolve, onerror: reject }));
  style.disabled = true; // or one that failed is not tried again
  style.disabled = false;
  const [{ Captions }] = await Promise.all([import(`./captions.js?${tries}`), styled]);
  return new Captions(find("captions"), schedule);
}

/** Also when the meeting is over, for what people change by hand; a hidden page lets go of it. */
function openStream() {
  const aliases = new Map([...document.querySelectorAll("#people > li")].map(({ dataset }) => [dataset.id, dataset.aliases]));
  const stream = new EventStream(log.dataset.events, Number(log.dataset.after), {
    onEvent: guarded((kind, data) => {
      if (kind === "revision") return revisions.apply(data);
      if (kind === "participant_deleted") return reloadWhenFree(ACTIVE);
      if (kind === "restored") return reloadWhenFree();
      // Who is the same person as whom decides whose all text is.
      if (kind === "participant" && (aliases.get(data.id) ?? "") !== data.aliases.join("/")) return reloadWhenFree();
      const here = kind === "participant" && (store.people.get(data.id)?.present ?? false);
      edited ||= isEdit(kind, data);
      const over = store.state === "ended";
      const before = store.sentences.size;
      store.apply(kind, data);
      added += store.sentences.size - before;
      if (kind === "participant" && here !== data.present && !over) announce(data);
      schedule();
      if (over || store.state !== "ended") return;
      figures.retire();
      revisions.offer();
    }),
    onHealth: guarded((state) => {
      connection = state;
      store.forgetPassing(state === "live");
      if (state === "gone") revisions.hide();
      schedule();
      showHealth();
    }),
  });
  stream.open();
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(guarded(render));
}

/** Never a silent stop: of an error the reader is told, who would wait for text that does not come. */
function guarded(action) {
  return (...given) => {
    try {
      action(...given);
    } catch (error) {
      broken = true;
      showHealth();
      throw error;
    }
  };
}

/** Whether somebody changed by hand what is shown already. */
function isEdit(kind, { id, version, title }) {
  if (kind === "sentence") return store.sentences.has(id);
  if (kind === "participant") return store.people.has(id) && store.people.get(id).version !== version;
  return kind.startsWith("bookmark") || (kind === "meeting" && title !== store.title);
}

function render() {
  scheduled = false;
  showHealth();
  const entries = store.listEntries();
  captions?.render(entries, personOf);
  const more = added;
  added = 0;
  const held = pause?.holds(more);
  if (held && !edited) return;
  edited = false;
  if (held || shown !== entries) {
    shown = held ? store.correct(shown) : entries;
    follow.around(() => renderLog.render(shown, personOf), held ? 0 : more + (pause?.take() ?? 0));
  }
  renderPeople.render(store.listPeople());
  renderBookmarks.render(store.listBookmarks());
  if (listened !== store.settled) {
    listening.render(shown);
    finder?.renew();
  }
  listened = store.settled;
  selected.place();
  find("nothing").hidden = shown.length > 0;
  if (store.title !== null) showTitle(store.title);
  if (store.state === "ended" && !held) retire();
}

function retire() {
  follow.retire();
  pause?.retire();
}

function showTitle(title) {
  const heading = find("title");
  if (heading.textContent !== title) heading.textContent = document.title = title;
}

/** Says who came or left, also to who does not see it. */
function announce({ id, name, present }) {
  if (present) store.welcome(id, performance.now());
  tell(words(present ? "meeting.joined" : "meeting.has_left", { name }));
}

async function copyAll({ currentTarget: button }) {
  const copied = await copyText(transcriptToText(store.listEntries(), personOf));
  button.textContent = words(copied ? "download.copied" : "download.not_copied");
}

function showHealth() {
  showBehind();
  const ended = store.state === "ended" && connection !== "gone";
  const over = ended || (store.state === "ending" && connection === "live");
  const troubled = !ended && connection === "live" && TROUBLES.includes(store.service);
  const state = broken ? "broken" : troubled ? store.service : over ? store.state : connection;
  const text = words(`health.${state}`);
  health.dataset.health = document.body.dataset.health = state;
  captions?.tell(state === "live" ? "" : text);
  if (health.textContent === text) return;
  health.textContent = text;
  if (broken) health.replaceChildren(makeReload(text));
}

function makeReload(text) {
  const link = document.createElement("a");
  link.href = location.pathname + location.search;
  link.textContent = text;
  return link;
}

function showBehind() {
  const shown = find("behind");
  if (!shown) return;
  setText(shown, store.state === "ended" ? "" : behind(store.behind_ms));
  shown.hidden = !shown.textContent;
}

function openDownloads() {
  const menu = find("download");
  menu.open = true;
  menu.querySelector("summary").focus();
}

// A link to a sentence keeps the reader's place too.
function isFirstVisit() {
  return !location.hash && !document.getElementById("talk") && !isReturning();
}
