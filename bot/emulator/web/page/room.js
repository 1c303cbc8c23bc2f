// The rehearsal's controls: the clock, faults, the tour, and dropped files.

import { Api, ApiError, room } from "./api.js";
import { el, fill, name } from "./dom.js";
import { openDialog } from "./menus.js";

const PERMISSIONS = [
  ["View Channel", 1n << 10n], ["Read Message History", 1n << 16n], ["Send Messages", 1n << 11n], ["Create Public Threads", 1n << 35n],
  ["Send Messages in Threads", 1n << 38n], ["Manage Threads", 1n << 34n], ["Manage Messages", 1n << 13n], ["Add Reactions", 1n << 6n],
];

/** Send a request to the room; show its error if it fails. */
async function attempt(status, call) {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    status(error.message, true);
    return null;
  }
}

/** The buttons next to the clock. */
export function setUpClock(status) {
  const group = document.getElementById("clock");
  const buttons = [...group.querySelectorAll("button")];
  const pass = async (what, call) => {
    for (const button of buttons) button.disabled = true;
    status(`${what} passes…`);
    const done = await attempt(status, call);
    for (const button of buttons) button.disabled = false;
    if (done) status(done.came === false ? "The bot has nothing planned for the next 60 days." : "");
  };
  for (const button of group.querySelectorAll("[data-pass]")) {
    button.addEventListener("click", () => pass(button.title.replace(/^Let (an? \w+) pass$/, "$1").replace(/^a/, "A"), () => room("POST", "/clock", { advance: Number(button.dataset.pass) })));
  }
  document.getElementById("next-prompt").addEventListener("click", () => pass("Time", () => room("POST", "/room/next-prompt")));
}

/** The dialog for injecting faults. `app()` is the current client. */
export function openFaults(app, status) {
  openDialog("Simulate faults", (close) => {
    const state = el("p", { role: "status", class: "subtle" });
    const say = (text) => { state.textContent = text; };
    const does = (label, run) => el("button", { type: "button", class: "component-button secondary", on: { click: () => attempt(say, run) } }, label);
    const bot = (order, sentence) => does(order, async () => { await room("POST", "/bot", { do: order.toLowerCase().split(" ")[0] }); say(sentence); });
    const fault = (label, body, sentence) => does(label, async () => { const done = await room("POST", "/faults", body); say(done.struck === 0 ? "The bot isn’t connected." : sentence); });
    return el("div", { class: "stack" },
      el("section", {}, el("h3", {}, "The bot’s process"), el("p", { class: "subtle" }, "Killing it is like a power cut. Nothing may be lost, and nothing posted twice."),
        el("div", { class: "action-row" }, bot("Kill the bot", "The bot was killed."), bot("Stop the bot", "The bot has stopped."), bot("Start the bot", "The bot is starting."))),
      el("section", {}, el("h3", {}, "The gateway"), el("div", { class: "action-row" },
        fault("Cut the gateway", { kind: "gateway_close", code: null }, "The bot’s connection was cut. It will resume."),
        fault("Lose the session", { kind: "invalid_session" }, "The bot’s session is invalid. It will start a new one and read what it missed."))),
      el("section", {}, el("h3", {}, "Discord’s responses"), el("div", { class: "action-row" },
        fault("Make Discord slow", { kind: "slow", seconds: 2, times: 1000000 }, "Every response to the bot now takes 2 seconds."),
        fault("Fail the next message", { kind: "http", method: "POST", path: "/channels/*/messages", status: 502, after_effect: true, times: 1 }, "The bot’s next message will be posted, but the bot will get a 502 error."),
        does("Back to normal", async () => { await room("DELETE", "/faults"); say("Discord is back to normal."); }))),
      choosePermissions(app, say),
      el("div", { class: "actions" }, state, el("button", { type: "button", class: "component-button primary", on: { click: close } }, "Done")));
  }, { wide: true, onClose: () => status("") });
}

