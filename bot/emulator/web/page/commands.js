// Slash commands: the list of suggestions, and the row for a command's options.

import { AUTOCOMPLETE } from "./interactions.js";
import { el, fill, freshId, name } from "./dom.js";

const SUB = 1;
const GROUP = 2;
const ATTACHMENT = 11;

/** All slash commands and subcommands: {command, path, title, options, …}. */
export function typed(commands) {
  const found = [];
  const walk = (command, path, options, description) => {
    const below = (options ?? []).filter((o) => o.type === SUB || o.type === GROUP);
    if (!below.length) found.push({ command, path, description, options: options ?? [], title: [command.name, ...path.map((p) => p.name)].join(" ") });
    for (const one of below) walk(command, [...path, { name: one.name, type: one.type }], one.options, one.description);
  };
  for (const command of commands.filter((c) => c.type === 1)) walk(command, [], command.options, command.description);
  return found.sort((a, b) => a.title.localeCompare(b.title));
}

/** The commands that match the text after the slash, the best first. */
export function matching(all, text) {
  const words = text.toLowerCase().trim();
  const starts = all.filter((one) => one.title.startsWith(words));
  const holds = all.filter((one) => !one.title.startsWith(words) && one.title.includes(words));
  return [...starts, ...holds].slice(0, 25);
}

/** A command's options nested in its subcommands, as in an interaction. */
export function nested(path, options) {
  return path.reduceRight((inner, step) => [{ type: step.type, name: step.name, options: inner }], options);
}

/** The row for the options of one command; `done(options, files)` sends it. */
export class CommandRow {
  constructor(app, channelId, chosen, done, cancel) {
    this.app = app;
    this.channelId = channelId;
    this.chosen = chosen;
    this.done = done;
    this.fields = new Map();
    this.row = el("div", { class: "options" });
    this.wrong = el("div", { class: "failure", role: "alert" });
    const submit = (event) => { event.preventDefault(); this.submit(); };
    this.node = el("form", { class: "command", novalidate: true, "aria-label": `/${chosen.title}`, on: { submit, keydown: (e) => e.key === "Escape" && (e.preventDefault(), cancel()) } },
      el("div", { class: "command-head" }, el("span", { class: "command-name" }, `/${chosen.title}`), el("span", { class: "subtle" }, chosen.description ?? ""),
        el("button", { type: "button", class: "icon-button", "aria-label": "Cancel the command", on: { click: cancel } }, "✕")),
      this.row, this.wrong);
    for (const option of chosen.options.filter((o) => o.required)) this.add(option);
    this.optional = el("div", { class: "optional" });
    this.row.append(this.optional);
    this.node.append(el("div", { class: "actions" }, el("button", { type: "submit", class: "component-button primary" }, "Send")));
    this.drawOptional();
  }

  focus() {
    (this.row.querySelector("input, select, .chip") ?? this.node.querySelector("[type=submit]")).focus();
  }

  drawOptional() {
    const left = this.chosen.options.filter((o) => !this.fields.has(o.name));
    fill(this.optional, left.map((option) => el("button", {
      type: "button", class: "chip", title: option.description,
      on: { click: () => { this.add(option).focus(); this.drawOptional(); } },
    }, `+ ${option.name}`)));
  }

  add(option) {
    const field = this.field(option);
    this.fields.set(option.name, { option, ...field });
    const away = () => { this.fields.delete(option.name); box.remove(); this.drawOptional(); };
    const box = el("div", { class: "option" },
      el("label", {}, el("span", { class: "option-name" }, option.name, option.required ? "" : ""), field.node),
      option.required ? null : el("button", { type: "button", class: "icon-button", "aria-label": `Remove ${option.name}`, on: { click: away } }, "✕"));
    field.control.title = option.description ?? "";
    if (this.optional) this.row.insertBefore(box, this.optional);
    else this.row.append(box);
    return field.control;
  }

