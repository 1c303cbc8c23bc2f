// Message components, in both versions. docs: Components › Component Reference.

import { fileCard, medium } from "./extras.js";
import { el, name, ownFile, safeAddress } from "./dom.js";
import { rich } from "./rich.js";

const BUTTON_LOOK = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium" };

/** The nodes of a message's components. */
export function componentsOf(message, app) {
  return el("div", { class: "components" }, (message.components ?? []).map((one) => show(one, message, app)));
}

function show(one, message, app) {
  const children = () => (one.components ?? []).map((child) => show(child, message, app));
  switch (one.type) {
    case 1: return el("div", { class: "action-row" }, children());
    case 2: return button(one, message, app);
    case 3: case 5: case 6: case 7: case 8: return select(one, message, app);
    case 9: return el("div", { class: "section" }, el("div", { class: "section-text" }, children()), one.accessory ? show(one.accessory, message, app) : null);
    case 10: return rich(one.content, app.house);
    case 11: return el("div", { class: "thumbnail" }, medium(one.media, one.description));
    case 12: return el("div", { class: "gallery" }, one.items.map((item) => medium(item.media, item.description)));
    case 13: return fileCard(one.name ?? "file", one.size, ownFile(one.file?.url ?? ""));
    case 14: return el("hr", { class: `separator spacing-${one.spacing ?? 1}${one.divider === false ? " bare" : ""}` });
    case 17: return container(one, children());
    default: return el("div", { class: "subtle" }, `(a component of type ${one.type})`);
  }
}

function container(one, children) {
  const box = el("div", { class: `container${one.spoiler ? " veiled" : ""}` }, children);
  if (typeof one.accent_color === "number") box.style.setProperty("--line", `#${one.accent_color.toString(16).padStart(6, "0")}`);
  return box;
}

function button(one, message, app) {
  const label = [one.emoji?.name, one.label].filter(Boolean).join(" ");
  if (one.style === 5) {
    const address = safeAddress(one.url);
    return el("a", { class: "component-button link", role: "button", href: address, target: "_blank", rel: "noopener noreferrer", "aria-disabled": one.disabled ? "true" : null }, name(label), " ↗");
  }
  const press = async () => {
    node.disabled = true;
    node.setAttribute("aria-busy", "true");
    await app.press(message, one);
    node.removeAttribute("aria-busy");
    node.disabled = Boolean(one.disabled);
  };
  const node = el("button", { type: "button", class: `component-button ${BUTTON_LOOK[one.style] ?? "secondary"}`, disabled: one.disabled, on: { click: press } }, name(label));
  return node;
}

/** The choices of a select of any type: [{value, label, chosen}]. */
export function choicesOf(one, app) {
  const preset = new Set((one.default_values ?? []).map((value) => value.id));
  const people = () => [...app.store.users.values()].map((user) => ({ value: user.id, label: app.store.nameOf(user), chosen: preset.has(user.id) }));
  const roles = () => (app.store.guild?.roles ?? []).map((role) => ({ value: role.id, label: role.name, chosen: preset.has(role.id) }));
  switch (one.type) {
    case 3: return one.options.map((option) => ({ value: option.value, label: [option.emoji?.name, option.label].filter(Boolean).join(" ") + (option.description ? ` (${option.description})` : ""), chosen: option.default }));
    case 5: return people();
    case 6: return roles();
    case 7: return [...people(), ...roles()];
    default: return app.store.places().filter((c) => !one.channel_types?.length || one.channel_types.includes(c.type)).map((c) => ({ value: c.id, label: `#${c.name}`, chosen: preset.has(c.id) }));
  }
}

/** A select field: `values()` returns the selection; `changed` is called when it changes. */
export function selectField(one, app, label, changed = () => {}) {
  const choices = choicesOf(one, app);
  const least = one.min_values ?? 1;
  const most = one.max_values ?? 1;
  if (most <= 1) {
    const node = el("select", { "aria-label": label, disabled: one.disabled, on: { change: () => changed() } },
      el("option", { value: "", selected: !choices.some((c) => c.chosen), disabled: least > 0 }, one.placeholder ?? "Make a selection"),
      choices.map((c) => el("option", { value: c.value, selected: c.chosen }, c.label)));
    return { node, values: () => (node.value ? [node.value] : []) };
  }
  const boxes = choices.map((c) => {
    const box = el("input", { type: "checkbox", value: c.value, disabled: one.disabled });
    box.checked = Boolean(c.chosen);
    return { box, row: el("label", { class: "check" }, box, " ", name(c.label)) };
  });
  const node = el("fieldset", { class: "checks" }, el("legend", {}, one.placeholder ?? label), boxes.map((b) => b.row));
  return { node, values: () => boxes.filter((b) => b.box.checked).map((b) => b.box.value) };
}

function select(one, message, app) {
  const label = one.placeholder ?? "Make a selection";
  const send = () => app.press(message, one, field.values());
  const field = selectField(one, app, label, send);
  if ((one.max_values ?? 1) <= 1) return el("div", { class: "select" }, field.node);
  return el("details", { class: "select many" }, el("summary", {}, label), field.node,
    el("button", { type: "button", class: "component-button secondary", disabled: one.disabled, on: { click: send } }, "Choose"));
}
