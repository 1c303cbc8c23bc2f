// Rendering one message.

import { attachmentsOf, embedsOf, pollOf } from "./extras.js";
import { componentsOf } from "./components.js";
import { el, freshId, name } from "./dom.js";
import { plain, rich } from "./rich.js";
import { compare } from "./store.js";
import { dayOf, fullOf, stampOf, timeOf } from "./times.js";

export const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
export const V2 = 1 << 15;
const SUPPRESS = 1 << 2;
const TOGETHER = 7 * 60 * 1000;
const SYSTEM = { 1: "added", 2: "removed", 4: "changed the name to:", 6: "pinned a message.", 7: "joined the server.", 18: "started a thread:" };

/** A message's time, from its timestamp or else from its id. docs: Reference › Snowflakes. */
export function writtenAt(message) {
  if (message.timestamp) return new Date(message.timestamp);
  return new Date(Number((BigInt(message.id) >> 22n) + 1420070400000n));
}

/** Whether a message is grouped with the one before it. */
export function continues(message, before) {
  if (!before || message.type !== 0 || before.type in SYSTEM || message.flags & EPHEMERAL || before.flags & EPHEMERAL) return false;
  if (before.author.id !== message.author.id || before.author.username !== message.author.username) return false;
  if (writtenAt(message).toDateString() !== writtenAt(before).toDateString()) return false;
  return writtenAt(message) - writtenAt(before) < TOGETHER;
}

/** The node of a message; `before` is the message above it. */
export function messageNode(message, before, app) {
  const date = writtenAt(message);
  const joined = continues(message, before);
  const node = el("article", {
    class: `message${joined ? " joined" : ""}${message.flags & EPHEMERAL ? " private" : ""}${mentionsMe(message, app) ? " mentions-me" : ""}`,
    "data-id": message.id, tabindex: -1, role: "article",
  });
  if (!before || writtenAt(before).toDateString() !== date.toDateString()) {
    node.append(el("div", { class: "day", role: "separator", "aria-label": dayOf(date) }, el("span", {}, dayOf(date))));
  }
  if (message.type === 21) {
    starter(message, node, app);
    return node;
  }
  if (message.type in SYSTEM) {
    node.append(systemLine(message, date, app));
    return node;
  }
  node.append(...above(message, app));
  const head = freshId("head");
  node.setAttribute("aria-labelledby", head);
  const who = authorName(message, app);
  node.append(el("div", { class: "row" },
    joined ? el("span", { class: "aside-time", "aria-hidden": "true" }, timeOf(date)) : avatar(message.author, app),
    el("div", { class: "body" },
      el("div", { class: joined ? "head quiet" : "head", id: head },
        who, badge(message), el("time", { datetime: date.toISOString(), title: fullOf(date) }, stampOf(date))),
      content(message, app), below(message, app))));
  return node;
}

function mentionsMe(message, app) {
  return message.mention_everyone || (message.mentions ?? []).some((user) => user.id === app.store.me.id);
}

function authorName(message, app) {
  const colour = app.store.colourOf(message.author.id);
  const node = el("button", { type: "button", class: "author", "data-user": message.author.id }, name(app.store.nameOf(message.author)));
  if (colour) node.style.color = colour;
  node.addEventListener("contextmenu", (event) => app.userMenu(event, message.author));
  node.addEventListener("click", (event) => app.userMenu(event, message.author));
  return node;
}

const badge = (message) => message.author.bot ? el("span", { class: "badge" }, message.webhook_id && message.author.discriminator === "0000" && !message.application_id ? "WEBHOOK" : "APP") : null;

const GOLDEN_ANGLE = 137.508;

/** An avatar with initials; the members of the server have different colours. */
export function avatar(user, app) {
  const members = app.people.members.map((member) => member.id).sort(compare);
  const at = members.indexOf(user.id);
  // Multiples of the golden angle stay apart from each other, however many there are.
  const place = at >= 0 ? at + 1 : [...user.id].reduce((sum, digit) => (sum * 31 + Number(digit) * 7) % 997, 11);
  const look = user.id === app.people.bot_id ? "bot" : place % 2 ? "" : "darker";
  const node = el("span", { class: `avatar ${look}`, "aria-hidden": "true" }, initials(user, app));
  node.style.setProperty("--hue", Math.round(15 + place * GOLDEN_ANGLE) % 360);
  return node;
}

/** The first letter of the name, or two where another member's name begins with the same. */
function initials(user, app) {
  const own = app.store.nameOf(user) || "?";
  const letters = [...own];
  const first = letters[0].toUpperCase();
  const others = app.people.members.filter((member) => member.id !== user.id && member.name !== own);
  const shared = others.some((member) => [...member.name][0]?.toUpperCase() === first);
  return shared && letters.length > 1 ? first + letters[1] : first;
}

