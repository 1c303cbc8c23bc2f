// The client's state: the server, its channels and threads, and its members.
// Messages are kept by the timelines that show them; here only ephemeral ones.

import { BITS, bitsIn } from "./permissions.js";
import { now } from "./times.js";

const THREADS = new Set([10, 11, 12]);
const EPHEMERAL = 1 << 6;

export class Store extends EventTarget {
  constructor(me, botId) {
    super();
    this.me = me;
    this.botId = botId;
    this.guild = null;
    this.channels = new Map();
    this.users = new Map();
    this.roles = [];
    this.memberRoles = new Map();
    this.private = new Map();
    this.unread = new Set();
    this.typing = new Map();
  }

  notify(kind, detail = {}) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  isThread(channel) {
    return THREADS.has(channel?.type);
  }

  /** The channels without threads, in order. */
  places() {
    const found = [...this.channels.values()].filter(
      (c) => !this.isThread(c) && c.type !== 4 && c.type !== 1 && this.may(BITS.VIEW_CHANNEL, c.id),
    );
    return found.sort((a, b) => a.position - b.position || compare(a.id, b.id));
  }

  /** The active threads of a channel, the newest first. */
  threadsOf(channelId, { archived = false } = {}) {
    const found = [...this.channels.values()].filter(
      (c) => this.isThread(c) && c.parent_id === channelId && (archived || !c.thread_metadata?.archived),
    );
    return found.sort((a, b) => compare(b.last_message_id ?? b.id, a.last_message_id ?? a.id));
  }

  may(bit, channelId) {
    const channel = this.channels.get(channelId);
    if (!channel || !this.guild) return false;
    const place = this.isThread(channel) ? this.channels.get(channel.parent_id) : channel;
    return Boolean(bitsIn(this.guild, this.memberRoles.get(this.me.id) ?? [], this.me.id, place) & bit);
  }

  /** A user's display name in this server. */
  nameOf(user) {
    const known = this.users.get(user.id) ?? user;
    return known.nick ?? user.global_name ?? known.global_name ?? user.username;
  }

  colourOf(userId) {
    const ids = this.memberRoles.get(userId) ?? [];
    const worn = (this.guild?.roles ?? []).filter((r) => ids.includes(r.id) && r.color);
    worn.sort((a, b) => b.position - a.position);
    return worn.length ? `#${worn[0].color.toString(16).padStart(6, "0")}` : null;
  }

  /** The ephemeral messages of a channel, the oldest first. */
  privateIn(channelId) {
    return [...(this.private.get(channelId)?.values() ?? [])];
  }

  dismiss(message) {
    this.private.get(message.channel_id)?.delete(message.id);
    this.notify("message-gone", { channelId: message.channel_id, id: message.id });
  }

  /** Add an ephemeral message from the page itself, as Discord's client does. */
  note(channelId, content, kind = "failure") {
    const message = {
      id: String((BigInt(now().getTime()) - 1420070400000n) << 22n), channel_id: channelId, type: 20,
      content, flags: EPHEMERAL, local: kind, timestamp: null, embeds: [], components: [], attachments: [],
      mentions: [], author: { id: this.botId, username: "Salon", bot: true, ...this.users.get(this.botId) },
    };
    this.keepPrivate(message);
    this.notify("message", { message });
  }

  keepPrivate(message) {
    const kept = this.private.get(message.channel_id) ?? new Map();
    kept.set(message.id, message);
    this.private.set(message.channel_id, kept);
  }

  learn(user, member = null) {
    if (!user) return;
    const before = this.users.get(user.id) ?? {};
    this.users.set(user.id, { ...before, ...user, nick: member ? (member.nick ?? null) : (before.nick ?? null) });
    if (member?.roles) this.memberRoles.set(user.id, member.roles);
  }

  /** Handle one dispatch of the gateway. */
  handle(name, data) {
    switch (name) {
      case "GUILD_CREATE": return this.takeGuild(data);
      case "CHANNEL_CREATE": case "CHANNEL_UPDATE": case "THREAD_UPDATE": case "THREAD_CREATE":
        return this.takeChannel(name, data);
      case "CHANNEL_DELETE": case "THREAD_DELETE":
        this.channels.delete(data.id);
        this.notify("gone", { id: data.id });
        return this.notify("channels");
      case "THREAD_LIST_SYNC":
        for (const thread of data.threads) this.channels.set(thread.id, { ...this.channels.get(thread.id), ...thread });
        return this.notify("channels");
      case "GUILD_ROLE_CREATE": case "GUILD_ROLE_UPDATE":
        this.guild.roles = [...this.guild.roles.filter((r) => r.id !== data.role.id), data.role];
        return this.notify("channels");
      case "GUILD_ROLE_DELETE":
        this.guild.roles = this.guild.roles.filter((r) => r.id !== data.role_id);
        return this.notify("channels");
      case "GUILD_MEMBER_ADD": case "GUILD_MEMBER_UPDATE":
        this.learn(data.user, data);
        return this.notify("members");
      case "GUILD_MEMBER_REMOVE":
        return this.notify("members");
      case "MESSAGE_CREATE": return this.takeMessage(data);
      case "MESSAGE_UPDATE":
        if (data.flags & EPHEMERAL) this.keepPrivate(data);
        return this.notify("message-changed", { message: data });
      case "MESSAGE_DELETE":
        return this.gone(data.channel_id, data.id);
      case "MESSAGE_DELETE_BULK":
        for (const id of data.ids) this.gone(data.channel_id, id);
        return undefined;
      case "TYPING_START":
        return this.notify("typing", { channelId: data.channel_id, userId: data.user_id });
      default:
        if (name.startsWith("MESSAGE_REACTION_")) return this.notify("reaction", { name, data });
        return this.notify("other", { name, data });
    }
  }

  takeGuild(data) {
    this.guild = data;
    this.channels = new Map([...data.channels, ...data.threads].map((c) => [c.id, c]));
    for (const member of data.members) this.learn(member.user, member);
    this.notify("guild");
    this.notify("channels");
  }

  takeChannel(name, data) {
    const fresh = name === "THREAD_CREATE" && data.newly_created;
    this.channels.set(data.id, { ...this.channels.get(data.id), ...data });
    this.notify("channels");
    this.notify("channel", { channel: this.channels.get(data.id), fresh });
  }

  count(thread, more) {
    thread.message_count = Math.max(0, (thread.message_count ?? 0) + more);
    this.notify("channel", { channel: thread, fresh: false });
  }

  gone(channelId, id) {
    this.private.get(channelId)?.delete(id);
    const channel = this.channels.get(channelId);
    if (this.isThread(channel) && id !== channelId) this.count(channel, -1);
    this.notify("message-gone", { channelId, id });
  }

  takeMessage(data) {
    this.learn(data.author, data.member);
    if (data.flags & EPHEMERAL) this.keepPrivate(data);
    const channel = this.channels.get(data.channel_id);
    if (channel && !(data.flags & EPHEMERAL)) {
      channel.last_message_id = data.id;
      // docs: Channels Resource › message_count: the message a thread starts with isn't counted.
      if (this.isThread(channel) && data.type !== 21 && data.id !== channel.id) this.count(channel, 1);
      if (data.author.id !== this.me.id) this.unread.add(data.channel_id);
    }
    this.notify("message", { message: data });
    this.notify("channels");
  }
}

/** Compare ids, which are too large for a JavaScript number. */
export function compare(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
