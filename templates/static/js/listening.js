// Listening to a meeting: its bar with play, skip, speed and whom to hear, the timeline, a link to a moment.

import { copyText } from "./copying.js";
import { offerPeople, setText } from "./elements.js";
import { clock, clockToMs, momentHash } from "./format.js";
import { notice } from "./notice.js";
import { Player } from "./player.js";
import { isReturning } from "./reload.js";
import { Spoken } from "./spoken.js";
import { Timeline } from "./timeline.js";
import { words } from "./words.js";

const SKIP_MS = 10_000;
const SILENCE_MS = 1_500;
const LEAD_MS = 300;
const PLACE_KEYS = { ArrowLeft: -5_000, ArrowRight: 5_000, ArrowDown: -5_000, ArrowUp: 5_000,
  PageDown: -60_000, PageUp: 60_000 };

export class Listening {
  /** `store` is asked for people and sentences. Where the audio was removed only the timeline is there. */
  constructor(bar, timeline, url, store) {
    this.bar = bar;
    this.store = store;
    this.sentences = [];
    this.awaited_ms = null;
    this.length_ms = 0; // of the text
    this.find = (name) => bar.querySelector(`[data-listen="${name}"]`);
    this.player = new Player(url, () => this.show());
    this.spoken = new Spoken(url, () => this.show());
    this.timeline = new Timeline(timeline, (at_ms) => this.goTo(at_ms));
    this.kept = bar.dataset.audio === "kept";
    this.connect();
  }

  /** Adds to what can be done with a sentence, and by keys. A link to a moment is `#t=SECONDS` or a clock's time. */
  begin(selected, keys) {
    addEventListener("hashchange", (event) => this.goToHash(event));
    document.addEventListener("click", (event) => this.onLink(event));
    // What is played would be heard again by the others.
    document.addEventListener("talk", () => this.isTalking() && this.player.pause());
    requestAnimationFrame(() => isReturning() || this.goToHash());
    selected.offer("link", ({ start_ms }) => this.link(start_ms));
    if (!this.kept) return;
    const play = (...what) => {
      selected.drop();
      this.play(...what);
    };
    selected.offer("play", ({ start_ms }) => play(start_ms, ""));
    selected.offer("play_one", ({ start_ms, end_ms }) => play(start_ms, "", end_ms));
    selected.offer("play_who", ({ start_ms, participant_id }) => play(start_ms, participant_id));
    keys.add("l", "keys.listen", () => this.toggle());
    keys.add("[", "keys.listen_back", () => this.skip(-SKIP_MS));
    keys.add("]", "keys.listen_on", () => this.skip(SKIP_MS));
  }

  connect() {
    const on = (name, kind, action) => this.find(name).addEventListener(kind, action);
    on("play", "click", () => this.toggle());
    on("back", "click", () => this.skip(-SKIP_MS));
    on("on", "click", () => this.skip(SKIP_MS));
    on("place", "input", (event) => this.seek(Number(event.target.value)));
    on("place", "keydown", (event) => this.onPlaceKey(event));
    this.timeline.place.addEventListener("keydown", (event) => this.onPlaceKey(event));
    on("speed", "change", (event) => this.player.setSpeed(Number(event.target.value)));
    on("who", "change", (event) => this.player.setWho(event.target.value));
    on("link", "click", () => this.link(this.player.at));
    this.find("close")?.addEventListener("click", () => this.close());
    this.find("speed").value = this.player.speed;
    if (navigator.mediaSession) this.connectMediaKeys(navigator.mediaSession);
  }

  connectMediaKeys(session) {
    const on = (name, action) => session.setActionHandler(name, action);
    on("play", () => this.player.playing || this.toggle());
    on("pause", () => this.player.pause());
    on("seekbackward", () => this.skip(-SKIP_MS));
    on("seekforward", () => this.skip(SKIP_MS));
  }

