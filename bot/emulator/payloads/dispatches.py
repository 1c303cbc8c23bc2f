"""Rendering events: the gateway dispatch for each event of the world, and its recipients.

docs: Gateway Events › Receive Events; Gateway › List of Intents.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from bot.emulator.payloads import (
    applications,
    automod,
    channels,
    guilds,
    messages,
    stickers,
    users,
)
from bot.emulator.world import events
from bot.emulator.world.events import Event
from bot.emulator.world.models import Channel, Guild, Interaction, Message, Reaction
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["Dispatch", "render"]

_Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One dispatch of the gateway, before it is decided which sessions may see it.

    ``data`` is the payload as a session with every intent sees it. With a ``channel_id`` only
    users who can see the channel get it; with a ``user_id`` only that user's sessions do (an
    interaction goes to its application's bot, an ephemeral message to one member). With a
    ``permission`` only members who have it in the server get it.
    docs: Gateway › List of Intents, Gateway Events.
    """

    name: str
    data: dict[str, Any]
    guild_id: int | None = None
    channel_id: int | None = None
    user_id: int | None = None
    permission: int = 0


@functools.singledispatch
def render(event: Event, world: World) -> Dispatch:
    """The dispatch for an event, rendered from the world as it is now."""
    raise TypeError(f"{type(event).__name__} of {world} has no dispatch.")


# Messages -------------------------------------------------------------------------------------


def _to_readers(name: str, message: Message, data: _Data) -> Dispatch:
    """A dispatch about a message, for everyone who can see the message."""
    if message.ephemeral_to is not None:
        return Dispatch(name, data, message.guild_id, None, message.ephemeral_to)
    return Dispatch(name, data, message.guild_id, message.channel_id)


@render.register
def _message_created(event: events.MessageCreated, world: World) -> Dispatch:
    data = messages.message_event(world, event.message)
    return _to_readers("MESSAGE_CREATE", event.message, data)


@render.register
def _message_updated(event: events.MessageUpdated, world: World) -> Dispatch:
    data = messages.message_event(world, event.message)
    return _to_readers("MESSAGE_UPDATE", event.message, data)


@render.register
def _message_deleted(event: events.MessageDeleted, _: World) -> Dispatch:
    message = event.message
    data = {"id": str(message.id), "channel_id": str(message.channel_id)}
    if message.guild_id is not None:
        data["guild_id"] = str(message.guild_id)
    return _to_readers("MESSAGE_DELETE", message, data)


@render.register
def _messages_deleted(event: events.MessagesDeleted, _: World) -> Dispatch:
    channel = event.channel
    data = {
        "ids": [str(message_id) for message_id in event.message_ids],
        "channel_id": str(channel.id),
        "guild_id": str(channel.guild_id),
    }
    return Dispatch("MESSAGE_DELETE_BULK", data, channel.guild_id, channel.id)


# Reactions ------------------------------------------------------------------------------------


def _reaction_dispatch(name: str, message: Message, data: _Data) -> Dispatch:
    whole = {"channel_id": str(message.channel_id), "message_id": str(message.id), **data}
    if message.guild_id is not None:
        whole["guild_id"] = str(message.guild_id)
    return Dispatch(name, whole, message.guild_id, message.channel_id)


def _emoji(reaction: Reaction) -> _Data:
    return {"id": users.optional_id(reaction.emoji_id), "name": reaction.emoji_name}


@render.register
def _reaction_added(event: events.ReactionAdded, world: World) -> Dispatch:
    message = event.message
    data: _Data = {
        "user_id": str(event.user_id),
        "emoji": _emoji(event.reaction),
        "message_author_id": str(message.author_id),
        "burst": False,
        "type": 0,
    }
    if message.guild_id is not None:
        data["member"] = users.member(world, world.guilds[message.guild_id], event.user_id)
    return _reaction_dispatch("MESSAGE_REACTION_ADD", message, data)


@render.register
def _reaction_removed(event: events.ReactionRemoved, _: World) -> Dispatch:
    data = {
        "user_id": str(event.user_id),
        "emoji": _emoji(event.reaction),
        "burst": False,
        "type": 0,
    }
    return _reaction_dispatch("MESSAGE_REACTION_REMOVE", event.message, data)


@render.register
def _reaction_emoji_cleared(event: events.ReactionEmojiCleared, _: World) -> Dispatch:
    data = {"emoji": _emoji(event.reaction)}
    return _reaction_dispatch("MESSAGE_REACTION_REMOVE_EMOJI", event.message, data)


