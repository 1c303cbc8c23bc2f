// The client of one member: connects the store, the panes and the member's actions.

import { Api, ApiError } from "./api.js";
import { mayWrite } from "./composer.js";
import { el } from "./dom.js";
import { closeDrawer } from "./drawer.js";
import { openForm } from "./forms.js";
import { Gateway } from "./gateway.js";
import { COMMAND, COMPONENT, Interactions, MODAL } from "./interactions.js";
import { ask, closeMenu, openDialog, openEmoji, openMenu, Tools } from "./menus.js";
import { writtenAt } from "./message.js";
import { Pane, Sidebar } from "./panes.js";
import { BITS } from "./permissions.js";
import { Store } from "./store.js";

const NO_ANSWER = "The application did not respond";

export class App {
  /** `people` is the room's answer about the server; `member` is who uses the client. */
  constructor(people, member, status) {
    this.people = people;
    this.guildId = people.guild_id;
    this.api = new Api(member.token);
    this.store = new Store(member, people.bot_id);
    this.interactions = new Interactions(this.api, people.guild_id, people.application_id);
    this.tools = new Tools(this);
    this.status = status;
    this.main = new Pane(this, document.getElementById("main-pane"));
    this.side = new Pane(this, document.getElementById("side-pane"), { close: () => this.closeThread() });
    this.sidebar = new Sidebar(this, document.getElementById("sidebar"));
    this.house = {
      user: (id) => (this.store.users.has(id) ? this.store.nameOf({ id }) : null),
      role: (id) => this.store.guild?.roles.find((role) => role.id === id)?.name.replace(/^@/, "") ?? null,
      channel: (id) => { const c = this.store.channels.get(id); return c ? `${this.store.isThread(c) ? "↳ " : "#"}${c.name}` : null; },
      jump: (channelId, messageId) => this.jump(channelId, messageId),
    };
    this.room = { bot: null, connected: false };
    let asked = false;
    this.store.addEventListener("channels", () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => { asked = false; this.sidebar.draw(); });
    });
    this.store.addEventListener("gone", (e) => this.gone(e.detail.id));
    this.ready = new Promise((done) => this.store.addEventListener("guild", done, { once: true }));
    this.gateway = new Gateway(this.address(people.gateway), member.token, (name, data) => this.hear(name, data), (up) => this.connection(up));
  }

  /** The gateway's address with the page's own host name. */
  address(gateway) {
    return `ws://${window.location.host}${new URL(gateway).pathname}`;
  }

  hear(name, data) {
    if (this.interactions.handle(name, data)) {
      if (name === "INTERACTION_MODAL_CREATE") this.form(data);
      return;
    }
    const again = name === "GUILD_CREATE" && this.store.guild;
    this.store.handle(name, data);
    if (again) this.main.timeline?.open();
  }

  connection(up) {
    this.status(up ? "" : "Lost the connection to the gateway. Reconnecting…");
  }

  close() {
    this.gateway.close();
    this.main.leave();
    this.side.leave();
    closeMenu();
  }

  complain(error) {
    if (!(error instanceof ApiError)) throw error;
    this.status(error.message, true);
  }

  botLine() {
    const { bot, connected } = this.room;
    const text = bot === null ? (connected ? "A bot is connected" : "No bot is connected") : bot !== "running" ? "The bot is not running" : connected ? "The bot is online" : "The bot is connecting…";
    return [el("span", { class: `dot ${connected ? "on" : "off"}`, "aria-hidden": "true" }), text];
  }

  // Channels and threads ------------------------------------------------------------------------

  /** Go to a channel, or open a thread beside its channel. */
  async go(channelId, around = null) {
    const channel = this.store.channels.get(channelId);
    closeDrawer();
    if (this.store.isThread(channel)) {
      await this.openThread(channelId, around);
      return;
    }
    if (window.innerWidth < 760) this.closeThread();
    if (this.main.channelId !== channelId) {
      sessionStorage.setItem("channel", channelId);
      await this.main.open(channelId, around);
    } else if (around) {
      await this.main.timeline?.jump(around);
    }
    this.sidebar.draw();
  }

  async openThread(threadId, around = null) {
    if (!this.store.channels.has(threadId)) {
      try {
        this.store.channels.set(threadId, await this.api.get(`/channels/${threadId}`));
      } catch (error) {
        this.complain(error);
        return;
      }
    }
    document.body.classList.add("with-thread");
    if (this.side.channelId !== threadId) await this.side.open(threadId, around);
    else if (around) await this.side.timeline?.jump(around);
    this.sidebar.draw();
  }

  closeThread() {
    document.body.classList.remove("with-thread");
    this.side.open(null);
    this.sidebar.draw();
  }

  gone(channelId) {
    if (this.side.channelId === channelId) this.closeThread();
    if (this.main.channelId === channelId) this.go(this.store.places()[0]?.id);
  }

  async jump(channelId, messageId) {
    await this.go(channelId, messageId);
  }

  seen(channelId) {
    if (this.store.unread.delete(channelId)) this.store.notify("channels");
  }

  pane(channelId) {
    return this.side.channelId === channelId ? this.side : this.main.channelId === channelId ? this.main : null;
  }

  lastOwn(channelId) {
    const found = this.pane(channelId)?.timeline?.messages ?? [];
    return found.findLast((m) => this.isMine(m));
  }

  // Permissions ---------------------------------------------------------------------------------

  isMine(message) {
    return message.author.id === this.store.me.id && (message.type === 0 || message.type === 19);
  }

  canWrite(channelId) { return mayWrite(this.store, channelId); }
  canReact(message) { return this.store.may(BITS.ADD_REACTIONS, message.channel_id); }
  canDelete(message) { return message.author.id === this.store.me.id || this.store.may(BITS.MANAGE_MESSAGES, message.channel_id); }

  canThread(message) {
    const channel = this.store.channels.get(message.channel_id);
    return [0, 5].includes(channel?.type) && !this.store.channels.has(message.id) && this.store.may(BITS.CREATE_PUBLIC_THREADS, message.channel_id);
  }

  // Messages ------------------------------------------------------------------------------------

  reply(message) { this.pane(message.channel_id)?.composer.reply(message); }
  edit(message) { this.pane(message.channel_id)?.composer.edit(message); }

  async attempt(call) {
    try {
      return await call();
    } catch (error) {
      this.complain(error);
      return null;
    }
  }

  react(message, emoji, on) {
    const what = encodeURIComponent(emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name);
    const path = `/channels/${message.channel_id}/messages/${message.id}/reactions/${what}/@me`;
    return this.attempt(() => (on ? this.api.put(path) : this.api.delete(path)));
  }

  async thread(message) {
    const suggestion = (message.content || "New thread").split("\n")[0].slice(0, 80);
    const title = await ask("Open a thread", "Thread name", suggestion, "Open");
    if (!title) return;
    const thread = await this.attempt(() => this.api.post(`/channels/${message.channel_id}/messages/${message.id}/threads`, { name: title }));
    if (thread) await this.openThread(thread.id);
  }

  remove(message) {
    openDialog("Delete this message?", (close) => el("div", { class: "stack" },
      el("p", {}, "It will be deleted for everyone."),
      el("div", { class: "actions" }, el("button", { type: "button", class: "component-button secondary", on: { click: close } }, "Cancel"),
        el("button", { type: "button", class: "component-button danger", autofocus: true, on: { click: () => { close(); this.attempt(() => this.api.delete(`/channels/${message.channel_id}/messages/${message.id}`)); } } }, "Delete"))));
  }

  async messageMenu(event, message) {
    event.preventDefault();
    const where = { type: event.type, clientX: event.clientX, clientY: event.clientY, target: event.target, currentTarget: event.currentTarget?.matches?.("button") ? event.currentTarget : event.target, preventDefault() {}, stopPropagation() {} };
    if (message.flags & 64) {
      openMenu(where, [{ label: "Dismiss message", run: () => this.store.dismiss(message) }], "Message");
      return;
    }
    const apps = (await this.commands().catch(() => [])).filter((c) => c.type === 3);
    const channel = this.store.channels.get(message.channel_id);
    openMenu(where, [
      this.canReact(message) && { label: "Add reaction", run: () => openEmoji(where, (emoji) => this.react(message, { name: emoji, id: null }, true)) },
      this.canWrite(message.channel_id) && { label: "Reply", run: () => this.reply(message) },
      this.isMine(message) && { label: "Edit message", run: () => this.edit(message) },
      this.canThread(message) && { label: "Open a thread", run: () => this.thread(message) },
      this.store.may(BITS.PIN_MESSAGES, channel.id) && { label: message.pinned ? "Unpin message" : "Pin message", run: () => this.attempt(() => (message.pinned ? this.api.delete(`/channels/${channel.id}/messages/pins/${message.id}`) : this.api.put(`/channels/${channel.id}/messages/pins/${message.id}`))) },
      { label: "Copy text", run: () => navigator.clipboard?.writeText(message.content) },
      apps.length && "Apps",
      ...apps.map((command) => ({ label: command.name, run: () => this.run(message.channel_id, { id: command.id, name: command.name, type: 3, version: command.version, target_id: message.id }, []) })),
      this.canDelete(message) && { label: "Delete message", danger: true, run: () => this.remove(message) },
    ], `Message by ${this.store.nameOf(message.author)}, ${writtenAt(message).toLocaleString()}`);
  }

  messageKey(event, message) {
    if (message.flags & 64 || message.type === 21) return;
    const does = {
      r: this.canWrite(message.channel_id) && (() => this.reply(message)),
      e: this.isMine(message) && (() => this.edit(message)),
      t: this.canThread(message) && (() => this.thread(message)),
      "+": this.canReact(message) && (() => openEmoji(event, (emoji) => this.react(message, { name: emoji, id: null }, true))),
      Delete: this.canDelete(message) && (() => this.remove(message)),
      Backspace: this.canDelete(message) && (() => this.remove(message)),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }

  async userMenu(event, user) {
    event.preventDefault();
    const where = { type: event.type, clientX: event.clientX, clientY: event.clientY, target: event.target, currentTarget: event.currentTarget, preventDefault() {}, stopPropagation() {} };
    const apps = (await this.commands().catch(() => [])).filter((c) => c.type === 2);
    const composer = (this.side.composer ?? this.main.composer);
    openMenu(where, [
      composer && { label: `Mention @${this.store.nameOf(user)}`, run: () => { composer.text.value += `<@${user.id}> `; composer.focus(); } },
      { label: "Copy ID", run: () => navigator.clipboard?.writeText(user.id) },
      apps.length && "Apps",
      ...apps.map((command) => ({ label: command.name, run: () => this.run(this.main.channelId, { id: command.id, name: command.name, type: 2, version: command.version, target_id: user.id }, []) })),
    ], this.store.nameOf(user));
  }

  // The application -----------------------------------------------------------------------------

  /** Fetch the commands this member may use; they change with permissions. */
  async commands() {
    const found = await this.api.get(`/guilds/${this.guildId}/application-command-index`);
    return found.application_commands;
  }

  /** Run a command; if it fails, show a message in the channel, as Discord does. */
  async run(channelId, data, files) {
    try {
      const { outcome } = await this.interactions.send(COMMAND, channelId, data, { files });
      if (outcome === "failure") this.store.note(channelId, NO_ANSWER);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.store.note(channelId, error.message);
    }
  }

  /** Press a button or choose in a select. */
  async press(message, component, values = undefined) {
    const data = { component_type: component.type, custom_id: component.custom_id };
    if (values !== undefined) data.values = values;
    const timeline = this.pane(message.channel_id)?.timeline;
    try {
      const more = { message_id: message.id, message_flags: message.flags };
      const { outcome } = await this.interactions.send(COMPONENT, message.channel_id, data, { more });
      if (outcome === "failure") timeline?.fail(message.id, "This interaction failed");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      timeline?.fail(message.id, error.message);
    }
  }

  form(modal) {
    openForm(modal, this, async (components, files) => {
      const data = { id: modal.id, custom_id: modal.custom_id, components };
      const { outcome } = await this.interactions.send(MODAL, modal.channel_id, data, { files });
      if (outcome === "failure") throw new Error("Something went wrong. Try again.");
    });
  }
}
