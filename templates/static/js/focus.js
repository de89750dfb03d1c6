// Where the keyboard goes when what has its focus is about to vanish.

/** If it is in `element`, `to` takes it; the page stays where it is. */
export function handFocusOn(element, to) {
  if (!to || !element.contains(document.activeElement)) return;
  if (to.tabIndex < 0) to.tabIndex = -1;
  to.focus({ preventScroll: true });
}
