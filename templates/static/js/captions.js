// Captions for a large screen: the last three lines of what is said, large, white on black, who speaks by name.

const TURNS = 3;
const TURN_CHARS = 240; // more than three lines of it are never seen
const STAY_MS = 8_000; // after the last word

export class Captions {
  /** `onOpen()` is asked to render. */
  constructor(dialog, button, onOpen) {
    this.onOpen = onOpen;
    this.dialog = dialog;
    this.lines = dialog.querySelector(".lines");
    this.empty = dialog.querySelector(".quiet");
    this.text = "";
    this.timer = null;
    this.after_ms = 0;
    button.hidden = false;
    button.addEventListener("click", () => this.open());
    dialog.querySelector("button").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => this.onClose());
    if (new URLSearchParams(location.search).has("captions")) dialog.showModal();
  }

  open() {
    this.onOpen();
    this.dialog.showModal();
    this.dialog.requestFullscreen?.().catch(() => {}); // a browser may refuse; it is large all the same
    navigator.wakeLock?.request("screen").then((lock) => { this.lock = lock; }, () => {});
  }

  toggle() {
    if (this.dialog.open) this.dialog.close();
    else this.open();
  }

  onClose() {
    this.clear([]);
    if (document.fullscreenElement) document.exitFullscreen();
    this.lock?.release();
    this.lock = null;
  }

  /** While they are open, shows the end of these turns if it differs; nothing that was gone comes again. */
  render(entries, personOf) {
    if (!this.dialog.open) return;
    const last = entries.filter((entry) => entry.kind === "turn").slice(-TURNS);
    const turns = last.map((turn) => ({ person: personOf(turn.participant_id), said: tail(turn, this.after_ms) }))
      .filter(({ said }) => said);
    const text = turns.map(({ person, said }) => `${person.name}: ${said}`).join("\n");
    if (text === this.text) return;
    this.text = text;
    this.lines.replaceChildren(...turns.map(makeLine));
    this.empty.hidden = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.clear(last), STAY_MS);
  }

  clear(turns) {
    this.after_ms = Math.max(this.after_ms, ...turns.flatMap((turn) => turn.items.map((item) => item.end_ms)));
    this.text = "";
    this.lines.replaceChildren();
  }
}

function tail({ items }, after_ms) {
  const shown = items.filter((item) => item.text && item.end_ms > after_ms);
  const said = shown.map((item) => item.text).join(" ");
  if (said.length <= TURN_CHARS) return said;
  return said.slice(said.indexOf(" ", said.length - TURN_CHARS) + 1);
}

function makeLine({ person, said }) {
  const line = document.createElement("p");
  line.className = `speaker-${person.colour}`;
  line.dir = "auto";
  const name = document.createElement("b");
  name.textContent = `${person.name}:`;
  line.append(name, ` ${said}`);
  return line;
}
