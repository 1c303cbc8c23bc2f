"""Deleted messages of an essay: what is said about them, and the button that restores them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.core.layout.restore_button import RESTORE, RESTORE_BUTTON_KIND, RESTORE_LABEL
from bot.core.text.locale_format import join_words
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.services import Services
from cogs.ui.base_cog import get_server_id
from cogs.ui.numbered_buttons import make_button_class, make_button_row
from cogs.ui.responses import answer
from cogs.ui.views import get_actor, make_text_view
from storage.db.writer import Transaction
from storage.essays import deleted_messages
from storage.essays.deleted_messages import DeletedMessage

__all__ = ["DeletedMessagesPanel"]

#: Translated where they are shown.
_NAMES = {"card": gettext_noop("the card"), "closing": gettext_noop("the closing question")}


class DeletedMessagesPanel:
    """Says which messages of an essay were deleted, and restores them.

    ``button_class`` is registered with the bot: the button below an alert works after a restart.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.button_class = make_button_class(
            RESTORE_BUTTON_KIND, "essay", services, self.handle_button
        )

    async def make_view(self, discussion_id: int, text: str) -> ui.LayoutView | None:
        """A view with ``text`` and what is missing; None if nothing is."""

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
            return None
        view: ui.LayoutView = make_text_view("\n".join([text, *(f"⚠️ {one}" for one in lines)]))
        label = (RESTORE, _(RESTORE_LABEL), discord.ButtonStyle.primary)
        view.add_item(make_button_row(self.button_class, discussion_id, [label]))
        return view

    async def handle_button(
        self, interaction: discord.Interaction[Any], what: str, number: int
    ) -> None:
        """Post the missing messages again."""
        del what
        restored = await self.services.restoring.restore(
            number, get_server_id(interaction), get_actor(interaction)
        )
        if not restored:
            await answer(interaction, _("I'm trying again to post what is missing."))
            return
        places = sorted({one.channel_id for one in restored})
        text = ngettext(
            "I'm posting {count} message again, as the newest in {places}. Replies and threads "
            "stay as they are. To bring the text into its order again, use `/essay edit` "
            "afterwards.",
            "I'm posting {count} messages again, as the newest in {places}. Replies and threads "
            "stay as they are. To bring the text into its order again, use `/essay edit` "
            "afterwards.",
            len(restored),
            places=join_words([f"<#{place}>" for place in places]),
        )
        await answer(interaction, text)


def _describe_refused(count: int) -> str:
    return ngettext(
        "Discord refused {count} message that I tried to post again. *{button}* tries again.",
        "Discord refused {count} messages that I tried to post again. *{button}* tries again.",
        count,
        button=_(RESTORE_LABEL),
    )


def _describe(deleted: Sequence[DeletedMessage]) -> str:
    parts = sum(one.purpose == "part" for one in deleted)
    names = [_(_NAMES[one.purpose]) for one in deleted if one.purpose in _NAMES]
    if parts:
        names.append(ngettext("{count} part", "{count} parts", parts))
    return _(
        "Deleted in Discord: {names}. *{button}* posts what was deleted again, below "
        "everything else. Replies and threads stay as they are.",
        names=", ".join(names),
        button=_(RESTORE_LABEL),
    )
