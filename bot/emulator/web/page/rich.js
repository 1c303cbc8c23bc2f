// Rendering Markdown nodes: text always becomes text nodes, and links are checked.

import { el, name, safeAddress } from "./dom.js";
import { parse, parseInline } from "./markdown.js";
import { fullOf, styled } from "./times.js";

const JUMP = /^https?:\/\/(?:www\.|ptb\.|canary\.)?discord\.com\/channels\/(\d+)\/(\d+)(?:\/(\d+))?\/?$/;
// Discord accepts at most 4,000 characters; a longer text is shown as plain text.
const LONGEST = 8000;
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s){1,60}$/u;

/**
 * Render a text. `house` has functions for names ({user, role, channel}: id → text or null) and
 * for links to messages ({jump(channelId, messageId)}).
 */
export function rich(text, house, { small = false } = {}) {
  if (text.length > LONGEST) return el("div", { class: "markup", dir: "auto" }, text);
  const box = el("div", { class: "markup", dir: "auto" });
  if (!small && ONLY_EMOJI.test(text) && /\p{Extended_Pictographic}/u.test(text)) box.classList.add("jumbo");
  const nodes = small ? parseInline(text) : parse(text);
  box.append(...nodes.map((node) => show(node, house)));
  return box;
}

/** A text on one line, without marks: for previews and names. */
export function plain(text) {
  const flat = (nodes) =>
    nodes.map((n) => n.text ?? (n.kind === "break" ? " " : n.children ? flat(n.children) : "")).join("");
  return flat(parse(text.slice(0, 300)).flatMap((block) => [block, { text: " " }])).replace(/\s+/g, " ").trim();
}

const WRAPPERS = { strong: "strong", em: "em", underline: "u", strike: "s", quote: "blockquote", item: "li" };

function show(node, house) {
  const inside = () => (node.children ?? []).map((child) => show(child, house));
  if (WRAPPERS[node.kind]) return el(WRAPPERS[node.kind], {}, inside());
  switch (node.kind) {
    case "plain": return document.createTextNode(node.text);
    case "break": return el("br");
    case "text": return el("div", { class: "para" }, inside());
    case "heading": return el("div", { class: `heading h${node.level}`, role: "heading", "aria-level": node.level + 2 }, inside());
    case "subtext": return el("div", { class: "subtext" }, inside());
    case "list": return node.ordered ? el("ol", { start: node.start }, inside()) : el("ul", {}, inside());
    case "code": return el("code", { class: "inline", dir: "ltr" }, node.text);
    case "codeblock": return el("pre", { class: "code", tabindex: 0 }, el("code", { dir: "ltr", "data-language": node.language || null }, node.text));
    case "spoiler": return spoiler(inside());
    case "link": return link(node, inside(), house);
    case "user": return mention(`@${house.user(node.id) ?? "unknown-user"}`);
    case "role": return mention(`@${house.role(node.id) ?? "deleted-role"}`);
    case "channel": return place(node.id, null, house);
    case "command": return mention(`/${node.text}`);
    case "all": return mention(node.text);
    case "time": return moment(node);
    default: return document.createTextNode(node.text ?? "");
  }
}

const mention = (text) => el("span", { class: "mention" }, name(text));

function moment(node) {
  const text = styled(node.seconds, node.style);
  if (text === null) return document.createTextNode(node.text);
  const date = new Date(node.seconds * 1000);
  const attributes = { class: "moment", datetime: date.toISOString(), title: fullOf(date) };
  if (node.style === "R") attributes["data-relative"] = node.seconds;
  return el("time", attributes, text);
}

/** Update the relative timestamps. */
export function renewMoments(root) {
  for (const node of root.querySelectorAll("time[data-relative]")) {
    node.textContent = styled(Number(node.dataset.relative), "R");
  }
}

function spoiler(children) {
  const box = el("span", { class: "spoiler", role: "button", tabindex: 0, "aria-label": "Spoiler: press to show" });
  const hidden = el("span", { class: "spoiler-text", "aria-hidden": "true" }, children);
  const open = (event) => {
    if (box.classList.contains("open") || (event.key && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    box.classList.add("open");
    box.removeAttribute("aria-label");
    box.removeAttribute("role");
    hidden.removeAttribute("aria-hidden");
  };
  box.addEventListener("click", open);
  box.addEventListener("keydown", open);
  box.append(hidden);
  return box;
}

function link(node, children, house) {
  const jump = JUMP.exec(node.address);
  if (jump && !node.masked) return place(jump[2], jump[3] ?? null, house);
  if (jump) return jumper(children, jump[2], jump[3] ?? null, house);
  const address = safeAddress(node.address);
  if (address === null) return el("span", {}, children);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow", title: address }, children);
}

function place(channelId, messageId, house) {
  const known = house.channel(channelId);
  const text = known === null ? "#unknown" : messageId ? `${known} › 💬` : known;
  return jumper([name(text)], channelId, messageId, house, "mention");
}

function jumper(children, channelId, messageId, house, look = "") {
  const go = (event) => {
    event.preventDefault();
    event.stopPropagation();
    house.jump(channelId, messageId);
  };
  return el("button", { class: `jumper ${look}`, type: "button", on: { click: go } }, children);
}
