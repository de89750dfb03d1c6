// A meeting's page: what was sent becomes the store, events keep it current, each change is rendered once.

import { Figures } from "./account.js";
import { Follow } from "./follow.js";
import { behind, localiseTimes } from "./format.js";
import { closeOutside } from "./menu.js";
import { LogRenderer, PeopleRenderer } from "./render.js";
import { Revisions } from "./revisions.js";
import { MeetingStore } from "./store.js";
import { EventStream } from "./stream.js";

const HEALTH = {
  connecting: "Connecting…",
  live: "Live",
  reconnecting: "Reconnecting…",
  restarting: "The service restarts…",
  paused: "Paused while hidden",
  ending: "Finishing the last words",
  ended: "Ended",
  gone: "Deleted",
  storage_full: "Disk full: no audio is taken",
  storage_failing: "Disk fails: no audio is taken",
  recogniser_down: "Recogniser restarts: text comes later",
};

const log = document.getElementById("log");
const health = document.getElementById("health");
const store = readPage();
const renderLog = new LogRenderer(log);
const renderPeople = new PeopleRenderer(document.getElementById("people"));
const follow = new Follow(document.getElementById("follow"));
const revisions = new Revisions(
  document.getElementById("revisions"), document.getElementById("progress"), Number(log.dataset.after));
let connection = "connecting";
let added = 0;
let scheduled = false;
let figures = null;

localiseTimes(document);
for (const menu of document.querySelectorAll(".menu")) closeOutside(menu);
renderLog.adopt(store.listEntries());
if (store.state === "ended") {
  follow.retire();
} else {
  showHealth();
  if (isFirstVisit()) follow.jump();
  stream().open();
  figures = new Figures(log.dataset.events.replace(/\/events$/, ""), (people) => {
    for (const person of people) store.putPerson(person);
    schedule();
  });
}

/** The store of what the page was sent with. */
function readPage() {
  const made = new MeetingStore(log.dataset.state);
  for (const item of document.querySelectorAll("#people > li")) {
    const { id, present, figures } = item.dataset;
    const name = item.querySelector(".name").textContent;
    made.putPerson({ id, name, present: present === "yes", ...JSON.parse(figures) });
  }
  for (const gap of log.querySelectorAll(".gap")) made.addGap(readTimes(gap));
  for (const stretch of log.querySelectorAll(".untranscribed")) made.addStretch(readTimes(stretch));
  for (const sentence of log.querySelectorAll(".sentence")) {
    made.addSentence({ ...readTimes(sentence), id: sentence.dataset.id, text: sentence.textContent.trimEnd() });
  }
  return made;
}

function readTimes({ dataset }) {
  return { participant_id: dataset.participant, start_ms: Number(dataset.start), end_ms: Number(dataset.end) };
}

function stream() {
  const made = new EventStream(log.dataset.events, Number(log.dataset.after), {
    onEvent(kind, data) {
      if (kind === "participant_deleted") return location.reload();
      added += kind === "sentence" && !store.sentences.has(data.id) ? 1 : 0;
      store.apply(kind, data);
      schedule();
      if (store.state !== "ended") return;
      made.close();
      figures.retire();
      revisions.offer(made.after);
    },
    onHealth(state) {
      connection = state;
      store.behind_ms = 0; // a new connection is told if it is otherwise
      store.service = "ready";
      showHealth();
    },
  });
  return made;
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(render);
}

function render() {
  scheduled = false;
  const entries = store.listEntries();
  follow.around(() => renderLog.render(entries, (id) => store.person(id)), added);
  added = 0;
  renderPeople.render(store.listPeople());
  document.getElementById("nothing").hidden = entries.length > 0;
  if (store.title !== null) showTitle(store.title);
  if (store.state === "ended") follow.retire();
  showHealth();
}

function showTitle(title) {
  const heading = document.getElementById("title");
  if (heading.textContent !== title) heading.textContent = document.title = title;
}

function showHealth() {
  showBehind();
  const over = store.state === "ended" || (store.state === "ending" && connection === "live");
  const troubled = connection === "live" && store.service in HEALTH;
  const state = troubled ? store.service : over ? store.state : connection;
  health.dataset.health = state;
  if (health.textContent !== HEALTH[state]) health.textContent = HEALTH[state];
}

function showBehind() {
  const text = store.state === "ended" ? "" : behind(store.behind_ms);
  const shown = document.getElementById("behind");
  shown.hidden = !text;
  if (text && shown.textContent !== text) shown.textContent = text;
}

// A reload keeps the reader's place, and so does a link to a sentence.
function isFirstVisit() {
  const visit = performance.getEntriesByType("navigation")[0]?.type;
  return !location.hash && visit !== "reload" && visit !== "back_forward";
}
