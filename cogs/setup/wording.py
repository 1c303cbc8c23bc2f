"""The texts of the ``/setup`` panel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.core.prompts.plan import parse_plan
from bot.core.text.locale_format import format_clock, format_weekday
from bot.core.text.translate import (
    ENGLISH,
    find_language,
    get_language_name,
    get_languages,
    gettext_noop,
    ngettext,
)
from bot.core.text.translate import gettext as _
from bot.discord_api import required_permissions as needed
from bot.discord_api.required_permissions import Permission, join_names
from storage.servers.settings import ServerSettings

__all__ = [
    "CHANNEL_REPLIES",
    "CHANNEL_REPLIES_HEADING",
    "DISCORDS_LANGUAGE",
    "FORUM_STYLE_HEADING",
    "HEADING",
    "PLAIN_MESSAGES",
    "STYLES",
    "STYLE_HEADING",
    "Options",
    "describe_alerts_channel",
    "describe_answer_forms",
    "describe_books",
    "describe_channel",
    "describe_language",
    "describe_notifications",
    "describe_passage_numbers",
    "describe_permissions",
    "describe_plain_messages",
    "describe_proxies",
    "describe_time",
    "list_languages",
]

#: The value and the label of each option; labels are translated where they are shown.
Options = Sequence[tuple[str, str]]

#: The option for the server's preferred locale.
DISCORDS_LANGUAGE = "discord"

HEADING = gettext_noop(
    "## How essays are hosted here\n"
    "-# Only you can see this. Choices are saved at once. Style and passage numbers apply only to "
    "new essays."
)
STYLE_HEADING = gettext_noop("**How an essay is discussed**")
FORUM_STYLE_HEADING = gettext_noop(
    "**How an essay is discussed**\n"
    "In a forum, each essay is a post, and its discussion is in that post."
)
STYLES: Options = (
    ("threads", gettext_noop("A thread for every reply to it")),
    ("thread", gettext_noop("One thread for the whole essay")),
)
CHANNEL_REPLIES_HEADING = gettext_noop("**Replies posted in the channel instead of the thread**")
CHANNEL_REPLIES: Options = (
    ("link", gettext_noop("Post a link to the thread")),
    ("move", gettext_noop("Move the reply to the thread, under its author's name")),
)
PLAIN_MESSAGES: Options = (
    ("leave", gettext_noop("Ignore them")),
    ("join", gettext_noop("Treat them as replies to the newest open essay")),
)
_DELETED_CHANNEL = gettext_noop("⚠️ The chosen channel was deleted. Choose another one.")


def describe_channel(settings: ServerSettings, *, known: bool) -> str:
    """The channel for essays."""
    lines = [_("**Channel for essays** (unless `/essay publish` names another one)")]
    if settings.channel is not None and not known:
        lines.append(_(_DELETED_CHANNEL))
    return "\n".join(lines)


def describe_plain_messages(settings: ServerSettings) -> str:
    """What happens with channel messages that aren't replies; proposed for a chosen channel."""
    heading = _("**Messages in the channel that aren't replies**")
    if settings.plain_messages == "join":
        told = _(
            "They answer the newest open essay, and all messages in the channel are saved. What "
            "continues a talk belongs to its thread, a short message gets a thread once somebody "
            "answers it, and at most 30 new threads are opened an hour."
        )
        return f"{heading}\n-# {told}"
    if settings.channel is None:
        return heading
    proposed = _(
        "Is {channel} only for essays? Then I suggest that its messages join the newest open "
        "essay, so that nobody has to know *Reply*. All messages in the channel are saved then, "
        "and the card says so.",
        channel=f"<#{settings.channel}>",
    )
    return f"{heading}\n-# {proposed}"


def describe_answer_forms(settings: ServerSettings) -> str:
    """Whether members can answer with a form."""
    if settings.answer_forms:
        return _(
            "**Answer** is a button below an essay: members write in a form, and I post it under "
            "their name. AutoMod doesn't check what is entered in forms."
        )
    return _("**Answer**, the button that lets members write in a form, is off.")


def describe_passage_numbers(settings: ServerSettings) -> str:
    """Whether passages show their numbers."""
    if settings.show_passage_numbers:
        return _("**Passage numbers** (¶1, ¶2 …) are shown in small print above each passage.")
    return _("**Passage numbers** are hidden.")


