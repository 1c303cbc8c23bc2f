"""``/questions`` and *Ask the author this*: what members ask an essay's authors, and the answers.

The list is a view of rows, and shows no question that its reader may not read. The custom id of
each control has the question and the list's place, so that it works after a restart; whether the
member is an author is looked up again each time. Answers are posted like those of the *Answer* form
(:mod:`cogs.members.submit_answer`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.core import limits
from bot.core.conversation.answers import MAX_ANSWER
from bot.core.conversation.author_questions import (
    AuthorQuestion,
    OpenQuestion,
    QuestionOrder,
    arrange_questions,
    list_open_questions,
    make_question_label,
)
from bot.core.conversation.styles import THREADS
from bot.core.conversation.thread_names import make_thread_name
from bot.core.message_link import make_message_link
from bot.core.text.message_quote import find_mentioned, quote_message
from bot.core.text.timestamps import format_timestamp
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.core.text.truncate import truncate
from bot.delivery.author_messages import DAY_MS
from bot.discord_api.readable_channels import ReadableChannels, ThreadPlaces
from bot.errors import UserError
from bot.services import Services
from cogs.members.submit_answer import (
    Where,
    check_may_write,
    check_text,
    describe_posting,
    find_where,
    keep_text,
    make_answer,
    report_unposted,
    save_in_transaction,
)
from cogs.ui.base_cog import get_server, get_server_id
from cogs.ui.deadline import acknowledge
from cogs.ui.forms import SubmittedForm, make_text_field, show_form
from cogs.ui.persistent_controls import make_control_class
from cogs.ui.responses import answer, update
from cogs.ui.salon_bot import SalonBot
from storage.db.writer import Transaction
from storage.essays import authors
from storage.prompts import prompt_context
from storage.replies import answers, author_messages, author_questions
from storage.replies.author_questions import QuestionPlace
from storage.servers import settings as settings_module

__all__ = ["Questions"]

_COMMAND = "questions"
#: The message command.
_MENU = gettext_noop("Ask the author this")
_FORM = "author-answer"

_NOT_A_QUESTION = gettext_noop("This question was deleted, or its discussion isn't open any more.")
_NOT_AUTHOR = gettext_noop("Only an author of this essay can do this.")
_ANSWERED = gettext_noop("An author has answered this question already.")
_OFF = gettext_noop("Forms are off in this server. Answer in Discord instead: {link}")

#: ``each``: 1 shows one question of each person.
_CONTROL_ID = re.compile(
    r"salon:questions:(?P<what>[a-z]+):(?P<question>[0-9]{1,19}):(?P<order>newest|wanted)"
    r":(?P<each>[01]):(?P<page>[0-9]{1,4})"
)
_SHOW, _ORDER, _ANSWER, _LATER = "show", "order", "answer", "later"
_SAME, _MERGE, _SEPARATE, _MESSAGES = "same", "merge", "separate", "messages"
#: Questions on a page: five components each, of the 40 that a message may have.
_PER_PAGE = 5
#: UTF-16 units of a quotation, the next one where the page is too long for a message.
_LENGTHS = (400, 200, 100, 50)
#: The most questions that are offered as the same one (docs: Component Reference › String Select).
_MAX_OPTIONS = 25

_GREEN, _GREY = discord.ButtonStyle.success, discord.ButtonStyle.secondary


@dataclass(frozen=True, slots=True)
class _Place:
    """Which part of the list is shown; in the custom ids of its controls."""

    order: QuestionOrder = QuestionOrder.NEWEST
    one_per_person: bool = True
    page: int = 0

    def make_id(self, what: str, question_id: int = 0) -> str:
        each = int(self.one_per_person)
        return f"salon:questions:{what}:{question_id}:{self.order.value}:{each}:{self.page}"


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a page shows: its questions, whether there are more, and the state of the messages."""

    questions: Sequence[OpenQuestion]
    has_more: bool
    others_of: dict[int, int]
    messages: str | None
    names: dict[int, dict[int, str]]


