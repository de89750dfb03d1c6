// Pause: while the reader wants it, nothing on the page moves; what comes waits, and is counted.

import { setText } from "./elements.js";
import { handFocusOn } from "./focus.js";
import { words } from "./words.js";

export class Pause {
  /** `onResume()` shows what waited. */
  constructor(button, onResume) {
    this.button = button;
    this.onResume = onResume;
    this.paused = false;
    this.waiting = 0;
    button.hidden = false;
    button.addEventListener("click", () => this.toggle());
  }

  /** Whether `added` more sentences wait. */
  holds(added) {
    if (!this.paused) return false;
    this.waiting += added;
    this.show();
    return true;
  }

  toggle() {
    this.paused = !this.paused;
    this.show();
    if (!this.paused) this.onResume();
  }

  resume() {
    if (this.paused) this.toggle();
  }

  /** How many sentences waited; they count no more. */
  take() {
    const waited = this.waiting;
    this.waiting = 0;
    this.show();
    return waited;
  }

  /** Nothing more will come. */
  retire() {
    handFocusOn(this.button, this.button.nextElementSibling);
    this.button.remove();
  }

  show() {
    const text = !this.paused ? words("meeting.pause")
      : this.waiting ? words("meeting.resume_new", { n: this.waiting }) : words("meeting.resume");
    this.button.classList.toggle("on", this.paused);
    setText(this.button, text);
  }
}
