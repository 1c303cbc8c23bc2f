"""The texts of the ``/setup`` panel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.core.prompts.plan import parse_plan
from bot.discord_api import required_permissions as needed
from bot.discord_api.required_permissions import Permission, join_names
from storage.servers.settings import ServerSettings

__all__ = [
    "CHANNEL_REPLIES",
    "CHANNEL_REPLIES_HEADING",
    "FORUM_STYLE_HEADING",
    "HEADING",
    "PLAIN_MESSAGES",
    "PLAIN_MESSAGES_HEADING",
    "STYLES",
    "STYLE_HEADING",
    "Options",
    "describe_alerts_channel",
    "describe_channel",
    "describe_passage_numbers",
    "describe_permissions",
    "describe_proxies",
    "describe_time",
]

#: The value and the label of each option.
Options = Sequence[tuple[str, str]]

HEADING = (
    "## How I host essays here\n"
    "-# Seen by you alone. What you choose is kept at once; style and passage numbers are those of "
    "essays handed in from now on."
)
STYLE_HEADING = "**How an essay is talked about**"
FORUM_STYLE_HEADING = (
    "**How an essay is talked about**\nIn a forum each essay is a post of its own, and all talk "
    "about it is there."
)
STYLES: Options = (
    ("threads", "A thread for every reply to it"),
    ("thread", "One thread for the whole essay"),
)
CHANNEL_REPLIES_HEADING = "**When a reply in the channel belongs into a thread**"
CHANNEL_REPLIES: Options = (
    ("link", "I point its author there with a line"),
    ("move", "I move it there, under its author's name"),
)
PLAIN_MESSAGES_HEADING = "**What is written in the channel and replies to nothing**"
PLAIN_MESSAGES: Options = (
    ("leave", "I leave it alone"),
    ("join", "It is a reply to the newest open essay"),
)


def describe_channel(settings: ServerSettings, *, known: bool) -> str:
    """The channel for essays."""
    text = "**Where essays go** when `/essay publish` names no channel"
    if settings.channel is not None and not known:
        text += "\n⚠️ The channel that was chosen is gone: choose another."
    return text


def describe_passage_numbers(settings: ServerSettings) -> str:
    """Whether passages show their numbers."""
    if settings.show_passage_numbers:
        return "**Passage numbers** are shown, small, above each passage (¶1, ¶2 …)."
    return "**Passage numbers** are not shown."


def describe_proxies(settings: ServerSettings) -> str:
    """The apps whose webhook messages count as members' messages."""
    text = "**Proxies** (PluralKit and similar)"
    if not settings.proxy_apps:
        return f"{text} are off: I ignore what other apps post for members."
    names = ", ".join(f"<@{app}>" for app in settings.proxy_apps)
    return f"{text}: what {names} posts for members counts as theirs. Threads open 5 s later."


def describe_time(settings: ServerSettings, now: datetime) -> str:
    """The time zone with its current time, and the quiet hours."""
    local = now.astimezone(settings.zone)
    quiet = settings.quiet
    hours = "none" if quiet is None else f"{quiet.start:%H:%M} to {quiet.end:%H:%M}"
    return (
        f"**Time zone** {settings.zone_name}, where it is {local:%H:%M} now ({local:%A})\n"
        f"**Quiet hours** {hours}"
    )


def describe_alerts_channel(settings: ServerSettings, *, known: bool) -> str:
    """The channel for alerts."""
    text = "**Where I tell the admins of trouble**"
    if settings.alerts_channel is None:
        text += "\nTrouble with prompts also stands in `/prompts list`."
    elif not known:
        text += "\n⚠️ The channel that was chosen is gone: choose another."
    return text


def describe_permissions(settings: ServerSettings, server: discord.Guild, here: int | None) -> str:
    """The permissions that the bot lacks for the settings, by Discord's names.

    Checked in the chosen channels; if none is chosen for essays, in the panel's own, ``here``.
    """
    lines: list[str] = []
    place = server.get_channel(settings.channel or here or 0)
    if isinstance(place, discord.TextChannel | discord.ForumChannel):
        style = "forum" if isinstance(place, discord.ForumChannel) else settings.style
        after = needed.get_optional(
            style, moves=settings.channel_replies == "move", polls=_has_poll(settings)
        )
        lines += _list_missing(place, needed.get_required_to_host(style), after)
    alerts_channel = settings.alerts_channel
    board = None if alerts_channel is None else server.get_channel(alerts_channel)
    if board is not None and board != place:
        lines += _list_missing(board, needed.TO_ALERT, ())
    if not lines:
        lines = ["Choose a channel for essays, and I say whether I lack something there."]
    return "\n".join(["**What I am allowed**", *lines])


def _has_poll(settings: ServerSettings) -> bool:
    return any(str(step.content).startswith("poll") for step in parse_plan(settings.plan_text))


def _list_missing(
    place: discord.abc.GuildChannel, must: Sequence[Permission], after: Sequence[Permission]
) -> list[str]:
    """The missing permissions of one channel, or that none is missing."""
    held = place.permissions_for(place.guild.me)
    missing = [permission for permission in must if not getattr(held, permission.key)]
    later = [permission for permission in after if not getattr(held, permission.key)]
    lines: list[str] = []
    if missing:
        lines.append(
            f"⚠️ In {place.mention} give me {join_names(missing)}: else nothing works there."
        )
    lines += [
        f"⚠️ In {place.mention} give me *{permission.name}*, {permission.purpose}."
        for permission in later
    ]
    return lines or [f"✅ {place.mention}: everything is there."]
