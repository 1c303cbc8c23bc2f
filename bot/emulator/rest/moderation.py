"""Bans and AutoMod rules. docs: Guild Resource › Get Guild Bans …; Auto Moderation."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import unquote

from bot.emulator import payloads
from bot.emulator.rest.guilds import highest_position, remove_member
from bot.emulator.rest.request import Api, Call, Result
from bot.emulator.rules import automod, messages
from bot.emulator.rules.access import get_guild, require_in_guild
from bot.emulator.rules.errors import ApiError, api_error
from bot.emulator.rules.json_form import form_error
from bot.emulator.world.events import (
    AutoModRuleCreated,
    AutoModRuleDeleted,
    AutoModRuleUpdated,
    MemberBanned,
    MemberUnbanned,
)
from bot.emulator.world.models import AutoModRule, Ban, Guild
from bot.emulator.world.permissions import Permission
from bot.emulator.world.snowflakes import snowflake_time

__all__ = ["add_routes"]

_GUILD = "/guilds/{guild_id}"
_RULES = f"{_GUILD}/auto-moderation/rules"


def add_routes(api: Api) -> None:
    """Add the routes."""
    api.add("GET", f"{_GUILD}/bans", _bans)
    api.add("GET", f"{_GUILD}/bans/{{user_id}}", _get_ban)
    api.add("PUT", f"{_GUILD}/bans/{{user_id}}", _ban)
    api.add("DELETE", f"{_GUILD}/bans/{{user_id}}", _unban)
    api.add("GET", _RULES, _list_rules)
    api.add("POST", _RULES, _create_rule)
    api.add("GET", f"{_RULES}/{{rule_id}}", _get_rule)
    api.add("PATCH", f"{_RULES}/{{rule_id}}", _change_rule)
    api.add("DELETE", f"{_RULES}/{{rule_id}}", _delete_rule)


def _guild(call: Call, permission: Permission) -> Guild:
    guild = get_guild(call.world, call.user, call.id("guild_id"))
    require_in_guild(call.world, call.user, guild, permission)
    return guild


def _ban_payload(call: Call, ban: Ban) -> dict[str, Any]:
    return {"user": payloads.user(call.world.users[ban.user_id]), "reason": ban.reason}


async def _bans(call: Call) -> Result:
    """docs: Guild Resource › Get Guild Bans: by user id, up to 1000; ``before`` beats ``after``."""
    guild = _guild(call, Permission.BAN_MEMBERS)
    query = call.query
    limit = query.integer("limit", least=1, most=1000) or 1000
    before, after = query.snowflake("before"), query.snowflake("after") or 0
    query.check()
    ids = [i for i in sorted(guild.bans) if (i > after if before is None else i < before)]
    chosen = ids[-limit:] if before is not None else ids[:limit]
    return [_ban_payload(call, guild.bans[user_id]) for user_id in chosen]


def _known_ban(call: Call, guild: Guild) -> Ban:
    ban = guild.bans.get(call.id("user_id"))
    if ban is None:
        raise api_error(10026)
    return ban


async def _get_ban(call: Call) -> Result:
    return _ban_payload(call, _known_ban(call, _guild(call, Permission.BAN_MEMBERS)))


async def _ban(call: Call) -> Result:
    """docs: Guild Resource › Create Guild Ban: also users who aren't members.

    ``delete_message_seconds`` removes what they wrote in the server in that time.
    """
    world, guild = call.world, _guild(call, Permission.BAN_MEMBERS)
    user = world.users.get(call.id("user_id"))
    if user is None:
        raise api_error(10013)
    form = call.form
    form.refuse("delete_message_days")
    seconds = form.integer("delete_message_seconds", least=0, most=604_800) or 0
    form.check()
    if highest_position(world, guild, user) >= highest_position(world, guild, call.user):
        raise api_error(50013)
    reason = call.request.headers.get("X-Audit-Log-Reason")
    guild.bans[user.id] = Ban(user.id, unquote(reason) if reason else None)
    if user.id in guild.members:
        remove_member(world, guild, user)
    world.emit(MemberBanned(guild, user))
    since = world.now().timestamp() - seconds
    for channel in [c for c in world.channels.values() if c.guild_id == guild.id and seconds]:
        found = [
            world.messages[one]
            for one in world.timelines.get(channel.id, [])
            if world.messages[one].author_id == user.id and snowflake_time(one).timestamp() >= since
        ]
        if found:
            messages.delete_many(world, channel, found)
    return None


async def _unban(call: Call) -> Result:
    """docs: Guild Resource › Remove Guild Ban."""
    guild = _guild(call, Permission.BAN_MEMBERS)
    ban = _known_ban(call, guild)
    del guild.bans[ban.user_id]
    call.world.emit(MemberUnbanned(guild, call.world.users[ban.user_id]))
    return None


def _known_rule(call: Call, guild: Guild) -> AutoModRule:
    """Raises 404 without a code: which one an unknown rule has isn't documented."""
    rule = guild.automod_rules.get(call.id("rule_id"))
    if rule is None:
        raise ApiError(404, 0, "404: Not Found")
    return rule


async def _list_rules(call: Call) -> Result:
    guild = _guild(call, Permission.MANAGE_GUILD)
    return [payloads.automod_rule(guild, rule) for rule in guild.automod_rules.values()]


async def _create_rule(call: Call) -> Result:
    """docs: Auto Moderation › Create Auto Moderation Rule (off unless ``enabled``)."""
    guild, form = _guild(call, Permission.MANAGE_GUILD), call.form
    rule = AutoModRule(call.world.new_id(), call.user.id, "", enabled=False)
    automod.read_rule(form, rule, new=True)
    form.check()
    if len(guild.automod_rules) >= automod.MAX_RULES:
        raise form_error(
            "trigger_type", "AUTO_MODERATION_MAX_RULES_OF_TYPE_EXCEEDED", "Too many rules"
        )
    guild.automod_rules[rule.id] = rule
    call.world.emit(AutoModRuleCreated(guild, rule))
    return payloads.automod_rule(guild, rule)


async def _get_rule(call: Call) -> Result:
    guild = _guild(call, Permission.MANAGE_GUILD)
    return payloads.automod_rule(guild, _known_rule(call, guild))


async def _change_rule(call: Call) -> Result:
    guild, form = _guild(call, Permission.MANAGE_GUILD), call.form
    changed = copy.deepcopy(_known_rule(call, guild))
    automod.read_rule(form, changed, new=False)
    form.check()
    guild.automod_rules[changed.id] = changed
    call.world.emit(AutoModRuleUpdated(guild, changed))
    return payloads.automod_rule(guild, changed)


async def _delete_rule(call: Call) -> Result:
    guild = _guild(call, Permission.MANAGE_GUILD)
    rule = guild.automod_rules.pop(_known_rule(call, guild).id)
    call.world.emit(AutoModRuleDeleted(guild, rule))
    return None
