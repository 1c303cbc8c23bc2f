"""Deleted messages of an essay: what is said about them, and the button that restores them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.core.layout.restore_button import RESTORE, RESTORE_BUTTON_KIND, RESTORE_LABEL
from bot.core.text.plural import format_count
from bot.services import Services
from cogs.ui.buttons import make_button_class, make_button_row
from cogs.ui.commands import get_server_id
from cogs.ui.responses import answer
from cogs.ui.views import get_actor, make_text_view
from storage.db.writer import Transaction
from storage.essays import deleted_messages
from storage.essays.deleted_messages import DeletedMessage

__all__ = ["DeletedMessagesPanel"]

_NAMES = {"card": "the opening card", "closing": "the closing question"}


class DeletedMessagesPanel:
    """Says which messages of an essay were deleted, and restores them.

    ``button_class`` is registered with the bot: the button below an alert works after a restart.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.button_class = make_button_class(
            RESTORE_BUTTON_KIND, "essay", services, self.handle_button
        )

    async def show(
        self, interaction: discord.Interaction[Any], discussion_id: int, text: str
    ) -> bool:
        """Answer with ``text`` and what is missing; False if nothing is."""

        async def read(tx: Transaction) -> tuple[list[DeletedMessage], int]:
            return (
                await deleted_messages.find_deleted_messages(tx, discussion_id),
                await deleted_messages.count_refused(tx, discussion_id),
            )

        deleted, refused = await self.services.database.read(read)
        lines = [_describe(deleted)] if deleted else []
        if refused:
            lines.append(_describe_refused(refused))
        if not lines:
            return False
        view: ui.LayoutView = make_text_view("\n".join([text, *(f"⚠️ {one}" for one in lines)]))
        label = (RESTORE, RESTORE_LABEL, discord.ButtonStyle.primary)
        view.add_item(make_button_row(self.button_class, discussion_id, [label]))
        await answer(interaction, view=view)
        return True

    async def handle_button(
        self, interaction: discord.Interaction[Any], what: str, number: int
    ) -> None:
        """Post the missing messages again."""
        del what
        restored = await self.services.restoring.restore(
            number, get_server_id(interaction), get_actor(interaction)
        )
        if not restored:
            await answer(interaction, "I'm trying again to post what is missing.")
            return
        places = sorted({one.channel_id for one in restored})
        where = " and ".join(f"<#{place}>" for place in places)
        count = format_count(len(restored), "message")
        await answer(
            interaction,
            f"I'm posting {count} again as the newest in {where}. Replies and threads stay as "
            "they are. To have the text in its order again, use `/essay edit` afterwards.",
        )


def _describe_refused(count: int) -> str:
    return (
        f"Discord refused {format_count(count, 'message')} that I tried to post again. "
        f"*{RESTORE_LABEL}* tries again."
    )


def _describe(deleted: Sequence[DeletedMessage]) -> str:
    parts = sum(one.purpose == "part" for one in deleted)
    names = [_NAMES[one.purpose] for one in deleted if one.purpose in _NAMES]
    if parts:
        names.append(format_count(parts, "part"))
    verb = "was" if len(deleted) == 1 else "were"
    what = f"Deleted in Discord: {', '.join(names)}."
    return (
        f"{what} *{RESTORE_LABEL}* posts what {verb} deleted again, as the newest message there. "
        "Replies and threads stay as they are."
    )