/** Deny the bot permissions in the open channel, as an admin does in its settings. */
function choosePermissions(app, say) {
  const { store, people, main } = app();
  const channel = store.channels.get(main.channelId);
  const role = store.guild.roles.find((r) => r.tags?.bot_id === people.bot_id);
  const admin = people.members.find((m) => m.admin);
  if (!channel || !role || !admin) return null;
  const api = new Api(admin.token);
  const path = `/channels/${channel.id}/permissions/${role.id}`;
  const now = () => store.channels.get(channel.id).permission_overwrites.find((o) => o.id === role.id) ?? { allow: "0", deny: "0" };
  const rows = PERMISSIONS.map(([label, bit]) => {
    const box = el("input", { type: "checkbox" });
    box.checked = !(BigInt(now().deny) & bit);
    box.addEventListener("change", () => attempt(say, async () => {
      const { allow, deny } = now();
      const denied = box.checked ? BigInt(deny) & ~bit : BigInt(deny) | bit;
      const allowed = box.checked && bit === 1n << 10n && channel.permission_overwrites.some((o) => o.id === store.guild.id && BigInt(o.deny) & bit) ? BigInt(allow) | bit : BigInt(allow) & ~denied;
      await api.put(path, { type: 0, allow: String(allowed), deny: String(denied) });
      say(`The bot ${box.checked ? "now has" : "no longer has"} ${label} in #${channel.name}.`);
    }));
    return el("label", { class: "check" }, box, " ", label);
  });
  return el("section", {}, el("h3", {}, "The bot’s permissions in ", name(`#${channel.name}`)), el("div", { class: "rights" }, rows));
}

/** Offer the tour, or show its progress. */
export function openTour(begin) {
  return openDialog("Welcome to the rehearsal room", (close) => el("div", { class: "stack" },
    el("p", {}, "This is the real Salon bot on an emulated Discord. All of it runs on this computer, and nothing leaves it."),
    el("p", {}, "The tour takes about a minute. Ada publishes an essay, readers reply, each reply gets its own thread, a day passes, and Salon comes back with the essay’s questions. After that, it’s your turn."),
    el("p", { class: "subtle" }, "You can join in at any time: choose who you are at the top. To see your own essay, drop its file on this page."),
    el("div", { class: "actions" },
      el("button", { type: "button", class: "component-button secondary", on: { click: close } }, "Look around on my own"),
      el("button", { type: "button", class: "component-button primary", autofocus: true, on: { click: () => { close(); begin(); } } }, "Show me the tour"))));
}

/** Start a play: the built-in essay if there are no files. */
export function beginPlay(status, files = {}) {
  return attempt(status, () => {
    if (!files.essay && !files.comments) return room("POST", "/room/play");
    const form = new FormData();
    if (files.essay) form.append("essay", files.essay, files.essay.name);
    if (files.comments) form.append("comments", files.comments, files.comments.name);
    return room("POST", "/room/play", form);
  });
}

/** Handle files dropped on the page: play them or attach them to a message. */
export function setUpDrop(app, status) {
  const veil = el("div", { class: "drop-veil", hidden: true }, el("p", {}, "Drop an essay to see it published, or any file to attach it"));
  document.body.append(veil);
  const holds = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  window.addEventListener("dragover", (event) => { if (holds(event)) { event.preventDefault(); veil.hidden = false; } });
  window.addEventListener("dragleave", (event) => { if (!event.relatedTarget) veil.hidden = true; });
  window.addEventListener("drop", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    veil.hidden = true;
    dropped([...event.dataTransfer.files], app(), status);
  });
}

function dropped(files, app, status) {
  const comments = files.find((file) => /\.jsonl$/i.test(file.name)) ?? null;
  const essay = files.find((file) => /\.(md|markdown|txt|html?|docx)$/i.test(file.name)) ?? null;
  const composer = app.side.composer ?? app.main.composer;
  if (!essay && !comments) {
    composer?.addFiles(files);
    return;
  }
  openDialog("What do you want to do with it?", (close) => el("div", { class: "stack" },
    el("ul", {}, files.map((file) => el("li", {}, name(file.name)))),
    el("p", {}, essay ? `Ada publishes ${essay.name} in #essays${comments ? ", members write the comments," : ","} and a day passes.` : "Ada publishes the built-in essay, members write these comments, and a day passes."),
    el("div", { class: "actions" },
      composer ? el("button", { type: "button", class: "component-button secondary", on: { click: () => { close(); composer.addFiles(files); } } }, "Attach to a message") : null,
      el("button", { type: "button", class: "component-button primary", autofocus: true, on: { click: () => { close(); beginPlay(status, { essay, comments }); } } }, "Publish it"))));
}

/** The play's progress, at the bottom of the page. */
export function showCaption(lines, running) {
  const box = document.getElementById("caption");
  box.hidden = !lines.length;
  if (!lines.length) return;
  fill(box, el("p", {}, running ? el("span", { class: "pulse", "aria-hidden": "true" }) : null, lines[lines.length - 1]),
    running ? null : el("button", { type: "button", class: "icon-button", "aria-label": "Close", on: { click: () => { box.hidden = true; } } }, "✕"));
}
