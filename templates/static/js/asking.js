// The two dialogs of the list: a meeting's other title, and whether it is to be deleted.

import { words } from "./words.js";

/** Asks, does it, and says what was done; null if it was not. `meeting` has `id`, `title` and `state`. */
export function ask(what, meeting) {
  return what === "rename" ? askTitle(meeting) : askDeletion(meeting);
}

function askTitle({ id, title }) {
  const dialog = document.getElementById("rename-dialog");
  const field = dialog.querySelector("input");
  field.value = title;
  return open(dialog, async () => {
    const wanted = field.value.trim();
    const answer = await request("PATCH", id, { title: wanted });
    return answer.refused ? answer : { done: wanted };
  });
}

function askDeletion({ id, title, state }) {
  const dialog = document.getElementById("delete-dialog");
  dialog.querySelector("h2").textContent = words("list.delete_title", { title });
  document.getElementById("delete-text").textContent = words(state === "ended" ? "list.delete_text" : "list.delete_live");
  return open(dialog, async () => {
    const answer = await request("DELETE", id);
    return answer.refused ? answer : { done: words("list.deleted", { title }) };
  });
}

/** Shows the dialog until `act()` is done or the reader leaves it. */
function open(dialog, act) {
  const form = dialog.querySelector("form");
  const amiss = dialog.querySelector(".amiss");
  const stop = new AbortController();
  const listen = (target, kind, does) => target.addEventListener(kind, does, { signal: stop.signal });
  amiss.textContent = "";
  return new Promise((resolve) => {
    let done = null;
    listen(dialog, "close", () => { stop.abort(); resolve(done); });
    listen(dialog, "click", (event) => event.target === dialog && dialog.close());
    listen(form.querySelector("[value=cancel]"), "click", () => dialog.close());
    listen(form, "submit", async (event) => {
      event.preventDefault();
      const answer = await act();
      amiss.textContent = answer.refused ?? "";
      if (answer.refused) return;
      done = answer.done;
      dialog.close();
    });
    dialog.showModal();
    form.querySelector("input")?.select();
  });
}

/** `{refused}` says why it was not done. What is gone already is deleted. */
async function request(method, id, body) {
  const headers = body && { "Content-Type": "application/json" };
  const options = { method, headers, body: body && JSON.stringify(body) };
  const answer = await fetch(`/v1/meetings/${encodeURIComponent(id)}`, options).catch(() => null);
  if (answer?.ok || (answer?.status === 404 && method === "DELETE")) return {};
  const said = await answer?.json().catch(() => null);
  return { refused: said?.detail ?? words("list.no_answer") };
}
