"""How essays are spoken of in answers to admins."""

from __future__ import annotations

import discord

from bot.discussion.shortening import cut
from storage.discussions import Listed
from storage.posts import Progress

__all__ = ["line", "link", "progress_text", "state", "title"]

_STATES = {
    "draft": "draft",
    "scheduled": "scheduled",
    "publishing": "being published",
    "open": "open",
    "closed": "closed",
    "withdrawn": "withdrawn",
}


def link(essay: Listed) -> str | None:
    """The address of the opening card, once it is sent."""
    if essay.card_id is None:
        return None
    return f"https://discord.com/channels/{essay.server_id}/{essay.channel_id}/{essay.card_id}"


def title(text: str, most: int = 80) -> str:
    """An essay's title, shown literally and not too long."""
    return discord.utils.escape_markdown(cut(text, most))


def state(essay: Listed) -> str:
    """Where it stands in its life, and since or until when."""
    if essay.stopped is not None:
        return f"stopped: {essay.stopped}"
    moment = essay.scheduled_for if essay.state == "scheduled" else essay.published_at
    told = _STATES[essay.state]
    return told if moment is None else f"{told}, <t:{moment // 1000}:R>"


def line(essay: Listed) -> str:
    """An essay in a list."""
    where = link(essay) or f"<#{essay.channel_id}>"
    return f"**{essay.id}** {title(essay.title)} — {state(essay)} — {where}"


def progress_text(name: str, progress: Progress) -> str:
    """How far a publishing has come."""
    text = f"Publishing “{title(name)}”: {progress.sent} of {progress.total}."
    return f"{text} Waiting: {progress.trouble}" if progress.trouble else text
