// Elements made equal to what they show, touched only where they differ: nobody is told again what was told.

/** Has an element say a text. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Offers everybody of a meeting, `[{id, name}]`, after the first choice, which is nobody; keeps the choice. */
export function offerPeople(select, people) {
  const [nobody, ...shown] = select.options;
  const same = people.length === shown.length
    && people.every(({ id, name }, n) => id === shown[n].value && name === shown[n].text);
  if (same) return;
  const chosen = select.value;
  select.replaceChildren(nobody, ...people.map(({ id, name }) => new Option(name, id, false, id === chosen)));
}
