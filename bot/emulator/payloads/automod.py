"""Payloads of AutoMod rules. docs: Auto Moderation."""

from __future__ import annotations

from typing import Any

from bot.emulator.world.models import AutoModRule, Guild

__all__ = ["automod_action", "automod_rule"]


def automod_action(rule: AutoModRule) -> dict[str, Any]:
    """docs: Auto Moderation › Auto Moderation Action Object (here always to block)."""
    metadata = {} if rule.custom_message is None else {"custom_message": rule.custom_message}
    return {"type": 1, "metadata": metadata}


def automod_rule(guild: Guild, rule: AutoModRule) -> dict[str, Any]:
    """docs: Auto Moderation › Auto Moderation Rule Object."""
    return {
        "id": str(rule.id),
        "guild_id": str(guild.id),
        "creator_id": str(rule.creator_id),
        "name": rule.name,
        "event_type": 1,
        "trigger_type": 1,
        "trigger_metadata": {
            "keyword_filter": rule.keywords,
            "regex_patterns": [],
            "allow_list": rule.allowed,
        },
        "actions": [automod_action(rule)],
        "enabled": rule.enabled,
        "exempt_roles": [str(one) for one in rule.exempt_roles],
        "exempt_channels": [str(one) for one in rule.exempt_channels],
    }
