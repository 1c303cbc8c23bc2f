// Modals that an application shows. docs: Receiving and Responding › Modal.

import { selectField } from "./components.js";
import { el, freshId } from "./dom.js";
import { openDialog } from "./menus.js";
import { rich } from "./rich.js";

/** Show a modal; `send(components, files)` submits it and throws an error if it is invalid. */
export function openForm(modal, app, send) {
  openDialog(modal.title, (close) => {
    const fields = modal.components.map((part) => readPart(part, app));
    const wrong = el("div", { class: "failure", role: "alert" });
    const submit = el("button", { type: "submit", class: "component-button primary" }, "Submit");
    const sent = async (event) => {
      event.preventDefault();
      submit.disabled = true;
      wrong.textContent = "";
      const files = [];
      try {
        await send(fields.map((field) => field.answer(files)).filter(Boolean), files);
        close();
      } catch (error) {
        wrong.textContent = error.message;
        submit.disabled = false;
      }
    };
    return el("form", { class: "stack modal", on: { submit: sent } }, fields.map((f) => f.node), wrong,
      el("div", { class: "actions" }, el("button", { type: "button", class: "component-button secondary", on: { click: close } }, "Cancel"), submit));
  });
}

/** One component of a modal: its node, and its value in Discord's form (null for text only). */
function readPart(part, app) {
  if (part.type === 10) return { node: rich(part.content, app.house), answer: () => null };
  if (part.type === 1) {
    const inner = field(part.components[0], app, part.components[0].label ?? "");
    return { node: inner.node, answer: (files) => ({ type: 1, id: part.id, components: [inner.answer(files)] }) };
  }
  const inner = field(part.component, app, part.label, part.description);
  return { node: inner.node, answer: (files) => ({ type: 18, id: part.id, component: inner.answer(files) }) };
}

function field(one, app, label, description = "") {
  const made = input(one, app, label);
  const id = freshId("field");
  const note = description ? el("span", { class: "subtle", id }, description) : null;
  if (note && made.control) made.control.setAttribute("aria-describedby", id);
  const title = el("span", { class: "field-title" }, label, one.required === false ? "" : el("span", { class: "required", title: "required" }, " *"));
  const node = made.group
    ? el("fieldset", { class: "field" }, el("legend", {}, title), note, made.node)
    : el("label", { class: "field" }, title, note, made.node);
  const answer = (files) => ({ type: one.type, id: one.id, custom_id: one.custom_id, ...made.value(files) });
  return { node, answer };
}

function input(one, app, label) {
  const required = one.required !== false;
  switch (one.type) {
    case 4: {
      const shared = { maxlength: one.max_length, minlength: one.min_length || null, placeholder: one.placeholder, required };
      const node = one.style === 2 ? el("textarea", { ...shared, rows: 8 }) : el("input", shared);
      node.value = one.value ?? "";
      return { node, control: node, value: () => ({ value: node.value }) };
    }
    case 19: {
      const node = el("input", { type: "file", multiple: (one.max_values ?? 1) > 1, required: required && one.min_values > 0 });
      const value = (files) => ({ values: [...node.files].map((file) => String(files.push(file) - 1)) });
      return { node, control: node, value };
    }
    case 21: case 22: return boxes(one, required);
    case 23: {
      const node = el("input", { type: "checkbox" });
      node.checked = Boolean(one.default);
      return { node, control: node, value: () => ({ value: node.checked }) };
    }
    default: {
      const made = selectField({ ...one, min_values: required ? one.min_values : 0 }, app, label);
      if (required && made.node.tagName === "SELECT") made.node.required = true;
      return { node: made.node, value: () => ({ values: made.values() }), group: made.node.tagName === "FIELDSET" };
    }
  }
}

function boxes(one, required) {
  const group = freshId("group");
  const many = one.type === 22;
  const all = one.options.map((option) => {
    const box = el("input", { type: many ? "checkbox" : "radio", name: group, value: option.value, required: required && !many });
    box.checked = Boolean(option.default);
    return { box, row: el("label", { class: "check" }, box, " ", option.label, option.description ? el("span", { class: "subtle" }, ` ${option.description}`) : null) };
  });
  const chosen = () => all.filter((a) => a.box.checked).map((a) => a.box.value);
  return {
    group: true,
    node: el("div", { class: "checks" }, all.map((a) => a.row)),
    value: () => (many ? { values: chosen() } : { value: chosen()[0] ?? null }),
  };
}
