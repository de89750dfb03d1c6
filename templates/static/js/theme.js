// Light or dark as this browser was told, before anything is painted: a plain script, and the first one.

{
  const KEY = "theme";
  const root = document.documentElement;

  const recall = () => {
    try {
      return localStorage.getItem(KEY) ?? "auto";
    } catch {
      return "auto"; // a browser that keeps nothing goes with the system
    }
  };

  const show = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    for (const choice of document.querySelectorAll(".theme select")) choice.value = theme;
  };

  const choose = ({ target }) => {
    try {
      if (target.value === "auto") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, target.value);
    } catch {
      // It holds until the page is left.
    }
    show(target.value);
  };

  show(recall());
  addEventListener("storage", ({ key }) => key === KEY && show(recall()));
  addEventListener("DOMContentLoaded", () => {
    show(recall());
    for (const label of document.querySelectorAll(".theme")) {
      label.hidden = false;
      label.addEventListener("change", choose);
    }
  });
}