class Questions(commands.Cog):
    """The command, the message command, and the controls of the list."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._places = ThreadPlaces()
        self.menu = app_commands.ContextMenu(name=_MENU, callback=self.ask_this)
        self.menu.guild_only = True
        self.control_class = make_control_class(
            _CONTROL_ID, _COMMAND, services, self.handle_control
        )
        super().__init__()

    # -- asking -------------------------------------------------------------------------------

    async def ask_this(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Mark one's own reply as a question to the author."""
        server_id, member_id = get_server_id(interaction), interaction.user.id

        async def mark(tx: Transaction) -> bool:
            found = await author_questions.find_markable_reply(tx, server_id, message.id)
            if found is None:
                raise UserError(
                    _(
                        "This works on your own replies in a discussion. To ask something new, "
                        "press *Ask the author* below the essay."
                    )
                )
            if found.deleted:
                raise UserError(_("This reply has been deleted."))
            if found.writer_id != member_id:
                raise UserError(_("You can only ask the author what you wrote yourself."))
            if not found.has_authors:
                raise UserError(_("I don't know which member wrote this essay."))
            if found.by_author:
                raise UserError(_("You wrote this essay. `/questions` shows what people ask you."))
            if found.state != "open":
                raise UserError(_("This discussion isn't open."))
            await author_questions.mark_question(tx, found.id)
            return found.is_question

        with self._services.active_work.track():
            before = await self._services.database.write(mark)
            text = _("Your reply is marked as a question to the author.")
            if before:
                text = _("Your reply is marked as a question to the author already.")
            await answer(interaction, text)

    # -- the list -----------------------------------------------------------------------------

    @app_commands.command(
        name=_COMMAND,
        description=gettext_noop("For authors: the questions that people ask about your essays."),
    )
    @app_commands.guild_only()
    async def show_questions(self, interaction: discord.Interaction) -> None:
        """Answer with the newest open questions."""
        with self._services.active_work.track():
            await acknowledge(interaction, ephemeral=True, thinking=True)
            await answer(interaction, view=await self._make_view(interaction, _Place()))

    async def handle_control(
        self,
        interaction: discord.Interaction[Any],
        match: re.Match[str],
        values: Sequence[str],
    ) -> None:
        """A control of the list was used."""
        place = _Place(QuestionOrder(match["order"]), match["each"] == "1", int(match["page"]))
        question_id = int(match["question"])
        match match["what"]:
            case "answer":
                await self._show_form(interaction, question_id)
                return
            case "same":
                await acknowledge(interaction)
                await update(
                    interaction, await self._make_same_view(interaction, question_id, place)
                )
                return
            case "merge":
                await acknowledge(interaction)
                same_as = _read_id(values)
                await self._merge(interaction, question_id, same_as)
                await update(interaction, self._make_merged_view(same_as, place))
                return
            case "later":
                await self._put_off(interaction, question_id)
            case "separate":
                await self._separate(interaction, question_id)
            case "messages":
                await self._switch_messages(interaction)
            case "order" if values and values[0] in ("newest", "wanted"):
                place = replace(place, order=QuestionOrder(values[0]), page=0)
        await acknowledge(interaction)
        await update(interaction, await self._make_view(interaction, place))

    async def _make_view(
        self, interaction: discord.Interaction[Any], place: _Place
    ) -> ui.LayoutView:
        listed, place = await self._look(interaction, place)
        server_id = get_server_id(interaction)
        for length in _LENGTHS:
            texts = [_describe(server_id, one, listed, length) for one in listed.questions]
            head, status = _describe_list(listed), _describe_messages(listed.messages)
            if sum(map(len, (*texts, head, status))) <= limits.COMPONENT_TEXT - 100:
                break
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(head))
        if listed.questions:
            view.add_item(ui.ActionRow(self._make_order_select(place)))
        for one, text in zip(listed.questions, texts, strict=True):
            view.add_item(ui.TextDisplay(text))
            row: ui.ActionRow[Any] = ui.ActionRow()
            for what, label, style in (
                (_ANSWER, _("Answer"), _GREEN),
                (_LATER, _("Later"), _GREY),
                (_SAME, _("Same as …"), _GREY),
            ):
                row.add_item(self._make_button(label, place.make_id(what, one.question.id), style))
            view.add_item(row)
        view.add_item(self._make_last_row(listed, place))
        if status:
            view.add_item(ui.TextDisplay(status))
        return view

    def _make_button(
        self, label: str, custom_id: str, style: discord.ButtonStyle = _GREY
    ) -> ui.Item[Any]:
        label = truncate(label, limits.BUTTON_LABEL)
        button: ui.Button[Any] = ui.Button(label=label, custom_id=custom_id, style=style)
        return self.control_class(button)

    def _make_order_select(self, place: _Place) -> ui.Item[Any]:
        select: ui.Select[Any] = ui.Select(custom_id=place.make_id(_ORDER))
        for order, label in (
            (QuestionOrder.NEWEST, _("Newest first")),
            (QuestionOrder.MOST_WANTED, _("Most wanted first (👍)")),
        ):
            select.add_option(label=label, value=order.value, default=order is place.order)
        return self.control_class(select)

    def _make_last_row(self, listed: _Listed, place: _Place) -> ui.ActionRow[Any]:
        row: ui.ActionRow[Any] = ui.ActionRow()
        if place.page > 0:
            back = replace(place, page=place.page - 1)
            row.add_item(self._make_button(_("Back"), back.make_id(_SHOW)))
        if listed.has_more:
            more = replace(place, page=place.page + 1)
            row.add_item(self._make_button(_("More"), more.make_id(_SHOW)))
        if listed.questions:
            label = _("One question per person")
            if place.one_per_person:
                label = _("All questions of each person")
            other = replace(place, one_per_person=not place.one_per_person, page=0)
            row.add_item(self._make_button(label, other.make_id(_SHOW)))
        label = _("Send me a daily message")
        if listed.messages in ("on", "sending"):
            label = _("Stop the daily messages")
        row.add_item(self._make_button(label, place.make_id(_MESSAGES)))
        return row

    async def _look(
        self, interaction: discord.Interaction[Any], place: _Place
    ) -> tuple[_Listed, _Place]:
        """The page's questions; UserError if the member isn't an author here."""
        server_id, member_id = get_server_id(interaction), interaction.user.id

        async def look(tx: Transaction) -> tuple[list[AuthorQuestion], str | None]:
            if not await authors.get_essays(tx, server_id, member_id):
                raise UserError(
                    _(
                        "Nobody has named you as the author of an essay here. Admins do that with "
                        "*Authors and cover* below a draft, or below `/essay edit`."
                    )
                )
            return (
                await author_questions.get_questions(tx, server_id, member_id),
                await author_messages.find_state(tx, server_id, member_id),
            )

        asked, messages = await self._services.database.read(look)
        found = list_open_questions(asked)
        arranged = arrange_questions(found, place.order, one_per_person=place.one_per_person)
        readable = await self._filter(interaction, arranged, (place.page + 1) * _PER_PAGE + 1)
        while place.page and len(readable) <= place.page * _PER_PAGE:
            place = replace(place, page=place.page - 1)
        start = place.page * _PER_PAGE
        shown = readable[start : start + _PER_PAGE]
        others: dict[int, int] = {}
        if place.one_per_person:
            for one in found:
                others[one.question.asker_id] = others.get(one.question.asker_id, -1) + 1
        names = await self._get_names(shown)
        return _Listed(shown, len(readable) > start + _PER_PAGE, others, messages, names), place

    async def _filter(
        self, interaction: discord.Interaction[Any], asked: Iterable[OpenQuestion], most: int
    ) -> list[OpenQuestion]:
        """The first of these questions that the member may read, at most so many."""
        readable = ReadableChannels(
            interaction.client, get_server(interaction), interaction.user, self._places
        )
        found: list[OpenQuestion] = []
        for one in asked:
            if len(found) == most:
                break
            if await readable.can_read(one.question.channel_id):
                found.append(one)
        return found

    async def _get_names(self, shown: Sequence[OpenQuestion]) -> dict[int, dict[int, str]]:
        """By question, the names of the people whom it mentions."""

        async def look(tx: Transaction) -> dict[int, dict[int, str]]:
            return {
                one.question.id: await prompt_context.get_author_names(
                    tx, one.question.discussion_id, find_mentioned(one.question.text)
                )
                for one in shown
            }

        return await self._services.database.read(look)

    # -- what is done with a question ---------------------------------------------------------

    async def _put_off(self, interaction: discord.Interaction[Any], question_id: int) -> None:
        server_id, member_id = get_server_id(interaction), interaction.user.id
        now_ms = self._services.clock.now_ms()

        async def put_off(tx: Transaction) -> None:
            await _check_question(tx, server_id, question_id, member_id)
            await author_questions.mark_later(tx, question_id, now_ms)

        await self._services.database.write(put_off)

    async def _merge(
        self, interaction: discord.Interaction[Any], question_id: int, same_as: int
    ) -> None:
        server_id, member_id = get_server_id(interaction), interaction.user.id

        async def merge(tx: Transaction) -> None:
            one = await _check_question(tx, server_id, question_id, member_id)
            other = await _check_question(tx, server_id, same_as, member_id)
            if one.discussion_id != other.discussion_id or one.id == other.id:
                raise UserError(_(_NOT_A_QUESTION))
            await author_questions.set_same_as(tx, one.id, other.id)

        await self._services.database.write(merge)

    async def _separate(self, interaction: discord.Interaction[Any], question_id: int) -> None:
        server_id, member_id = get_server_id(interaction), interaction.user.id

        async def separate(tx: Transaction) -> None:
            await _check_question(tx, server_id, question_id, member_id)
            await author_questions.separate(tx, question_id)

        await self._services.database.write(separate)

    async def _make_same_view(
        self, interaction: discord.Interaction[Any], question_id: int, place: _Place
    ) -> ui.LayoutView:
        """The choice of the question that another one is the same as."""
        server_id, member_id = get_server_id(interaction), interaction.user.id

        async def look(tx: Transaction) -> tuple[AuthorQuestion, list[AuthorQuestion]]:
            return (
                await _check_question(tx, server_id, question_id, member_id),
                await author_questions.get_questions(tx, server_id, member_id),
            )

        one, asked = await self._services.database.read(look)
        merged = any(other.same_as == question_id for other in asked)
        others = arrange_questions(
            [
                other
                for other in list_open_questions(asked)
                if other.question.discussion_id == one.discussion_id
                and other.question.id != question_id
            ],
            QuestionOrder.MOST_WANTED,
            one_per_person=False,
        )
        offered = await self._filter(interaction, others, _MAX_OPTIONS)
        view = ui.LayoutView(timeout=None)
        last: ui.ActionRow[Any] = ui.ActionRow()
        last.add_item(self._make_button(_("Cancel"), place.make_id(_SHOW)))
        if merged:
            separate = place.make_id(_SEPARATE, question_id)
            last.add_item(self._make_button(_("List them separately again"), separate))
        if not offered:
            view.add_item(ui.TextDisplay(_("There is no other open question about this essay.")))
            view.add_item(last)
            return view
        text = _("Which question is it the same as? An answer to that one answers both.")
        view.add_item(ui.TextDisplay(f"{text}\n{quote_message(one.text, {}, 300)}".strip()))
        select: ui.Select[Any] = ui.Select(custom_id=place.make_id(_MERGE, question_id))
        for other in offered:
            label = make_question_label(other.question)
            select.add_option(label=label, value=str(other.question.id))
        view.add_item(ui.ActionRow(self.control_class(select)))
        view.add_item(last)
        return view

    def _make_merged_view(self, first_id: int, place: _Place) -> ui.LayoutView:
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(_("The two questions are listed as one.")))
        row: ui.ActionRow[Any] = ui.ActionRow()
        row.add_item(self._make_button(_("Back to the list"), place.make_id(_SHOW)))
        row.add_item(self._make_button(_("Undo"), place.make_id(_SEPARATE, first_id)))
        view.add_item(row)
        return view

    async def _switch_messages(self, interaction: discord.Interaction[Any]) -> None:
        """Switch the daily message on or off; on again where Discord had refused one."""
        server_id, member_id = get_server_id(interaction), interaction.user.id
        now_ms = self._services.clock.now_ms()

        async def switch(tx: Transaction) -> None:
            if await author_messages.find_state(tx, server_id, member_id) in ("on", "sending"):
                await author_messages.switch_off(tx, server_id, member_id)
                return
            if not await authors.get_essays(tx, server_id, member_id):
                raise UserError(_(_NOT_AUTHOR))
            asked = await author_questions.get_questions(tx, server_id, member_id)
            await author_messages.switch_on(
                tx,
                server_id,
                member_id,
                told_until=max((one.id for one in asked), default=0),
                due_at=now_ms + DAY_MS,
            )

        await self._services.database.write(switch)
        self._services.scheduler.wake()

    # -- answering ----------------------------------------------------------------------------

    async def _show_form(self, interaction: discord.Interaction[Any], question_id: int) -> None:
        server_id, member_id = get_server_id(interaction), interaction.user.id

        async def look(tx: Transaction) -> AuthorQuestion:
            one = await _check_question(tx, server_id, question_id, member_id)
            await _check_forms_are_on(tx, server_id, one)
            return one

        one = await self._services.database.read(look)
        field = make_text_field(
            "text",
            _("Your answer"),
            most=MAX_ANSWER,
            required=True,
            long=True,
            description=truncate(make_question_label(one), limits.FIELD_DESCRIPTION),
        )
        await show_form(interaction, _FORM, question_id, title=_("Answer"), fields=[field])

    async def handle_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Save an answer, which is posted where the question was asked."""
        text = entered.texts.get("text", "").strip()
        with keep_text(text):
            await self._submit(interaction, _read_id(entered.arguments), text)

    async def _submit(
        self, interaction: discord.Interaction[Any], question_id: int, text: str
    ) -> None:
        check_text(text)
        server_id, now = get_server_id(interaction), self._services.clock.now()

        async def look(tx: Transaction) -> QuestionPlace:
            one = await _check_question(tx, server_id, question_id, interaction.user.id)
            await _check_forms_are_on(tx, server_id, one)
            place = await author_questions.find_place(tx, server_id, question_id)
            assert place is not None
            return place

        place = await self._services.database.read(look)
        where = await _find_where(interaction, place)
        in_channel = _choose_target(place).channel_id == place.parent_id
        check_may_write(interaction, where, now, in_channel=in_channel)
        channel_id = await self._services.database.write(
            lambda tx: _save(tx, interaction, question_id, text, where, now)
        )
        self._services.scheduler.wake()
        await answer(interaction, describe_posting(interaction, channel_id))
        await report_unposted(self._services, interaction, interaction.id)


@dataclass(frozen=True, slots=True)
class _Target:
    """Where an answer is posted.

    opens_thread:  a thread is opened on the question first
    is_linked:     the answer links to the question, which it isn't directly below
    """

    channel_id: int
    opens_thread: bool = False
    is_linked: bool = False


def _choose_target(place: QuestionPlace) -> _Target:
    """In the thread that the question heads or is in, or else where it was asked."""
    if place.style != THREADS and place.essay_thread_id is not None:
        return _Target(place.essay_thread_id, is_linked=True)
    if place.thread_id is not None and place.thread_state != "failed":
        return _Target(place.thread_id, is_linked=place.thread_id != place.reply_id)
    in_channel = place.channel_id == place.parent_id and place.message_id == place.reply_id
    if in_channel and place.thread_state is None:
        return _Target(place.reply_id, opens_thread=True)
    return _Target(place.channel_id, is_linked=True)


async def _find_where(interaction: discord.Interaction[Any], place: QuestionPlace) -> Where:
    """Where the answer is posted, and what the author may do there."""
    target = _choose_target(place)
    opens_thread = target.channel_id == place.reply_id and (
        target.opens_thread or place.thread_state in (None, "planned", "failed")
    )
    channel_id = place.parent_id if opens_thread else target.channel_id
    return await find_where(
        interaction,
        parent_id=place.parent_id,
        channel_id=channel_id,
        or_channel=place.style == THREADS,
    )


async def _save(
    tx: Transaction,
    interaction: discord.Interaction[Any],
    question_id: int,
    text: str,
    where: Where,
    now: datetime,
) -> int:
    """Save an answer to a question; the channel or thread in which it will be posted."""
    server_id = get_server_id(interaction)
    await _check_question(tx, server_id, question_id, interaction.user.id)
    place = await author_questions.find_place(tx, server_id, question_id)
    assert place is not None
    target = _choose_target(place)
    link = None
    if target.is_linked:
        link = make_message_link(server_id, place.channel_id, place.message_id)
    if target.opens_thread:
        name = make_thread_name(place.asker_name, place.text)
        now_ms = int(now.timestamp() * 1000)
        await author_questions.plan_thread(tx, question_id, name=name, now_ms=now_ms)
    submitted = make_answer(
        interaction,
        server_id=server_id,
        discussion_id=place.discussion_id,
        channel_id=target.channel_id,
        parent_id=place.parent_id,
        answered_id=question_id,
        revision=place.revision,
        text=text,
        link=link,
    )
    await save_in_transaction(tx, submitted, where, now)
    return target.channel_id


async def _check_question(
    tx: Transaction, server_id: int, question_id: int, member_id: int
) -> AuthorQuestion:
    """The open question; UserError if there is none, or the member isn't its essay's author."""
    one = await author_questions.find_question(tx, server_id, question_id)
    if one is None:
        raise UserError(_(_NOT_A_QUESTION))
    if not await authors.is_author(tx, one.discussion_id, member_id):
        raise UserError(_(_NOT_AUTHOR))
    if one.is_answered:
        raise UserError(_(_ANSWERED))
    if await answers.is_opted_out(tx, server_id, one.asker_id):
        raise UserError(_(_NOT_A_QUESTION))
    return one


async def _check_forms_are_on(tx: Transaction, server_id: int, one: AuthorQuestion) -> None:
    if not (await settings_module.get_settings(tx, server_id)).answer_forms:
        link = make_message_link(server_id, one.channel_id, one.message_id)
        raise UserError(_(_OFF, link=link))


def _read_id(values: Sequence[str]) -> int:
    text = values[0] if values else ""
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise UserError(_(_NOT_A_QUESTION))
    return int(text)


def _describe_list(listed: _Listed) -> str:
    if not listed.questions:
        return _("**No open questions** about your essays.")
    return _("**Open questions** about your essays")


def _describe_messages(state: str | None) -> str:
    """The state of the daily messages; "" if they are off."""
    if state == "refused":
        return _(
            "-# Discord doesn't let me send you direct messages, so the daily messages are off. "
            "Allow direct messages from members of this server in its privacy settings, then "
            "switch them on again."
        )
    if state is not None:
        return _("-# You get a direct message on days with new questions.")
    return ""


def _describe(server_id: int, one: OpenQuestion, listed: _Listed, length: int) -> str:
    """Who asks what, where and when, and how many people want to know it."""
    question = one.question
    line = _(
        "**{name}** about “{title}” · {when} · [Open]({link})",
        name=escape_title(question.asker_name, 40),
        title=escape_title(question.title, 60),
        when=format_timestamp(question.written_at, "R"),
        link=make_message_link(server_id, question.channel_id, question.message_id),
    )
    quoted = quote_message(question.text, listed.names.get(question.id, {}), length)
    facts = []
    if one.also:
        facts.append(ngettext("+{count} also asks", "+{count} also ask", one.also))
    if one.wanted > one.also:
        facts.append(f"👍 {one.wanted - one.also}")
    others = listed.others_of.get(question.asker_id, 0)
    if others:
        facts.append(
            ngettext("{count} more question by them", "{count} more questions by them", others)
        )
    if question.later_at is not None:
        facts.append(_("put off"))
    last = f"-# {' · '.join(facts)}" if facts else ""
    return "\n".join(text for text in (line, quoted, last) if text)


async def setup(bot: SalonBot) -> None:
    """Add the cog, its message command, its controls and its form."""
    cog = Questions(bot.services)
    await bot.add_cog(cog)
    bot.tree.add_command(cog.menu)
    bot.add_dynamic_items(cog.control_class)
    bot.forms.register(_FORM, _COMMAND, cog.handle_form)
