"""A draft as an admin sees it: how it will stand, and the buttons to go on from there.

The buttons carry the draft's number and nothing else, so that they work after a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

import discord
from discord import ui

from bot.clock import to_milliseconds
from bot.discussion.correcting import MOST, Corrections, found
from bot.discussion.entitling import left_line
from bot.discussion.moments import read_moment
from bot.discussion.payloads import Payload
from bot.discussion.shortening import cut
from bot.errors import Refused
from bot.publishing import Actor, Preview
from bot.services import Services
from bot.speaking import acknowledge, answer_with_file, show, speak
from cogs import draft_style, essay_words
from cogs.answers import server_id
from cogs.forms import Entered, show_form, text_field
from storage import discussions, servers
from storage.discussions import Listed
from storage.progress import Progress

__all__ = ["Desk", "actor", "card_view", "text_view"]

#: Seconds between two looks at how far a publishing has come; design: progress on anything that
#: takes longer than two seconds.
_LOOK_EVERY = 2.0
#: Seconds for which progress is shown: an interaction's token lasts 15 minutes (docs: Receiving
#: and Responding › Followup Messages).
_SHOWN_FOR = 14 * 60
#: Units of what is told below the card, which itself has at most 2,600 of the 4,000 that all text
#: of a message may have together.
_MOST_TOLD = 1300
_MOST_QUESTION, _MOST_NOTES = 300, 5
#: Messages of the whole text that are shown one by one; longer essays come as a file.
_MOST_SHOWN = 5

_WHEN = "When (tomorrow 9:00, 2026-12-01 18:30)"
_BUTTONS = (
    ("publish", "Publish", discord.ButtonStyle.success),
    ("schedule", "Schedule …", discord.ButtonStyle.secondary),
    ("edit", "Edit …", discord.ButtonStyle.secondary),
    ("text", "Whole text", discord.ButtonStyle.secondary),
    ("discard", "Discard", discord.ButtonStyle.danger),
)


def actor(interaction: discord.Interaction[Any]) -> Actor:
    """Who acts."""
    return Actor(interaction.user.id, interaction.user.display_name)


def text_view(text: str) -> ui.LayoutView:
    """A message of one text, for an answer that has become one of components."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text))
    return view


def card_view(told: str, card: Payload) -> ui.LayoutView:
    """A message that says ``told`` and shows an opening card as it will stand."""
    view = text_view(told)
    inner: list[ui.Item[Any]] = []
    for component in card["components"][0]["components"]:
        if component["type"] == discord.ComponentType.text_display.value:
            inner.append(ui.TextDisplay(component["content"]))
        elif component["type"] == discord.ComponentType.media_gallery.value:
            gallery: ui.MediaGallery[Any] = ui.MediaGallery()
            gallery.add_item(media=component["items"][0]["media"]["url"])
            inner.append(gallery)
    view.add_item(ui.Container(*inner))
    return view


def _told(preview: Preview) -> str:
    """What an admin should know before pressing a button."""
    draft = preview.draft
    parts = sum(post.purpose == "part" for post in draft.posts)
    closing = next((p.payload["content"] for p in draft.posts if p.purpose == "closing"), None)
    lines = [
        f"**{len(draft.posts)} messages** in <#{draft.channel_id}>: the card, "
        f"{parts} part{'' if parts == 1 else 's'}"
        + (", the closing question." if closing else "; the last part ends with the question.")
    ]
    if closing:
        quoted = cut(closing, _MOST_QUESTION).replace("\n", "\n> ")
        lines.append(f"**Asked at the end**\n> {quoted}")
    left = left_line(draft.essay)
    if left is not None:
        lines.append(
            f"**Its line “{essay_words.title(left)}”** was taken for the title before; it stands "
            "in the text now."
        )
    lines.append(draft_style.told(preview))
    lines.append(f"**Prompts that follow**\n{cut(preview.plan, _MOST_QUESTION)}")
    notes = draft.notes[:_MOST_NOTES]
    if notes:
        lines.append("**Not shown as it was**\n" + "\n".join(f"- {note}" for note in notes))
    if draft.scheduled_for is not None:
        lines.append(f"**Scheduled** for <t:{draft.scheduled_for // 1000}:F>.")
    if preview.same is not None:
        where = essay_words.link(preview.same) or f"<#{preview.same.channel_id}>"
        lines.append(
            f"**Already here:** this very essay is essay {preview.same.id} ({preview.same.state}), "
            f"{where}. Publish it once more only if that is meant."
        )
    if preview.trouble:
        lines.append(f"**Not yet:** {preview.trouble}")
    return cut("\n".join(lines), _MOST_TOLD)


