// The message composer: messages, replies, edits, files, and slash commands.

import { CommandRow, matching, typed } from "./commands.js";
import { el, fill, freshId, name } from "./dom.js";
import { nonce } from "./api.js";
import { BITS } from "./permissions.js";

const MOST = 2000;

export class Composer {
  constructor(app, channelId, placeholder) {
    this.app = app;
    this.channelId = channelId;
    this.files = [];
    this.mode = null;
    this.listId = freshId("commands");
    this.text = el("textarea", {
      rows: 1, placeholder, "aria-label": placeholder, role: "combobox", "aria-expanded": "false", "aria-controls": this.listId, "aria-autocomplete": "list",
      on: { input: () => this.typed(), keydown: (event) => this.keyed(event), paste: (event) => this.pasted(event) },
    });
    this.list = el("ul", { class: "command-list", role: "listbox", id: this.listId, "aria-label": "Commands", hidden: true });
    this.banner = el("div", { class: "banner", hidden: true });
    this.chips = el("div", { class: "chips" });
    this.wrong = el("div", { class: "failure", role: "alert" });
    this.count = el("span", { class: "count", hidden: true });
    const picker = el("input", { type: "file", multiple: true, hidden: true, on: { change: () => { this.addFiles(picker.files); picker.value = ""; } } });
    this.line = el("div", { class: "write" },
      el("button", { type: "button", class: "icon-button attach", "aria-label": "Attach files", title: "Attach files", on: { click: () => picker.click() } }, "+"), picker, this.text, this.count,
      el("button", { type: "button", class: "icon-button send", "aria-label": "Send", title: "Send", on: { click: () => this.send() } }, "➤"));
    this.node = el("div", { class: "composer" }, this.list, this.banner, this.chips, this.line, this.wrong);
    this.drawRights();
    this.rights = () => this.drawRights();
    app.store.addEventListener("channels", this.rights);
  }

  close() {
    this.app.store.removeEventListener("channels", this.rights);
  }

  drawRights() {
    const may = this.app.canWrite(this.channelId);
    if (may === this.may) return;
    this.may = may;
    this.text.disabled = !may;
    this.line.classList.toggle("barred", !may);
    this.line.title = may ? "" : "You do not have permission to send messages here.";
    for (const button of this.line.querySelectorAll("button")) button.disabled = !may;
    if (!may) this.placeholder ??= this.text.placeholder;
    this.text.placeholder = may ? (this.placeholder ?? this.text.placeholder) : "You do not have permission to send messages here.";
  }

  focus() {
    (this.command ?? this.text).focus();
  }

  // Replies and edits --------------------------------------------------------------------------

  reply(message) {
    this.begin({ kind: "reply", message }, "Replying to ", name(this.app.store.nameOf(message.author), { class: "to" }));
  }

  edit(message) {
    this.begin({ kind: "edit", message }, "Editing your message");
    this.text.value = message.content;
    this.grow();
  }

  begin(mode, ...label) {
    this.leaveCommand();
    this.mode = mode;
    fill(this.banner, el("span", {}, label), el("button", { type: "button", class: "icon-button", "aria-label": "Cancel", on: { click: () => this.cancel() } }, "✕"));
    this.banner.hidden = false;
    this.text.focus();
  }

  cancel() {
    if (this.mode?.kind === "edit") this.text.value = "";
    this.mode = null;
    this.banner.hidden = true;
    this.wrong.textContent = "";
    this.grow();
    this.text.focus();
  }

  // Files ---------------------------------------------------------------------------------------

  addFiles(files) {
    this.files.push(...files);
    this.drawFiles();
    this.text.focus();
  }

  drawFiles() {
    fill(this.chips, this.files.map((file, at) => el("span", { class: "file-chip" }, "📄 ", name(file.name), " ",
      el("button", { type: "button", class: "icon-button", "aria-label": `Remove ${file.name}`, on: { click: () => { this.files.splice(at, 1); this.drawFiles(); } } }, "✕"))));
  }

  pasted(event) {
    if (event.clipboardData?.files?.length) {
      event.preventDefault();
      this.addFiles(event.clipboardData.files);
    }
  }

