// One participant's audio on its way to the service, as a bot sends it: `meeting-audio.v1`. What is not
// acknowledged is kept and sent again from where the service is after a reconnect. Driven by `write` and `tick`,
// not by timers alone, which a hidden tab slows down.

import { Unacknowledged } from "./unacknowledged.js";

const STREAM = 1;
const HEADER_BYTES = 12;
const BUFFER_S = 300;
const SILENT_MS = 10_000; // an answer that is due for so long does not come any more
const GAP_MS = 1_000; // audio so late was not captured without a break
const DRIFT = 0.0005; // clocks of audio and of the wall go apart by less
const DELAYS_MS = [250, 500, 1_000, 2_000, 5_000];
const LATER_MS = 5_000;
const CONFLICTS = 3;

const LATER = new Map([[1013, "overloaded"], [4429, "overloaded"], [4507, "disk_full"]]);
const FINAL = new Map([[4400, "refused"], [4401, "forbidden"], [4403, "forbidden"], [4404, "gone"],
  [4410, "ended"], [4430, "superseded"]]);
const CONFLICT = new Set([4409, 4413]);

export class AudioLink {
  /**
   * `meeting`: the address of the meeting, `/v1/meetings/…`; `participant`, `name`, `rate` of the stream;
   * `zero`: ms of wall time at which an earlier page began the stream, or null;
   * `onState(state)`: connecting, live, reconnecting, restarting, overloaded, disk_full; or at last left, ended,
   * removed, gone, superseded, refused, forbidden.
   */
  constructor({ meeting, participant, name, rate, zero, now, onState }) {
    Object.assign(this, { meeting, participant, name, rate, zero, now, onState });
    this.kept = new Unacknowledged();
    this.began = null; // wall time of position 0, as this page counts
    this.state = null;
    this.socket = null;
    this.placed = false;
    this.sent = 0;
    this.window = 0; // samples that may be on their way; 0 while there is no welcome
    this.attempt = 0;
    this.conflicts = 0;
    this.retryAt = null;
    this.heardAt = 0;
    this.finishing = false;
    this.endSent = false;
    this.removed = false;
    this.over = false;
    this.wake = () => this.hurry();
    addEventListener("online", this.wake);
    this.timer = setInterval(() => this.tick(), 250);
    this.connect();
  }

  /** How much is not acknowledged, in ms of audio. */
  get waitingMs() {
    return ((this.kept.end - this.kept.start) * 1000) / this.rate;
  }

  get full() {
    return this.kept.samples >= BUFFER_S * this.rate;
  }

  /** Takes audio that ended at `at`, in ms of wall time; what is missing before it becomes a gap. */
  write(pcm, at) {
    this.keepTime(pcm.length, at);
    if (this.full) this.kept.appendGap(pcm.length);
    else this.kept.append(pcm);
    this.tick();
  }

  /** Says that the participant leaves, once all is acknowledged. */
  leave() {
    this.finishing = true;
    this.tick();
  }

  /** Gives up what was not sent. */
  abandon(state = "left") {
    if (this.over) return;
    this.over = true;
    clearInterval(this.timer);
    removeEventListener("online", this.wake);
    this.drop();
    this.tell(state);
  }

  tick() {
    if (this.over) return;
    const now = performance.now();
    if (this.retryAt !== null && now >= this.retryAt) this.connect();
    if (!this.isDue()) this.heardAt = now;
    else if (now - this.heardAt > SILENT_MS) this.retry("reconnecting");
    if (this.window && this.socket.readyState === WebSocket.OPEN) this.send();
  }

  // Time

  keepTime(samples, at) {
    const lengthMs = (samples * 1000) / this.rate;
    this.began ??= at - lengthMs;
    const late = at - lengthMs - this.wallOf(this.kept.end);
    if (late > GAP_MS) this.kept.appendGap(Math.round((late * this.rate) / 1000));
    else this.began += Math.min(late, lengthMs * DRIFT);
  }

  wallOf(position) {
    return this.began + (position * 1000) / this.rate;
  }

  // The socket

  connect() {
    this.retryAt = null;
    this.heardAt = performance.now();
    this.tell(this.placed ? this.state : "connecting");
    const url = new URL(`${this.meeting}/audio`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url, "meeting-audio.v1");
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.greet();
    this.socket.onmessage = ({ data }) => this.receive(JSON.parse(data));
    this.socket.onclose = ({ code }) => this.onClose(code);
  }

  greet() {
    const began = this.began === null ? this.now() : this.wallOf(this.kept.start);
    this.say({ type: "hello", streams: [{ stream: STREAM, participant: this.participant, name: this.name,
      encoding: "s16le", rate: this.rate, channels: 1, captured_at: new Date(began).toISOString() }] });
  }

