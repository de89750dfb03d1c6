// The page of who takes part from this browser: what is asked before, what is said while they talk, and why not.

import { AudioLink } from "./audio-link.js";
import { copyText } from "./copying.js";
import { setText } from "./elements.js";
import { handFocusOn } from "./focus.js";
import { listMicrophones, MICROPHONE, Microphone } from "./microphone.js";
import { Place } from "./place.js";
import { words } from "./words.js";

const HEARD = 0.01; // of full scale: speech that is worth sending
const SHOUTING_MS = 3_000; // how long it is said that the muted speak
const BEHIND_MS = 3_000; // audio on its way at any time
const OVER = new Set(["ended", "gone", "removed"]);
const FAILURES = { NotAllowedError: "denied", NotFoundError: "missing", NotReadableError: "busy", AbortError: "busy",
  NoSound: "no_sound" };
const TAB_FAILURES = { denied: "denied_tab", missing: "unable_tab" };
const WISHES = ["echoCancellation", "noiseSuppression", "autoGainControl"];

const panel = document.getElementById("talk");
const [form, devices, level, state, waiting, trouble, again, mute, leave, check, copy] = ["form", "devices",
  "level", "state", "waiting", "trouble", "again", "mute", "leave", "check", "copy"].map((id) => document.getElementById(`talk-${id}`));
const kinds = form.querySelector(".kinds");
const joining = document.getElementById("talk-join");
const shareLink = document.getElementById("talk-link");
const { name, kind, device } = form.elements;
const place = new Place(panel.dataset.meeting);
const skewMs = measureSkew();
const microphone = new Microphone(panel.dataset.worklet, { onPiece: take, onChange: hearOf });
const health = document.getElementById("health");
let link = null;
let opening = null; // what is asked of the browser, until it answers
let entering = false;
let sound = "closed"; // or asking, hearing, suspended, silenced, unplugged
let last = null; // why the page talks no more
let heard = false;
let shoutedAt = -Infinity;
let doAgain = null;
let awake = null;

begin();

function begin() {
  shareLink.value = location.href;
  name.value = place.name;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    join();
  });
  check.addEventListener("click", () => hear());
  mute.addEventListener("click", () => setMuted(!microphone.muted));
  leave.addEventListener("click", depart);
  again.addEventListener("click", () => doAgain());
  copy.addEventListener("click", copyLink);
  form.addEventListener("change", ({ target }) => onChoice(target));
  navigator.mediaDevices?.addEventListener("devicechange", onDevices);
  document.addEventListener("visibilitychange", onVisibility);
  new MutationObserver(onHealth).observe(health, { attributeFilter: ["data-health"] });
  addEventListener("beforeunload", (event) => isUnsent() && event.preventDefault());
  addEventListener("pagehide", keepPlace);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  showKind();
  const able = isAble();
  for (const button of form.querySelectorAll("button")) button.disabled = !able;
  if (able && place.talking) goOn(place.talking);
  show();
}

/** A tab that was talking before a reload talks on, as muted as it was. */
function goOn({ kind: was, device: used, muted, wishes }) {
  kind.value = was;
  for (const wish of WISHES) form.elements[wish].checked = wishes[wish];
  if (used) device.replaceChildren(new Option("", used, true, true));
  setMuted(muted);
  showKind();
  if (was === MICROPHONE) join();
  else complain("tab_again");
}

function isAble() {
  const { mediaDevices } = navigator;
  if (!isSecureContext) complain("insecure", { origin: location.origin });
  else if (!mediaDevices?.getUserMedia || !window.AudioWorkletNode) complain("unable");
  else {
    const tabs = Boolean(mediaDevices.getDisplayMedia);
    form.querySelector("[value=tab]").disabled = !tabs;
    document.getElementById("talk-no-tab").hidden = tabs;
    return true;
  }
  return false;
}

// Hearing

/** Whether something is heard now. A browser is asked once at a time, however often somebody presses. */
function hear() {
  opening ??= open().finally(() => {
    opening = null;
    show();
  });
  return opening;
}

