"""Controls below a draft for its style and its forum tags, and the line that describes them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import ui

from bot.core import limits
from bot.core.conversation.styles import FORUM, MAX_PARTS_IN_CHANNEL, THREAD, THREADS, TargetChannel
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext
from bot.publishing.publish import Preview
from bot.services import Services
from cogs.ui.permission_checks import CheckedItem

__all__ = [
    "STYLES_BY_BUTTON",
    "TagSelect",
    "describe_style",
    "get_style_button",
    "make_tag_select_class",
]

#: The style that each button chooses, by the button's name in its custom id.
STYLES_BY_BUTTON = {"apart": THREADS, "together": THREAD}

_CUSTOM_ID = re.compile(r"salon:tags:(?P<id>[0-9]+)")

TagsHandler = Callable[[discord.Interaction[Any], int, tuple[int, ...]], Awaitable[None]]


def describe_style(preview: Preview) -> str:
    """Where the essay will be discussed."""
    draft = preview.draft
    if draft.style == FORUM:
        names = [
            f"“{tag.name}”" for tag in _get_tags(preview.target_channel) if tag.id in draft.tags
        ]
        if names:
            return _("**Discussed** in its own post, tagged {tags}.", tags=", ".join(names))
        return _("**Discussed** in its own post.")
    if draft.style == THREADS:
        return _("**Discussed** in a thread for each reply.")
    parts = sum(post.purpose == "part" for post in draft.posts)
    if parts > MAX_PARTS_IN_CHANNEL and preview.server_style == THREADS:
        return ngettext(
            "**Discussed** in one thread on the card, which also has the parts, because there is "
            "more than {count} part.",
            "**Discussed** in one thread on the card, which also has the parts, because there are "
            "more than {count} parts.",
            MAX_PARTS_IN_CHANNEL,
        )
    return _("**Discussed** in one thread on the card, which also has the parts.")


def get_style_button(preview: Preview) -> tuple[str, str] | None:
    """The button that changes the style: its name and its label; None in a forum."""
    if preview.draft.style == FORUM:
        return None
    if preview.draft.style == THREADS:
        return "together", _("Use one thread")
    return "apart", _("Use a thread for each reply")


def _get_tags(target_channel: TargetChannel | None) -> tuple[Any, ...]:
    return () if target_channel is None else target_channel.tags


def make_tag_select_class(
    command: str, services: Services, handle_tags: TagsHandler
) -> type[TagSelect]:
    """The class of the selects that call ``handle_tags`` with the chosen tags.

    ``command``: the name of the command that one must be allowed to use.
    """

    class Bound(TagSelect, template=_CUSTOM_ID):
        async def handle(self, interaction: discord.Interaction[Any]) -> None:
            tags = tuple(int(value) for value in self.item.values)
            await handle_tags(interaction, self.discussion_id, tags)

    Bound.command, Bound.services = command, services
    return Bound


class TagSelect(CheckedItem, ui.DynamicItem[ui.Select[Any]], template=_CUSTOM_ID):
    """A select of a forum's tags for a draft; its custom id has the draft's number."""

    def __init__(self, discussion_id: int, select: ui.Select[Any]) -> None:
        select.custom_id = f"salon:tags:{discussion_id}"
        super().__init__(select)
        self.discussion_id = discussion_id

    @classmethod
    def make(cls, preview: Preview) -> TagSelect | None:
        """The select for a draft; None if it is posted already or there are no tags to choose."""
        target_channel, draft = preview.target_channel, preview.draft
        if target_channel is None or draft.style != FORUM or draft.card_sent:
            return None
        free = [
            tag
            for tag in target_channel.tags
            if target_channel.can_manage_threads or not tag.moderated
        ]
        if not free:
            return None
        return cls(
            draft.id,
            ui.Select(
                placeholder=_("Tags of the post")
                if target_channel.requires_tag
                else _("Tags of the post (optional)"),
                min_values=1 if target_channel.requires_tag else 0,
                max_values=min(limits.FORUM_TAGS, len(free)),
                options=[
                    discord.SelectOption(
                        label=tag.name, value=str(tag.id), default=tag.id in draft.tags
                    )
                    for tag in free
                ],
            ),
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> TagSelect:
        """The select that was used, perhaps one that was shown before a restart."""
        del interaction
        assert isinstance(item, ui.Select)
        return cls(int(match["id"]), item)
