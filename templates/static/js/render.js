// The page made equal to the store, touching only what differs: nothing that is read moves or flickers,
// and a screen reader is told what is new and nothing else. All text goes in as text.

import { account, lost, unaccounted } from "./account.js";
import { clock, initials } from "./format.js";

/** Makes the children of `parent` the elements of `items`, by key, in order. */
function reconcile(parent, items, elements, make, update) {
  const wanted = new Set(items.map((item) => item.key));
  for (const [key, element] of elements) {
    if (wanted.has(key)) continue;
    element.remove();
    elements.delete(key);
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const known = elements.get(item.key);
    const element = known ?? make(item);
    update(element, item);
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
    elements.set(item.key, element);
  }
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function setClass(target, className) {
  if (target.className !== className) target.className = className;
}

/** The transcript: turns with their sentences and drafts, and gaps between them. */
export class LogRenderer {
  constructor(log) {
    this.log = log;
    this.elements = new Map();
    this.parts = new WeakMap();
  }

  /** Takes over what the page was sent with; `entries` are what it shows. */
  adopt(entries) {
    const shown = [...this.log.children];
    entries.forEach((entry, index) => {
      this.elements.set(entry.key, shown[index]);
      if (entry.kind !== "turn") return;
      const spans = [...shown[index].querySelectorAll(".sentence, .untranscribed")];
      this.parts.set(shown[index], new Map(entry.items.map((item, at) => [item.id, spans[at]])));
    });
  }

  render(entries, personOf) {
    const update = (target, entry) => (entry.kind === "turn"
      ? this.updateTurn(target, entry, personOf(entry.participant_id))
      : updateGap(target, entry, personOf(entry.participant_id)));
    reconcile(this.log, entries, this.elements, (entry) => this.make(entry), update);
  }

  make(entry) {
    if (entry.kind === "gap") {
      const gap = element("p", "gap");
      const name = element("span", "name");
      name.dir = "auto";
      gap.append("No audio from ", name, `, ${clock(entry.start_ms)} to ${clock(entry.end_ms)}`);
      return gap;
    }
    return this.makeTurn();
  }

  makeTurn() {
    const turn = element("article", "turn");
    const head = element("h3", "");
    const chip = element("span", "chip");
    chip.ariaHidden = "true";
    const name = element("span", "name");
    name.dir = "auto";
    head.append(chip, " ", name, " ", element("a", "at"), " ", element("span", "together"));
    const said = element("p", "");
    said.dir = "auto";
    turn.append(head, said);
    this.parts.set(turn, new Map());
    return turn;
  }

  updateTurn(turn, entry, person) {
    const onlyDrafts = entry.items.every((item) => item.kind === "draft");
    setClass(turn, `turn speaker-${person.colour}${entry.overlaps ? " overlapping" : ""}`);
    turn.toggleAttribute("data-draft", onlyDrafts);
    turn.ariaHidden = onlyDrafts ? "true" : null;
    updatePerson(turn, person);
    const at = turn.querySelector(".at");
    setText(at, clock(entry.start_ms));
    const first = entry.items.find((item) => item.kind === "sentence");
    if (first) at.setAttribute("href", `#s-${first.id}`);
    setText(turn.querySelector(".together"), entry.overlaps ? "talking at once" : "");
    const items = entry.items.map((item) => ({ ...item, key: item.id }));
    reconcile(turn.querySelector("p"), items, this.parts.get(turn), makePart, updatePart);
  }
}

function makePart(item) {
  if (item.kind === "stretch") return element("span", "untranscribed fresh", "[not transcribed] ");
  const part = element("span", item.kind === "draft" ? "draft" : "sentence fresh");
  if (item.kind === "draft") {
    part.ariaHidden = "true";
    return part;
  }
  part.id = `s-${item.id}`;
  part.dataset.id = item.id;
  return part;
}

function updatePart(part, item) {
  if (item.kind !== "stretch") return setText(part, `${item.text} `);
  const title = `${clock(item.start_ms)} to ${clock(item.end_ms)}: this could not be recognised`;
  if (part.title !== title) part.title = title;
}

function updateGap(gap, entry, person) {
  setClass(gap, `gap speaker-${person.colour}`);
  setText(gap.querySelector(".name"), person.name);
}

function updatePerson(target, person) {
  setText(target.querySelector(".name"), person.name);
  const chip = target.querySelector(".chip");
  if (chip) setText(chip, initials(person.name));
}

/** The participants: who is here, who speaks, who left. */
export class PeopleRenderer {
  constructor(list) {
    this.list = list;
    this.elements = new Map([...list.children].map((item) => [item.dataset.id, item]));
  }

  render(people) {
    const items = people.map((person) => ({ ...person, key: person.id }));
    reconcile(this.list, items, this.elements, makePerson, updateListed);
  }
}

function makePerson(person) {
  const item = element("li", "");
  const chip = element("span", "chip");
  chip.ariaHidden = "true";
  const name = element("span", "name");
  name.dir = "auto";
  item.dataset.id = person.id;
  item.append(chip, " ", name, " ", element("span", "doing"), " ", element("span", "account"), " ",
    element("span", "unaccounted"));
  return item;
}

function updateListed(item, person) {
  const doing = person.speaking ? "speaking" : person.present ? "here" : "left";
  setClass(item, `speaker-${person.colour}`);
  updatePerson(item, person);
  item.dataset.doing = doing;
  setText(item.querySelector(".doing"), doing);
  item.dataset.lost = lost(person.figures) ? "yes" : "no";
  setText(item.querySelector(".account"), account(person.figures));
  setText(item.querySelector(".unaccounted"), unaccounted(person.figures));
}
