// The page's phrases in the reader's language, as it was sent with them.

const phrases = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

/** The phrase with its values in place of `{name}`. */
export function words(key, values = {}) {
  if (!(key in phrases)) throw new Error(`there is no phrase ${key}`);
  return phrases[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** What stands before and after the place of one value, which becomes an element. */
export function around(key, slot, values = {}) {
  return words(key, { ...values, [slot]: "\0" }).split("\0");
}