def describe_proxies(settings: ServerSettings) -> str:
    """The apps whose webhook messages count as members' messages."""
    if not settings.proxy_apps:
        return _(
            "**Proxies** (PluralKit and similar) are off. I ignore messages that other apps post "
            "for members."
        )
    return ngettext(
        "**Proxies** (PluralKit and similar): what {apps} posts for members counts as theirs. "
        "Threads open 5 seconds later.",
        "**Proxies** (PluralKit and similar): what {apps} post for members counts as theirs. "
        "Threads open 5 seconds later.",
        len(settings.proxy_apps),
        apps=", ".join(f"<@{app}>" for app in settings.proxy_apps),
    )


def describe_books(settings: ServerSettings) -> str:
    """Who may make books."""
    if settings.books == "admins":
        return _("**Books** (`/book`): only admins can make them.")
    return _("**Books** (`/book`): every member can make them, of what they may read.")


def describe_notifications(settings: ServerSettings, server: discord.Guild) -> str:
    """Who is notified of a new essay, and how."""
    lines: list[str] = []
    if settings.ping_role is not None:
        role = server.get_role(settings.ping_role)
        if role is None:
            lines.append(_("⚠️ The role to ping was deleted. Choose another one."))
        else:
            lines.append(_("The cards of new drafts ping {role}.", role=role.mention))
    if settings.pins_cards:
        lines.append(_("The cards of open discussions are pinned."))
    if settings.tells_followers:
        lines.append(_("Followers of announcement channels get a message."))
    if not lines:
        return _("**Notifications** of new essays are off.")
    return " ".join([_("**Notifications** of new essays:"), *lines])


def describe_time(settings: ServerSettings, now: datetime) -> str:
    """The time zone with its current time, and the quiet hours."""
    local = now.astimezone(settings.zone)
    zone = _(
        "**Time zone** {zone}, where it's {time} now ({weekday})",
        zone=settings.zone_name,
        time=format_clock(local),
        weekday=format_weekday(local),
    )
    quiet = settings.quiet
    if quiet is None:
        return "\n".join([zone, _("**Quiet hours** none")])
    hours = _(
        "**Quiet hours** {start} to {end}", start=f"{quiet.start:%H:%M}", end=f"{quiet.end:%H:%M}"
    )
    return "\n".join([zone, hours])


def describe_language() -> str:
    """What the language is used for."""
    return _(
        "**Language** of alerts and the digest, and of messages under essays in other languages"
    )


def list_languages(preferred_locale: str) -> Options:
    """The server's locale on Discord, then each language by its own name."""
    of_server = get_language_name(find_language(preferred_locale) or ENGLISH)
    return (
        (DISCORDS_LANGUAGE, _("As in Discord's server settings ({language})", language=of_server)),
        *((language, get_language_name(language)) for language in get_languages()),
    )


def describe_alerts_channel(settings: ServerSettings, *, known: bool) -> str:
    """The channel for alerts."""
    lines = [_("**Alerts for admins**")]
    if settings.alerts_channel is None:
        lines.append(_("Without a channel, problems with prompts show only in `/prompts list`."))
    elif not known:
        lines.append(_(_DELETED_CHANNEL))
    return "\n".join(lines)


def describe_permissions(settings: ServerSettings, server: discord.Guild, here: int | None) -> str:
    """The permissions that the bot lacks for the settings, by Discord's names.

    Checked in the chosen channels; if none is chosen for essays, in the panel's own, ``here``.
    """
    lines: list[str] = []
    place = server.get_channel(settings.channel or here or 0)
    if isinstance(place, discord.TextChannel | discord.ForumChannel):
        style = "forum" if isinstance(place, discord.ForumChannel) else settings.style
        after = needed.get_optional(
            style,
            moves=settings.channel_replies == "move",
            polls=_has_poll(settings),
            pins=settings.pins_cards,
        )
        lines += _list_missing(place, needed.get_required_to_host(style), after)
    alerts_channel = settings.alerts_channel
    board = None if alerts_channel is None else server.get_channel(alerts_channel)
    if board is not None and board != place:
        lines += _list_missing(board, needed.TO_ALERT, ())
    if not lines:
        lines = [_("Choose a channel for essays to see whether I have all permissions there.")]
    return "\n".join([_("**Permissions**"), *lines])


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
            ngettext(
                "⚠️ Give me {permissions} in {channel}. Without it, nothing works there.",
                "⚠️ Give me {permissions} in {channel}. Without them, nothing works there.",
                len(missing),
                permissions=join_names(missing),
                channel=place.mention,
            )
        )
    for permission in later:
        wanted = _(
            "⚠️ Give me {permissions} in {channel}.",
            permissions=join_names([permission]),
            channel=place.mention,
        )
        lines.append(f"{wanted} {_(permission.purpose)}")
    return lines or [_("✅ {channel}: I have all permissions I need.", channel=place.mention)]
