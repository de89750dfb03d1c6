// Who this browser is in a meeting, over reloads: kept here and nowhere else. What cannot be kept is made anew.

import { keep, recall } from "./kept.js";

export class Place {
  constructor(meeting) {
    this.key = `talk ${meeting}`;
  }

  /** Who takes part with this kind of sound: `{id, zero}`; the same in every tab. */
  who(kind) {
    return read("localStorage", `${this.key} ${kind}`) ?? { id: makeId(), zero: null };
  }

  keep(kind, who) {
    write("localStorage", `${this.key} ${kind}`, who);
  }

  /** What this tab was doing, if it was talking when it was reloaded. */
  get talking() {
    return read("sessionStorage", this.key);
  }

  set talking(doing) {
    write("sessionStorage", this.key, doing);
  }

  get name() {
    return read("localStorage", "talk name") ?? "";
  }

  set name(name) {
    write("localStorage", "talk name", name);
  }

  /** The meeting takes nothing more. */
  forget(kind) {
    this.talking = null;
    write("localStorage", `${this.key} ${kind}`, null);
  }
}

function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function read(storage, key) {
  try {
    return JSON.parse(recall(key, storage));
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  keep(key, value === null ? null : JSON.stringify(value), storage);
}
