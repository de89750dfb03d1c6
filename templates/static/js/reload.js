// Loading a page anew because what it shows is another: not in the middle of what this would end.

const LOOK_MS = 1_000;
export const ACTIVE = 'dialog[open], [data-talk="live"], [data-playing="yes"]';
const BUSY = `${ACTIVE}, #pause.on, .menu[open], [data-state="asking"]`;

/** Whether the page was loaded anew or gone back to: the browser keeps the reader's place. */
export function isReturning() {
  return ["reload", "back_forward"].includes(performance.getEntriesByType("navigation")[0]?.type);
}

/** As soon as nobody writes, reads captions, talks or listens; unless less is given as `busy`, nor is asked or pauses. */
export function reloadWhenFree(busy = BUSY) {
  if (document.querySelector(busy)) setTimeout(reloadWhenFree, LOOK_MS, busy);
  else location.reload();
}
