// Loading a page anew because what it shows is another: not in the middle of what this would end.

const LOOK_MS = 1_000;
const BUSY = 'dialog[open], [data-talk="live"], [data-playing="yes"]';

/** Whether the page was loaded anew or gone back to: the browser keeps the reader's place. */
export function isReturning() {
  return ["reload", "back_forward"].includes(performance.getEntriesByType("navigation")[0]?.type);
}

/** As soon as nobody writes, reads captions, talks or listens. */
export function reloadWhenFree() {
  if (document.querySelector(BUSY)) setTimeout(reloadWhenFree, LOOK_MS);
  else location.reload();
}