async function open() {
  const before = link;
  complain("");
  last = null;
  hearOf("asking");
  try {
    await microphone.open(kind.value, readWishes());
  } catch (error) {
    complain(whyNot(error));
    hearOf(microphone.stream ? "hearing" : link ? "unplugged" : "closed");
    return false;
  }
  // Meanwhile the meeting may have ended, or another tab have taken over.
  if (OVER.has(last) || link !== before) {
    await microphone.close();
    return false;
  }
  showDevices();
  return true;
}

function whyNot({ name: failure, message }) {
  const why = FAILURES[failure] ?? "broken";
  if (kind.value !== MICROPHONE) return TAB_FAILURES[why] ?? why;
  return why === "denied" && /system/i.test(message) ? "denied_system" : why;
}

function readWishes() {
  const wishes = Object.fromEntries(WISHES.map((wish) => [wish, form.elements[wish].checked]));
  return { ...wishes, device: device.value };
}

function hearOf(what) {
  sound = what;
  if (what === "asking") heard = false;
  show();
}

function take({ pcm, level: loudness, at }) {
  link?.write(pcm, at + skewMs);
  heard ||= loudness > HEARD;
  if (microphone.muted && loudness > HEARD) shoutedAt = performance.now();
  showLevel(loudness);
  show();
}

// Taking part

async function join() {
  if (link || entering || !form.reportValidity()) return;
  entering = true;
  const heardNow = (!opening && microphone.stream) || (await hear());
  entering = false;
  if (heardNow) enter();
}

function enter() {
  place.name = name.value;
  const { id, zero } = place.who(kind.value);
  last = null;
  link = new AudioLink({
    meeting: panel.dataset.meeting, participant: id, name: name.value, rate: microphone.rate, zero,
    now: () => Date.now() + skewMs, onState: onLink,
  });
  link.kind = kind.value;
  keepPlace();
  keepTalking();
  keepAwake();
  scrollTo(0, document.documentElement.scrollHeight);
  mute.focus();
  show();
}

function onLink(what) {
  if (!link) return; // it tells as it begins
  if (what === "live") keepPlace();
  if (link.over) finish(what);
  else show();
}

function finish(why) {
  const lost = link.waitingMs > 0;
  if (OVER.has(why)) place.forget(link.kind);
  place.talking = null;
  link = null;
  last = why === "left" && lost ? "left_lost" : why;
  sound = "closed";
  microphone.close();
  setMuted(false);
  showLevel(0);
  keepAwake();
  show();
  handFocusOn(panel, panel.dataset.phase === "over" ? shareLink : joining);
}

async function depart() {
  if (link.finishing) return link.abandon();
  place.talking = null;
  await microphone.close();
  sound = "closed";
  link?.leave();
  show();
}

async function endMeeting() {
  if (!confirm(words("talk.end_sure"))) return;
  const answer = await fetch(`${panel.dataset.meeting}/end?wait=false`, { method: "POST" }).catch(() => null);
  if (!answer?.ok) return complain("end_failed");
  last = "ended";
  place.forget(kind.value);
  show();
}

function setMuted(muted) {
  microphone.mute(muted);
  if (link) keepTalking();
  mute.textContent = words(muted ? "talk.unmute" : "talk.mute");
  show();
}

function keepTalking() {
  const { device: used, ...wishes } = readWishes();
  place.talking = { kind: link.kind, device: used, muted: microphone.muted, wishes };
}

function keepPlace() {
  if (link) place.keep(link.kind, { id: link.participant, zero: link.began ?? link.zero });
}

function isUnsent() {
  return Boolean(link && link.waitingMs > BEHIND_MS);
}

// What the person and the system do meanwhile

async function onChoice(target) {
  if (target.name === "kind") {
    if (!link) {
      microphone.release();
      hearOf("closed");
    }
    showKind();
  } else if (target.name !== "name" && microphone.stream) {
    if ((await hear()) && link) keepTalking();
  }
}

async function onDevices() {
  const chosen = device.value;
  await showDevices();
  const back = [...device.options].some(({ value }) => value === chosen);
  if (sound === "unplugged" && back && kind.value === MICROPHONE) hear();
}