  /** The meeting as it is now; `entries` are what the log shows. */
  render(entries) {
    const over = this.store.state === "ended";
    const people = this.store.listPeople();
    const items = entries.flatMap((entry) => (entry.kind === "turn" ? entry.items : [entry]));
    const said = items.filter((item) => item.kind !== "draft");
    this.sentences = items.filter((item) => item.kind === "sentence");
    this.length_ms = said.reduce((longest, item) => Math.max(longest, item.end_ms), 0);
    this.player.until_ms = over ? null : this.sentences.at(-1)?.end_ms ?? 0;
    if (this.kept && over) this.showBar(true);
    this.find("close")?.toggleAttribute("hidden", over);
    // While a meeting is read live, a lane more would move what is being read.
    this.timeline.open ||= over || !this.bar.hidden;
    this.timeline.render(people, said, this.store.listBookmarks(), this.whole_ms);
    offerPeople(this.find("who"), people);
    this.show();
    if (this.awaited_ms !== null && this.awaited_ms < this.length_ms) this.goTo(this.awaited_ms);
  }

  /** Where a bookmark belongs: where the player is that is heard, or whose `button` it is; in a meeting that is
   *  only read, as far as it is by now. */
  async moment(button) {
    const heard = this.player.playing && !this.isTalking();
    if (heard || this.store.state === "ended" || this.bar.contains(button ?? null)) return this.player.at;
    const answer = await fetch(`${this.player.url}/audio.wav`, { method: "HEAD" }).catch(() => null);
    return Math.max(Number(answer?.headers.get("Audio-To-Ms") ?? 0), this.length_ms);
  }

  isTalking() {
    return document.body.dataset.talk === "live";
  }

  /** Whether anything can be heard now. */
  get able() {
    return this.kept && !this.isTalking();
  }

  toggle() {
    if (this.isTalking()) return;
    if (this.player.until_ms === 0) return notice(words("meeting.nothing_yet"));
    this.begun();
    this.player.toggle();
  }

  /** The reader listens, and is led along. */
  begun() {
    this.showBar(true);
    this.spoken.along = true;
  }

  /** What has to stay clear of the bar goes by the class: to look for the bar takes longer the more is said. */
  showBar(shown) {
    this.bar.hidden = !shown;
    document.documentElement.classList.toggle("listens", shown);
  }

  /** The meeting is only read again. */
  close() {
    this.player.pause();
    this.showBar(false);
    document.querySelector(".mark-now").focus();
  }

  seek(at_ms) {
    this.spoken.along = this.sought = true;
    this.led = false;
    this.player.seek(at_ms);
  }

  /** Somebody was led to this sentence, to read: playing begins there, but who listens stays where they are. */
  lead(id) {
    const sentence = this.store.sentences.get(id);
    if (!sentence || !this.able || this.player.playing) return;
    this.led = true; // what led there has its own mark
    this.player.seek(sentence.start_ms);
  }

  skip(by_ms) {
    this.seek(Math.max(0, Math.min(this.player.at + by_ms, this.whole_ms)));
  }

  /** By seconds: the steps of a slider of three hours are none that a person would take. */
  onPlaceKey(event) {
    const by_ms = PLACE_KEYS[event.key];
    if (!by_ms) return;
    event.preventDefault();
    this.skip(by_ms);
  }

  /** A time beside somebody's words, or a bookmark, leads the player there too, as often as it is pressed. */
  onLink(event) {
    const link = event.target.closest?.('a[href^="#t="]');
    const first = event.target.closest?.(".at")?.closest(".turn").querySelector(".sentence");
    if (first) this.player.seek(this.store.sentences.get(first.dataset.id).start_ms);
    else if (link?.hash === location.hash) this.goToHash(event);
  }

  /** Hears the meeting from there on, or up to `stop_ms`; of one participant alone if they are named. */
  play(at_ms, who, stop_ms) {
    if (this.isTalking()) return;
    this.begun();
    this.player.play(at_ms, who, stop_ms);
    this.find("who").value = this.player.who;
  }

