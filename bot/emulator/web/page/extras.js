// Attachments, embeds and polls of a message.

import { bytes, el, name, ownFile, safeAddress } from "./dom.js";
import { rich } from "./rich.js";
import { relative, stampOf } from "./times.js";

const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

/** A message's files: pictures are shown, several as a gallery; others can be downloaded. */
export function attachmentsOf(message) {
  const shown = (message.attachments ?? []).map((file) => {
    const path = ownFile(file.url);
    const spoiler = file.filename.startsWith("SPOILER_");
    if (path && PICTURES.has((file.content_type ?? "").split(";")[0])) {
      return el("a", { class: `picture${spoiler ? " veiled" : ""}`, href: path, target: "_blank", rel: "noopener" },
        el("img", { src: path, alt: file.description ?? file.filename, loading: "lazy" }));
    }
    return fileCard(file.filename, file.size, path);
  });
  const pictures = shown.filter((one) => one.classList.contains("picture"));
  if (pictures.length < 2) return shown;
  const gallery = el("div", { class: "gallery mosaic" }, pictures);
  return [gallery, ...shown.filter((one) => !pictures.includes(one))];
}

/** A file with its name and size. */
export function fileCard(filename, size, path) {
  const label = name(filename);
  return el("div", { class: "file" }, el("span", { "aria-hidden": "true" }, "📄"),
    el("div", {}, path ? el("a", { href: path, download: filename }, label) : label,
      size === undefined ? null : el("div", { class: "subtle" }, bytes(size))));
}

/** A picture of an application; one from another host is only named, since nothing is fetched. */
export function medium(media, description) {
  const path = ownFile(media?.url ?? "");
  if (path) return el("img", { src: path, alt: description ?? "", loading: "lazy" });
  const address = safeAddress(media?.url ?? "");
  const text = `🖼 ${description || "A picture from another site"}`;
  return address ? el("a", { class: "elsewhere", href: address, title: address, target: "_blank", rel: "noopener noreferrer" }, text) : el("span", { class: "elsewhere" }, text);
}

const linked = (text, address, attributes) => {
  const safe = address ? safeAddress(address) : null;
  return safe ? el("a", { ...attributes, href: safe, target: "_blank", rel: "noopener noreferrer" }, name(text)) : el("span", attributes, name(text));
};

/** docs: Message Resource › Embed Object. */
export function embedsOf(message, house) {
  return (message.embeds ?? []).map((embed) => {
    const box = el("div", { class: "embed" });
    if (embed.color) box.style.setProperty("--line", `#${embed.color.toString(16).padStart(6, "0")}`);
    const inner = el("div", { class: "embed-text" });
    if (embed.provider?.name) inner.append(el("div", { class: "subtle" }, name(embed.provider.name)));
    if (embed.author?.name) inner.append(linked(embed.author.name, embed.author.url, { class: "embed-author" }));
    if (embed.title) inner.append(linked(embed.title, embed.url, { class: "embed-title" }));
    if (embed.description) inner.append(rich(embed.description, house));
    if (embed.fields?.length) {
      inner.append(el("div", { class: "fields" }, embed.fields.map((field) =>
        el("div", { class: field.inline ? "field inline-field" : "field" },
          el("div", { class: "field-name" }, rich(field.name, house, { small: true })), rich(field.value, house)))));
    }
    if (embed.image) inner.append(medium(embed.image, ""));
    const stamp = embed.timestamp ? stampOf(new Date(embed.timestamp)) : null;
    const foot = [embed.footer?.text, stamp].filter(Boolean).join(" • ");
    if (foot) inner.append(el("div", { class: "subtle embed-foot" }, name(foot)));
    box.append(inner);
    if (embed.thumbnail) box.append(el("div", { class: "embed-thumb" }, medium(embed.thumbnail, "")));
    return box;
  });
}

/** docs: Poll Resource. Neither the emulator's API nor Discord's has a way to vote. */
export function pollOf(poll, house) {
  const counts = new Map((poll.results?.answer_counts ?? []).map((one) => [one.id, one]));
  const all = [...counts.values()].reduce((sum, one) => sum + one.count, 0);
  const rows = poll.answers.map((answer) => {
    const found = counts.get(answer.answer_id)?.count ?? 0;
    const share = all ? Math.round((100 * found) / all) : 0;
    const bar = el("div", { class: "poll-bar" });
    bar.style.inlineSize = `${share}%`;
    return el("li", { class: "poll-answer" }, bar, el("span", {}, [answer.poll_media.emoji?.name, answer.poll_media.text].filter(Boolean).join(" ")), el("span", { class: "subtle" }, ` ${found} (${share} %)`));
  });
  const over = poll.results?.is_finalized || !poll.expiry;
  return el("div", { class: "poll", role: "group", "aria-label": "Poll" },
    el("div", { class: "poll-question" }, rich(poll.question.text ?? "", house, { small: true })),
    el("ul", {}, rows),
    el("div", { class: "subtle" }, `${all} vote${all === 1 ? "" : "s"} • ${over ? "over" : `ends ${relative(new Date(poll.expiry))}`}`));
}