function above(message, app) {
  const answered = message.referenced_message;
  if (message.type === 19) {
    if (answered === undefined) return [];
    if (!answered) return [el("div", { class: "reference gone" }, "↱ Original message was deleted")];
    const said = plain(answered.content) || (answered.attachments?.length ? "an attachment" : answered.flags & V2 ? "a card" : "an embed");
    const go = () => app.jump(answered.channel_id, answered.id);
    return [el("button", { class: "reference", type: "button", title: "Jump to it", on: { click: go } },
      el("span", { "aria-hidden": "true" }, "↱ "), el("span", { class: "sr" }, "in reply to "),
      name(app.store.nameOf(answered.author), { class: "to" }), " ", name(said, { class: "said" }))];
  }
  const ran = message.interaction_metadata;
  if ((message.type === 20 || message.type === 23) && ran?.name) {
    return [el("div", { class: "reference" }, "↱ ", name(app.store.nameOf(ran.user), { class: "to" }), " used ", el("span", { class: "mention" }, `${ran.command_type > 1 ? "" : "/"}${ran.name}`))];
  }
  return [];
}

function content(message, app) {
  if (message.flags & LOADING) return el("div", { class: "thinking" }, `${app.store.nameOf(message.author)} is thinking…`);
  if (message.local === "failure") return el("div", { class: "failure" }, message.content);
  if (message.flags & V2) return componentsOf(message, app);
  const box = el("div", { class: "content" });
  if (message.content) box.append(rich(message.content, app.house));
  if (message.edited_timestamp) {
    const note = el("span", { class: "edited", title: fullOf(new Date(message.edited_timestamp)) }, "(edited)");
    (box.querySelector(".markup > .para:last-child") ?? box).append(" ", note);
  }
  for (const snapshot of message.message_snapshots ?? []) box.append(forwarded(snapshot.message, app));
  for (const sticker of message.sticker_items ?? []) box.append(el("div", { class: "sticker" }, `Sticker: ${sticker.name}`));
  box.append(...attachmentsOf(message));
  if (!(message.flags & SUPPRESS)) box.append(...embedsOf(message, app.house));
  if (message.poll) box.append(pollOf(message.poll, app.house));
  if (message.components?.length) box.append(componentsOf(message, app));
  return box;
}

function forwarded(message, app) {
  return el("div", { class: "forwarded" }, el("div", { class: "subtext" }, "↪ Forwarded"), rich(message.content ?? "", app.house), ...attachmentsOf(message));
}

function below(message, app) {
  return [
    reactions(message, app),
    threadOf(message, app),
    message.failed ? el("div", { class: "failure", role: "alert" }, message.failed) : null,
    message.flags & EPHEMERAL ? privateFoot(message, app) : null,
  ];
}

function privateFoot(message, app) {
  return el("div", { class: "private-foot" }, "Only you can see this • ",
    el("button", { type: "button", class: "linklike", on: { click: () => app.store.dismiss(message) } }, "Dismiss message"));
}

function reactions(message, app) {
  if (!message.reactions?.length) return null;
  const row = el("div", { class: "reactions", role: "group", "aria-label": "Reactions" });
  for (const one of message.reactions) {
    row.append(el("button", {
      type: "button", class: "reaction", "aria-pressed": String(Boolean(one.me)),
      "aria-label": `${one.emoji.name}, ${one.count}${one.me ? ", including yours" : ""}`,
      on: { click: () => app.react(message, one.emoji, !one.me) },
    }, one.emoji.id ? `:${one.emoji.name}:` : one.emoji.name, " ", String(one.count)));
  }
  return row;
}

function threadOf(message, app) {
  const thread = app.store.channels.get(message.id) ?? message.thread;
  if (!thread || thread.id === message.channel_id) return null;
  const count = thread.message_count ?? 0;
  return el("button", { type: "button", class: "thread-under", on: { click: () => app.openThread(thread.id) } },
    name(thread.name, { class: "thread-name" }), " ",
    el("span", { class: "thread-count" }, `${count} message${count === 1 ? "" : "s"} ›`),
    thread.thread_metadata?.archived ? el("span", { class: "subtle" }, " archived") : null);
}

function systemLine(message, date, app) {
  const jump = message.message_reference;
  const target = message.type === 18 && jump ? () => app.openThread(jump.channel_id) : jump ? () => app.jump(jump.channel_id, jump.message_id) : null;
  return el("div", { class: "system" }, "→ ", name(app.store.nameOf(message.author), { class: "to" }), ` ${SYSTEM[message.type]} `,
    message.type < 3 && message.mentions?.length ? [name(app.store.nameOf(message.mentions[0]), { class: "to" }), message.type === 1 ? " to the thread." : " from the thread."] : null,
    message.type === 4 ? name(message.content) : null,
    message.type === 18 ? el("button", { class: "linklike", type: "button", on: { click: target } }, name(message.content)) : null,
    message.type === 6 && target ? el("button", { class: "linklike", type: "button", on: { click: target } }, "See it") : null,
    " ", el("time", { datetime: date.toISOString() }, stampOf(date)));
}

/** The message from which a thread was started, as its first one. docs: Threads › Thread Fields. */
function starter(message, node, app) {
  node.classList.add("starter");
  const first = message.referenced_message;
  if (!first) {
    node.append(el("div", { class: "reference gone" }, "The message that started this thread was deleted"));
    return;
  }
  node.setAttribute("aria-label", "The message that started this thread");
  node.append(...above(first, app), el("div", { class: "row" }, avatar(first.author, app),
    el("div", { class: "body" },
      el("div", { class: "head" }, authorName(first, app), badge(first), el("time", { datetime: writtenAt(first).toISOString() }, stampOf(writtenAt(first)))),
      content(first, app))));
}
