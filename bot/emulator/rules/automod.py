"""AutoMod: keyword rules that block messages and thread names.

docs: Auto Moderation › Auto Moderation Rule Object, Trigger Metadata, Keyword Matching Strategies;
JSON Error Codes 200000, 200001. Of the triggers only keywords are emulated, of the actions only
blocking. Members with *Manage Server* or *Administrator* are exempt (Auto Moderation › Permission
Requirements for exemption). The documentation is silent about bots; they aren't exempt here.
"""

from __future__ import annotations

import re

from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import Form
from bot.emulator.world.events import MessageBlocked
from bot.emulator.world.models import AutoModRule, Channel, User
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["MAX_RULES", "check_text", "read_rule"]

MAX_RULES = 6
"""Keyword rules of one server. docs: Auto Moderation › Trigger Types."""
_KEYWORD = 1
_MESSAGE_SEND = 1
_BLOCK = 1


def read_rule(form: Form, rule: AutoModRule, *, new: bool) -> None:
    """Set a rule's fields from a form; the caller checks the form first with a copy.

    docs: Auto Moderation › Create Auto Moderation Rule, Modify Auto Moderation Rule.
    """
    rule.name = form.string("name", least=1, most=100, required=new) or rule.name
    form.choice("event_type", (_MESSAGE_SEND,), required=new)
    form.choice("trigger_type", (_KEYWORD,), required=new)
    metadata = form.form("trigger_metadata")
    if metadata is not None:
        metadata.refuse("regex_patterns", "presets", "mention_total_limit")
        metadata.refuse("mention_raid_protection_enabled")
        rule.keywords = _words(metadata, "keyword_filter", most=1000)
        rule.allowed = _words(metadata, "allow_list", most=100)
    for action in form.forms("actions", least=1, most=5, required=new):
        action.choice("type", (_BLOCK,), required=True)
        inner = action.form("metadata")
        if inner is not None:
            inner.refuse("channel_id", "duration_seconds")
            rule.custom_message = inner.string("custom_message", most=150)
    rule.enabled = form.boolean("enabled", default=rule.enabled)
    if "exempt_roles" in form:
        rule.exempt_roles = form.snowflakes("exempt_roles", most=20)
    if "exempt_channels" in form:
        rule.exempt_channels = form.snowflakes("exempt_channels", most=50)


def _words(form: Form, name: str, *, most: int) -> list[str]:
    found: list[str] = []
    for word in form.items(name, most=most):
        if not isinstance(word, str) or not 1 <= len(word) <= 60:
            form.add_error(name, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 60 in length.")
        else:
            found.append(word)
    return found


def check_text(
    world: World, user: User, channel: Channel, text: str, *, title: bool = False
) -> None:
    """Raises 200000 if a rule blocks a message, 200001 with ``title`` if it blocks a name."""
    guild = world.guilds.get(channel.guild_id or 0)
    if guild is None or not guild.automod_rules:
        return
    if world.guild_permissions(user.id, guild.id) & Permission.MANAGE_GUILD:
        return
    member = guild.members.get(user.id)
    places = {channel.id, channel.parent_id}
    for rule in guild.automod_rules.values():
        if not rule.enabled or places & set(rule.exempt_channels):
            continue
        if member is not None and set(member.roles) & set(rule.exempt_roles):
            continue
        found = _find_blocked(rule, text)
        if found is not None:
            world.emit(MessageBlocked(guild, rule, channel, user.id, text, *found))
            raise api_error(200001 if title else 200000, rule.custom_message)


def _find_blocked(rule: AutoModRule, text: str) -> tuple[str, str] | None:
    """The first keyword that blocks a text, and what it matched; None if none does.

    A match inside a word or phrase of the ``allow_list`` doesn't count.
    docs: Auto Moderation › Trigger Metadata.
    """
    allowed = [found.span() for word in rule.allowed for found in _pattern(word).finditer(text)]
    for keyword in rule.keywords:
        for found in _pattern(keyword).finditer(text):
            start, end = found.span()
            if not any(first <= start and end <= last for first, last in allowed):
                return keyword, found[0]
    return None


def _pattern(keyword: str) -> re.Pattern[str]:
    """``word`` matches the whole word, ``word*`` its start, ``*word`` its end, ``*word*`` any.

    A whole word has white space around it. docs: Auto Moderation › Keyword Matching Strategies.
    """
    core = re.escape(keyword.strip("*"))
    edge = r"\w" if keyword[:1] == "*" or keyword[-1:] == "*" else r"\S"
    before = "" if keyword.startswith("*") else f"(?<!{edge})"
    after = "" if keyword.endswith("*") else f"(?!{edge})"
    return re.compile(f"{before}{core}{after}", re.IGNORECASE)
