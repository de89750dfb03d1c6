// The meeting's audio: one element that plays everybody mixed or one participant, on the meeting's own time.
// What it plays is a file made as of the moment it was asked for; of a live meeting it is asked for again.

import { keep, recall } from "./kept.js";

const LOOK_MS = 500;
const SPEED_KEY = "speed";
const REMOVED = 410;

export class Player {
  /** `url` is the meeting's, without a slash at its end; `onChange` is told of everything that happens.
   *  While the meeting is live, `until_ms` is up to where all is there: a file that ends there stays as it is. */
  constructor(url, onChange) {
    this.url = url;
    this.onChange = onChange;
    this.who = "";
    this.until_ms = null;
    this.end_ms = null;
    this.stop_ms = null;
    this.trouble = "";
    this.audio = new Audio();
    this.audio.preload = "none";
    this.speed = Number(recall(SPEED_KEY)) || 1;
    this.waiting = null;
    for (const kind of ["play", "pause", "seeked", "timeupdate", "loadedmetadata", "waiting", "playing"]) {
      this.audio.addEventListener(kind, () => this.changed());
    }
    this.audio.addEventListener("ended", () => this.ended());
    this.audio.addEventListener("error", () => this.failed());
  }

  /** Whether it plays, or will as soon as there is something to play. */
  get playing() {
    return !this.audio.paused || this.waiting !== null;
  }

  /** Where it is, in milliseconds of the meeting. */
  get at() {
    return Math.round((this.wanted ?? this.audio.currentTime) * 1000);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play(this.at);
  }

  /** Plays from there on, or up to `stop_ms`; of `who` alone if they are named. */
  play(at_ms, who = this.who, stop_ms = null) {
    this.stopWaiting();
    this.load(who, this.audio.error !== null || (this.end_ms !== null && at_ms >= this.end_ms));
    this.seek(at_ms);
    this.stop_ms = stop_ms;
    this.audio.play().catch((error) => {
      if (error.name !== "AbortError") this.failed();
    });
  }

  pause() {
    this.stopWaiting();
    this.audio.pause();
    this.changed();
  }

  /** Whoever goes elsewhere is not stopped there. */
  seek(at_ms) {
    this.stop_ms = null;
    const at_s = Math.max(0, at_ms / 1000);
    if (this.audio.readyState) this.audio.currentTime = at_s;
    else this.wanted = at_s;
    this.changed();
  }

  setSpeed(speed) {
    this.speed = speed;
    this.audio.playbackRate = speed;
    keep(SPEED_KEY, String(speed));
    this.changed();
  }

  /** Whom to hear; nobody named is everybody. */
  setWho(who) {
    const [at, playing] = [this.at, this.playing];
    this.load(who);
    if (playing) this.play(at);
    else this.seek(at);
  }

  load(who, again = false) {
    if (this.audio.src && who === this.who && !again) return;
    const at_s = this.at / 1000;
    this.who = who;
    this.trouble = "";
    const part = new URLSearchParams();
    if (who) part.set("participant", who);
    if (this.until_ms !== null) {
      part.set("to_ms", this.until_ms);
      part.set("rate", 16_000);
    }
    this.end_ms = this.until_ms;
    this.audio.src = `${this.url}/audio.wav?${part}`;
    this.audio.defaultPlaybackRate = this.audio.playbackRate = this.speed;
    this.wanted = at_s;
  }

  changed() {
    if (this.audio.readyState && this.wanted !== undefined) {
      this.audio.currentTime = this.wanted;
      delete this.wanted;
    }
    this.stopInTime();
    this.onChange();
  }

  /** Stops where it is to stop; asked as often as somebody looks where it is. */
  stopInTime() {
    if (this.playing && this.stop_ms !== null && this.at >= this.stop_ms) this.pause();
  }

  /** A live meeting becomes longer: it goes on as soon as there is more, unless it is paused. */
  ended() {
    if (this.end_ms !== null && this.stop_ms === null) {
      this.waiting = setInterval(() => {
        const more = this.until_ms === null || this.until_ms > this.end_ms;
        if (more || !this.audio.ended) this.play(this.at);
      }, LOOK_MS);
    }
    this.onChange();
  }

  stopWaiting() {
    clearInterval(this.waiting);
    this.waiting = null;
  }

  async failed() {
    this.trouble = "listen.failed";
    this.pause();
    const answer = await fetch(this.audio.src, { method: "HEAD" }).catch(() => null);
    if (answer?.status === REMOVED) this.trouble = "listen.removed";
    this.onChange();
  }
}
