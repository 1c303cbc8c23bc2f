"""The discussion that somebody wants to read about, if they may read it."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.core.conversation.styles import FORUM
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.discord_api.readable_channels import ReadableChannels
from bot.errors import UserError
from bot.services import Services
from cogs.ui.autocomplete import make_choices
from cogs.ui.base_cog import get_server_id
from cogs.ui.named_essay_or_prompt import PUBLISHED, list_published_essays
from storage.essays import discussions
from storage.essays.discussions import ListedDiscussion

__all__ = [
    "complete_readable_essay",
    "find_discussion",
    "find_discussion_of_button",
    "find_named_discussion",
]

_NOTHING_TO_READ = gettext_noop("There is no published essay that you may read here.")


async def find_named_discussion(
    services: Services,
    interaction: discord.Interaction[Any],
    readable: ReadableChannels,
    essay: str | None,
) -> ListedDiscussion:
    """The essay that is named in a command; else the newest one in the channel or server.

    Raises UserError, with the same sentence for an essay that doesn't exist and for one that who
    asks may not read.
    """
    server_id, channel_id = get_server_id(interaction), interaction.channel_id
    listed = await services.database.read(
        lambda tx: list_published_essays(tx, server_id, channel_id, essay)
    )
    for found in listed:
        if await _can_read(found, readable):
            return found
    if essay is None:
        raise UserError(_(_NOTHING_TO_READ))
    raise UserError(
        _(
            "You may read no essay here with the number or the title “{entered}”. Choose one from "
            "the list.",
            entered=escape_title(essay.strip()),
        )
    )


async def find_discussion_of_button(
    services: Services, interaction: discord.Interaction[Any], readable: ReadableChannels
) -> ListedDiscussion:
    """The discussion of the message that a button is on."""
    server_id, message = get_server_id(interaction), interaction.message
    assert message is not None
    found = await services.database.read(
        lambda tx: discussions.find_by_message(tx, server_id, message.id)
    )
    return await _check(found, readable)


async def find_discussion(
    services: Services,
    interaction: discord.Interaction[Any],
    readable: ReadableChannels,
    discussion_id: int,
) -> ListedDiscussion:
    """The discussion with an id, of the server that the interaction is from."""
    found = await services.database.read(lambda tx: discussions.find(tx, discussion_id))
    if found is not None and found.server_id != get_server_id(interaction):
        found = None
    return await _check(found, readable)


async def complete_readable_essay(
    services: Services,
    interaction: discord.Interaction[Any],
    readable: ReadableChannels,
    typed: str,
) -> list[app_commands.Choice[str]]:
    """The published essays that who types may read, by title, the newest first."""
    server_id = get_server_id(interaction)
    listed = await services.database.read(
        lambda tx: list_published_essays(tx, server_id, None, None)
    )
    # The channel says it of a forum's posts, too, and is known without asking Discord.
    pairs = [
        (f"{one.id}: {one.title}", str(one.id))
        for one in listed
        if await readable.can_read(one.channel_id)
    ]
    return make_choices(pairs, typed)


async def _check(found: ListedDiscussion | None, readable: ReadableChannels) -> ListedDiscussion:
    if found is None or found.state not in PUBLISHED or not await _can_read(found, readable):
        raise UserError(_(_NOTHING_TO_READ))
    return found


async def _can_read(found: ListedDiscussion, readable: ReadableChannels) -> bool:
    is_post = found.style == FORUM and found.thread_id is not None
    return await readable.can_read(found.thread_id or 0 if is_post else found.channel_id)