@render.register
def _reactions_cleared(event: events.ReactionsCleared, _: World) -> Dispatch:
    return _reaction_dispatch("MESSAGE_REACTION_REMOVE_ALL", event.message, {})


# Polls ----------------------------------------------------------------------------------------


def _vote(event: events.PollVoteAdded | events.PollVoteRemoved) -> _Data:
    return {"user_id": str(event.user_id), "answer_id": event.answer_id}


@render.register
def _poll_vote_added(event: events.PollVoteAdded, _: World) -> Dispatch:
    """docs: Gateway Events › Message Poll Vote Add."""
    return _reaction_dispatch("MESSAGE_POLL_VOTE_ADD", event.message, _vote(event))


@render.register
def _poll_vote_removed(event: events.PollVoteRemoved, _: World) -> Dispatch:
    """docs: Gateway Events › Message Poll Vote Remove."""
    return _reaction_dispatch("MESSAGE_POLL_VOTE_REMOVE", event.message, _vote(event))


# Channels and threads -------------------------------------------------------------------------


def _in_channel(name: str, channel: Channel, data: _Data) -> Dispatch:
    return Dispatch(name, data, channel.guild_id, channel.id)


@render.register
def _typing_started(event: events.TypingStarted, world: World) -> Dispatch:
    """docs: Gateway Events › Typing Start."""
    channel = event.channel
    data: _Data = {
        "channel_id": str(channel.id),
        "user_id": str(event.user_id),
        "timestamp": int(world.now().timestamp()),
    }
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
        data["member"] = users.member(world, world.guilds[channel.guild_id], event.user_id)
    return _in_channel("TYPING_START", channel, data)


@render.register
def _pins_updated(event: events.PinsUpdated, _: World) -> Dispatch:
    """docs: Gateway Events › Channel Pins Update."""
    channel = event.channel
    data: _Data = {
        "channel_id": str(channel.id),
        "last_pin_timestamp": users.iso(channel.last_pin_timestamp),
    }
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
    return _in_channel("CHANNEL_PINS_UPDATE", channel, data)


@render.register
def _channel_created(event: events.ChannelCreated, world: World) -> Dispatch:
    """docs: Gateway Events › Channel Create, Thread Create (``newly_created``)."""
    data = channels.channel(world, event.channel)
    if event.channel.thread is None:
        return _in_channel("CHANNEL_CREATE", event.channel, data)
    return _in_channel("THREAD_CREATE", event.channel, {**data, "newly_created": True})


@render.register
def _channel_updated(event: events.ChannelUpdated, world: World) -> Dispatch:
    """docs: Gateway Events › Channel Update, Thread Update."""
    name = "CHANNEL_UPDATE" if event.channel.thread is None else "THREAD_UPDATE"
    return _in_channel(name, event.channel, channels.channel(world, event.channel))


@render.register
def _channel_deleted(event: events.ChannelDeleted, world: World) -> Dispatch:
    """docs: Gateway Events › Channel Delete, Thread Delete."""
    channel = event.channel
    if channel.thread is None:
        return _in_channel("CHANNEL_DELETE", channel, channels.channel(world, channel))
    data = {
        "id": str(channel.id),
        "guild_id": str(channel.guild_id),
        "parent_id": str(channel.parent_id),
        "type": int(channel.type),
    }
    return _in_channel("THREAD_DELETE", channel, data)


@render.register
def _thread_joined(event: events.ThreadJoined, world: World) -> Dispatch:
    """docs: Gateway Events › Thread Create (when added to a private thread)."""
    channel = event.channel
    data = channels.channel(world, channel, event.user_id)
    return Dispatch("THREAD_CREATE", data, channel.guild_id, channel.id, event.user_id)


@render.register
def _thread_members_updated(event: events.ThreadMembersUpdated, world: World) -> Dispatch:
    """docs: Gateway Events › Thread Members Update."""
    channel, thread = event.channel, event.channel.thread
    assert thread is not None
    assert channel.guild_id is not None
    guild = world.guilds[channel.guild_id]
    data: _Data = {
        "id": str(channel.id),
        "guild_id": str(channel.guild_id),
        "member_count": min(len(thread.members), 50),
    }
    if event.added:
        data["added_members"] = [
            {
                **channels.thread_member(channel.id, thread.members[user_id]),
                "member": users.member(world, guild, user_id),
                "presence": None,
            }
            for user_id in event.added
            if user_id in guild.members
        ]
    if event.removed:
        data["removed_member_ids"] = [str(user_id) for user_id in event.removed]
    return _in_channel("THREAD_MEMBERS_UPDATE", channel, data)