  receive(message) {
    this.heardAt = performance.now();
    if (message.type === "welcome") this.place(message.streams[0]);
    else if (message.type === "ack") this.acknowledge(message);
    else if (message.type === "nack") this.sent = Math.min(this.sent, message.expected);
    else if (message.type === "error") this.receiveError(message);
    this.tick();
  }

  place(stream) {
    if (!stream) return; // why comes as an error
    const { through, window_samples: window } = stream;
    if (this.finishing && this.placed && !this.kept.kept.length && !through) return this.abandon("left");
    const known = this.placed && this.kept.start <= through && through <= this.kept.end;
    if (known) this.kept.acknowledge(through);
    else this.moveTo(through);
    this.placed = true;
    this.sent = through;
    this.window = window;
    this.endSent = false;
    this.attempt = 0;
    this.tell("live");
  }

  moveTo(through) {
    if (this.placed && through > this.kept.end) this.kept.acknowledge(this.kept.end);
    const wall = this.began === null ? this.now() : this.wallOf(this.kept.start);
    const absent = !this.placed && through && this.zero !== null
      ? Math.round(((wall - this.zero) * this.rate) / 1000) - through : 0;
    const gap = absent * 1000 > GAP_MS * this.rate ? absent : 0;
    this.kept.move(through, gap);
    this.began = wall - ((through + gap) * 1000) / this.rate;
  }

  acknowledge({ through, ended }) {
    this.kept.acknowledge(Math.min(through, this.sent));
    this.conflicts = 0;
    if (ended && this.finishing) this.abandon("left");
  }

  receiveError({ code, stream }) {
    if (code === "participant_gone") this.removed = true;
    if (stream === undefined || code === "too_fast" || code === "superseded") return; // a nack or a close follows
    if (code === "overloaded" || code === "too_many") this.retry("overloaded", LATER_MS);
    else if (code !== "participant_gone") this.startAnew();
  }

  onClose(code) {
    const final = FINAL.get(code);
    if (final) this.abandon(final === "ended" && this.removed ? "removed" : final);
    else if (CONFLICT.has(code)) this.startAnew();
    else this.retry(LATER.get(code) ?? (code === 1012 ? "restarting" : "reconnecting"), LATER.has(code) ? LATER_MS : 0);
  }

  /** The open stream takes no more of this audio, such as after a change of rate: another one goes on. */
  async startAnew() {
    this.drop();
    this.conflicts += 1;
    if (this.conflicts > CONFLICTS) return this.abandon("refused");
    const address = `${this.meeting}/participants/${encodeURIComponent(this.participant)}/end?wait=false`;
    await fetch(address, { method: "POST" }).catch(() => null);
    if (!this.over && !this.socket) this.retry(this.state);
  }

  retry(state, leastMs = 0) {
    this.drop();
    const delay = DELAYS_MS[Math.min(this.attempt, DELAYS_MS.length - 1)];
    this.attempt += 1;
    this.retryAt = performance.now() + Math.max(leastMs, delay) + Math.random() * 250;
    this.tell(state);
  }

  /** A network is there again. */
  hurry() {
    if (this.retryAt !== null) this.retryAt = 0;
    this.tick();
  }

  drop() {
    this.window = 0;
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  // Sending

  isDue() {
    return this.socket !== null && (!this.window || this.sent > this.kept.start || this.endSent);
  }

  send() {
    let part;
    while ((part = this.nextPart())) {
      if (part.pcm) this.sendAudio(part);
      else this.say({ type: "gap", stream: STREAM, from: part.start, to: part.end });
      this.sent = part.end;
    }
    // Only after the last acknowledgement: an end that overtakes a reconnect would open a second stream.
    if (!this.finishing || this.endSent || this.kept.kept.length) return;
    this.endSent = true;
    this.say({ type: "end", stream: STREAM });
  }

  nextPart() {
    const room = this.kept.start + this.window - this.sent;
    const part = this.kept.partAfter(this.sent, Math.max(room, 0));
    return part && (!part.pcm || part.pcm.length) ? part : null;
  }

  sendAudio({ start, pcm }) {
    const message = new ArrayBuffer(HEADER_BYTES + pcm.length * 2);
    const view = new DataView(message);
    view.setUint32(0, STREAM, true);
    view.setBigUint64(4, BigInt(start), true);
    // Every machine with a browser is little-endian, as the wire is.
    new Int16Array(message, HEADER_BYTES).set(pcm);
    this.socket.send(message);
  }

  say(message) {
    this.socket.send(JSON.stringify(message));
  }

  tell(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }
}
