// The live events of a meeting, through lost connections, restarts and hidden tabs, each exactly once.
// A hidden tab lets go of its connection: a browser has only six of them for a host.

const KINDS = ["sentence", "not_transcribed", "draft", "participant", "gap", "meeting", "revision", "behind", "service", "participant_deleted",
  "activity", "bookmark", "bookmark_deleted", "restored"];
const HIDDEN_MS = 30_000;
const RETRY_MS = 2_000;
const SILENT_MS = 40_000; // the service says something every 15 s

export class EventStream {
  /**
   * `onEvent(kind, data)`;
   * `onHealth("connecting" | "live" | "reconnecting" | "restarting" | "paused" | "gone")`.
   */
  constructor(url, after, { onEvent, onHealth }) {
    this.url = url;
    this.after = after;
    this.onEvent = onEvent;
    this.onHealth = onHealth;
    this.source = null;
    this.timer = null;
    this.silence = null;
    this.closed = false;
    this.restarting = false;
    document.addEventListener("visibilitychange", () => this.onVisibility());
    addEventListener("pageshow", (event) => event.persisted && this.reopen("connecting"));
  }

  open() {
    if (this.closed || this.source) return;
    clearTimeout(this.timer);
    this.source = new EventSource(`${this.url}?after=${this.after}`);
    this.source.onopen = () => this.onOpen();
    this.source.addEventListener("alive", () => this.hear());
    this.hear();
    this.source.addEventListener("restarting", () => this.onRestart());
    this.source.onerror = () => this.onError();
    for (const kind of KINDS) {
      this.source.addEventListener(kind, (event) => this.onMessage(kind, event));
    }
    this.onVisibility();
  }

  release() {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.source?.close();
    this.source = null;
  }

  // A page taken back from the browser's memory has lost its connection.
  reopen(health) {
    if (this.closed) return;
    this.release();
    this.onHealth(health);
    this.open();
  }

  // A connection that leads nowhere any more looks like one on which nothing is said.
  hear() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.reopen("reconnecting"), SILENT_MS);
  }

  onMessage(kind, event) {
    this.hear();
    // A draft has no id of its own; the browser repeats the last one there was.
    if (event.lastEventId) this.after = Number(event.lastEventId);
    this.onEvent(kind, JSON.parse(event.data));
  }

  onOpen() {
    this.hear();
    this.restarting = false;
    this.onHealth("live");
  }

  onRestart() {
    this.restarting = true;
    this.onHealth("restarting");
  }

  onError() {
    this.onHealth(this.restarting ? "restarting" : "reconnecting");
    if (this.source?.readyState === EventSource.CLOSED) this.afterRefusal();
  }

  // The browser gives up after an answer that is no event stream, and does not tell which one it was.
  async afterRefusal() {
    this.release();
    const answer = await fetch(this.url.replace(/\/events$/, "")).catch(() => null);
    if (answer?.status === 404) {
      this.closed = true;
      this.onHealth("gone");
    } else if (!this.closed) {
      this.timer = setTimeout(() => this.open(), RETRY_MS);
    }
  }

  onVisibility() {
    if (this.closed) return;
    if (this.source) clearTimeout(this.timer);
    if (document.visibilityState === "hidden") this.timer = setTimeout(() => this.pause(), HIDDEN_MS);
    else if (!this.source) this.reopen("connecting");
  }

  // Who listens to a live meeting needs to know how far its audio goes.
  pause() {
    if (document.querySelector('[data-playing="yes"]')) return this.onVisibility();
    this.release();
    this.onHealth("paused");
  }
}
