// Single keys as shortcuts, with a help that lists them; they can be switched off, and rest while somebody writes.

import { keep, recall } from "./kept.js";
import { words } from "./words.js";

const OFF = "single-keys-off";
const WRITING = "input:not([type=checkbox], [type=range], [type=radio]), textarea, select, [contenteditable]";

/** Whether the reader has left them on. */
export function singleKeysWork() {
  return recall(OFF) === null;
}

export class Keys {
  constructor(dialog, button) {
    this.dialog = dialog;
    this.list = dialog.querySelector("dl");
    this.actions = new Map();
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
    dialog.querySelector("button").addEventListener("click", () => dialog.close());
    const box = dialog.querySelector("input");
    box.checked = singleKeysWork();
    box.addEventListener("change", () => keep(OFF, box.checked ? null : "1"));
    addEventListener("keydown", (event) => this.onKey(event));
    this.add("?", "keys.help", () => (dialog.open ? dialog.close() : dialog.showModal()));
  }

  /** `key` does `action()` from now on; `phrase` says what in the help. */
  add(key, phrase, action) {
    this.actions.set(key, action);
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const shown = document.createElement("kbd");
    const told = document.createElement("dd");
    shown.textContent = key;
    told.textContent = words(phrase);
    term.append(shown);
    row.append(term, told);
    this.list.append(row);
  }

  onKey(event) {
    const action = this.actions.get(event.key);
    if (!action || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.(WRITING) || !singleKeysWork()) return;
    const open = document.querySelector("dialog[open]");
    if (open && open.dataset.key !== event.key) return;
    event.preventDefault();
    action();
  }
}

/** Moves to the turn after (1) or before (-1) the one that is read. */
export function moveTurn(log, step) {
  const turns = [...log.querySelectorAll(".turn:not([data-draft])")];
  const at = turns.indexOf(document.activeElement?.closest(".turn"));
  const first = turns.findIndex((turn) => turn.getBoundingClientRect().bottom > innerHeight / 4);
  const turn = turns[at >= 0 ? at + step : Math.max(first, 0)];
  if (!turn) return;
  turn.tabIndex = -1;
  turn.focus();
}
