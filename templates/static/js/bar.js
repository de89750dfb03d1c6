// How much of the window the bar at the top covers, for all that has to stay clear of it: `--bar`.

export function followBar(bar) {
  const root = document.documentElement;
  const measure = () => {
    const covers = getComputedStyle(bar).position === "sticky";
    root.style.setProperty("--bar", covers ? `${Math.floor(bar.getBoundingClientRect().height)}px` : "0px");
  };
  new ResizeObserver(measure).observe(bar);
  addEventListener("resize", measure);
}
