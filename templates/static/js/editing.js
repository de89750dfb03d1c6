// What a reader may change: a sentence, who somebody is, a bookmark. This page follows by its events, as every
// other one that is open.

import { EditDialog, read } from "./dialogs.js";
import { clock, localiseTimes } from "./format.js";
import { words } from "./words.js";

export class Editing {
  /** `url` is the meeting's; `people` and `bookmarks` are lists with a button `.change` in each item. */
  constructor(url, people, bookmarks) {
    const find = (id) => document.getElementById(id);
    this.url = url;
    this.sentence = new EditDialog(find("edit-sentence"), (fields) => this.saveSentence(fields), remarkOn);
    this.person = new EditDialog(find("edit-person"), (fields) => this.savePerson(fields));
    this.bookmark = new EditDialog(find("edit-bookmark"), (fields) => this.saveBookmark(fields));
    this.person.part("delete").addEventListener("click", () => this.deletePerson());
    this.bookmark.part("delete").addEventListener("click", () => this.deleteBookmark());
    for (const button of document.querySelectorAll(".change")) button.hidden = false;
    people.addEventListener("click", ({ target }) => {
      if (target.closest(".change")) this.openPerson(target.closest("li").dataset.id);
    });
    bookmarks.addEventListener("click", ({ target }) => {
      if (target.closest(".change")) this.openKnownBookmark(target.closest("li").dataset.id);
    });
  }

  /** Adds to what can be done with a sentence, and by keys; `moment()` is what there is to bookmark else. */
  begin(selected, keys, moment) {
    selected.offer("correct", ({ id }) => this.openSentence(id));
    selected.offer("bookmark", ({ start_ms }) => this.openBookmark({ at_ms: start_ms }));
    const mark = async () => this.openBookmark({ at_ms: await moment() });
    for (const button of document.querySelectorAll("[data-mark]")) {
      button.addEventListener("click", mark);
      button.hidden = false;
    }
    keys.add("b", "edit.mark_moment", mark);
  }

  async openSentence(id) {
    const found = await read(this.place("sentences", id));
    if (!found) return complain();
    this.id = id;
    this.was = found.text;
    this.sentence.open({ text: found.text }, found.version);
    const [, ...earlier] = found.history;
    const versions = this.sentence.part("versions");
    versions.hidden = !earlier.length;
    versions.querySelector("ul").replaceChildren(...earlier.map((version) => this.makeVersion(version)));
    localiseTimes(versions);
  }

  /** A text that the sentence had, since when, and a button that brings it back. */
  makeVersion({ version, text, written_at }) {
    const row = document.createElement("li");
    const said = document.createElement("q");
    said.dir = "auto";
    said.textContent = text;
    const when = document.createElement(written_at ? "time" : "small");
    if (written_at) when.dateTime = written_at;
    else when.textContent = words("edit.recognised");
    const back = makeButton("edit.undo_to", () => this.sentence.submitAs(this.place("sentences", this.id), {
      method: "PATCH", body: { text: version ? text : null } }));
    back.hidden = text === this.was;
    row.append(said, " ", when, " ", back);
    return row;
  }

  saveSentence({ text }) {
    if (text.value.trim() === this.was && !this.sentence.contested) return null;
    return [this.place("sentences", this.id), { method: "PATCH", body: { text: text.value } }];
  }

  async openPerson(id) {
    const meeting = await read(this.url);
    const person = meeting?.participants.find((one) => one.id === id);
    if (!person) return complain();
    this.id = id;
    this.was = person.name;
    const others = meeting.participants.filter((one) => one.id !== id && !one.merged_into);
    const into = this.person.form.elements.into;
    into.replaceChildren(into.options[0], ...others.map((one) => new Option(one.name, one.id)));
    this.showAliases(person);
    this.person.open({ name: person.name, into: "" }, person.version);
  }

  showAliases({ aliases }) {
    this.person.part("aliases").replaceChildren(...aliases.map((alias) => this.makeAlias(alias)));
  }

  /** An id that was said to be this person too, and a button that says it is not. */
  makeAlias(id) {
    const row = document.createElement("p");
    row.append(words("edit.also", { name: id }), " ", makeButton("edit.part", () => {
      this.person.version = null;
      this.person.submitAs(this.place("participants", id, "merge"), { method: "DELETE" });
    }));
    return row;
  }

  savePerson({ name, into }) {
    const place = this.place("participants", this.id);
    if (into.value) return [`${place}/merge`, { method: "PUT", body: { into: into.value } }];
    return name.value.trim() === this.was && !this.person.contested ? null : [place, { method: "PATCH", body: { name: name.value } }];
  }

  async deletePerson() {
    if (!confirm(words("edit.delete_person_sure", { name: this.was }))) return;
    await this.person.submitAs(this.place("participants", this.id), { method: "DELETE" });
    if (!this.person.contested) return;
    const found = await read(this.url);
    const person = found?.participants.find((one) => one.id === this.id);
    if (person) this.showAliases(person); // who would go with them now
  }

  async openKnownBookmark(id) {
    const found = await read(this.place("bookmarks", id));
    if (found) this.openBookmark(found);
    else complain();
  }

  /** A new one at a moment, or one that is there, with its `id`. */
  openBookmark({ id, at_ms, note = "", version = 0 }) {
    if (this.bookmark.dialog.open) return;
    this.id = id;
    this.at_ms = at_ms;
    this.bookmark.open({ note }, version);
    this.bookmark.part("at").textContent = clock(at_ms);
    this.bookmark.part("delete").hidden = id === undefined;
  }

  saveBookmark({ note }) {
    if (this.id !== undefined) {
      return [this.place("bookmarks", this.id), { method: "PATCH", body: { note: note.value } }];
    }
    return [`${this.url}/bookmarks`, { method: "POST", body: { at_ms: this.at_ms, note: note.value } }];
  }

  deleteBookmark() {
    this.bookmark.submitAs(this.place("bookmarks", this.id), { method: "DELETE" });
  }

  place(...parts) {
    return [this.url, ...parts.map(encodeURIComponent)].join("/");
  }
}

/** What was changed is a former revision's: what that means for the text that others read. */
function remarkOn({ current, current_id }) {
  return current ? "" : words(current_id ? "edit.former_too" : "edit.former_only");
}

function makeButton(phrase, action) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = words(phrase);
  button.addEventListener("click", action);
  return button;
}

/** Nothing could be read: the reader is not left waiting. */
function complain() {
  alert(words("edit.unreachable"));
}