  // Writing -------------------------------------------------------------------------------------

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, window.innerHeight * 0.4)}px`;
    const left = MOST - this.text.value.length;
    this.count.hidden = left > 200;
    this.count.textContent = String(left);
    this.count.classList.toggle("over", left < 0);
  }

  typed() {
    this.grow();
    this.wrong.textContent = "";
    const slash = /^\/([\w\- ]*)$/.exec(this.text.value);
    if (slash && !this.mode) this.offer(slash[1]);
    else this.closeList();
  }

  async offer(text) {
    if (this.all === undefined) {
      this.all = [];
      this.all = await this.app.commands().then(typed).catch(() => []);
      if (!this.text.value.startsWith("/")) {
        this.all = undefined;
        return;
      }
      this.typed();
      return;
    }
    this.found = matching(this.all, text);
    fill(this.list, this.found.length
      ? this.found.map((one, i) => el("li", { role: "option", id: `${this.listId}-${i}`, "aria-selected": "false", on: { pointerdown: (e) => { e.preventDefault(); this.take(one); } } },
        el("span", { class: "command-name" }, `/${one.title}`), " ", el("span", { class: "subtle" }, one.description ?? "")))
      : el("li", { class: "subtle" }, "There is no such command that you can use here."));
    this.list.hidden = false;
    this.text.setAttribute("aria-expanded", "true");
    this.mark(0);
  }

  mark(to) {
    if (!this.found?.length) return;
    this.at = (to + this.found.length) % this.found.length;
    [...this.list.children].forEach((c, i) => c.setAttribute("aria-selected", String(i === this.at)));
    this.text.setAttribute("aria-activedescendant", `${this.listId}-${this.at}`);
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
  }

  closeList() {
    this.list.hidden = true;
    this.all = undefined;
    this.text.setAttribute("aria-expanded", "false");
    this.text.removeAttribute("aria-activedescendant");
  }

  take(one) {
    this.closeList();
    this.text.value = "";
    this.grow();
    this.command = new CommandRow(this.app, this.channelId, one, (data, files) => {
      this.leaveCommand();
      this.app.run(this.channelId, data, files);
    }, () => this.leaveCommand());
    this.line.replaceWith(this.command.node);
    this.command.focus();
  }

  leaveCommand() {
    if (!this.command) return;
    this.command.node.replaceWith(this.line);
    this.command = null;
    this.text.focus();
  }

  keyed(event) {
    if (event.isComposing) return;
    if (!this.list.hidden) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        this.mark((this.at ?? 0) + (event.key === "ArrowDown" ? 1 : -1));
        return;
      }
      if ((event.key === "Enter" || event.key === "Tab") && this.found?.length) {
        event.preventDefault();
        this.take(this.found[this.at ?? 0]);
        return;
      }
      if (event.key === "Escape") {
        event.preventDefault();
        this.closeList();
        return;
      }
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.mode) {
      event.preventDefault();
      this.cancel();
    } else if (event.key === "ArrowUp" && !this.text.value && !this.mode) {
      const own = this.app.lastOwn(this.channelId);
      if (own) {
        event.preventDefault();
        this.edit(own);
      }
    }
  }

  async send() {
    const content = this.text.value.trim();
    const { mode, files } = this;
    if (!content && !files.length) return;
    this.wrong.textContent = "";
    const path = `/channels/${this.channelId}/messages`;
    try {
      if (mode?.kind === "edit") {
        await this.app.api.patch(`${path}/${mode.message.id}`, { content });
      } else {
        const body = { content, nonce: nonce() };
        if (mode?.kind === "reply") body.message_reference = { type: 0, message_id: mode.message.id, channel_id: mode.message.channel_id, guild_id: this.app.guildId };
        if (files.length) body.attachments = files.map((file, id) => ({ id, filename: file.name }));
        this.text.value = "";
        this.files = [];
        await this.app.api.post(path, body, files);
      }
      this.drawFiles();
      this.text.value = mode?.kind === "edit" ? "" : this.text.value;
      if (mode) this.cancel();
      this.grow();
    } catch (error) {
      if (mode?.kind !== "edit" && !this.text.value) {
        this.text.value = content;
        this.files = files;
      }
      this.wrong.textContent = `Not sent: ${error.message}`;
      this.grow();
    }
  }
}

/** Whether the member may write in a channel; threads have their own permission. */
export function mayWrite(store, channelId) {
  const channel = store.channels.get(channelId);
  if (!channel) return false;
  const thread = store.isThread(channel);
  if (thread && channel.thread_metadata?.locked && !store.may(BITS.MANAGE_THREADS, channelId)) return false;
  return store.may(thread ? BITS.SEND_MESSAGES_IN_THREADS : BITS.SEND_MESSAGES, channelId);
}
