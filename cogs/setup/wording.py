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
    "## How essays are hosted here\n"
    "-# Only you can see this. Choices are saved at once. Style and passage numbers apply to new "
    "essays only."
)
STYLE_HEADING = "**How an essay is discussed**"
FORUM_STYLE_HEADING = (
    "**How an essay is discussed**\nIn a forum, each essay is a post, and its discussion is in "
    "that post."
)
STYLES: Options = (
    ("threads", "A thread for every reply to it"),
    ("thread", "One thread for the whole essay"),
)
CHANNEL_REPLIES_HEADING = "**Replies posted in the channel instead of the thread**"
CHANNEL_REPLIES: Options = (
    ("link", "Post a link to the thread"),
    ("move", "Move the reply to the thread, under its author's name"),
)
PLAIN_MESSAGES_HEADING = "**Messages in the channel that aren't replies**"
PLAIN_MESSAGES: Options = (
    ("leave", "Ignore them"),
    ("join", "Treat them as replies to the newest open essay"),
)


def describe_channel(settings: ServerSettings, *, known: bool) -> str:
    """The channel for essays."""
    text = "**Channel for essays** (unless `/essay publish` names another one)"
    if settings.channel is not None and not known:
        text += "\n⚠️ The chosen channel was deleted. Choose another one."
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
    text = "**Alerts for admins**"
    if settings.alerts_channel is None:
        text += "\nTrouble with prompts also stands in `/prompts list`."
    elif not known:
        text += "\n⚠️ The chosen channel was deleted. Choose another one."
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
    return "\n".join(["**Permissions**", *lines])


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
