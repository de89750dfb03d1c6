// A dialog that changes one thing in the service, of the version it was opened with: whoever was faster is
// shown, and nothing of theirs is overwritten or deleted unless the reader says so.

import { words } from "./words.js";

const GONE = 404;

export class EditDialog {
  /** `save(form)` returns `[url, {method, body}]`, or nothing if there is nothing to save; `remark(answer)` what the
   *  reader has to know of what was changed, if anything. */
  constructor(dialog, save, remark = () => "") {
    this.dialog = dialog;
    this.form = dialog.querySelector("form");
    this.save = save;
    this.remark = remark;
    this.part("close").addEventListener("click", () => dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  part(name) {
    return this.dialog.querySelector(`[data-edit="${name}"]`);
  }

  /** Shows what is to be changed of `subject`, which is at `version`; null for whatever there is. */
  open(subject, fields, version) {
    this.subject = subject;
    this.version = version;
    this.contested = this.saving = false;
    this.opened = Object.values(fields);
    for (const [name, value] of Object.entries(fields)) this.form.elements[name].value = value;
    this.tell("");
    this.part("other").hidden = true;
    this.settle(false);
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
    const { subject } = this;
    this.saving = true;
    const done = await this.change(url, request);
    if (subject !== this.subject) return; // meanwhile it is open for something else
    this.saving = false;
    if (!done) return;
    const remark = this.remark(done);
    if (!remark) return this.dialog.close();
    this.showNote(remark);
    this.settle(true);
  }

  /** It is done, and stays to be read. */
  settle(done) {
    for (const control of this.form.elements) if (control !== this.part("close")) control.disabled = done;
    this.part("close").textContent = words(done ? "common.close" : "edit.cancel");
    if (done) this.part("close").focus();
  }

  /** What it is now; nothing if it is not changed, and the dialog says why. */
  async change(url, { method, body }) {
    const { subject } = this;
    const headers = { "If-Match": this.version === null ? "*" : `"${this.version}"` };
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) }).catch(() => null);
    const said = await answer?.json().catch(() => ({}));
    if (answer?.ok) return said;
    if (subject !== this.subject) return;
    if (!answer) this.tell(words("edit.unreachable"));
    else if (said.code === "outdated") this.showOther(said.current, method === "PATCH" || method === "PUT");
    else this.tell(answer.status === GONE ? words("edit.gone") : said.detail ?? words("edit.failed"));
  }

  /** Somebody was faster: what they wrote, which is replaced if the same is pressed again. */
  showOther(current, saving) {
    this.version = current.version;
    this.contested = true;
    const text = current.text ?? current.name ?? current.note;
    const known = text === undefined || this.opened.includes(text);
    const changed = known ? words("edit.changed") : words("edit.changed_to", { text });
    this.showNote(`${changed} ${words(saving ? "edit.save_again" : "edit.press_again")}`);
  }

  showNote(text) {
    const note = this.part("other");
    note.textContent = text;
    note.hidden = false;
  }

  tell(text) {
    this.part("trouble").textContent = text;
  }
}

/** What the service says, as JSON; nothing if it cannot be had. */
export async function read(url) {
  const answer = await fetch(url).catch(() => null);
  return answer?.ok ? answer.json().catch(() => null) : null;
}
