// What a browser keeps for a page; one that keeps nothing, or is told to, is no error.

/** What was kept under a key; null if nothing is. */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a text under a key; null forgets it. */
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // The page works all the same, until it is closed.
  }
}
