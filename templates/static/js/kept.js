// What a browser keeps for a page; one that keeps nothing, or is told to, is no error.

/** What was kept under a key, over visits or for this `sessionStorage` alone; null if nothing is. */
export function recall(key, where = "localStorage") {
  try {
    return globalThis[where].getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a text under a key; null forgets it. */
export function keep(key, value, where = "localStorage") {
  try {
    if (value === null) globalThis[where].removeItem(key);
    else globalThis[where].setItem(key, value);
  } catch {
    // The page works all the same, until it is closed.
  }
}
