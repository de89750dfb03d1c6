// Loading a page anew because what it shows is another: not in the middle of what this would end.

const LOOK_MS = 1_000;
const BUSY = 'dialog[open], [data-talk="live"], [data-playing="yes"]';

/** As soon as nobody writes, reads captions, talks or listens. */
export function reloadWhenFree() {
  if (document.querySelector(BUSY)) setTimeout(reloadWhenFree, LOOK_MS);
  else location.reload();
}
