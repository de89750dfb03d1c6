// What a reader may change: a sentence, who somebody is, a bookmark. This page follows by its events, as every
// other one that is open. The dialogs are loaded when one is first wanted.

import { Later } from "./later.js";
import { notice } from "./notice.js";
import { words } from "./words.js";

export class Editing {
  /** `url` is the meeting's; `listening` knows what moment there is to bookmark, and plays what is corrected. */
  constructor(url, listening) {
    this.listening = listening;
    this.edits = new Later((tries) => import(`./edits.js?${tries}`).then(({ Edits }) => new Edits(url, listening)));
  }

  /** Adds to what can be done with a sentence, and by keys; `people` and `bookmarks` are lists with a button
   *  `.change` in each item. */
  begin(selected, keys, people, bookmarks) {
    const mark = (event) => {
      const moment = this.listening.moment(event?.target);
      this.use((edits) => edits.openMoment(moment));
    };
    const onChange = (list, open) => list.addEventListener("click", ({ target }) => {
      const item = target.closest(".change")?.closest("li");
      if (item) this.use((edits) => open(edits, item.dataset.id));
    });
    selected.offer("correct", (sentence) => this.use((edits) => edits.openSentence(sentence)));
    selected.offer("bookmark", ({ start_ms }) => this.use((edits) => edits.openBookmark({ at_ms: start_ms })));
    onChange(people, (edits, id) => edits.openPerson(id));
    onChange(bookmarks, (edits, id) => edits.openKnownBookmark(id));
    for (const button of document.querySelectorAll("[data-mark]")) button.addEventListener("click", mark);
    for (const button of document.querySelectorAll("[data-mark], .change")) button.hidden = false;
    keys.add("b", "edit.mark_moment", mark);
  }

  async use(action) {
    const edits = await this.edits.get();
    if (edits) action(edits);
    else complain();
  }
}

/** The service cannot be reached: the reader is not left waiting. */
export function complain() {
  notice(words("edit.unreachable"));
}
