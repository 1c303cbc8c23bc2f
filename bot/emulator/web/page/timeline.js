// The messages of one channel or thread. Only a window of them is on the page: what is far outside
// the visible part is removed, and fetched again when it comes near.

import { el } from "./dom.js";
import { continues, EPHEMERAL, messageNode } from "./message.js";
import { renewMoments } from "./rich.js";
import { compare } from "./store.js";
import { now } from "./times.js";

const PAGE = 50;
const MOST = 150;
const NEAR = 600;
const STUCK = 80;

export class Timeline {
  constructor(app, channelId, intro) {
    this.app = app;
    this.channelId = channelId;
    this.messages = [];
    this.nodes = new Map();
    this.atOldest = false;
    this.atNewest = false;
    this.loading = false;
    this.intro = intro;
    this.list = el("div", { class: "list", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": "Messages" });
    this.more = el("button", { type: "button", class: "to-present", hidden: true, on: { click: () => this.toPresent() } }, "New messages ↓");
    this.scroller = el("div", { class: "scroller", on: { scroll: () => this.scrolled(), keydown: (event) => this.keyed(event), contextmenu: (event) => this.menu(event) } }, this.list);
    this.scroller.addEventListener("pointerover", (event) => this.hovered(event));
    this.scroller.addEventListener("focusin", (event) => this.hovered(event));
    this.scroller.addEventListener("pointerleave", () => this.app.tools.remove());
    // A person who scrolls wants to see something else.
    for (const kind of ["wheel", "touchmove", "pointerdown"]) this.scroller.addEventListener(kind, () => { this.held = null; }, { passive: true });
    this.node = el("div", { class: "timeline" }, this.scroller, this.more);
    this.listeners = [
      ["message", (e) => this.came(e.detail.message)],
      ["message-changed", (e) => this.changed(e.detail.message)],
      ["message-gone", (e) => e.detail.channelId === this.channelId && this.remove(e.detail.id)],
      ["reaction", (e) => this.reacted(e.detail)],
      ["channel", (e) => this.redraw(e.detail.channel.id)],
    ];
    for (const [kind, listener] of this.listeners) app.store.addEventListener(kind, listener);
    this.resizing = new ResizeObserver(() => (this.held ? this.align() : this.stuck && this.toBottom()));
    this.resizing.observe(this.scroller);
    this.resizing.observe(this.list);
    this.stuck = true;
  }

  close() {
    this.closed = true;
    this.resizing.disconnect();
    for (const [kind, listener] of this.listeners) this.app.store.removeEventListener(kind, listener);
  }

  /** Show the newest messages, or those around one. */
  async open(aroundId = null) {
    const query = aroundId ? `around=${aroundId}&limit=${PAGE}` : `limit=${PAGE}`;
    const found = await this.fetch(query);
    if (found === null) return;
    this.atOldest = aroundId ? false : found.length < PAGE;
    this.atNewest = !aroundId;
    this.messages = [];
    this.nodes.clear();
    this.list.replaceChildren();
    this.stuck = !aroundId;
    this.addBelow(found);
    this.drawIntro();
    if (aroundId) this.show(aroundId);
    else this.toBottom();
    if (aroundId) this.scrolled();
  }

  async fetch(query) {
    this.loading = true;
    try {
      const found = await this.app.api.get(`/channels/${this.channelId}/messages?${query}`);
      return this.closed ? null : found.reverse();
    } catch (error) {
      this.app.complain(error);
      return null;
    } finally {
      this.loading = false;
    }
  }

  drawIntro() {
    this.list.querySelector(".intro")?.remove();
    if (this.atOldest && this.intro) this.list.prepend(this.intro());
  }

  // The window --------------------------------------------------------------------------------

  addBelow(found) {
    const oldest = this.messages[0]?.id ?? found[0]?.id;
    for (const message of found) this.messages.push(message);
    if (this.atNewest) this.mergePrivate(oldest);
    this.draw();
  }

  mergePrivate(oldest) {
    const known = new Set(this.messages.map((m) => m.id));
    const mine = this.app.store.privateIn(this.channelId).filter((m) => !known.has(m.id) && (this.atOldest || oldest === undefined || compare(m.id, oldest) >= 0));
    if (mine.length) this.messages = [...this.messages, ...mine].sort((a, b) => compare(a.id, b.id));
  }

  /** Update the nodes to match the messages: only new or changed ones are rendered. */
  draw() {
    let place = this.list.querySelector(".intro")?.nextSibling ?? (this.list.querySelector(".intro") ? null : this.list.firstChild);
    const wanted = new Set(this.messages.map((m) => m.id));
    for (const [id, entry] of this.nodes) {
      if (wanted.has(id)) continue;
      if (entry.node === place) place = place.nextSibling;
      entry.node.remove();
      this.nodes.delete(id);
    }
    let before = null;
    for (const message of this.messages) {
      let entry = this.nodes.get(message.id);
      const above = before?.id ?? null;
      if (!entry || entry.message !== message || (entry.above !== above && (entry.above === null || above === null || this.joins(message, before) !== entry.joined))) {
        const node = messageNode(message, before, this.app);
        const focused = entry && entry.node.contains(document.activeElement);
        if (entry) {
          if (entry.node === place) place = place.nextSibling;
          entry.node.remove();
        }
        entry = { message, node, above, joined: this.joins(message, before) };
        this.nodes.set(message.id, entry);
        this.list.insertBefore(node, place);
        if (focused) node.focus({ preventScroll: true });
      } else {
        entry.above = above;
        if (entry.node === place) place = place.nextSibling;
        else this.list.insertBefore(entry.node, place);
      }
      before = message;
    }
    this.rove();
  }

  joins(message, before) {
    return `${continues(message, before)} ${before ? new Date(before.timestamp ?? 0).toDateString() : ""}`;
  }

  rove() {
    for (const entry of this.nodes.values()) entry.node.tabIndex = -1;
    const last = this.messages[this.messages.length - 1];
    if (last) this.nodes.get(last.id).node.tabIndex = 0;
  }

  /** Change the list without moving the visible messages. */
  anchored(change) {
    const top = this.scroller.scrollTop;
    const inOrder = this.messages.map((m) => this.nodes.get(m.id)).filter(Boolean);
    const seen = inOrder.find((e) => e.node.offsetTop + e.node.offsetHeight > top);
    const was = seen ? seen.node.offsetTop : 0;
    const id = seen?.message.id;
    change();
    const still = id ? this.nodes.get(id) : null;
    if (still) this.scroller.scrollTop = top + still.node.offsetTop - was;
  }

  async scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const below = scrollHeight - scrollTop - clientHeight;
    this.stuck = this.atNewest && !this.held && below < STUCK;
    this.more.hidden = this.stuck || (this.atNewest && !this.missed);
    if (this.stuck) this.seen();
    if (this.loading) return;
    if (scrollTop < NEAR && !this.atOldest && this.messages.length) await this.older();
    else if (below < NEAR && !this.atNewest && this.messages.length) await this.newer();
  }

  async older() {
    const found = await this.fetch(`before=${this.messages[0].id}&limit=${PAGE}`);
    if (!found) return;
    this.atOldest = found.length < PAGE;
    this.anchored(() => {
      const kept = [...found, ...this.messages];
      if (kept.length > MOST) this.atNewest = false;
      this.messages = kept.slice(0, MOST);
      this.draw();
      this.drawIntro();
    });
    this.scrolled();
  }

  async newer() {
    const real = this.messages.filter((m) => !(m.flags & EPHEMERAL));
    const found = await this.fetch(`after=${real[real.length - 1].id}&limit=${PAGE}`);
    if (!found) return;
    this.atNewest = found.length < PAGE;
    this.anchored(() => {
      this.messages.push(...found);
      if (this.atNewest) this.mergePrivate(this.messages[0].id);
      this.trimTop();
      this.draw();
    });
    this.scrolled();
  }

  trimTop() {
    if (this.messages.length <= MOST) return;
    this.messages = this.messages.slice(-MOST);
    this.atOldest = false;
    this.list.querySelector(".intro")?.remove();
  }

  // Events -------------------------------------------------------------------------------------

  came(message) {
    if (message.channel_id !== this.channelId) return;
    if (!this.atNewest) {
      this.missed = true;
      this.more.hidden = false;
      return;
    }
    if (this.nodes.has(message.id)) return;
    this.anchored(() => {
      this.messages.push(message);
      this.messages.sort((a, b) => compare(a.id, b.id));
      if (this.stuck) this.trimTop();
      this.draw();
      if (this.messages.length === 1) this.drawIntro();
    });
    if (this.stuck || message.author.id === this.app.store.me.id || message.flags & EPHEMERAL) this.toBottom();
    else if (this.held) this.align();
    else {
      this.missed = true;
      this.more.hidden = false;
    }
  }

  changed(message) {
    if (message.channel_id !== this.channelId) return;
    const at = this.messages.findIndex((m) => m.id === message.id);
    if (at < 0) return;
    // Dispatches are the same for everyone; only fetched messages say which reactions are mine.
    const reactions = this.messages[at].reactions;
    const one = { ...message, reactions: reactions ?? message.reactions };
    this.replace(at, one);
  }

  replace(at, message) {
    this.messages[at] = message;
    this.anchored(() => this.draw());
    if (this.stuck) this.toBottom();
  }

  redraw(id) {
    const at = this.messages.findIndex((m) => m.id === id);
    if (at >= 0) this.replace(at, { ...this.messages[at] });
  }

  /** Show an error below a message. */
  fail(id, sentence) {
    const at = this.messages.findIndex((m) => m.id === id);
    if (at >= 0) this.replace(at, { ...this.messages[at], failed: sentence });
  }

  remove(id) {
    const at = this.messages.findIndex((m) => m.id === id);
    for (const [i, m] of this.messages.entries()) {
      if (m.referenced_message?.id === id) this.messages[i] = { ...m, referenced_message: null };
    }
    if (at >= 0) this.messages.splice(at, 1);
    this.anchored(() => this.draw());
  }

  reacted({ name, data }) {
    const at = this.messages.findIndex((m) => m.id === data.message_id);
    if (at < 0) return;
    const same = (r) => (data.emoji.id ? r.emoji.id === data.emoji.id : r.emoji.name === data.emoji.name);
    const mine = data.user_id === this.app.store.me.id;
    let reactions = (this.messages[at].reactions ?? []).map((r) => ({ ...r }));
    if (name === "MESSAGE_REACTION_REMOVE_ALL") reactions = [];
    else if (name === "MESSAGE_REACTION_REMOVE_EMOJI") reactions = reactions.filter((r) => !same(r));
    else {
      let one = reactions.find(same);
      if (!one && name === "MESSAGE_REACTION_ADD") {
        one = { emoji: data.emoji, count: 0, me: false };
        reactions.push(one);
      }
      if (!one) return;
      one.count += name === "MESSAGE_REACTION_ADD" ? 1 : -1;
      if (mine) one.me = name === "MESSAGE_REACTION_ADD";
      reactions = reactions.filter((r) => r.count > 0);
    }
    this.replace(at, { ...this.messages[at], reactions });
  }

  // Scrolling ----------------------------------------------------------------------------------

  toBottom() {
    this.held = null;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.stuck = this.atNewest;
    this.seen();
  }

  seen() {
    this.missed = false;
    this.more.hidden = true;
    this.app.seen(this.channelId);
  }

  async toPresent() {
    if (!this.atNewest) await this.open();
    this.toBottom();
  }

  /** Scroll to a message and highlight it; it is fetched if needed. */
  async jump(id) {
    if (!this.nodes.has(id)) await this.open(id);
    this.show(id);
  }

  show(id) {
    const entry = this.nodes.get(id);
    if (!entry) return;
    entry.node.scrollIntoView({ block: "center" });
    entry.node.classList.add("found");
    entry.node.focus({ preventScroll: true });
    setTimeout(() => entry.node.classList.remove("found"), 2500);
  }

  /** Keep a message at the top of the visible part while others arrive below it. */
  hold(id) {
    this.held = id;
    this.stuck = false;
    this.align();
  }

  align() {
    this.nodes.get(this.held)?.node.scrollIntoView({ block: "start" });
  }

  renew() {
    renewMoments(this.list);
    const day = now().toDateString();
    if (this.day !== undefined && this.day !== day) {
      this.nodes.clear();
      this.list.replaceChildren();
      this.draw();
      this.drawIntro();
      if (this.stuck) this.toBottom();
    }
    this.day = day;
  }

  // Keys and pointers --------------------------------------------------------------------------

  messageAt(target) {
    const node = target.closest?.(".message");
    return node ? this.messages.find((m) => m.id === node.dataset.id) : null;
  }

  hovered(event) {
    const message = this.messageAt(event.target);
    if (message) this.app.tools.show(message, this.nodes.get(message.id).node);
  }

  menu(event) {
    if (event.target.closest("a, .author, textarea, input")) return;
    const message = this.messageAt(event.target);
    if (message && message.type !== 21) this.app.messageMenu(event, message);
  }

  keyed(event) {
    const node = event.target;
    if (!node.classList?.contains("message")) return;
    const message = this.messageAt(node);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      let next = event.key === "ArrowUp" ? node.previousElementSibling : node.nextElementSibling;
      while (next && !next.classList.contains("message")) next = event.key === "ArrowUp" ? next.previousElementSibling : next.nextElementSibling;
      if (next) {
        event.preventDefault();
        next.focus();
      }
    } else if (event.key === "Enter") {
      this.app.messageMenu(event, message);
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey) {
      this.app.messageKey(event, message);
    }
  }
}
