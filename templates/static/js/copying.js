// Putting text where it can be pasted from.

/** Whether it is there now; a browser may refuse, and does where a page came over plain http. */
export async function copyText(text) {
  const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  return copied ?? false;
}
