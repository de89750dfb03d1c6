// The sentence that a reader has picked, marked, with what can be done with it beside it. One at a time.
// The time of a turn is a button that picks its first sentence; arrows go on from there.

import { handFocusOn } from "./focus.js";
import { tell } from "./notice.js";
import { words } from "./words.js";

const GAP_PX = 4;
const NEAR_PX = 160;

export class Selected {
  /** `toolbar` has a button `[data-do]` for each action; `find(id)` is the sentence as the store has it. */
  constructor(log, toolbar, find) {
    this.log = log;
    this.toolbar = toolbar;
    this.find = find;
    this.id = null;
    this.actions = new Map();
    for (const link of log.querySelectorAll("a.at")) link.replaceWith(makeTime(link.textContent, !link.hash));
    log.addEventListener("click", (event) => this.onClick(event));
    log.addEventListener("keydown", (event) => this.onKey(event));
    toolbar.addEventListener("click", (event) => this.onAction(event.target.closest("[data-do]")));
    toolbar.addEventListener("keydown", (event) => this.onToolbarKey(event));
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".sentence, .actions, dialog")) this.drop();
    });
    addEventListener("resize", () => this.place());
    this.offer("before", () => this.step(-1));
    this.offer("after", () => this.step(1));
  }

  /** The button of that name does `action(sentence)`. */
  offer(name, action) {
    this.actions.set(name, action);
    for (const button of this.toolbar.querySelectorAll(`[data-do="${name}"]`)) button.hidden = false;
  }

  get element() {
    return this.id && document.getElementById(`s-${this.id}`);
  }

  pick(element) {
    this.unmark();
    this.id = element.dataset.id;
    element.classList.add("picked");
    this.toolbar.hidden = false;
    this.place();
    for (const shown of [element, this.toolbar]) shown.scrollIntoView({ block: "nearest" });
  }

  unmark() {
    this.element?.classList.remove("picked");
    this.element?.removeAttribute("data-room");
  }

  /** Who was at its buttons goes on at its turn. */
  drop() {
    handFocusOn(this.toolbar, this.element?.closest(".turn").querySelector(".at") ?? this.log);
    this.unmark();
    this.id = null;
    this.toolbar.hidden = true;
  }

  /** Where it covers nothing that is still to be read: after the turn, which makes room for it, or if that ends
   *  far below, above the sentence. A phone has it at the bottom of the window. */
  place() {
    const element = this.element;
    if (!element) return this.drop();
    const { toolbar } = this;
    const around = toolbar.parentElement.getBoundingClientRect();
    const paragraph = element.parentElement;
    const { left, right, bottom } = paragraph.getBoundingClientRect();
    const sentence = element.getBoundingClientRect();
    const isNear = bottom - sentence.bottom < NEAR_PX;
    element.toggleAttribute("data-room", isNear);
    const x = getComputedStyle(paragraph).direction === "rtl" ? right - toolbar.offsetWidth : left;
    const y = isNear ? bottom + GAP_PX : sentence.top - GAP_PX - toolbar.offsetHeight;
    const furthest = around.width - toolbar.offsetWidth;
    toolbar.style.setProperty("--left", `${Math.max(0, Math.min(x - around.left, furthest))}px`);
    toolbar.style.setProperty("--top", `${y - around.top}px`);
    this.log.style.setProperty("--room", `${toolbar.offsetHeight}px`);
  }

  step(by) {
    const all = [...this.log.querySelectorAll(".sentence")];
    const next = all[all.indexOf(this.element) + by];
    if (!next) return;
    this.pick(next);
    tell(next.textContent); // who does not see which one is picked hears it
  }

  /** Picks a turn's first sentence and goes to what can be done with it. */
  pickFirst(turn) {
    const first = turn.querySelector(".sentence");
    this.pick(first);
    this.toolbar.querySelector("button:not([hidden])").focus();
    tell(first.textContent);
  }

  onClick(event) {
    if (event.target.matches(".at")) return this.pickFirst(event.target.closest(".turn"));
    const sentence = event.target.closest(".sentence");
    if (!sentence || !getSelection().isCollapsed) return;
    if (sentence.dataset.id === this.id) this.drop();
    else this.pick(sentence);
  }

  /** Enter on a turn that has the focus picks its first sentence. */
  onKey(event) {
    if (event.key !== "Enter" || !event.target.matches(".turn:has(.sentence)")) return;
    event.preventDefault(); // or the key works the button that has the focus next
    this.pickFirst(event.target);
  }

  onToolbarKey(event) {
    const buttons = [...this.toolbar.querySelectorAll("button:not([hidden])")];
    const at = buttons.indexOf(document.activeElement);
    if (event.key === "Escape") {
      this.drop();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      buttons.at((at + (event.key === "ArrowRight" ? 1 : -1)) % buttons.length).focus();
    } else return;
    event.preventDefault();
  }

  onAction(button) {
    const sentence = button && this.id && this.find(this.id);
    if (sentence) this.actions.get(button.dataset.do)(sentence);
  }
}

/** A turn's time as a button; one without a sentence leads nowhere. */
export function makeTime(text = "", disabled = true) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "at";
  button.title = words("listen.pick");
  button.textContent = text;
  button.disabled = disabled;
  return button;
}
