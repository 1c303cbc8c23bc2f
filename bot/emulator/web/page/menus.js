// Menus, dialogs, the toolbar of a message, and the emoji picker.

import { el, fill, freshId } from "./dom.js";

const layer = () => document.getElementById("layer");
const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🎉", "🤔", "👀", "🙏", "🔥", "✅", "❌", "💡", "📚", "👏", "😀", "😅", "🙂", "🙃", "😍", "😎", "🥲", "😡", "🤷"];

let dismiss = null;

/** Close the open menu, if there is one. */
export function closeMenu() {
  dismiss?.();
}

function float(event, node, opener) {
  closeMenu();
  layer().append(node);
  const { innerWidth, innerHeight } = window;
  const from = opener.getBoundingClientRect();
  const pointer = event.type === "contextmenu" && event.clientX > 0;
  const x = pointer ? event.clientX : from.left;
  const y = pointer ? event.clientY : from.bottom + 2;
  node.style.left = `${Math.max(6, Math.min(x, innerWidth - node.offsetWidth - 6))}px`;
  node.style.top = `${Math.max(6, Math.min(y, innerHeight - node.offsetHeight - 6))}px`;
  const outside = (e) => { if (!node.contains(e.target)) close(); };
  const close = () => {
    if (dismiss !== close) return;
    dismiss = null;
    node.remove();
    document.removeEventListener("pointerdown", outside, true);
    if (opener.isConnected) opener.focus({ preventScroll: true });
  };
  dismiss = close;
  document.addEventListener("pointerdown", outside, true);
  node.addEventListener("keydown", (e) => {
    if (e.key === "Escape") {
      e.stopPropagation();
      close();
    }
  });
  return close;
}

/** Open a menu; `items` are {label, run, danger}, or a string for a heading. */
export function openMenu(event, items, label) {
  event.preventDefault();
  event.stopPropagation();
  const opener = event.currentTarget?.closest?.("button, .message") ?? event.target.closest(".message") ?? document.body;
  const box = el("div", { class: "menu", role: "menu", "aria-label": label });
  let close = () => {};
  for (const item of items.filter(Boolean)) {
    if (typeof item === "string") {
      box.append(el("div", { class: "menu-heading", role: "presentation" }, item));
      continue;
    }
    box.append(el("button", { type: "button", role: "menuitem", tabindex: -1, class: item.danger ? "danger" : "", on: { click: () => { close(); item.run(); } } }, item.label));
  }
  box.addEventListener("keydown", (e) => {
    const all = [...box.querySelectorAll("[role=menuitem]")];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    all[(to + all.length) % all.length].focus();
  });
  close = float(event, box, opener);
  box.querySelector("[role=menuitem]")?.focus();
}

/** Open the emoji picker; `chosen` gets the emoji. */
export function openEmoji(event, chosen) {
  const opener = event.currentTarget?.closest?.("button, .message") ?? event.target;
  const box = el("div", { class: "menu emoji", role: "group", "aria-label": "Choose an emoji" });
  let close = () => {};
  const take = (emoji) => { close(); chosen(emoji); };
  for (const emoji of EMOJI) box.append(el("button", { type: "button", on: { click: () => take(emoji) } }, emoji));
  const own = el("input", { "aria-label": "Another emoji", placeholder: "another…", maxlength: 16, on: { keydown: (e) => { if (e.key === "Enter" && own.value.trim()) take(own.value.trim()); } } });
  box.append(own);
  close = float(event, box, opener);
  box.querySelector("button").focus();
}

/** Open a dialog; `build(close)` returns its content. Escape or a click outside closes it. */
export function openDialog(title, build, { onClose = () => {}, wide = false } = {}) {
  closeMenu();
  const id = freshId("dialog");
  const box = el("dialog", { class: `dialog${wide ? " wide" : ""}`, "aria-labelledby": id });
  const before = document.activeElement;
  let over = false;
  const close = () => {
    if (over) return;
    over = true;
    box.close();
    box.remove();
    onClose();
    if (before?.isConnected) before.focus({ preventScroll: true });
  };
  fill(box, el("header", {}, el("h2", { id }, title), el("button", { type: "button", class: "icon-button", "aria-label": "Close", on: { click: close } }, "✕")), build(close));
  box.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
  box.addEventListener("pointerdown", (event) => {
    const r = box.getBoundingClientRect();
    const inside = event.clientX >= r.left && event.clientX <= r.right && event.clientY >= r.top && event.clientY <= r.bottom;
    if (event.target === box && !inside) close();
  });
  layer().append(box);
  box.showModal();
  (box.querySelector("[autofocus]") ?? box.querySelector("input:not([type=file]), textarea, select, .actions button"))?.focus();
  return close;
}

/** Ask for a name; null if cancelled. */
export function ask(title, label, value, action, { most = 100, text = null } = {}) {
  return new Promise((done) => {
    let answer = null;
    openDialog(title, (close) => {
      const input = el("input", { "aria-label": label, value, maxlength: most, required: true });
      const area = text === null ? null : el("textarea", { "aria-label": text, rows: 4, required: true });
      return el("form", { class: "stack", on: { submit: (e) => { e.preventDefault(); answer = area ? [input.value, area.value] : input.value; close(); } } },
        el("label", {}, label, input), area ? el("label", {}, text, area) : null,
        el("div", { class: "actions" }, el("button", { type: "submit", class: "component-button primary" }, action)));
    }, { onClose: () => done(answer) });
  });
}

/** The toolbar of the message under the pointer or with the focus; there is only one. */
export class Tools {
  constructor(app) {
    this.app = app;
    this.node = el("div", { class: "tools", role: "toolbar", "aria-label": "Message" });
  }

  show(message, node) {
    if (this.shown === message && this.node.parentNode === node) return;
    this.shown = message;
    const app = this.app;
    const button = (label, sign, run) => el("button", { type: "button", "aria-label": label, title: label, on: { click: run } }, sign);
    if (message.flags & 64 || message.type === 21) {
      this.remove();
      return;
    }
    fill(this.node,
      app.canReact(message) ? button("Add a reaction", "☺", (e) => openEmoji(e, (emoji) => app.react(message, { name: emoji, id: null }, true))) : null,
      app.canWrite(message.channel_id) ? button("Reply", "↩", () => app.reply(message)) : null,
      app.isMine(message) ? button("Edit", "✎", () => app.edit(message)) : null,
      app.canThread(message) ? button("Open a thread", "↳", () => app.thread(message)) : null,
      button("More", "⋯", (e) => app.messageMenu(e, message)));
    node.append(this.node);
  }

  remove() {
    this.node.remove();
    this.shown = null;
  }
}
