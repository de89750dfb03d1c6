// The revisions of a meeting that has ended: reading another, transcribing again, seeing how far that is.

import { setText } from "./elements.js";
import { reloadWhenFree } from "./reload.js";
import { words } from "./words.js";

export class Revisions {
  constructor(menu, progress) {
    this.menu = menu;
    this.progress = progress;
    this.url = menu.dataset.meeting;
    this.form = menu.querySelector("form");
    this.bar = progress.querySelector("label");
    this.stop = progress.querySelector("button");
    this.outcome = progress.querySelector("p");
    this.form.hidden = this.stop.hidden = false;
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
    this.stop.addEventListener("click", () => this.onStop());
  }

  /** The meeting has ended. */
  offer() {
    this.menu.hidden = false;
  }

  async onSubmit(event) {
    event.preventDefault();
    const fields = new FormData(this.form);
    const vocabulary = fields.get("vocabulary").split(",").map((word) => word.trim()).filter(Boolean);
    const answer = await this.request("POST", "retranscribe", { model: fields.get("model"), vocabulary });
    if (!answer) return;
    this.menu.open = false;
    if (answer.number > this.number) this.show(answer); // an event may have been faster
    this.stop.focus();
  }

  async onStop() {
    this.stop.disabled = true;
    await this.request("DELETE", `revisions/${this.progress.dataset.number}`);
    this.stop.disabled = false;
  }

  /** What the service answers, or null after showing why it refuses. */
  async request(method, path, body) {
    const headers = body && { "Content-Type": "application/json" };
    const options = { method, headers, body: body && JSON.stringify(body) };
    const answer = await fetch(`${this.url}/${path}`, options).catch(() => null);
    const said = answer?.status === 204 ? {} : await answer?.json().catch(() => null);
    const refused = answer?.ok ? "" : said?.detail ?? words("revisions.no_answer");
    this.form.querySelector(".amiss").textContent = refused;
    if (refused) this.menu.open = true;
    return refused ? null : said;
  }

  /** The last that was seen to run; 0 if none was. */
  get number() {
    return Number(this.progress.dataset.number || 0);
  }

  /** As the events of the meeting tell it. */
  apply(revision) {
    if (revision.number < this.number) return;
    if (revision.state === "running") this.show(revision);
    else if (revision.state === "deleted") this.hide();
    else this.leave(revision);
  }

  show({ number, progress }) {
    this.progress.dataset.number = number;
    this.progress.hidden = this.bar.hidden = this.stop.hidden = false;
    this.outcome.hidden = true;
    setText(this.bar.querySelector("span"), words("revisions.progress", { n: number }));
    this.bar.querySelector("progress").value = progress;
  }

  hide() {
    this.progress.hidden = true;
  }

  /** It is at its end: the page is read anew, unless the reader chose a revision or there is no new one. */
  leave({ number, state, detail }) {
    this.hide();
    if (state === "failed") this.tell(words("revisions.has_failed", { detail }));
    else if (this.menu.dataset.pinned === "no") reloadWhenFree();
    else this.tell(words("revisions.is_done", { n: number }), words("revisions.read", { n: number }));
  }

  tell(text, invitation = "") {
    const link = document.createElement("a");
    link.href = location.pathname;
    link.textContent = invitation;
    this.outcome.replaceChildren(`${text} `, link);
    this.progress.hidden = this.outcome.hidden = false;
    this.bar.hidden = this.stop.hidden = true;
  }
}
