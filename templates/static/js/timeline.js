// A lane for each speaker: who spoke when, where audio is missing, where the player is. A click goes there.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 1;
const DRAWN = { gap: "missing", stretch: "lost", sentence: "said" };

export class Timeline {
  /** `onSeek` is told the millisecond of the meeting, and whose lane it was. */
  constructor(element, onSeek) {
    this.element = element;
    this.lanes = element.querySelector(".lanes");
    this.playhead = element.querySelector(".playhead");
    this.length_ms = 0;
    this.open = false;
    this.rows = new Map();
    this.lanes.addEventListener("click", (event) => {
      const drawing = event.target.closest("svg");
      if (!drawing) return;
      const { left, width } = drawing.getBoundingClientRect();
      onSeek(((event.clientX - left) / width) * this.length_ms);
    });
  }

  /** Draws people `[{id, name, colour}]` and their items `[{kind, participant_id, start_ms, end_ms}]`. */
  render(people, items, length_ms) {
    this.length_ms = Math.max(1_000, length_ms);
    const of = new Map(people.map(({ id }) => [id, []]));
    for (const item of items) of.get(item.participant_id)?.push(item);
    const speakers = people.filter(({ id }) => of.get(id).length);
    this.element.hidden = !speakers.length || !this.open;
    for (const [id, row] of this.rows) {
      if (speakers.some((person) => person.id === id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    for (const person of speakers) this.renderLane(person, of.get(person.id));
  }

  renderLane(person, items) {
    let row = this.rows.get(person.id);
    if (!row) {
      row = makeLane();
      this.rows.set(person.id, row);
      this.lanes.append(row);
    }
    row.className = `lane speaker-${person.colour}`;
    const name = row.querySelector(".name");
    if (name.textContent !== person.name) name.textContent = person.name;
    row.querySelector("svg").setAttribute("viewBox", `0 0 ${this.length_ms} ${HEIGHT}`);
    for (const [kind, className] of Object.entries(DRAWN)) {
      const drawn = items.filter((item) => item.kind === kind).map(draw).join("");
      const path = row.querySelector(`.${className}`);
      if (path.getAttribute("d") !== drawn) path.setAttribute("d", drawn);
    }
  }

  /** Where the player is; at the very beginning it has not been used. */
  moveTo(at_ms) {
    this.playhead.hidden = !at_ms;
    this.playhead.style.setProperty("--at", Math.min(1, at_ms / (this.length_ms || 1)));
  }
}

function makeLane() {
  const row = document.createElement("li");
  const name = document.createElement("span");
  name.className = "name";
  name.dir = "auto";
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("aria-hidden", "true");
  for (const className of Object.values(DRAWN)) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", className);
    drawing.append(path);
  }
  row.append(name, drawing);
  return row;
}

function draw({ start_ms, end_ms }) {
  return `M${start_ms} 0h${Math.max(1, end_ms - start_ms)}v${HEIGHT}H${start_ms}z`;
}