/** Who has not joined is told, too, that there is nothing left to join. */
function onHealth() {
  const what = health.dataset.health;
  if (link || last === what || !OVER.has(what)) return;
  last = what;
  sound = "closed";
  microphone.close();
  place.forget(kind.value);
  showLevel(0);
  show();
}

function onVisibility() {
  if (document.visibilityState !== "visible") return;
  if (sound === "suspended") microphone.resume();
  keepAwake();
}

/** A phone that falls asleep hears nothing. */
async function keepAwake() {
  try {
    if (!link) await awake?.release();
    else if (!awake || awake.released) awake = await navigator.wakeLock?.request("screen");
  } catch {
    // It may not be had, such as with a low battery.
  }
}

async function copyLink() {
  shareLink.select();
  if (!(await copyText(shareLink.value))) return; // it is selected, to be copied by hand
  copy.textContent = words("talk.copied");
  setTimeout(() => (copy.textContent = words("talk.copy")), 2_000);
}

// Showing

function show() {
  const phase = link ? "live" : OVER.has(last) ? "over" : "lobby";
  if (panel.dataset.phase !== phase) {
    panel.dataset.phase = document.body.dataset.talk = phase;
    document.dispatchEvent(new Event("talk"));
  }
  const what = link ? findState() : last ?? (sound === "hearing" ? (heard ? "heard" : "silent") : sound);
  setText(state, what === "closed" ? "" : words(`talk.${what}`));
  state.dataset.state = what;
  const seconds = Math.round((link?.waitingMs ?? 0) / 1000);
  setText(waiting, seconds * 1000 >= BEHIND_MS ? words("talk.waiting", { seconds }) : "");
  setText(leave, words(link?.finishing ? "talk.leave_now" : "talk.leave"));
  mute.disabled = Boolean(link?.finishing);
  if (document.activeElement === check && sound === "hearing") joining.focus();
  check.hidden = sound === "hearing";
  kinds.disabled = opening !== null;
  offer(what);
}

function findState() {
  if (link.finishing) return "leaving";
  if (sound === "unplugged" && kind.value !== MICROPHONE) return "tab_over";
  if (sound !== "hearing") return sound;
  if (link.full) return "full";
  if (link.state !== "live") return link.state;
  if (link.waitingMs > BEHIND_MS) return "catching_up";
  if (!microphone.muted) return "live";
  return performance.now() - shoutedAt < SHOUTING_MS ? "muted_speaking" : "muted";
}

/** What the person can do about it. */
function offer(what) {
  const offers = {
    suspended: ["go_on", () => microphone.resume()],
    unplugged: ["use_other", hear],
    tab_over: ["share_again", hear],
    superseded: ["go_on_here", join],
    left: ["end_all", endMeeting],
  };
  const [label, action] = offers[what] ?? [null, null];
  doAgain = action;
  again.hidden = !action;
  again.classList.toggle("main", what !== "left");
  if (label) setText(again, words(`talk.${label}`));
}

function showKind() {
  panel.dataset.kind = kind.value;
  setText(check, words(kind.value === MICROPHONE ? "talk.check" : "talk.check_tab"));
}

function showLevel(loudness) {
  const share = Math.round(Math.max(0, Math.min(1, 1 + Math.log10(loudness + 1e-6) / 3)) * 100);
  level.style.setProperty("--level", `${share}%`);
  level.ariaValueNow = String(share);
}

async function showDevices() {
  const found = await listMicrophones();
  const used = microphone.device || device.value;
  device.replaceChildren(...found.map(({ deviceId, label }) => new Option(label, deviceId, false, deviceId === used)));
  devices.hidden = found.length === 0;
}

function complain(what, values) {
  setText(trouble, what && words(`talk.${what}`, values));
}

// People's own clocks may be minutes off; a page out of a cache tells an old time.
function measureSkew() {
  const visit = performance.getEntriesByType("navigation")[0];
  if (!visit?.transferSize) return 0;
  return Number(panel.dataset.now) - (performance.timeOrigin + visit.responseStart);
}
