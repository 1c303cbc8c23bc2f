"""Mentions in a message, limited by ``allowed_mentions``.

docs: Reference › Message Formatting; Message Resource › Allowed Mentions Object.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.emulator.rules.json_form import Form
from bot.emulator.world.models import Channel
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["AllowedMentions", "Mentions", "find_mentions", "read_allowed_mentions"]

_USER = re.compile(r"<@!?(\d{1,19})>")
_ROLE = re.compile(r"<@&(\d{1,19})>")
_EVERYONE = re.compile(r"@(everyone|here)")


@dataclass(frozen=True, slots=True)
class AllowedMentions:
    """The field ``allowed_mentions``."""

    parse: frozenset[str]
    users: frozenset[int]
    roles: frozenset[int]
    replied_user: bool


@dataclass(frozen=True, slots=True)
class Mentions:
    """The users and roles that a message mentions, and whether it mentions everyone."""

    users: list[int]
    roles: list[int]
    everyone: bool


def read_allowed_mentions(form: Form) -> AllowedMentions | None:
    """The field ``allowed_mentions``; None if it is absent, so that all mentions count."""
    inner = form.form("allowed_mentions")
    if inner is None:
        return None
    parse = inner.items("parse", most=3)
    for at, kind in enumerate(parse):
        if kind not in ("users", "roles", "everyone"):
            inner.errors.add(
                (*inner.path, "parse", str(at)),
                "BASE_TYPE_CHOICES",
                "Value must be one of ('users', 'roles', 'everyone').",
            )
    users, roles = inner.snowflakes("users", most=100), inner.snowflakes("roles", most=100)
    for name, listed in (("users", users), ("roles", roles)):
        if listed and name in parse:
            inner.add_error(
                name,
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.',
            )
    return AllowedMentions(
        frozenset(kind for kind in parse if isinstance(kind, str)),
        frozenset(users),
        frozenset(roles),
        inner.boolean("replied_user"),
    )


def find_mentions(
    world: World,
    channel: Channel,
    author_id: int,
    content: str,
    allowed: AllowedMentions | None,
    replied_to: int | None,
) -> Mentions:
    """The allowed mentions of a text, with the author it replies to.

    Mentioning everyone, or a role that isn't mentionable, needs *Mention Everyone*.
    """
    bits = world.permissions(author_id, channel.id)
    everyone_may = bool(bits & Permission.MENTION_EVERYONE)
    users = list(dict.fromkeys(int(found) for found in _USER.findall(content)))
    users = [u for u in users if u in world.users and _is_allowed(allowed, "users", u)]
    ping_author = allowed is None or allowed.replied_user
    if (
        ping_author
        and replied_to is not None
        and replied_to in world.users
        and replied_to not in users
    ):
        users.append(replied_to)
    roles: list[int] = []
    guild = world.guilds.get(channel.guild_id or 0)
    for role_id in dict.fromkeys(int(found) for found in _ROLE.findall(content)):
        role = guild.roles.get(role_id) if guild is not None else None
        mentionable = role is not None and (role.mentionable or everyone_may)
        if mentionable and _is_allowed(allowed, "roles", role_id):
            roles.append(role_id)
    wanted = allowed is None or "everyone" in allowed.parse
    everyone = bool(_EVERYONE.search(content)) and wanted and everyone_may
    return Mentions(users, roles, everyone)


def _is_allowed(allowed: AllowedMentions | None, kind: str, one: int) -> bool:
    if allowed is None or kind in allowed.parse:
        return True
    return one in (allowed.users if kind == "users" else allowed.roles)
