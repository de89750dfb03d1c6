// The list of meetings: current while it is open, found while somebody types, renamed and deleted in place.
// Each change is the page as the service sends it anew, of which the lists are taken over.

import { ask } from "./asking.js";
import { copyText } from "./copying.js";
import { setText } from "./elements.js";
import { clock, localiseTimes } from "./format.js";
import { singleKeysWork } from "./keys.js";
import { closeMenus } from "./menu.js";
import { words } from "./words.js";

const EVERY_MS = 5_000;
const TYPING_MS = 200;
const TOO_SLOW = 503;

const form = document.getElementById("filters");
const failed = document.getElementById("failed");
let lists = document.getElementById("lists");
let loading = null;
let typing = null;
let seen = null;
let shown = location.pathname + location.search;

form.elements.zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
form.elements.zone.disabled = false;
form.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, TYPING_MS);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
document.addEventListener("click", onClick);
addEventListener("popstate", () => location.reload());
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, dialog") || !singleKeysWork()) return;
  event.preventDefault();
  form.elements.q.select();
});
document.addEventListener("visibilitychange", () => document.hidden || look());
setInterval(() => document.hidden || look(), EVERY_MS);
closeMenus();
prepare();
look();

function search() {
  clearTimeout(typing);
  const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  if (!asked.has("from") && !asked.has("to")) asked.delete("zone");
  const address = asked.size ? `/?${asked}` : "/";
  history.replaceState(null, "", address);
  load(address);
}

/** Takes the lists over from the page at `address`. A document that is asked for as one runs nothing. */
function load(address) {
  loading?.abort();
  const request = loading = new XMLHttpRequest();
  request.responseType = "document";
  request.open("GET", address);
  request.onload = () => {
    if (request.status !== 200 || !request.response) return fail(address, request.status);
    shown = address;
    show(request.response);
  };
  request.onerror = () => fail(address, 0);
  request.send();
}

/** Says so; what was found before is no answer to another question. */
function fail(address, status) {
  failed.textContent = words(status === TOO_SLOW ? "list.too_slow" : "list.failed");
  lists.hidden = address !== shown;
  if (status !== TOO_SLOW) seen = ""; // asks again with the next look that is answered
}

function show(page) {
  const focus = lists.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  const fresh = document.importNode(page.getElementById("lists"), true);
  lists.replaceWith(fresh);
  lists = fresh;
  failed.textContent = "";
  prepare();
  setText(document.getElementById("told"), page.getElementById("told").textContent);
  document.getElementById("speakers").replaceChildren(...document.importNode(page.getElementById("speakers"), true).children);
  if (focus) [...lists.querySelectorAll("a, summary")].find((one) => keyOf(one) === focus)?.focus();
}

/** What a page without scripts does without. */
function prepare() {
  localiseTimes(lists);
  for (const button of lists.querySelectorAll("[data-does=copy]")) button.hidden = false;
}

/** What names an element of a row, also of the same row in another copy. */
function keyOf(element) {
  return `${element.closest("[data-id]")?.dataset.id} ${element.tagName} ${element.getAttribute("href")}`;
}

/** Has meetings begun, ended or got another title? Two small questions; only a change has the page read. */
async function look() {
  const answers = await Promise.all(["live", "ending"].map(listLive));
  if (answers.includes(null)) return;
  const now = JSON.stringify(answers);
  if (seen !== null && now !== seen) {
    if (isBusy()) return;
    load(location.pathname + location.search);
  }
  seen = now;
  showLengths(answers.flat());
}

async function listLive(state) {
  try {
    const answer = await fetch(`/v1/meetings?state=${state}&limit=100`);
    if (!answer.ok) return null;
    const { meetings } = await answer.json();
    return meetings.map(({ id, title, started_at }) => ({ id, title, started_at }));
  } catch {
    return null; // the service is away, or this page is being left
  }
}

function showLengths(live) {
  for (const { id, started_at } of live) {
    const shown = lists.querySelector(`[data-id="${CSS.escape(id)}"] .length`);
    if (shown) shown.textContent = clock(Math.max(0, Date.now() - Date.parse(started_at)));
  }
}

/** Nobody is to lose a menu or a dialog they are in. */
function isBusy() {
  return document.querySelector("dialog[open], #lists .menu[open]") !== null;
}

async function copy(button) {
  const code = button.closest(".command").querySelector("code");
  getSelection().selectAllChildren(code); // to be copied by hand where it cannot be
  if (await copyText(code.textContent)) button.textContent = words("list.copied");
}

async function onClick(event) {
  const copying = event.target.closest("[data-does=copy]");
  if (copying) return copy(copying);
  const link = event.target.closest("a[data-does]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const row = link.closest(".meeting");
  const menu = link.closest(".menu");
  menu.open = false;
  const done = await ask(link.dataset.does, row.dataset);
  if (!done) return menu.querySelector("summary").focus();
  seen = null;
  load(location.pathname + location.search);
  if (link.dataset.does === "delete") form.elements.q.focus();
  document.getElementById("told").textContent = done;
}
