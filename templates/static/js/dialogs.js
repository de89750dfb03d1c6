// A dialog that changes one thing in the service, of the version it was opened with: whoever was faster is
// shown, and nothing of theirs is overwritten unless the reader says so.

import { words } from "./words.js";

export class EditDialog {
  /** `save(form)` returns `[url, {method, body}]`, or nothing if there is nothing to save. */
  constructor(dialog, save) {
    this.dialog = dialog;
    this.form = dialog.querySelector("form");
    this.save = save;
    this.version = 0;
    this.saving = false;
    this.part("close").addEventListener("click", () => dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  part(name) {
    return this.dialog.querySelector(`[data-edit="${name}"]`);
  }

  /** Shows what is to be changed, which is at `version`; null for whatever there is. */
  open(fields, version) {
    this.version = version;
    this.contested = false;
    this.opened = Object.values(fields);
    for (const [name, value] of Object.entries(fields)) this.form.elements[name].value = value;
    this.tell("");
    this.part("other").hidden = true;
    this.dialog.showModal();
  }

  async submit() {
    const wanted = this.save(this.form.elements);
    if (wanted) await this.submitAs(...wanted);
    else this.dialog.close();
  }

  /** Changes something and closes; says why if it cannot be changed. */
  async submitAs(url, request) {
    if (this.saving) return;
    this.saving = true;
    const done = await this.change(url, request);
    this.saving = false;
    if (done) this.dialog.close();
  }

  /** Whether it is changed now; if not, the dialog says why. */
  async change(url, { method, body }) {
    const headers = { "If-Match": this.version === null ? "*" : `"${this.version}"` };
    if (body) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    } catch {
      this.tell(words("edit.unreachable"));
      return false;
    }
    if (answer.ok) return true;
    const problem = await answer.json().catch(() => ({}));
    if (problem.code === "outdated") this.showOther(problem.current);
    else this.tell(problem.detail ?? words("edit.failed"));
    return false;
  }

  /** Somebody was faster: what they wrote, which is replaced if this is saved again. */
  showOther(current) {
    this.version = current.version;
    this.contested = true;
    const other = this.part("other");
    const text = current.text ?? current.name ?? current.note;
    const known = text === undefined || this.opened.includes(text);
    other.textContent = known ? words("edit.changed") : words("edit.changed_to", { text });
    other.hidden = false;
  }

  tell(text) {
    this.part("trouble").textContent = text;
  }
}

/** What the service says, as JSON; nothing if it cannot be had. */
export async function read(url) {
  try {
    const answer = await fetch(url);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
