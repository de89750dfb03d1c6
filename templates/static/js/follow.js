// Follow mode: stay at the end while the reader is there; leave the reader alone anywhere else.

import { handFocusOn } from "./focus.js";
import { words } from "./words.js";

const NEAR_PX = 96;

export class Follow {
  /** `log` has what is followed. */
  constructor(button, log) {
    this.button = button;
    this.log = log;
    this.missed = 0;
    this.retired = false;
    this.following = atEnd();
    addEventListener("scroll", () => this.onScroll(), { passive: true });
    button.addEventListener("click", () => this.jump());
  }

  /** Calls `change`, which adds `added` sentences, and stays at the end if the reader was there. */
  around(change, added) {
    change();
    if (this.following) toEnd();
    else this.missed += added;
    this.show();
  }

  jump() {
    this.following = !this.retired;
    this.missed = 0;
    toEnd();
    this.show();
  }

  /** Nothing more will come: the reader is left alone. */
  retire() {
    this.retired = true;
    this.following = false;
    this.handOn();
    this.button.remove();
  }

  onScroll() {
    this.following = !this.retired && atEnd();
    if (this.following) this.missed = 0;
    this.show();
  }

  /** Who pressed the button reads on where it leads. */
  handOn() {
    if (document.activeElement !== this.button) return; // before looking for where, through all that was said
    handFocusOn(this.button, [...this.log.querySelectorAll(".turn:not([data-draft])")].at(-1) ?? this.log);
  }

  show() {
    if (this.following) this.handOn();
    this.button.hidden = this.following;
    this.button.textContent = this.missed ? words("meeting.jump_new", { n: this.missed }) : words("meeting.jump");
  }
}

function atEnd() {
  const page = document.documentElement;
  return page.scrollHeight - innerHeight - scrollY < NEAR_PX;
}

function toEnd() {
  scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
}
