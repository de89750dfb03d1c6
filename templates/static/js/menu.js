// `details` elements as menus: they close when the reader turns to something else. To be called once.

export function closeMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of listOpen()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of listOpen()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

function listOpen() {
  return document.querySelectorAll(".menu[open]");
}
