// What a reader may change: a sentence, who somebody is, a bookmark. This page follows by its events, as every
// other one that is open.

import { EditDialog, read } from "./dialogs.js";
import { words } from "./words.js";

export class Editing {
  /** `url` is the meeting's; `people` and `bookmarks` are lists with a button `.change` in each item. */
  constructor(url, people, bookmarks) {
    const find = (id) => document.getElementById(id);
    this.url = url;
    this.sentence = new EditDialog(find("edit-sentence"), (fields) => this.saveSentence(fields));
    this.person = new EditDialog(find("edit-person"), (fields) => this.savePerson(fields));
    this.bookmark = new EditDialog(find("edit-bookmark"), (fields) => this.saveBookmark(fields));
    this.sentence.part("undo").addEventListener("click", () => this.undo());
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

  /** Adds to what can be done with a sentence. */
  begin(selected) {
    selected.offer("correct", ({ id }) => this.openSentence(id));
    selected.offer("bookmark", ({ start_ms }) => this.openBookmark({ at_ms: start_ms }));
  }

  async openSentence(id) {
    const found = await read(this.place("sentences", id));
    if (!found) return complain();
    this.id = id;
    this.was = found.text;
    this.sentence.open({ text: found.text }, found.version);
    this.sentence.part("undo").hidden = !found.edited;
    const original = this.sentence.part("original");
    original.hidden = !found.edited;
    original.querySelector("q").textContent = found.original;
  }

  saveSentence({ text }) {
    if (text.value.trim() === this.was && !this.sentence.contested) return null;
    return [this.place("sentences", this.id), { method: "PATCH", body: { text: text.value } }];
  }

  undo() {
    this.sentence.submitAs(this.place("sentences", this.id, "undo"), { method: "POST" });
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
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = words("edit.part");
    button.addEventListener("click", () => {
      this.person.version = null;
      this.person.submitAs(this.place("participants", id, "merge"), { method: "DELETE" });
    });
    row.append(words("edit.also", { name: id }), " ", button);
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
    this.id = id;
    this.at_ms = at_ms;
    this.bookmark.open({ note }, version);
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

/** Nothing could be read: the reader is not left waiting. */
function complain() {
  alert(words("edit.unreachable"));
}
