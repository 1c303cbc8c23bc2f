"""What the panel of ``/setup`` says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.core.prompts.plan import parse_plan
from bot.discord_api import required_permissions as needed
from bot.discord_api.required_permissions import Permission, join_names
from storage.servers.settings import ServerSettings

__all__ = [
    "BRING",
    "BRINGS",
    "HEAD",
    "LOOSE",
    "LOOSES",
    "STYLE",
    "STYLES",
    "STYLE_OF_A_FORUM",
    "Options",
    "channel",
    "notices",
    "numbers",
    "rights",
    "time",
]

#: The value and the label of each thing that can be chosen.
Options = Sequence[tuple[str, str]]

HEAD = (
    "## How I host essays here\n"
    "-# Seen by you alone. What you choose is kept at once; style and passage numbers are those of "
    "essays handed in from now on."
)
STYLE = "**How an essay is talked about**"
STYLE_OF_A_FORUM = (
    "**How an essay is talked about**\nIn a forum each essay is a post of its own, and all talk "
    "about it is there."
)
STYLES: Options = (
    ("threads", "A thread for every reply to it"),
    ("thread", "One thread for the whole essay"),
)
BRING = "**When a reply in the channel belongs into a thread**"
BRINGS: Options = (
    ("link", "I point its author there with a line"),
    ("move", "I move it there, under its author's name"),
)
LOOSE = "**What is written in the channel and replies to nothing**"
LOOSES: Options = (
    ("leave", "I leave it alone"),
    ("join", "It is a reply to the newest open essay"),
)


def channel(settings: ServerSettings, *, known: bool) -> str:
    """Where essays go."""
    text = "**Where essays go** when `/essay publish` names no channel"
    if settings.channel is not None and not known:
        text += "\n⚠️ The channel that was chosen is gone: choose another."
    return text


def numbers(settings: ServerSettings) -> str:
    """Whether passages show their numbers."""
    if settings.numbered:
        return "**Passage numbers** are shown, small, above each passage (¶1, ¶2 …)."
    return "**Passage numbers** are not shown."


def time(settings: ServerSettings, now: datetime) -> str:
    """The zone, what time it is there, and the quiet hours."""
    local = now.astimezone(settings.zone)
    quiet = settings.quiet
    hours = "none" if quiet is None else f"{quiet.start:%H:%M} to {quiet.end:%H:%M}"
    return (
        f"**Time zone** {settings.zone_name}, where it is {local:%H:%M} now ({local:%A})\n"
        f"**Quiet hours** {hours}"
    )


def notices(settings: ServerSettings, *, known: bool) -> str:
    """Where admins are told of problem."""
    text = "**Where I tell the admins of trouble**"
    if settings.notices_channel is None:
        text += "\nTrouble with prompts also stands in `/prompts list`."
    elif not known:
        text += "\n⚠️ The channel that was chosen is gone: choose another."
    return text


def rights(settings: ServerSettings, server: discord.Guild, here: int | None) -> str:
    """What the bot lacks for what was chosen, by Discord's names.

    Looked for in the chosen channels; where none is chosen for essays, in the one the panel
    stands in, ``here``.
    """
    lines: list[str] = []
    place = server.get_channel(settings.channel or here or 0)
    if isinstance(place, discord.TextChannel | discord.ForumChannel):
        style = "forum" if isinstance(place, discord.ForumChannel) else settings.style
        after = needed.get_optional(
            style, moves=settings.bring == "move", polls=_has_poll(settings)
        )
        lines += _lacking(place, needed.get_required_to_host(style), after)
    told = settings.notices_channel
    board = None if told is None else server.get_channel(told)
    if board is not None and board != place:
        lines += _lacking(board, needed.TO_ALERT, ())
    if not lines:
        lines = ["Choose a channel for essays, and I say whether I lack something there."]
    return "\n".join(["**What I am allowed**", *lines])


def _has_poll(settings: ServerSettings) -> bool:
    return any(str(step.content).startswith("poll") for step in parse_plan(settings.plan_text))


def _lacking(
    place: discord.abc.GuildChannel, must: Sequence[Permission], after: Sequence[Permission]
) -> list[str]:
    """What is missing in one channel; that everything is there where it is."""
    held = place.permissions_for(place.guild.me)
    missing = [right for right in must if not getattr(held, right.key)]
    later = [right for right in after if not getattr(held, right.key)]
    lines: list[str] = []
    if missing:
        lines.append(
            f"⚠️ In {place.mention} give me {join_names(missing)}: else nothing works there."
        )
    lines += [f"⚠️ In {place.mention} give me *{right.name}*, {right.purpose}." for right in later]
    return lines or [f"✅ {place.mention}: everything is there."]
