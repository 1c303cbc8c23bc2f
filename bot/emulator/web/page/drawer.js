// The channel drawer: on a narrow screen, the sidebar slides in from the side.

const button = () => document.getElementById("menu-button");
const sidebar = () => document.getElementById("sidebar");
const isOpen = () => document.body.classList.contains("menu-open");

function openDrawer() {
  document.body.classList.add("menu-open");
  button().setAttribute("aria-expanded", "true");
  (sidebar().querySelector("[aria-current]") ?? sidebar().querySelector("button"))?.focus({ preventScroll: true });
}

/** Close the drawer; the focus returns to its button if it was inside. */
export function closeDrawer() {
  if (!isOpen()) return;
  const inside = sidebar().contains(document.activeElement);
  document.body.classList.remove("menu-open");
  button().setAttribute("aria-expanded", "false");
  if (inside) button().focus({ preventScroll: true });
}

/** Open it with its button; close it with the button, Escape, or a tap outside. */
export function setUpDrawer() {
  button().addEventListener("click", () => (isOpen() ? closeDrawer() : openDrawer()));
  document.addEventListener("pointerdown", (event) => {
    if (!sidebar().contains(event.target) && !button().contains(event.target)) closeDrawer();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isOpen()) {
      event.preventDefault();
      closeDrawer();
    }
  });
  matchMedia("(max-width: 760px)").addEventListener("change", closeDrawer);
}