  /** Shows a moment, and hears it if the player runs. */
  goTo(at_ms) {
    this.awaited_ms = null;
    this.seek(at_ms);
    const near = this.sentences.findLast(({ start_ms }) => start_ms <= at_ms) ?? this.sentences[0];
    if (near) document.getElementById(`s-${near.id}`)?.scrollIntoView({ block: "center" });
  }

  /** Whoever opens a link that leads nowhere, or without an `event` to where nothing is heard, is told. */
  goToHash(event) {
    const [, kind, place] = /^#(s-|t=)(.+)$/.exec(location.hash) ?? [];
    if (kind === "s-" && !document.querySelector(":target")) notice(words("listen.no_sentence"));
    else if (kind === "s-") this.lead(place);
    if (kind !== "t=" || !/^(\d+:){0,2}\d+(\.\d+)?$/.test(place)) return;
    const at_ms = clockToMs(place);
    this.showBar(this.kept);
    if (!this.kept && !event) notice(words("listen.removed"));
    const over = this.store.state === "ended";
    const end_ms = over ? this.whole_ms : this.length_ms;
    this.goTo(Math.min(at_ms, end_ms));
    if (at_ms <= end_ms) return;
    if (!over) this.awaited_ms = at_ms;
    notice(words(over ? "listen.too_late" : "listen.not_yet", { at: clock(at_ms), of: clock(end_ms) }));
  }

  /** Puts a link to a moment into the address bar and, where that is allowed, the clipboard. */
  async link(at_ms) {
    const link = new URL(momentHash(at_ms), location.href);
    history.replaceState(null, "", link);
    const copied = await copyText(link.href);
    notice(words(copied ? "listen.link_copied" : "listen.link_in_address"));
  }

  /** How long the meeting is, as far as is known: as the page was sent it was over, or is when audio is there. */
  get whole_ms() {
    const { duration } = this.player.audio;
    const heard_ms = Number.isFinite(duration) && !this.player.who ? duration * 1000 : 0;
    return Math.max(this.length_ms, Number(this.bar.dataset.length), heard_ms);
  }

  show() {
    const { at, playing, trouble } = this.player;
    const length_ms = this.whole_ms;
    const play = this.find("play");
    const label = words(playing ? "listen.pause" : "listen.play");
    if (play.ariaLabel !== label) play.ariaLabel = play.title = label;
    play.dataset.playing = playing ? "yes" : "no";
    const place = this.find("place");
    place.max = length_ms;
    place.value = at;
    // While it plays nobody is told each second where it is.
    const told = words("listen.place", { at: clock(at), of: clock(length_ms) });
    if ((!playing || this.sought) && place.ariaValueText !== told) place.ariaValueText = told;
    this.sought = false;
    setText(this.find("time"), `${clock(at)} / ${clock(length_ms)}`);
    setText(this.find("trouble"), trouble && words(trouble));
    this.timeline.moveTo(at, place.ariaValueText);
    if (playing) {
      this.led = false;
      this.run();
    } else if (!at || this.led) this.spoken.clear();
    else this.spoken.show(at, this.sentences);
  }

  /** Keeps up with the words for as long as it plays. */
  run() {
    if (this.running) return;
    this.running = requestAnimationFrame(() => {
      delete this.running;
      if (!this.player.playing) return;
      this.player.stopInTime();
      if (!this.player.playing) return;
      this.hear(this.player.at);
      this.run();
    });
  }

  hear(at_ms) {
    const { now, to_ms } = this.spoken.show(at_ms, this.sentences);
    if (!this.find("silence").checked || this.player.who || now.length) return;
    if (Number.isFinite(to_ms) && to_ms - at_ms > SILENCE_MS) this.player.seek(to_ms - LEAD_MS);
  }
}
