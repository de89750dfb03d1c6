// Something said to the reader in passing.

const SEEN_MS = 8_000;
let timer = null;

/** Only to who listens to the page. */
export function tell(text, className = "unseen") {
  const told = document.getElementById("told");
  clearTimeout(timer);
  told.className = className;
  told.textContent = text;
}

/** To everybody, seen for a while. */
export function notice(text) {
  tell(text, "notice");
  timer = setTimeout(() => { document.getElementById("told").className = "unseen"; }, SEEN_MS);
}