  field(option) {
    const label = { "aria-label": option.name, "aria-description": option.description };
    const pick = (choices) => {
      const node = el("select", label, el("option", { value: "" }, "choose…"), choices.map(([value, text]) => el("option", { value }, text)));
      return { node, control: node, value: () => node.value };
    };
    const store = this.app.store;
    const people = () => [...store.users.values()].map((user) => [user.id, store.nameOf(user)]);
    const roles = () => store.guild.roles.map((role) => [role.id, role.name]);
    if (option.choices?.length) {
      const field = pick(option.choices.map((choice, i) => [String(i), choice.name]));
      return { ...field, value: () => (field.node.value === "" ? "" : option.choices[Number(field.node.value)].value) };
    }
    switch (option.type) {
      case 5: {
        const field = pick([["true", "True"], ["false", "False"]]);
        return { ...field, value: () => (field.node.value === "" ? "" : field.node.value === "true") };
      }
      case 6: return pick(people());
      case 7: return pick(store.places().filter((c) => !option.channel_types?.length || option.channel_types.includes(c.type)).map((c) => [c.id, `#${c.name}`]));
      case 8: return pick(roles());
      case 9: return pick([...people(), ...roles()]);
      case 11: {
        const node = el("input", { type: "file", ...label });
        return { node, control: node, file: () => node.files[0] ?? null, value: () => "" };
      }
      default: return option.autocomplete ? this.suggesting(option, label) : this.text(option, label);
    }
  }

  text(option, label) {
    const number = option.type === 4 || option.type === 10;
    const node = el("input", {
      type: number ? "number" : "text", step: option.type === 10 ? "any" : null, min: option.min_value, max: option.max_value,
      minlength: option.min_length, maxlength: option.max_length, ...label,
    });
    return { node, control: node, value: () => (node.value === "" ? "" : number ? Number(node.value) : node.value) };
  }

  suggesting(option, label) {
    const id = freshId("suggestions");
    const list = el("ul", { class: "suggestions", role: "listbox", id, hidden: true });
    const input = el("input", { type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", autocomplete: "off", ...label });
    let chosen = null;
    let asked = 0;
    let at = -1;
    let timer = null;
    const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const mark = (to) => {
      const all = [...list.children].filter((c) => c.getAttribute("role") === "option");
      if (!all.length) return;
      at = (to + all.length) % all.length;
      all.forEach((c, i) => c.setAttribute("aria-selected", String(i === at)));
      input.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    };
    const take = (choice) => { chosen = choice; input.value = choice.name; close(); };
    const ask = async () => {
      const number = ++asked;
      // A file is sent with the command itself, not for autocomplete.
      const options = this.given().options.filter((o) => o.name !== option.name && o.type !== ATTACHMENT);
      options.push({ type: option.type, name: option.name, value: input.value, focused: true });
      let found = { outcome: "failure" };
      try {
        found = await this.app.interactions.send(AUTOCOMPLETE, this.channelId, this.data(options));
      } catch { /* show no options, as Discord does */ }
      if (number !== asked || !input.isConnected) return;
      const choices = found.outcome === "choices" ? found.data.choices : null;
      fill(list, choices?.length
        ? choices.map((choice) => el("li", { role: "option", id: freshId("choice"), "aria-selected": "false", on: { pointerdown: (e) => { e.preventDefault(); take(choice); } } }, name(choice.name)))
        : el("li", { class: "subtle" }, choices ? "No options match your search." : "Loading options failed."));
      list.choices = choices ?? [];
      list.hidden = document.activeElement !== input;
      input.setAttribute("aria-expanded", String(!list.hidden));
      at = -1;
    };
    input.addEventListener("focus", ask);
    input.addEventListener("blur", close);
    input.addEventListener("input", () => { chosen = null; clearTimeout(timer); timer = setTimeout(ask, 120); });
    input.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); mark(at + (event.key === "ArrowDown" ? 1 : -1)); }
      else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) { if (event.key === "Enter") event.preventDefault(); take(list.choices[at]); }
      else if (event.key === "Escape") { event.stopPropagation(); close(); }
    });
    const number = option.type === 4 || option.type === 10;
    const value = () => chosen?.value ?? (number && input.value !== "" ? Number(input.value) : input.value);
    return { node: el("span", { class: "combo" }, input, list), control: input, value };
  }

  /** The entered options and files, and the required options that are missing. */
  given() {
    const options = [];
    const files = [];
    const missing = [];
    for (const { option, file, value } of this.fields.values()) {
      const chosen = file?.();
      if (chosen) options.push({ type: option.type, name: option.name, value: String(files.push(chosen) - 1) });
      else if (value() !== "") options.push({ type: option.type, name: option.name, value: value() });
      else if (option.required) missing.push(option.name);
    }
    return { options, files, missing };
  }

  data(options, files = []) {
    const { command, path } = this.chosen;
    const attachments = files.map((file, id) => ({ id: String(id), filename: file.name }));
    return { id: command.id, name: command.name, type: 1, version: command.version, options: nested(path, options), attachments };
  }

  submit() {
    const { options, files, missing } = this.given();
    if (missing.length) {
      this.wrong.textContent = `This option is required: ${missing.join(", ")}.`;
      this.fields.get(missing[0]).control.focus();
      return;
    }
    this.done(this.data(options, files), files);
  }
}