@render.register
def _thread_list_synced(event: events.ThreadListSynced, world: World) -> Dispatch:
    """docs: Gateway Events › Thread List Sync."""
    guild_id, user_id = event.guild.id, event.user_id
    ids = {channel.id for channel in event.channels}
    threads = [
        thread
        for thread in world.threads_of(guild_id)
        if thread.parent_id in ids and world.can_view(user_id, thread.id)
    ]
    data = {
        "guild_id": str(guild_id),
        "channel_ids": [str(channel_id) for channel_id in sorted(ids)],
        "threads": [channels.channel(world, thread, user_id) for thread in threads],
        "members": [
            channels.thread_member(thread.id, thread.thread.members[user_id])
            for thread in threads
            if thread.thread is not None and user_id in thread.thread.members
        ],
    }
    return Dispatch("THREAD_LIST_SYNC", data, guild_id, None, user_id)


# Servers, members and roles -------------------------------------------------------------------


@render.register
def _application_joined(event: events.ApplicationJoined, world: World) -> Dispatch:
    """GUILD_CREATE without ``unavailable``, by which clients tell a join from an outage's end.

    docs: Gateway Events › Guild Create.
    """
    data = guilds.guild_create(world, event.guild, event.user_id)
    data.pop("unavailable", None)
    return Dispatch("GUILD_CREATE", data, None, None, event.user_id)


@render.register
def _guild_updated(event: events.GuildUpdated, _: World) -> Dispatch:
    """docs: Gateway Events › Guild Update (the inner payload is a guild object)."""
    return Dispatch("GUILD_UPDATE", guilds.guild(event.guild), event.guild.id, None, None)


@render.register
def _guild_left(event: events.GuildLeft, _: World) -> Dispatch:
    """docs: Gateway Events › Guild Delete (without ``unavailable``: the user was removed)."""
    return Dispatch("GUILD_DELETE", {"id": str(event.guild.id)}, None, None, event.user_id)


@render.register
def _member_joined(event: events.MemberJoined, world: World) -> Dispatch:
    """docs: Gateway Events › Guild Member Add."""
    data = users.member(world, event.guild, event.user_id)
    return _in_guild("GUILD_MEMBER_ADD", event.guild, data)


@render.register
def _member_updated(event: events.MemberUpdated, world: World) -> Dispatch:
    """docs: Gateway Events › Guild Member Update."""
    data = users.member(world, event.guild, event.user_id)
    return _in_guild("GUILD_MEMBER_UPDATE", event.guild, data)


@render.register
def _member_removed(event: events.MemberRemoved, _: World) -> Dispatch:
    """docs: Gateway Events › Guild Member Remove."""
    data = {"user": users.user(event.user)}
    return _in_guild("GUILD_MEMBER_REMOVE", event.guild, data)


@render.register
def _member_banned(event: events.MemberBanned, _: World) -> Dispatch:
    """docs: Gateway Events › Guild Ban Add."""
    return _in_guild("GUILD_BAN_ADD", event.guild, {"user": users.user(event.user)})


@render.register
def _member_unbanned(event: events.MemberUnbanned, _: World) -> Dispatch:
    """docs: Gateway Events › Guild Ban Remove."""
    return _in_guild("GUILD_BAN_REMOVE", event.guild, {"user": users.user(event.user)})


@render.register
def _role_created(event: events.RoleCreated, _: World) -> Dispatch:
    return _in_guild("GUILD_ROLE_CREATE", event.guild, {"role": users.role(event.role)})


@render.register
def _role_updated(event: events.RoleUpdated, _: World) -> Dispatch:
    return _in_guild("GUILD_ROLE_UPDATE", event.guild, {"role": users.role(event.role)})


@render.register
def _role_deleted(event: events.RoleDeleted, _: World) -> Dispatch:
    return _in_guild("GUILD_ROLE_DELETE", event.guild, {"role_id": str(event.role.id)})


def _to_managers(name: str, guild: Guild, data: _Data) -> Dispatch:
    """docs: Gateway Events › Auto Moderation (only for those with *Manage Server*)."""
    return Dispatch(name, data, guild.id, permission=int(Permission.MANAGE_GUILD))


@render.register
def _automod_rule_created(event: events.AutoModRuleCreated, _: World) -> Dispatch:
    data = automod.automod_rule(event.guild, event.rule)
    return _to_managers("AUTO_MODERATION_RULE_CREATE", event.guild, data)


@render.register
def _automod_rule_updated(event: events.AutoModRuleUpdated, _: World) -> Dispatch:
    data = automod.automod_rule(event.guild, event.rule)
    return _to_managers("AUTO_MODERATION_RULE_UPDATE", event.guild, data)


