"""The view of a draft: its card, a summary, and buttons to publish, schedule, edit and discard.

A button's custom id has the draft's number, so that it works after a restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.clock import to_milliseconds
from bot.core import limits
from bot.core.essay.given_questions import with_given_questions
from bot.core.extraction.title import find_former_title_line
from bot.core.layout.card import CARD_TEXT
from bot.core.layout.closing_message import get_shown_question
from bot.core.prompts.describe_plan import describe_action, describe_content, describe_moment
from bot.core.prompts.parse_time import parse_time
from bot.core.prompts.plan import parse_plan
from bot.core.prompts.plan_preview import ExpectedStep, asks_only_default, expect_steps
from bot.core.prompts.wording import NothingToSay, escape_line
from bot.core.text.locale_format import format_number
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.core.text.truncate import truncate, truncate_lines
from bot.errors import UserError
from bot.publishing.publish import Preview
from bot.services import Services
from cogs.essays import style_controls, wording
from cogs.essays.authors_form import (
    AUTHORS_BUTTON,
    AUTHORS_TITLE,
    load_cover,
    make_authors_fields,
    read_authors_form,
)
from cogs.essays.corrections_form import make_correction_fields, read_corrections_form
from cogs.essays.draft_forms import get_form_text, make_text_fields, read_channel
from cogs.essays.status import describe_essay
from cogs.essays.submission_form import make_submission, read_text_form
from cogs.essays.target_channel import check_target
from cogs.ui.base_cog import get_server, get_server_id
from cogs.ui.deadline import acknowledge
from cogs.ui.forms import SubmittedForm, make_text_field, show_form
from cogs.ui.local_time import describe_local_time
from cogs.ui.numbered_buttons import Label, make_button_class, make_button_row
from cogs.ui.ping_role import make_ping_field, read_ping_role
from cogs.ui.progress import show_progress
from cogs.ui.responses import answer, answer_with_file, show, update
from cogs.ui.views import get_actor, make_card_view, make_text_view
from storage.essays import discussions
from storage.essays.discussions import ListedDiscussion
from storage.essays.drafts import DraftPost
from storage.essays.submissions import Submission
from storage.servers import settings as settings_module

__all__ = ["DraftPanel", "list_warnings"]

#: UTF-16 units of the text below the card.
_MAX_SUMMARY = limits.COMPONENT_TEXT - CARD_TEXT - 200
_MAX_QUESTION, _MAX_NOTES = 300, 5
#: UTF-16 units of what the prompts will ask.
_MAX_PLAN = 900
#: Messages of the full text that are shown one by one; longer essays are sent as a file.
_MAX_SHOWN = 5

_GREEN, _GREY = discord.ButtonStyle.success, discord.ButtonStyle.secondary
_RED = discord.ButtonStyle.danger
#: Labels are translated where they are shown.
_BUTTONS: tuple[Label, ...] = (
    ("schedule", gettext_noop("Schedule …"), _GREY),
    ("edit", gettext_noop("Edit details"), _GREY),
    ("text", gettext_noop("Full text"), _GREY),
    ("discard", gettext_noop("Discard"), _RED),
)


def list_warnings(preview: Preview) -> list[str]:
    """What keeps a draft from being published, or might: shown first."""
    lines = []
    if preview.problem:
        lines.append(_("**Not yet:** {problem}", problem=preview.problem))
    if preview.duplicate is not None:
        lines.append(
            _(
                "**Already published** as essay {number} ({state}): {where}. Publish it again only "
                "if you mean to.",
                number=preview.duplicate.id,
                state=wording.get_state_name(preview.duplicate.state),
                where=wording.make_card_link(preview.duplicate)
                or f"<#{preview.duplicate.channel_id}>",
            )
        )
    return lines


def _count_messages(preview: Preview) -> str:
    """How many messages a draft becomes, and which."""
    draft = preview.draft
    parts = sum(post.purpose == "part" for post in draft.posts)
    values = {"channel": f"<#{draft.channel_id}>", "total": format_number(len(draft.posts))}
    if _get_closing_question(draft.posts) is not None:
        return ngettext(
            "**Messages in {channel}: {total}** (the card, {count} part and the closing question)",
            "**Messages in {channel}: {total}** (the card, {count} parts and the closing question)",
            parts,
            **values,
        )
    return ngettext(
        "**Messages in {channel}: {total}** (the card, {count} part that ends with the question, "
        "and a line on how to answer)",
        "**Messages in {channel}: {total}** (the card, {count} parts, the last of which ends with "
        "the question, and a line on how to answer)",
        parts,
        **values,
    )


def _get_closing_question(posts: Sequence[DraftPost]) -> str | None:
    """What the closing message asks; None if the last part ends with the question."""
    closing = (get_shown_question(post.payload) for post in posts if post.purpose == "closing")
    return next(closing, None)


def _summarize(preview: Preview) -> str:
    """What an admin should know before deciding; the most important comes first."""
    draft = preview.draft
    closing = _get_closing_question(draft.posts)
    lines = list_warnings(preview)
    if draft.scheduled_for is not None:
        when = f"<t:{draft.scheduled_for // 1000}:F>"
        lines.append(_("**Scheduled** for {when}.", when=when))
    lines.append(_count_messages(preview))
    if preview.authors:
        lines.append(wording.describe_authors(preview.authors))
    left = find_former_title_line(draft.essay)
    if left is not None:
        lines.append(wording.describe_former_title(left))
    if draft.essay.cover_image is not None and draft.essay.cover_file is None:
        lines.append(
            _("**Cover:** I couldn't fetch it, so the card shows it from its own address.")
        )
    notes = draft.notes[:_MAX_NOTES]
    if notes:
        lines.append(_("**Couldn't be reproduced exactly**"))
        lines += [f"- {note}" for note in notes]
    if closing:
        quoted = truncate(closing, _MAX_QUESTION).replace("\n", "\n> ")
        lines.append(_("**Closing question**"))
        lines.append(f"> {quoted}")
    lines.append(style_controls.describe_style(preview))
    lines += _describe_notifications(preview)
    lines.append(_("**Follow-up prompts**"))
    lines += _describe_plan(preview)
    return truncate("\n".join(lines), _MAX_SUMMARY)


def _describe_notifications(preview: Preview) -> list[str]:
    """Who is notified when the essay is published, and what keeps that from working."""
    lines: list[str] = []
    role_id = preview.draft.ping_role
    if role_id is not None:
        lines.append(_("**Pings** {role}, with the card.", role=f"<@&{role_id}>"))
        if preview.ping_problem:
            lines.append(f"⚠️ {preview.ping_problem}")
    if preview.pins:
        lines.append(_("**Pinned** while the discussion is open."))
        if preview.pin_problem:
            lines.append(f"⚠️ {preview.pin_problem}")
    if preview.tells_followers:
        lines.append(_("**Followers** of the channel get a message with the title and a link."))
    return lines


def _describe_plan(preview: Preview) -> list[str]:
    """What each prompt will ask, and a warning if none asks anything of the essay's own."""
    steps = parse_plan(preview.plan)
    if not steps:
        return [_("None. `/prompts plan` changes this.")]
    essay = with_given_questions(preview.draft.essay, preview.draft.closing)
    expected = expect_steps(
        steps,
        title=essay.title,
        questions=essay.questions,
        passages={passage.number: passage.text for passage in essay.passages},
        default_question=preview.default_question,
    )
    warning: list[str] = []
    if asks_only_default(expected, preview.default_question):
        warning.append(
            _(
                "⚠️ They will only ask “{question}”. To have them ask more, give closing questions "
                "with *Edit details*, one per line.",
                question=escape_line(preview.default_question),
            )
        )
    lines = truncate_lines([_describe_expected(one) for one in expected], _MAX_PLAN)
    return [*warning, lines]


