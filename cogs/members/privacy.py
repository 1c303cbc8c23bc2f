"""``/privacy``: a member downloads or erases what the archive has of them."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.erasure import erase_member
from bot.errors import UserError
from bot.services import Services
from cogs.ui.base_cog import get_server, get_server_id
from cogs.ui.deadline import acknowledge
from cogs.ui.numbered_buttons import make_button_class
from cogs.ui.responses import answer, answer_with_file, follow_up_with_files, update
from cogs.ui.salon_bot import SalonBot
from storage.db.erasure_log import Erasure
from storage.db.errors import StorageError
from storage.db.writer import Transaction
from storage.privacy import members, unnamed_members
from storage.replies import attachments
from storage.replies.attachments import StoredFile
from storage.servers import settings

__all__ = ["Privacy"]

_log = logging.getLogger(__name__)

#: The buttons below the question, by their action.
_BUTTONS = (
    ("erase", gettext_noop("Delete"), discord.ButtonStyle.danger),
    ("leave", gettext_noop("Delete and stop saving"), discord.ButtonStyle.secondary),
    ("cancel", gettext_noop("Cancel"), discord.ButtonStyle.secondary),
)
_FILE = "my-data.json"
_QUESTION = gettext_noop(
    "This will permanently delete everything saved about you in this server: the text of your "
    "replies, files, reactions and your name. Threads named after your words will be renamed, and "
    "replies of yours that I moved will be deleted. Each of your replies will leave an empty "
    "place, so that other people's replies stay in order.\n"
    "Your own messages in Discord will stay; you can delete them yourself. The record of what you "
    "did as an admin will stay, too.\n"
    "You can't undo this."
)
#: Bytes of one zip archive, with some room below ``limits.FILE_BYTES``; and how many archives fit
#: into one message of ``limits.REQUEST_BYTES``.
_MAX_ARCHIVE, _ARCHIVES_PER_MESSAGE = 10_200_000, 2


@app_commands.guild_only()
class Privacy(
    commands.GroupCog,
    group_name="privacy",
    group_description=gettext_noop("See or delete what is saved about you."),
):
    """Commands for any member, about themselves."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.button_class = make_button_class("privacy", "privacy", services, self.handle_button)
        super().__init__()

    @app_commands.command(
        name="my-data", description=gettext_noop("Download everything saved about you.")
    )
    async def my_data(self, interaction: discord.Interaction) -> None:
        """Answer with a JSON file, and with their attachments as zip archives."""
        assert interaction.guild_id is not None
        server_id, member_id = interaction.guild_id, interaction.user.id
        with self._services.active_work.track():
            await acknowledge(interaction, ephemeral=True, thinking=True)
            found = await self._services.database.read(
                lambda tx: members.get_member_data(tx, server_id, member_id)
            )
            data = json.dumps(found, ensure_ascii=False, indent=2)
            text = ngettext(
                "This is everything saved about you here, with {count} reply. To delete it, use "
                "`/privacy forget-me`.",
                "This is everything saved about you here, with {count} replies. To delete it, use "
                "`/privacy forget-me`.",
                len(found["replies"]),
            )
            await answer_with_file(interaction, text, data, _FILE)
            await self._send_files(interaction, server_id, member_id)

    async def _send_files(
        self, interaction: discord.Interaction, server_id: int, member_id: int
    ) -> None:
        """Send their attachments; each archive is read only when it is sent."""
        database = self._services.database
        kept = await database.read(
            lambda tx: attachments.get_member_files(tx, server_id, member_id)
        )
        parts = list(_split_into_archives([file for file in kept if file.stored]))
        for first in range(0, len(parts), _ARCHIVES_PER_MESSAGE):
            uploads = []
            for number, part in enumerate(parts[first : first + _ARCHIVES_PER_MESSAGE], first + 1):
                held = [
                    (attachments.get_export_name(one.id, one.name), await self._read_file(one.id))
                    for one in part
                ]
                packed = await asyncio.to_thread(_zip, held)
                uploads.append((f"my-files-{number}.zip", packed))
            await follow_up_with_files(interaction, _("Here are your files."), uploads)

    async def _read_file(self, file_id: int) -> bytes:
        found = await self._services.database.read(lambda tx: attachments.get_content(tx, file_id))
        return found or b""

    @app_commands.command(
        name="forget-me",
        description=gettext_noop("Delete everything saved about you (asks first)."),
    )
    async def forget_me(self, interaction: discord.Interaction) -> None:
        """Ask for confirmation."""
        view = ui.View(timeout=None)
        for what, label, style in _BUTTONS:
            view.add_item(self.button_class(what, interaction.user.id, _(label), style))
        view.stop()  # The buttons are dynamic items; nothing waits for this view.
        await answer(interaction, _(_QUESTION), view=view)

    async def handle_button(
        self, interaction: discord.Interaction[Any], what: str, member_id: int
    ) -> None:
        """Erase what was saved, and with "leave" save nothing from now on."""
        if member_id != interaction.user.id:
            raise UserError(_("Only the person who ran the command can press this."))
        if what == "cancel":
            await update(interaction, text=_("Nothing was deleted."))
            return
        server_id, services = get_server_id(interaction), self._services
        now_ms, leave = services.clock.now_ms(), what == "leave"
        erasure = await services.database.write(
            lambda tx: erase_member(tx, server_id, member_id, now_ms, opt_out=leave)
        )
        text = _("Everything saved about you here is deleted.")
        if erasure.opted_out_at is not None:
            text = _(
                "Everything saved about you here is deleted. From now on your messages aren't "
                "saved. To change that, use `/privacy opt-in`."
            )
        services.scheduler.wake()
        await _log_erasure(services, erasure)
        await update(interaction, text=text)

    @app_commands.command(
        name="books", description=gettext_noop("Choose how you appear in books (`/book`).")
    )
    @app_commands.describe(appear=gettext_noop("By your name, or as “a reader”"))
    async def books(
        self, interaction: discord.Interaction, appear: Literal["by name", "as a reader"]
    ) -> None:
        """Save whether the member is named in books that are made from now on."""
        server, member_id = get_server(interaction), interaction.user.id
        now_ms, unnamed = self._services.clock.now_ms(), appear == "as a reader"

        async def change(tx: Transaction) -> None:
            await settings.register_server(tx, server.id, server.name, now_ms)
            await unnamed_members.set_unnamed(tx, server.id, member_id, unnamed=unnamed)

        with self._services.active_work.track():
            await self._services.database.write(change)
            text = _("Books that are made from now on show your name.")
            if unnamed:
                text = _("You appear as “a reader” in books that are made from now on.")
            await answer(interaction, text)

    @app_commands.command(name="opt-in", description=gettext_noop("Save my messages again."))
    async def opt_in(self, interaction: discord.Interaction) -> None:
        """Save their messages from now on."""
        assert interaction.guild_id is not None
        server_id, member_id = interaction.guild_id, interaction.user.id
        now_ms = self._services.clock.now_ms()
        with self._services.active_work.track():
            erasure = await self._services.database.write(
                lambda tx: members.opt_in(tx, server_id, member_id, now_ms)
            )
            text = _("Your messages in discussions are saved already.")
            if erasure is not None:
                await _log_erasure(self._services, erasure)
                text = _(
                    "Your messages are saved again from now on. What was deleted stays deleted."
                )
            await answer(interaction, text)


async def _log_erasure(services: Services, erasure: Erasure) -> None:
    """Write it to the erasure log, which is applied to a restored backup."""
    try:
        await services.database.log_erasures([erasure])
    except (OSError, StorageError) as error:
        _log.error(
            "The erasure log of %s can't be written (%s); it is tried again at the next start.",
            services.database.name,
            error,
        )


def _split_into_archives(kept: Sequence[StoredFile]) -> Iterator[list[StoredFile]]:
    """Group files by archive; a file of the largest size fits into one alone."""
    part: list[StoredFile] = []
    size = 0
    for file in kept:
        # A zip archive contains names and sizes twice.
        needed = file.size + 2 * len(file.name.encode()) + 400
        if part and size + needed > _MAX_ARCHIVE:
            yield part
            part, size = [], 0
        part.append(file)
        size += needed
    if part:
        yield part


def _zip(held: Sequence[tuple[str, bytes]]) -> bytes:
    """A zip archive without compression, which doesn't make pictures smaller."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in held:
            archive.writestr(name, content)
    return packed.getvalue()


async def setup(bot: SalonBot) -> None:
    """Add the cog and its buttons."""
    cog = Privacy(bot.services)
    await bot.add_cog(cog)
    bot.add_dynamic_items(cog.button_class)
