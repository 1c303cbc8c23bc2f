// The two panes: a channel or forum in the middle, a thread on the right; and the sidebar.

import { Composer } from "./composer.js";
import { el, fill, name } from "./dom.js";
import { ask } from "./menus.js";
import { Timeline } from "./timeline.js";
import { relative } from "./times.js";

const FORUM = new Set([15, 16]);

export class Pane {
  constructor(app, node, { close = null } = {}) {
    this.app = app;
    this.node = node;
    this.onClose = close;
    this.channelId = null;
  }

  /** Show a channel, thread or forum; null shows nothing. */
  async open(channelId, around = null) {
    const channel = channelId ? this.app.store.channels.get(channelId) : null;
    this.leave();
    this.channelId = channel?.id ?? null;
    this.node.hidden = !channel && Boolean(this.onClose);
    if (!channel) {
      fill(this.node, el("p", { class: "empty" }, "You can’t see any channel here."));
      return;
    }
    const thread = this.app.store.isThread(channel);
    this.node.setAttribute("aria-label", `${thread ? "Thread" : "Channel"} ${channel.name}`);
    this.title = el("h2", {});
    const topic = channel.topic ? el("span", { class: "topic" }, name(channel.topic)) : null;
    const away = this.onClose ? el("button", { type: "button", class: "icon-button", "aria-label": "Close the thread", on: { click: () => this.onClose() } }, "✕") : null;
    fill(this.node, el("div", { class: "pane-head" }, this.title, topic, away));
    this.drawTitle();
    if (FORUM.has(channel.type)) {
      this.posts = el("div", { class: "posts" });
      this.node.append(this.posts);
      this.redraw = () => this.drawPosts();
      this.app.store.addEventListener("channels", this.redraw);
      this.drawPosts();
      await this.takeArchived(channel.id);
      return;
    }
    this.redraw = () => this.drawTitle();
    this.app.store.addEventListener("channels", this.redraw);
    this.timeline = new Timeline(this.app, channel.id, () => this.intro(channel, thread));
    this.composer = new Composer(this.app, channel.id, `Message ${thread ? `“${channel.name.slice(0, 40)}”` : `#${channel.name}`}`);
    this.node.append(this.timeline.node, this.composer.node);
    await this.timeline.open(around);
  }

  intro(channel, thread) {
    return el("div", { class: "intro" }, el("div", { class: "intro-sign", "aria-hidden": "true" }, thread ? "↳" : "#"), el("h3", {}, name(thread ? channel.name : `Welcome to #${channel.name}!`)),
      el("p", { class: "subtle" }, thread ? "This is the start of the thread." : `This is the start of #${channel.name}.`));
  }

  drawTitle() {
    const channel = this.app.store.channels.get(this.channelId);
    if (!channel) return;
    const thread = this.app.store.isThread(channel);
    fill(this.title, el("span", { class: "sign", "aria-hidden": "true" }, thread ? "↳ " : FORUM.has(channel.type) ? "▤ " : "# "), name(channel.name),
      channel.thread_metadata?.locked ? el("span", { class: "subtle" }, " 🔒 locked") : null,
      channel.thread_metadata?.archived ? el("span", { class: "subtle" }, " archived") : null);
  }

  drawPosts() {
    const { store } = this.app;
    this.drawTitle();
    const posts = store.threadsOf(this.channelId, { archived: true });
    const tags = new Map((store.channels.get(this.channelId)?.available_tags ?? []).map((tag) => [tag.id, tag.name]));
    const about = (post) => {
      const count = post.message_count ?? 0;
      const { locked, archived, create_timestamp: began } = post.thread_metadata ?? {};
      const who = store.nameOf(store.users.get(post.owner_id) ?? { id: post.owner_id, username: "somebody" });
      return [who, `${count} ${count === 1 ? "reply" : "replies"}`, relative(new Date(began ?? Date.now())), locked ? "🔒 locked" : null, archived ? "archived" : null].filter(Boolean).join(" • ");
    };
    const row = (post) => {
      const worn = (post.applied_tags ?? []).map((id) => tags.get(id)).filter(Boolean);
      return el("li", {}, el("button", { type: "button", class: "post", on: { click: () => this.app.openThread(post.id) } },
        el("span", { class: "post-title" }, name(post.name)), el("span", { class: "subtle" }, about(post)),
        worn.length ? el("span", { class: "post-tags" }, worn.map((tag) => el("span", { class: "post-tag" }, name(tag)))) : null));
    };
    fill(this.posts, el("button", { type: "button", class: "component-button primary", on: { click: () => this.newPost() } }, "New post"),
      posts.length ? el("ul", {}, posts.map(row)) : el("p", { class: "empty" }, "There are no posts in this forum yet."));
  }

  /** The posts archived before the page was opened, which the gateway doesn't send. */
  async takeArchived(channelId) {
    const { api, store } = this.app;
    try {
      const { threads } = await api.get(`/channels/${channelId}/threads/archived/public?limit=100`);
      for (const thread of threads) store.channels.set(thread.id, { ...store.channels.get(thread.id), ...thread });
    } catch {
      return; // without the history permission there are none
    }
    if (this.channelId === channelId) this.drawPosts();
  }

  async newPost() {
    const given = await ask("New post", "Title", "", "Post", { text: "Message" });
    if (!given) return;
    try {
      const thread = await this.app.api.post(`/channels/${this.channelId}/threads`, { name: given[0], message: { content: given[1] } });
      this.app.store.takeChannel("THREAD_CREATE", thread);
      this.app.openThread(thread.id);
    } catch (error) {
      this.app.complain(error);
    }
  }

  leave() {
    this.timeline?.close();
    this.composer?.close();
    if (this.redraw) this.app.store.removeEventListener("channels", this.redraw);
    this.timeline = this.composer = this.redraw = null;
    this.app.tools.remove();
  }
}

/** The list of channels with their threads. */
export class Sidebar {
  constructor(app, node) {
    this.app = app;
    this.node = node;
  }

  draw() {
    const { app } = this;
    const { store } = app;
    if (!store.guild) return;
    const focused = this.node.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    const row = (channel, sign, extra) => {
      const current = app.main.channelId === channel.id || app.side.channelId === channel.id;
      const unread = store.unread.has(channel.id) && !current;
      return el("button", {
        type: "button", class: `place ${extra}${unread ? " unread" : ""}`, "data-id": channel.id, "aria-current": current ? "page" : null,
        on: { click: () => app.go(channel.id) },
      }, el("span", { class: "sign", "aria-hidden": "true" }, sign), name(channel.name), unread ? el("span", { class: "sr" }, " (unread)") : null);
    };
    const items = store.places().map((channel) => el("li", {}, row(channel, FORUM.has(channel.type) ? "▤" : channel.type === 5 ? "📣" : "#", ""),
      el("ul", { class: "threads" }, store.threadsOf(channel.id).slice(0, 40).map((thread) => el("li", {}, row(thread, "↳", "thread"))))));
    fill(this.node, el("h2", { class: "sr" }, "Channels"), el("ul", { class: "places" }, items), el("div", { class: "bot-state" }, app.botLine()));
    if (focused) this.node.querySelector(`[data-id="${focused}"]`)?.focus({ preventScroll: true });
  }
}