def _describe_expected(one: ExpectedStep) -> str:
    """A step of the plan, and what it will ask; or why it will be skipped."""
    when = describe_moment(one.step)
    if isinstance(one.text, NothingToSay):
        what = describe_content(one.step.content)
        reason = one.text.reason
        return "- " + escape_line(
            _("{when}: {what} — skipped: {reason}", when=when, what=what, reason=reason)
        )
    action = describe_action(one.step.content, one.text.questions)
    return f"- {escape_line(f'{when}: {action}')}"


class DraftPanel:
    """Shows drafts and handles their buttons.

    ``button_class`` and ``tag_select_class`` are registered with the bot, so that what was shown
    before a restart works.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.button_class = make_button_class("draft", "essay", services, self.handle_button)
        self.tag_select_class = style_controls.make_tag_select_class(
            "essay", services, self.handle_tags
        )

    def make_view(self, preview: Preview) -> ui.LayoutView:
        """The view of a draft."""
        draft = preview.draft
        card = next(post.payload for post in draft.posts if post.purpose == "card")
        text = _(
            "Draft {number} · only you can see this. The card will look like this:",
            number=draft.id,
        )
        view = make_card_view(f"-# {text}", card)
        view.add_item(ui.TextDisplay(_summarize(preview)))
        publish = _("Publish") if preview.duplicate is None else _("Publish again")
        labels: list[Label] = [("publish", publish, _GREEN)]
        labels += [(what, _(label), style) for what, label, style in _BUTTONS]
        view.add_item(make_button_row(self.button_class, draft.id, labels))
        more: list[Label] = [
            ("cover", _(AUTHORS_BUTTON), _GREY),
            ("source", _("Text and channel …"), _GREY),
            ("ping", _("Ping …"), _GREY),
        ]
        change = style_controls.get_style_button(preview)
        if change is not None:
            more.append((*change, _GREY))
        view.add_item(make_button_row(self.button_class, draft.id, more))
        tags = self.tag_select_class.make(preview)
        if tags is not None:
            view.add_item(ui.ActionRow(tags))
        return view

    async def find_draft(self, discussion_id: int, server_id: int) -> Preview | None:
        """The draft or scheduled essay with this number; None if it is published."""
        preview = await self.services.publishing.get_preview(discussion_id, server_id)
        return preview if preview.draft.state in ("draft", "scheduled") else None

    async def edit_text(
        self,
        interaction: discord.Interaction[Any],
        preview: Preview,
        *,
        file: discord.Attachment | None,
        page_url: str | None,
        chapter: int | None,
    ) -> None:
        """Replace a draft's text by a file or a page; without either, show the form for it."""
        draft = preview.draft
        if file is None and page_url is None:
            await self._show_text_form(interaction, preview)
            return
        submission = make_submission(
            interaction,
            draft.channel_id,
            file=file,
            page_url=page_url,
            essay_id=draft.id,
            chapter=chapter,
        )
        await self._submit_text(interaction, submission)

    async def _show_text_form(
        self, interaction: discord.Interaction[Any], preview: Preview
    ) -> None:
        await show_form(
            interaction,
            "draft-text",
            preview.draft.id,
            title=_("Text and channel"),
            fields=make_text_fields(get_server(interaction), preview.draft),
        )

    async def handle_text_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Change the draft's text, its channel or both, and show it again."""
        preview = await self.services.publishing.get_preview(
            entered.number, get_server_id(interaction)
        )
        draft = preview.draft
        channel_id = read_channel(entered, draft)
        target = self.services.permissions.get_target_channel(draft.server_id, channel_id)
        check_target(target, channel_id, None, None)
        before = get_form_text(draft.source, draft.source_name) or ""
        is_same = entered.texts["text"].strip() == before.strip()
        if is_same and not entered.files["file"]:
            if channel_id != draft.channel_id:
                await self.services.publishing.change_channel(preview, channel_id)
            await acknowledge(interaction)
            await self.show(interaction, draft.id)
            return
        submission = read_text_form(
            interaction, channel_id, entered, before=before, essay_id=draft.id
        )
        await self._submit_text(interaction, submission)

    async def _submit_text(
        self, interaction: discord.Interaction[Any], submission: Submission
    ) -> None:
        """Save a draft's new text, acknowledge it, and show the draft with it."""
        await self.services.publishing.save_submission(submission)
        await acknowledge(interaction, ephemeral=True, thinking=True)
        discussion_id = await self.services.publishing.replace_text(submission)
        await self.show(interaction, discussion_id)

    async def handle_ping_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Choose the role that the draft's card mentions, and show the draft again."""
        preview = await self.services.publishing.get_preview(
            entered.number, get_server_id(interaction)
        )
        role_id = read_ping_role(interaction, entered)
        await self.services.publishing.set_ping_role(preview, role_id)
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def handle_tags(
        self, interaction: discord.Interaction[Any], discussion_id: int, tags: tuple[int, ...]
    ) -> None:
        """Set the chosen tags of a draft, and show it again."""
        # The preview checks that the draft belongs to this server.
        await self.services.publishing.get_preview(discussion_id, get_server_id(interaction))
        await self.services.publishing.set_tags(discussion_id, tags)
        await acknowledge(interaction)
        await self.show(interaction, discussion_id)

    def make_stopped_view(self, preview: Preview, text: str) -> ui.LayoutView:
        """The view of a publishing that stopped, with buttons to retry or withdraw."""
        view = make_text_view(text)
        tags = self.tag_select_class.make(preview)
        if tags is not None:
            view.add_item(ui.ActionRow(tags))
        labels = [("again", _("Retry"), _GREEN), ("askwithdraw", _("Withdraw"), _RED)]
        view.add_item(make_button_row(self.button_class, preview.draft.id, labels))
        return view

    def make_withdrawal_view(self, essay: ListedDiscussion) -> ui.LayoutView:
        """The question whether to withdraw an essay."""
        view = make_text_view(wording.describe_withdrawal(essay))
        labels = [("withdraw", _("Withdraw"), _RED), ("keep", _("Cancel"), _GREY)]
        view.add_item(make_button_row(self.button_class, essay.id, labels))
        return view

    def make_discard_view(self, preview: Preview) -> ui.LayoutView:
        """The question whether to discard a draft."""
        title = escape_title(preview.draft.essay.title)
        if preview.draft.state == "scheduled":
            text = _(
                "Discard “{title}”? It won't be published, and the draft will be deleted. You "
                "can't undo this.",
                title=title,
            )
        else:
            text = _(
                "Discard “{title}”? The draft will be deleted. You can't undo this.", title=title
            )
        view = make_text_view(text)
        labels = [("delete", _("Discard"), _RED), ("back", _("Cancel"), _GREY)]
        view.add_item(make_button_row(self.button_class, preview.draft.id, labels))
        return view

    async def show(self, interaction: discord.Interaction[Any], discussion_id: int) -> None:
        """Show a draft or a stopped publishing as the interaction's answer."""
        preview = await self.services.publishing.get_preview(
            discussion_id, get_server_id(interaction)
        )
        if preview.draft.state == "publishing":
            text = await self.services.database.read(lambda tx: describe_essay(tx, discussion_id))
            await show(interaction, self.make_stopped_view(preview, text))
            return
        cover = await load_cover(self.services.database, preview.draft.essay)
        await show(interaction, self.make_view(preview), cover)

    async def handle_button(
        self, interaction: discord.Interaction[Any], what: str, discussion_id: int
    ) -> None:
        """Handle a button."""
        preview = await self.services.publishing.get_preview(
            discussion_id, get_server_id(interaction)
        )
        title = escape_title(preview.draft.essay.title)
        match what:
            case "keep":
                text = _("Nothing was changed. “{title}” isn't withdrawn.", title=title)
                await update(interaction, make_text_view(text))
                return
            case "again":
                await self.services.publishing.retry(discussion_id)
                text = _(
                    "I'm trying again to publish “{title}”. `/essay show` shows the progress.",
                    title=title,
                )
                await update(interaction, make_text_view(text))
                return
            case "askwithdraw":
                await self._ask_to_withdraw(interaction, discussion_id)
                return
            case "withdraw":
                await self.services.publishing.withdraw(discussion_id, get_actor(interaction))
                text = _("“{title}” is withdrawn.", title=title)
                await update(interaction, make_text_view(text))
                return
        if preview.draft.state not in ("draft", "scheduled"):
            raise UserError(
                _("“{title}” isn't a draft any more. `/essay show` shows its state.", title=title)
            )
        match what:
            case "publish":
                await self.publish(interaction, preview)
            case "schedule":
                await self._show_schedule_form(interaction, discussion_id)
            case "edit":
                await show_form(
                    interaction,
                    "draft",
                    discussion_id,
                    title=_("Edit details"),
                    fields=make_correction_fields(preview.draft.essay, preview.draft.closing),
                )
            case "cover":
                await show_form(
                    interaction,
                    "cover",
                    discussion_id,
                    title=_(AUTHORS_TITLE),
                    fields=make_authors_fields(preview.draft.essay, preview.authors),
                )
            case "source":
                await self._show_text_form(interaction, preview)
            case "ping":
                await show_form(
                    interaction,
                    "draft-ping",
                    discussion_id,
                    title=_("Ping"),
                    fields=[make_ping_field(get_server(interaction), preview.draft.ping_role)],
                )
            case "apart" | "together":
                await self.services.publishing.set_style(
                    discussion_id, style_controls.STYLES_BY_BUTTON[what]
                )
                await acknowledge(interaction)
                await self.show(interaction, discussion_id)
            case "text":
                await self._show_full_text(interaction, preview)
            case "discard":
                await update(interaction, self.make_discard_view(preview))
            case "back":
                await acknowledge(interaction)
                await self.show(interaction, discussion_id)
            case "delete":
                await self.services.publishing.discard_draft(discussion_id)
                text = _("“{title}” is discarded.", title=title)
                await update(interaction, make_text_view(text))

    async def _ask_to_withdraw(
        self, interaction: discord.Interaction[Any], discussion_id: int
    ) -> None:
        """Replace a stopped publishing by the question whether to withdraw it."""
        essay = await self.services.database.read(lambda tx: discussions.find(tx, discussion_id))
        assert essay is not None
        await update(interaction, self.make_withdrawal_view(essay))

    async def publish(self, interaction: discord.Interaction[Any], preview: Preview) -> None:
        """Publish, and show the progress in the answer."""
        draft = preview.draft
        # Planned before it is acknowledged: what was acknowledged is carried out.
        await self.services.publishing.publish(draft.id, get_actor(interaction), interaction.id)
        await acknowledge(interaction)
        title = draft.essay.title
        progress = await show_progress(
            self.services,
            interaction,
            lambda: self.services.publishing.get_progress(draft.id),
            lambda current: wording.describe_publishing(title, current),
        )
        if progress.failed:
            text = _(
                "Publishing “{title}” stopped after {sent} of {total} messages: {reason}",
                title=escape_title(title),
                sent=progress.sent,
                total=progress.total,
                reason=progress.last_error,
            )
            await show(interaction, self.make_stopped_view(preview, text))
            return
        essay = await self.services.database.read(lambda tx: discussions.find(tx, draft.id))
        assert essay is not None
        text = ngettext(
            "“{title}” is published as essay {number}, in {count} message: {where}",
            "“{title}” is published as essay {number}, in {count} messages: {where}",
            len(draft.posts),
            title=escape_title(title),
            number=draft.id,
            where=wording.make_card_link(essay) or f"<#{essay.channel_id}>",
        )
        await show(interaction, make_text_view(text))

    async def handle_corrections_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Apply the corrections to the draft, and show it again."""
        preview = await self.services.publishing.get_preview(
            entered.number, get_server_id(interaction)
        )
        await self.services.publishing.correct_draft(preview, read_corrections_form(entered))
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def handle_authors_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Set the draft's authors and cover, and show it again."""
        preview = await self.services.publishing.get_preview(
            entered.number, get_server_id(interaction)
        )
        chosen = read_authors_form(entered, preview.draft.essay, preview.authors)
        await self.services.publishing.choose_authors_and_cover(
            preview, chosen.authors, chosen.cover
        )
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def _show_schedule_form(
        self, interaction: discord.Interaction[Any], discussion_id: int
    ) -> None:
        """Ask for a time; the form names the server's time zone and the time there."""
        services, server = self.services, get_server_id(interaction)
        settings = await services.database.read(lambda tx: settings_module.get_settings(tx, server))
        hint = describe_local_time(settings, services.clock.now())
        field = make_text_field(
            "when", _("When (e.g. tomorrow 9:00)"), most=100, required=True, description=hint
        )
        await show_form(
            interaction,
            "schedule",
            discussion_id,
            title=_("When should it be published?"),
            fields=[field],
        )

    async def handle_schedule_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Schedule the draft for the time that was entered, in the server's time zone."""
        services, server = self.services, get_server_id(interaction)
        await services.publishing.get_preview(entered.number, server)
        settings = await services.database.read(lambda tx: settings_module.get_settings(tx, server))
        moment = parse_time(entered.texts["when"], services.clock.now(), settings.zone).at
        await services.publishing.schedule(
            entered.number, get_actor(interaction), to_milliseconds(moment)
        )
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def _show_full_text(
        self, interaction: discord.Interaction[Any], preview: Preview
    ) -> None:
        """Show the messages as they will be posted, only to the admin."""
        texts = [p.payload["content"] for p in preview.draft.posts if p.purpose != "card"]
        if len(texts) > _MAX_SHOWN:
            await acknowledge(interaction, ephemeral=True, thinking=True)
            text = ngettext(
                "This file has the {count} message as it will be posted.",
                "This file has all {count} messages as they will be posted.",
                len(texts),
            )
            await answer_with_file(interaction, text, "\n\n".join(texts), "essay.md")
            return
        for text in texts:
            await answer(interaction, text)