@render.register
def _automod_rule_deleted(event: events.AutoModRuleDeleted, _: World) -> Dispatch:
    data = automod.automod_rule(event.guild, event.rule)
    return _to_managers("AUTO_MODERATION_RULE_DELETE", event.guild, data)


@render.register
def _message_blocked(event: events.MessageBlocked, _: World) -> Dispatch:
    """docs: Gateway Events › Auto Moderation Action Execution."""
    data = {
        "guild_id": str(event.guild.id),
        "action": automod.automod_action(event.rule),
        "rule_id": str(event.rule.id),
        "rule_trigger_type": 1,
        "user_id": str(event.user_id),
        "channel_id": str(event.channel.id),
        "content": event.text,
        "matched_keyword": event.keyword,
        "matched_content": event.matched,
    }
    return _to_managers("AUTO_MODERATION_ACTION_EXECUTION", event.guild, data)


@render.register
def _webhooks_updated(event: events.WebhooksUpdated, _: World) -> Dispatch:
    """docs: Gateway Events › Webhooks Update."""
    channel = event.channel
    data = {"guild_id": str(channel.guild_id), "channel_id": str(channel.id)}
    return Dispatch("WEBHOOKS_UPDATE", data, channel.guild_id)


@render.register
def _command_permissions_updated(event: events.CommandPermissionsUpdated, _: World) -> Dispatch:
    """docs: Gateway Events › Application Command Permissions Update."""
    application = event.application
    data = applications.command_permissions(event.guild, application.id, event.target_id)
    name = "APPLICATION_COMMAND_PERMISSIONS_UPDATE"
    return Dispatch(name, data, event.guild.id, user_id=application.bot_id)


@render.register
def _stickers_updated(event: events.StickersUpdated, _: World) -> Dispatch:
    """docs: Gateway Events › Guild Stickers Update."""
    found = [stickers.sticker(one, event.guild) for one in event.guild.stickers.values()]
    return _in_guild("GUILD_STICKERS_UPDATE", event.guild, {"stickers": found})


@render.register
def _presence_updated(event: events.PresenceUpdated, _: World) -> Dispatch:
    """docs: Gateway Events › Presence Update."""
    data = {
        "user": {"id": str(event.user_id)},
        "status": event.status,
        "activities": event.activities,
        "client_status": {} if event.status == "offline" else {"web": event.status},
    }
    return _in_guild("PRESENCE_UPDATE", event.guild, data)


def _in_guild(name: str, guild: Guild, data: _Data) -> Dispatch:
    return Dispatch(name, {"guild_id": str(guild.id), **data}, guild.id)


# Interactions ---------------------------------------------------------------------------------


def _to_member(name: str, interaction: Interaction, data: _Data) -> Dispatch:
    return Dispatch(name, data, None, None, interaction.member_id)


def _receipt(interaction: Interaction) -> _Data:
    """What a member's client gets to recognise its own interaction."""
    return {"id": str(interaction.id), "nonce": interaction.nonce}


@render.register
def _interaction_received(event: events.InteractionReceived, _: World) -> Dispatch:
    interaction = event.interaction
    return _to_member("INTERACTION_CREATE", interaction, _receipt(interaction))


@render.register
def _interaction_created(event: events.InteractionCreated, world: World) -> Dispatch:
    """docs: Gateway Events › Interaction Create."""
    interaction = event.interaction
    bot_id = world.applications[interaction.application_id].bot_id
    guild_id = interaction.guild_id
    return Dispatch("INTERACTION_CREATE", interaction.payload, guild_id, None, bot_id)


@render.register
def _interaction_answered(event: events.InteractionAnswered, _: World) -> Dispatch:
    interaction = event.interaction
    return _to_member("INTERACTION_SUCCESS", interaction, _receipt(interaction))


@render.register
def _interaction_failed(event: events.InteractionFailed, _: World) -> Dispatch:
    interaction = event.interaction
    return _to_member("INTERACTION_FAILURE", interaction, _receipt(interaction))


@render.register
def _autocomplete_answered(event: events.AutocompleteAnswered, _: World) -> Dispatch:
    data = {"choices": event.choices, "nonce": event.interaction.nonce}
    return _to_member("APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", event.interaction, data)


@render.register
def _modal_shown(event: events.ModalShown, _: World) -> Dispatch:
    interaction = event.interaction
    data = {
        **_receipt(interaction),
        **(interaction.modal or {}),
        "channel_id": str(interaction.channel_id),
        "application": {"id": str(interaction.application_id)},
    }
    return _to_member("INTERACTION_MODAL_CREATE", interaction, data)
