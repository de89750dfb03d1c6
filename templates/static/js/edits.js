// The dialogs in which a reader changes a sentence, who somebody is, a bookmark.

import { EditDialog, read } from "./dialogs.js";
import { complain } from "./editing.js";
import { offerPeople } from "./elements.js";
import { clock, localiseTimes } from "./format.js";
import { words } from "./words.js";

export class Edits {
  /** `url` is the meeting's; `listening` plays what is corrected. */
  constructor(url, listening) {
    const find = (id) => document.getElementById(id);
    this.url = url;
    this.listening = listening;
    this.sentence = new EditDialog(find("edit-sentence"), (fields) => this.saveSentence(fields), remarkOn);
    this.person = new EditDialog(find("edit-person"), (fields) => this.savePerson(fields));
    this.bookmark = new EditDialog(find("edit-bookmark"), (fields) => this.saveBookmark(fields));
    this.sentence.part("play").addEventListener("click", () => {
      const { start_ms, end_ms } = this.sentence.subject;
      listening.play(start_ms, "", end_ms);
    });
    this.person.part("delete").addEventListener("click", () => this.deletePerson());
    this.bookmark.part("delete").addEventListener("click", () => this.deleteBookmark());
    // Who is somebody else has their name.
    const { name, into } = this.person.form.elements;
    into.addEventListener("change", () => { name.disabled = Boolean(into.value); });
  }

  /** What a dialog is to show; null if it cannot be had, or the reader has gone on to another before it came. */
  async ask(answer) {
    const asked = (this.asked = {});
    const found = await answer;
    if (asked !== this.asked || document.querySelector("dialog[open]")) return null;
    if (found === null) complain();
    return found;
  }

  async openSentence({ id, start_ms, end_ms }) {
    const found = await this.ask(read(this.place("sentences", id)));
    if (!found) return;
    this.sentence.open({ id, start_ms, end_ms, was: found.text }, { text: found.text }, found.version);
    this.sentence.part("play").hidden = !this.listening.able;
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
    const back = makeButton("edit.undo_to", () => this.sentence.submitAs(this.place("sentences", this.sentence.subject.id), {
      method: "PATCH", body: { text: version ? text : null } }));
    back.hidden = text === this.sentence.subject.was;
    row.append(said, " ", when, " ", back);
    return row;
  }

  saveSentence({ text }) {
    const { id, was } = this.sentence.subject;
    if (text.value.trim() === was && !this.sentence.contested) return null;
    return [this.place("sentences", id), { method: "PATCH", body: { text: text.value } }];
  }

  async openPerson(id) {
    const meeting = await this.ask(read(this.url));
    if (!meeting) return;
    const person = meeting.participants.find((one) => one.id === id);
    if (!person) return complain();
    const others = meeting.participants.filter((one) => one.id !== id && !one.merged_into);
    offerPeople(this.person.form.elements.into, others);
    this.showAliases(person);
    this.person.open({ id, was: person.name }, { name: person.name, into: "" }, person.version);
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
    const { id, was } = this.person.subject;
    const place = this.place("participants", id);
    if (into.value) return [`${place}/merge`, { method: "PUT", body: { into: into.value } }];
    return name.value.trim() === was && !this.person.contested ? null : [place, { method: "PATCH", body: { name: name.value } }];
  }

  async deletePerson() {
    const { subject } = this.person;
    if (!confirm(words("edit.delete_person_sure", { name: subject.was }))) return;
    await this.person.submitAs(this.place("participants", subject.id), { method: "DELETE" });
    if (!this.person.contested) return;
    const found = await read(this.url);
    const person = found?.participants.find((one) => one.id === subject.id);
    if (person && subject === this.person.subject) this.showAliases(person); // who would go with them now
  }

  /** A new bookmark at a moment that is being asked for. */
  async openMoment(moment) {
    const at_ms = await this.ask(moment);
    if (at_ms !== null) this.openBookmark({ at_ms });
  }

  async openKnownBookmark(id) {
    const found = await this.ask(read(this.place("bookmarks", id)));
    if (found) this.openBookmark(found);
  }

  /** A new one at a moment, or one that is there, with its `id`. */
  openBookmark({ id, at_ms, note = "", version = 0 }) {
    this.asked = null;
    this.bookmark.open({ id, at_ms }, { note }, version);
    this.bookmark.part("at").textContent = clock(at_ms);
    this.bookmark.part("delete").hidden = id === undefined;
  }

  saveBookmark({ note }) {
    const { id, at_ms } = this.bookmark.subject;
    if (id !== undefined) return [this.place("bookmarks", id), { method: "PATCH", body: { note: note.value } }];
    return [this.place("bookmarks"), { method: "POST", body: { at_ms, note: note.value } }];
  }

  deleteBookmark() {
    this.bookmark.submitAs(this.place("bookmarks", this.bookmark.subject.id), { method: "DELETE" });
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
