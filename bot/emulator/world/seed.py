"""The initial world: a small server with members, channels and the bot."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from bot.emulator.world import persistence
from bot.emulator.world.clock import WorldClock
from bot.emulator.world.events import ApplicationJoined, MemberJoined
from bot.emulator.world.files import FileStore
from bot.emulator.world.models import (
    Application,
    Channel,
    ChannelType,
    Guild,
    Member,
    Overwrite,
    OverwriteType,
    Role,
    User,
)
from bot.emulator.world.permissions import Permission
from bot.emulator.world.snowflakes import snowflake_at
from bot.emulator.world.world import World

__all__ = [
    "GATEWAY_MEMBERS",
    "GATEWAY_PRESENCES",
    "INVITE_PERMISSIONS",
    "MEMBERS",
    "MESSAGE_CONTENT",
    "add_application",
    "add_guild",
    "add_member",
    "invite_bot",
    "join",
    "open_world",
    "put_channel",
    "seed_world",
]

GATEWAY_PRESENCES = 1 << 13
GATEWAY_MEMBERS = 1 << 15
MESSAGE_CONTENT = 1 << 19
"""Application flags for enabled privileged intents, in their form for under 100 servers.

docs: Application Resource › Application Flags.
"""

EVERYONE_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_EXTERNAL_STICKERS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CHANGE_NICKNAME
    | Permission.CREATE_INSTANT_INVITE
    | Permission.SEND_POLLS
    | Permission.CONNECT
    | Permission.SPEAK
)
"""The permissions of ``@everyone`` in a new server."""

INVITE_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.MANAGE_THREADS
    | Permission.MANAGE_MESSAGES
    | Permission.MANAGE_WEBHOOKS
    | Permission.PIN_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
)
"""The permissions that the bot's invite link requests."""

_A_YEAR = 365 * 24 * 3600
ADMIN = "Ada"
MEMBERS = ("Ann", "Ben", "Chloe", "Dev")


def add_application(
    world: World, owner: User, name: str = "Salon", *, separate_id: bool = False
) -> Application:
    """Add an application with a bot and the message-content and members intents enabled.

    Its id, random from the year before the world was made, is the bot user's too, as for every
    application of recent years. The documentation doesn't say so, but clients rely on it. With
    ``separate_id`` the bot has another one, as bots of old applications have.
    docs: Application Resource › Application Object (silent about the bot's id).
    """
    made = world.now() - timedelta(seconds=1 + secrets.randbelow(_A_YEAR))
    application_id = snowflake_at(made) | secrets.randbits(22)
    bot = world.add_user(name, bot=True, user_id=None if separate_id else application_id)
    application = Application(
        id=application_id,
        name=name,
        bot_id=bot.id,
        owner_id=owner.id,
        flags=MESSAGE_CONTENT | GATEWAY_MEMBERS,
        verify_key=secrets.token_hex(32),
    )
    world.applications[application.id] = application
    world.touch()
    return application


def add_guild(world: World, name: str, owner: User) -> Guild:
    """Add a server without channels whose only member is its owner, without an event."""
    guild = Guild(world.new_id(), name, owner.id)
    guild.roles[guild.id] = Role(guild.id, "@everyone", int(EVERYONE_PERMISSIONS))
    guild.members[owner.id] = Member(owner.id, world.now())
    world.guilds[guild.id] = guild
    world.touch()
    return guild


def invite_bot(world: World, guild: Guild, bot: User) -> None:
    """Add a bot to a server with the managed role that an invite link gives.

    docs: OAuth2 › Bot Authorization Flow; Gateway Events › Guild Create, Guild Member Add.
    """
    role = Role(
        id=world.new_id(),
        name=bot.name,
        permissions=int(INVITE_PERMISSIONS),
        position=len(guild.roles),
        managed=True,
        bot_id=bot.id,
    )
    guild.roles[role.id] = role
    guild.members[bot.id] = Member(bot.id, world.now(), [role.id])
    world.emit(ApplicationJoined(guild, bot.id))


def _handle(world: World, name: str) -> str:
    """A unique handle of the characters Discord allows. docs: Users › Usernames."""
    plain = "".join(c for c in name.lower() if c.isascii() and (c.isalnum() or c in "_."))[:28]
    taken = {user.name for user in world.users.values()}
    handle = plain if len(plain) >= 2 else "member"
    number = 1
    while handle in taken:
        number += 1
        handle = f"{plain or 'member'}{number}"
    return handle


def join(world: World, guild: Guild, user: User, roles: Iterable[int] = ()) -> None:
    """Add a user to a server, also one who left. docs: Gateway Events › Guild Member Add."""
    guild.members[user.id] = Member(user.id, world.now(), list(roles))
    world.emit(MemberJoined(guild, user.id))


def add_member(world: World, guild: Guild, name: str, *, admin: bool = False) -> User:
    """Add a new user to a server under any display name. An admin gets the role ``Admin``."""
    user = world.add_user(_handle(world, name), name)
    roles = [r.id for r in guild.roles.values() if admin and r.name == "Admin" and not r.managed]
    join(world, guild, user, roles)
    return user


def put_channel(
    world: World,
    guild: Guild,
    name: str,
    kind: ChannelType = ChannelType.TEXT,
    overwrites: list[Overwrite] | None = None,
) -> Channel:
    """Add a channel at the bottom of the server's list, without an event."""
    position = sum(1 for _ in world.channels_of(guild.id))
    return world.add_channel(
        Channel(
            id=world.new_id(),
            type=kind,
            name=name,
            guild_id=guild.id,
            position=position,
            overwrites=overwrites or [],
        )
    )


def seed_world(clock: WorldClock | None = None, files: FileStore | None = None) -> World:
    """A new world: one admin, some members, the bot and three channels.

    The channels are ``essays``, ``essay-forum`` and ``admins``. Tokens and ids differ each time.
    """
    world = World(clock, files)
    owner = world.add_user(ADMIN.lower(), ADMIN)
    application = add_application(world, owner)
    guild = add_guild(world, "The Reading Room", owner)
    admin_role = Role(world.new_id(), "Admin", int(Permission.ADMINISTRATOR), position=2)
    guild.roles[admin_role.id] = admin_role
    guild.members[owner.id].roles.append(admin_role.id)
    bot = world.users[application.bot_id]
    invite_bot(world, guild, bot)
    for name in MEMBERS:
        add_member(world, guild, name)
    put_channel(world, guild, "essays")
    put_channel(world, guild, "essay-forum", ChannelType.FORUM)
    seen = int(Permission.VIEW_CHANNEL)
    bot_role = guild.members[bot.id].roles[0]
    put_channel(
        world,
        guild,
        "admins",
        overwrites=[
            Overwrite(guild.id, OverwriteType.ROLE, deny=seen),
            Overwrite(bot_role, OverwriteType.ROLE, allow=seen),
            Overwrite(admin_role.id, OverwriteType.ROLE, allow=seen),
        ],
    )
    return world


def open_world(folder: Path | None) -> World:
    """The world saved in a folder, or a new one whose files are stored there.

    Without a folder it is in memory. Raises persistence.UnreadableWorldError.
    """
    if folder is None:
        return seed_world()
    if persistence.exists(folder):
        return persistence.load(folder)
    return seed_world(files=persistence.file_store(folder))
