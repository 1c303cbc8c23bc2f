"""``/essay``: publish an essay and see what has been published."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import Refused, SalonError
from bot.publishing import MOST_BYTES, Published
from bot.services import Services
from bot.speaking import speak
from storage import discussions
from storage.discussions import Listed
from storage.posts import Progress
from storage.submissions import Submission

__all__ = ["Essays"]

#: Seconds between two looks at how far a publishing has come; design: progress on anything that
#: takes longer than two seconds.
_LOOK_EVERY = 2.0
#: Seconds for which progress is shown: an interaction's token lasts 15 minutes (docs: Receiving
#: and Responding › Followup Messages).
_SHOWN_FOR = 14 * 60
_TEXT_LIMIT = 4000
_LIST_LENGTH = 20

_STATES = {
    "draft": "draft",
    "scheduled": "scheduled",
    "publishing": "being published",
    "open": "open",
    "closed": "closed",
    "withdrawn": "withdrawn",
}


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Essays(
    commands.GroupCog, group_name="essay", group_description="Publish essays and look after them."
):
    """The commands that are about an essay."""

    def __init__(self, services: Services) -> None:
        self._services = services
        super().__init__()

    @app_commands.command(description="Publish an essay here, or in another channel.")
    @app_commands.describe(
        file="The essay as a .txt or .md file; leave it out to paste the text into a form",
        channel="Where to publish it; here if left out",
    )
    async def publish(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None = None,
        channel: discord.TextChannel | None = None,
    ) -> None:
        """Publish a file, or show the form to paste into."""
        with self._services.busy.working():
            await self._publish(interaction, file, channel)

    async def _publish(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None,
        channel: discord.TextChannel | None,
    ) -> None:
        channel_id = _target(interaction, channel)
        if file is None:
            await interaction.response.send_modal(EssayForm(self._services, channel_id))
            return
        if file.size > MOST_BYTES:
            raise Refused(
                f"{file.filename} is larger than {MOST_BYTES // 1024 // 1024} MiB, which no essay "
                "is. Nothing was published."
            )
        submission = _submission(
            interaction, channel_id, file_name=file.filename, file_address=file.url
        )
        await _publish(self._services, interaction, submission)

    @app_commands.command(name="list", description="Show this server's essays and their numbers.")
    async def list_essays(self, interaction: discord.Interaction) -> None:
        """Show the newest essays of this server."""
        server_id = _server(interaction).id
        found = await self._services.database.read(lambda tx: discussions.listed(tx, server_id))
        lines = [_line(essay) for essay in found[:_LIST_LENGTH]]
        if len(found) > _LIST_LENGTH:
            lines.append(f"… and {len(found) - _LIST_LENGTH} older ones.")
        await interaction.response.send_message(
            "\n".join(lines) or "No essay has been published here yet: `/essay publish` does.",
            ephemeral=True,
        )


class EssayForm(discord.ui.Modal, title="Publish an essay"):
    """The form that takes an essay without a file."""

    text: discord.ui.Label[Any] = discord.ui.Label(
        text="The essay",
        description="Its title on the first line; Markdown is kept.",
        component=discord.ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=_TEXT_LIMIT, required=True
        ),
    )

    def __init__(self, services: Services, channel_id: int) -> None:
        super().__init__(timeout=None)
        self._services = services
        self._channel_id = channel_id

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Publish what was pasted."""
        field = self.text.component
        assert isinstance(field, discord.ui.TextInput)
        submission = _submission(interaction, self._channel_id, text=field.value)
        with self._services.busy.working():
            await _publish(self._services, interaction, submission)

    async def on_error(  # type: ignore[override]
        self, interaction: discord.Interaction, error: Exception, /
    ) -> None:
        """Hand the error to the one place where errors are spoken."""
        await speak(interaction, error)


async def _publish(
    services: Services, interaction: discord.Interaction, submission: Submission
) -> None:
    await services.publishing.receive(submission)
    await interaction.response.defer(ephemeral=True, thinking=True)
    published = await services.publishing.publish(submission)
    link = _link(published.essay)
    if published.again:
        raise Refused(
            f"This very essay is already in <#{published.essay.channel_id}>"
            f"{f' ({link})' if link else ''}: it is essay {published.essay.id}. "
            "Nothing was published a second time."
        )
    await _show_progress(services, interaction, published)


async def _show_progress(
    services: Services, interaction: discord.Interaction, published: Published
) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + _SHOWN_FOR
    shown = ""
    while True:
        progress = await _progress(services, published, patience=_LOOK_EVERY)
        title = published.essay.title
        if progress.failed:
            raise Refused(
                f"“{title}” stopped after {progress.sent} of {progress.total} messages: "
                f"{progress.trouble}"
            )
        if progress.sent == progress.total or loop.time() > until:
            break
        text = f"Publishing “{title}”: {progress.sent} of {progress.total}."
        if progress.trouble:
            text += f" Waiting: {progress.trouble}"
        if text != shown:
            await interaction.edit_original_response(content=text)
            shown = text
    essay = await services.database.read(lambda tx: discussions.find(tx, str(published.essay.id)))
    where = _link(essay) or f"<#{essay.channel_id}>"
    messages = f"{published.messages} messages"
    lines = [f"“{essay.title}” is published as essay {essay.id}, in {messages}: {where}"]
    lines += [f"-# {note}" for note in published.notes]
    await interaction.edit_original_response(content="\n".join(lines)[:2000])


async def _progress(services: Services, published: Published, *, patience: float) -> Progress:
    """How far it has come: at its end, or after ``patience`` seconds."""
    progress = await services.publishing.progress(published.essay.id)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            while progress.sent < progress.total and not progress.failed:
                with services.busy.waiting():
                    await services.outbox.changed()
                progress = await services.publishing.progress(published.essay.id)
    return progress


def _target(interaction: discord.Interaction, channel: discord.TextChannel | None) -> int:
    if channel is not None:
        return channel.id
    here = interaction.channel
    if isinstance(here, discord.TextChannel):
        return here.id
    raise Refused(
        "An essay is published in a text channel: run the command in one, or name one as `channel`."
    )


def _server(interaction: discord.Interaction) -> discord.Guild:
    if interaction.guild is None:
        raise SalonError("This works in a server only.")
    return interaction.guild


def _submission(
    interaction: discord.Interaction,
    channel_id: int,
    *,
    file_name: str | None = None,
    file_address: str | None = None,
    text: str | None = None,
) -> Submission:
    server = _server(interaction)
    return Submission(
        id=interaction.id,
        server_id=server.id,
        server_name=server.name,
        channel_id=channel_id,
        member_id=interaction.user.id,
        member_name=interaction.user.display_name,
        file_name=file_name,
        file_address=file_address,
        text=text,
    )


def _link(essay: Listed) -> str | None:
    if essay.card_id is None:
        return None
    return f"https://discord.com/channels/{essay.server_id}/{essay.channel_id}/{essay.card_id}"


def _line(essay: Listed) -> str:
    where = _link(essay) or f"<#{essay.channel_id}>"
    since = "" if essay.published_at is None else f", <t:{essay.published_at // 1000}:R>"
    title = discord.utils.escape_markdown(essay.title)[:80]
    return f"**{essay.id}** {title} — {_STATES[essay.state]}{since} — {where}"