class Desk:
    """Shows drafts, and does what their buttons say.

    ``button`` and ``tags`` are the kinds of button and list they have; the client has to know
    them, so that what was shown before a restart still works.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.button = _button_class(self)
        self.tags = draft_style.tag_select_class(self.tagged)

    def preview(self, preview: Preview) -> ui.LayoutView:
        """The draft as it will stand, what there is to know of it, and its buttons."""
        draft = preview.draft
        card = next(post.payload for post in draft.posts if post.purpose == "card")
        told = f"-# Draft {draft.id}, seen by you alone. This is its card:"
        view = card_view(told, card)
        view.add_item(ui.TextDisplay(_told(preview)))
        row: ui.ActionRow[Any] = ui.ActionRow()
        for what, label, style in _BUTTONS:
            again = what == "publish" and preview.same is not None
            row.add_item(self.button(what, draft.id, "Publish again" if again else label, style))
        view.add_item(row)
        change = draft_style.switch(preview)
        if change is not None:
            view.add_item(ui.ActionRow(self.button(change[0], draft.id, change[1], _BUTTONS[1][2])))
        tags = self.tags.of(preview)
        if tags is not None:
            view.add_item(ui.ActionRow(tags))
        return view

    async def tagged(
        self, interaction: discord.Interaction[Any], discussion_id: int, tags: tuple[int, ...]
    ) -> None:
        """Put the tags that were picked on a draft, and show it anew."""
        with self.services.busy.working():
            # That it is a draft of this server is asked with the preview.
            await self.services.publishing.preview(discussion_id, server_id(interaction))
            await self.services.publishing.retag(discussion_id, tags)
            await acknowledge(interaction)
            await self.show(interaction, discussion_id)

    def stopped(self, essay: Listed, told: str) -> ui.LayoutView:
        """A publishing that Discord refused to go on with, and what can be done."""
        view = text_view(told)
        row: ui.ActionRow[Any] = ui.ActionRow()
        row.add_item(self.button("again", essay.id, "Go on", discord.ButtonStyle.success))
        row.add_item(self.button("withdraw", essay.id, "Withdraw", discord.ButtonStyle.danger))
        view.add_item(row)
        return view

    def withdrawal(self, essay: Listed) -> ui.LayoutView:
        """The question whether an essay is really to be withdrawn."""
        view = text_view(
            f"Withdraw “{essay_words.title(essay.title)}”? {essay_words.withdrawing(essay)} What "
            "members wrote stays, in the channel and in the archive. This cannot be undone."
        )
        row: ui.ActionRow[Any] = ui.ActionRow()
        row.add_item(self.button("withdraw", essay.id, "Withdraw", discord.ButtonStyle.danger))
        row.add_item(self.button("keep", essay.id, "Keep", discord.ButtonStyle.secondary))
        view.add_item(row)
        return view

    async def show(self, interaction: discord.Interaction[Any], discussion_id: int) -> None:
        """Put the draft in the place of the answer that was promised or shown before."""
        preview = await self.services.publishing.preview(discussion_id, server_id(interaction))
        await show(interaction, self.preview(preview))

    async def pressed(
        self, interaction: discord.Interaction[Any], what: str, discussion_id: int
    ) -> None:
        """Do what a button says."""
        preview = await self.services.publishing.preview(discussion_id, server_id(interaction))
        title = essay_words.title(preview.draft.essay.title)
        match what:
            case "keep":
                await interaction.response.edit_message(view=text_view(f"“{title}” stays."))
                return
            case "again":
                await self.services.publishing.go_on(discussion_id)
                await interaction.response.edit_message(
                    view=text_view(f"“{title}” goes on; `/essay show` tells how far it is.")
                )
                return
            case "withdraw":
                await self.services.publishing.withdraw(discussion_id, actor(interaction))
                await interaction.response.edit_message(view=text_view(f"“{title}” is withdrawn."))
                return
        if preview.draft.state not in ("draft", "scheduled"):
            raise Refused(
                f"“{preview.draft.essay.title}” is no draft any more: `/essay show` tells where "
                "it stands."
            )
        match what:
            case "publish":
                await self.publish(interaction, preview)
            case "schedule":
                await show_form(
                    interaction,
                    "schedule",
                    discussion_id,
                    title="When is it to be published?",
                    fields=[text_field("when", _WHEN, most=100, required=True)],
                )
            case "edit":
                await show_form(
                    interaction,
                    "draft",
                    discussion_id,
                    title="What was found in the essay",
                    fields=_found_fields(preview),
                )
            case "apart" | "together":
                await self.services.publishing.restyle(discussion_id, draft_style.SWITCHES[what])
                await acknowledge(interaction)
                await self.show(interaction, discussion_id)
            case "text":
                await self._show_text(interaction, preview)
            case "discard":
                await self.services.publishing.discard(discussion_id)
                await interaction.response.edit_message(
                    view=text_view(f"“{preview.draft.essay.title}” is discarded.")
                )

    async def publish(self, interaction: discord.Interaction[Any], preview: Preview) -> None:
        """Publish, and show in the preview's place how far it has come."""
        draft = preview.draft
        # Begun before it is acknowledged: what was acknowledged is carried out.
        await self.services.publishing.publish(draft.id, actor(interaction), interaction.id)
        await acknowledge(interaction)
        title = draft.essay.title
        loop = asyncio.get_running_loop()
        until, shown = loop.time() + _SHOWN_FOR, ""
        while True:
            progress = await self._progress(draft.id, patience=_LOOK_EVERY)
            if progress.failed:
                text = (
                    f"“{essay_words.title(title)}” stopped after {progress.sent} of "
                    f"{progress.total} messages: {progress.trouble}"
                )
                await show(interaction, text_view(text))
                return
            if progress.sent == progress.total or loop.time() > until:
                break
            text = essay_words.progress_text(title, progress)
            if text != shown:
                await show(interaction, text_view(text))
                shown = text
        essay = await self.services.database.read(lambda tx: discussions.find(tx, str(draft.id)))
        where = essay_words.link(essay) or f"<#{essay.channel_id}>"
        await show(
            interaction,
            text_view(
                f"“{essay_words.title(title)}” is published as essay {draft.id}, in "
                f"{len(draft.posts)} messages: {where}"
            ),
        )

    async def take_corrections(
        self, interaction: discord.Interaction[Any], entered: Entered
    ) -> None:
        """Put what was corrected in the form into the draft, and show that anew."""
        preview = await self.services.publishing.preview(entered.number, server_id(interaction))
        texts = entered.texts
        await self.services.publishing.correct(
            preview,
            Corrections(
                title=texts["title"],
                byline=texts["byline"],
                epigraph=texts["epigraph"],
                epigraph_source=texts["source"],
                closing=texts["closing"],
            ),
        )
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def take_time(self, interaction: discord.Interaction[Any], entered: Entered) -> None:
        """Schedule the draft for the time as it was written, in the server's zone."""
        services, server = self.services, server_id(interaction)
        await services.publishing.preview(entered.number, server)
        settings = await services.database.read(lambda tx: servers.read(tx, server))
        moment = read_moment(entered.texts["when"], services.clock.now(), settings.zone).at
        await services.publishing.schedule(
            entered.number, actor(interaction), to_milliseconds(moment)
        )
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def _progress(self, discussion_id: int, *, patience: float) -> Progress:
        """How far it has come: at its end, or after ``patience`` seconds."""
        services = self.services
        progress = await services.publishing.progress(discussion_id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while progress.sent < progress.total and not progress.failed:
                    with services.busy.waiting():
                        await services.outbox.changed()
                    progress = await services.publishing.progress(discussion_id)
        return progress

    async def _show_text(self, interaction: discord.Interaction[Any], preview: Preview) -> None:
        """The messages as they will read, seen by the admin alone."""
        texts = [p.payload["content"] for p in preview.draft.posts if p.purpose != "card"]
        if len(texts) > _MOST_SHOWN:
            await acknowledge(interaction, ephemeral=True, thinking=True)
            told = f"All {len(texts)} messages, as they will read, are in this file."
            await answer_with_file(interaction, told, "\n\n".join(texts), "essay.md")
            return
        await interaction.response.send_message(texts[0], ephemeral=True, suppress_embeds=True)
        for text in texts[1:]:
            await interaction.followup.send(text, ephemeral=True, suppress_embeds=True)


def _found_fields(preview: Preview) -> list[ui.Label[Any]]:
    """What was found in an essay, to be corrected."""
    shown = found(preview.draft.essay, preview.draft.closing)
    asked = "Closing question (empty: the essay's own)"
    return [
        text_field("title", "Title", shown.title, most=MOST["title"], required=True),
        text_field("byline", "Byline", shown.byline, most=MOST["byline"]),
        text_field("epigraph", "Epigraph", shown.epigraph, most=MOST["epigraph"], long=True),
        text_field("source", "Whose words", shown.epigraph_source, most=MOST["source"]),
        text_field("closing", asked, shown.closing, most=MOST["closing"], long=True),
    ]


def _button_class(desk: Desk) -> type[_DraftButton]:
    class Bound(_DraftButton, template=_CUSTOM_ID):
        @property
        def desk(self) -> Desk:
            return desk

    return Bound


_CUSTOM_ID = re.compile(r"salon:draft:(?P<what>[a-z]+):(?P<id>[0-9]+)")


class _DraftButton(ui.DynamicItem[ui.Button[Any]], template=_CUSTOM_ID):
    """A button below a draft; what it does and to which draft stands in its id."""

    def __init__(
        self, what: str, discussion_id: int, label: str, style: discord.ButtonStyle
    ) -> None:
        super().__init__(
            ui.Button(label=label, style=style, custom_id=f"salon:draft:{what}:{discussion_id}")
        )
        self.what = what
        self.discussion_id = discussion_id

    @property
    def desk(self) -> Desk:
        """Whose button it is."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> _DraftButton:
        """The button that was pressed, perhaps one that was shown before a restart."""
        del interaction
        assert isinstance(item, ui.Button)
        return cls(match["what"], int(match["id"]), item.label or "", item.style)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says; what goes wrong is spoken of, not only logged."""
        with self.desk.services.busy.working():
            try:
                await self.desk.pressed(interaction, self.what, self.discussion_id)
            except Exception as error:  # noqa: BLE001 - handed to the one place of errors
                await speak(interaction, error)
