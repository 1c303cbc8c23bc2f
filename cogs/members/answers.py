"""Answering with a form: *Answer*, *Ask the author*, and the command *Discuss this passage*.

What is entered is saved before it is acknowledged; delivery posts it under the member's name. If
the passage has threads, the member first chooses whether it belongs to one of them. A question to
the author is an answer that is marked as one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.clock import to_milliseconds
from bot.core import limits
from bot.core.conversation.answers import (
    MAX_ANSWER,
    WHOLE_ESSAY,
    count_pages,
    list_choices,
)
from bot.core.conversation.styles import THREADS
from bot.core.layout.discussion_buttons import ANSWER, ASK, DISCUSSION_BUTTON_KIND
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.core.text.truncate import truncate
from bot.errors import UserError
from bot.services import Services
from cogs.members.submit_answer import (
    check_may_write,
    check_slow_mode,
    check_text,
    describe_posting,
    find_where,
    keep_text,
    make_answer,
    report_unposted,
    save_answer,
)
from cogs.ui.base_cog import get_server_id
from cogs.ui.forms import SubmittedForm, make_text_field, show_form
from cogs.ui.persistent_controls import make_control_class
from cogs.ui.responses import answer, update
from cogs.ui.salon_bot import SalonBot
from cogs.ui.views import make_text_view
from storage.db.writer import Transaction
from storage.replies import answers
from storage.replies.answers import AnswerPlace, PassageThread

__all__ = ["AnswerForms"]

#: The message command, whose permission also counts for the button.
_COMMAND = "Discuss this passage"
_NO_ESSAY = gettext_noop(
    "I can't find the essay of this message. Use *Reply* on a part of the essay instead."
)
_NOT_A_PART = gettext_noop(
    "*Discuss this passage* works on the messages that have an essay's text. Choose it there."
)
_CLOSED = gettext_noop("This discussion is closed, so I can't post an answer.")
_WITHDRAWN = gettext_noop("This essay was withdrawn, so I can't post an answer.")
_OFF = gettext_noop("Forms are off in this server. Use *Reply* on a part of the essay instead.")
_CHOSEN_BEFORE = gettext_noop(
    "This answer was posted or sent again before, its discussion was closed, or it is older than "
    "a day."
)
_NO_AUTHOR = gettext_noop(
    "I don't know any more which member wrote this essay. Use *Answer* to ask everybody."
)
_IS_AUTHOR = gettext_noop("You wrote this essay. `/questions` shows what people ask you.")

_BUTTON_ID = re.compile(rf"salon:{DISCUSSION_BUTTON_KIND}:(?P<what>{ANSWER}|{ASK})")
_SELECT_ID = re.compile(r"salon:passages:(?P<what>[a-z]+):(?P<message>[0-9]+):(?P<page>[0-9]+)")
_THREAD_ID = re.compile(r"salon:place:(?P<thread>[0-9]+):(?P<answer>[0-9]+)")
#: What is done with a page of the select of passages, for an answer and for a question.
_CHOOSE, _PAGE = "choose", "page"
_ASK_CHOOSE, _ASK_PAGE = "ask", "askpage"
#: The kinds of form.
_ANSWER_FORM, _QUESTION_FORM = "answer", "question"


class AnswerForms(commands.Cog):
    """Shows the forms, and saves what is entered in them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.menu = app_commands.ContextMenu(name=_COMMAND, callback=self.discuss)
        self.menu.guild_only = True
        self.button_class, self.passage_class, self.thread_class = (
            make_control_class(custom_id, _COMMAND, services, handler)
            for custom_id, handler in (
                (_BUTTON_ID, self.show_answer_form),
                (_SELECT_ID, self.handle_passages),
                (_THREAD_ID, self.handle_thread),
            )
        )

    # -- the forms ----------------------------------------------------------------------------

    async def discuss(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Show the form with the passages of one part of an essay."""
        with self._services.active_work.track():
            place = await self._find_place(interaction, message.id)
            if not place.part:
                raise UserError(_(_NOT_A_PART))
            passages = await self._get_passages(place, place.part)
            await self._show_form(interaction, place, message.id, passages)

    async def show_answer_form(
        self, interaction: discord.Interaction[Any], match: re.Match[str], _values: Sequence[str]
    ) -> None:
        """*Answer* or *Ask the author*: show the form with all passages of the essay."""
        message, asks = interaction.message, match["what"] == ASK
        assert message is not None
        place = await self._find_place(interaction, message.id, asks=asks)
        passages = await self._get_passages(place, ())
        if count_pages(len(passages)) > 1:
            view = self._make_passage_view(message.id, passages, 0, asks=asks)
            await answer(interaction, view=view)
        else:
            await self._show_form(interaction, place, message.id, passages, asks=asks)

    async def handle_passages(
        self,
        interaction: discord.Interaction[Any],
        match: re.Match[str],
        values: Sequence[str],
    ) -> None:
        """A page of the select of passages was turned, or a passage chosen there."""
        message_id, page = _read_number(match["message"]), _read_number(match["page"])
        asks = match["what"] in (_ASK_CHOOSE, _ASK_PAGE)
        place = await self._find_place(interaction, message_id, asks=asks)
        passages = await self._get_passages(place, ())
        if match["what"] in (_PAGE, _ASK_PAGE):
            page = min(page, count_pages(len(passages)) - 1)
            view = self._make_passage_view(message_id, passages, page, asks=asks)
            await update(interaction, view)
            return
        chosen = _read_passage(values[0] if values else "")
        _check_passage(chosen, passages)
        pages = range(count_pages(len(passages)))
        choices = [one for number in pages for one in list_choices(passages, number)]
        label = next(one.label for one in choices if one.number == chosen)
        await show_form(
            interaction,
            _QUESTION_FORM if asks else _ANSWER_FORM,
            place.discussion_id,
            message_id,
            place.revision,
            chosen,
            title=_make_title(asks=asks),
            fields=[_make_text_field(label, asks=asks)],
        )

    async def _show_form(
        self,
        interaction: discord.Interaction[Any],
        place: AnswerPlace,
        message_id: int,
        passages: Sequence[tuple[int, str]],
        *,
        asks: bool = False,
    ) -> None:
        select: ui.Select[Any] = ui.Select(custom_id="passage", required=True)
        for number, choice in enumerate(list_choices(passages)):
            select.add_option(label=choice.label, value=str(choice.number), default=number == 0)
        await show_form(
            interaction,
            _QUESTION_FORM if asks else _ANSWER_FORM,
            place.discussion_id,
            message_id,
            place.revision,
            title=_make_title(asks=asks),
            fields=[ui.Label(text=_("About"), component=select), _make_text_field(asks=asks)],
        )

    def _make_passage_view(
        self, message_id: int, passages: Sequence[tuple[int, str]], page: int, *, asks: bool
    ) -> ui.LayoutView:
        view = ui.LayoutView(timeout=None)
        text = _("Which passage is your answer about?")
        if asks:
            text = _("Which passage is your question about?")
        view.add_item(ui.TextDisplay(text))
        what = _ASK_CHOOSE if asks else _CHOOSE
        select: ui.Select[Any] = ui.Select(custom_id=f"salon:passages:{what}:{message_id}:{page}")
        for choice in list_choices(passages, page):
            select.add_option(label=choice.label, value=str(choice.number))
        view.add_item(ui.ActionRow(self.passage_class(select)))
        row: ui.ActionRow[Any] = ui.ActionRow()
        last = count_pages(len(passages)) - 1
        for label, to, fits in (
            (_("Previous passages"), page - 1, page > 0),
            (_("Next passages"), page + 1, page < last),
        ):
            if fits:
                what = _ASK_PAGE if asks else _PAGE
                custom_id = f"salon:passages:{what}:{message_id}:{to}"
                row.add_item(self.passage_class(ui.Button(label=label, custom_id=custom_id)))
        view.add_item(row)
        return view

    # -- what is entered ----------------------------------------------------------------------

    async def handle_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Check and save an answer; it is posted at once, or where its author says."""
        await self._handle_form(interaction, entered, asks=False)

    async def handle_question_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Check and save a question to the author, which is posted like an answer."""
        await self._handle_form(interaction, entered, asks=True)

    async def _handle_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm, *, asks: bool
    ) -> None:
        text = entered.texts.get("text", "").strip()
        with keep_text(text):
            await self._submit(interaction, entered, text, asks=asks)

    async def _submit(
        self,
        interaction: discord.Interaction[Any],
        entered: SubmittedForm,
        text: str,
        *,
        asks: bool,
    ) -> None:
        discussion_id, message_id, revision, *chosen = map(_read_number, entered.arguments)
        place = await self._find_place(interaction, message_id, asks=asks)
        if place.discussion_id != discussion_id or not 1 <= revision <= place.revision:
            raise UserError(_(_NO_ESSAY))
        passage = chosen[0] if chosen else _read_passage(*entered.choices.get("passage", ("",))[:1])
        passages = await self._services.database.read(
            lambda tx: answers.get_passages(tx, discussion_id, revision)
        )
        _check_passage(passage, passages)
        check_text(text)
        now = self._services.clock.now()
        where = await find_where(interaction, parent_id=place.channel_id, channel_id=place.posts_in)
        check_may_write(interaction, where, now, in_channel=place.style == THREADS)
        submitted = make_answer(
            interaction,
            server_id=place.server_id,
            discussion_id=discussion_id,
            channel_id=place.posts_in,
            parent_id=place.channel_id,
            answered_id=message_id,
            revision=revision,
            passage=None if passage == WHOLE_ESSAY else passage,
            text=text,
            asks_author=asks,
        )
        threads = await save_answer(self._services, submitted, where, now)
        if threads:
            view = self._make_thread_view(submitted.id, threads)
            await answer(interaction, view=view)
            return
        self._services.scheduler.wake()
        await answer(interaction, describe_posting(interaction, place.posts_in, asks_author=asks))
        await report_unposted(self._services, interaction, submitted.id)

    # -- where it belongs ---------------------------------------------------------------------

    def _make_thread_view(self, answer_id: int, threads: Sequence[PassageThread]) -> ui.LayoutView:
        view = ui.LayoutView(timeout=None)
        view.add_item(
            ui.TextDisplay(_("This passage is discussed already. Where does your answer belong?"))
        )
        for thread in threads:
            label = ngettext(
                "Add to “{name}” ({count} person)",
                "Add to “{name}” ({count} people)",
                thread.people,
                name=truncate(thread.name, 45),
            )
            view.add_item(ui.ActionRow(self._make_thread_button(thread.id, answer_id, label)))
        label = _("Start a new thread")
        view.add_item(ui.ActionRow(self._make_thread_button(0, answer_id, label)))
        return view

    def _make_thread_button(self, thread_id: int, answer_id: int, label: str) -> ui.Item[Any]:
        custom_id = f"salon:place:{thread_id}:{answer_id}"
        button: ui.Button[Any] = ui.Button(
            label=truncate(label, limits.BUTTON_LABEL), custom_id=custom_id
        )
        return self.thread_class(button)

    async def handle_thread(
        self, interaction: discord.Interaction[Any], match: re.Match[str], _values: Sequence[str]
    ) -> None:
        """The author of an answer has chosen its thread; 0 for a new one."""
        thread_id, answer_id = _read_number(match["thread"]), _read_number(match["answer"])
        server_id, now = get_server_id(interaction), self._services.clock.now()
        undecided = await self._services.database.read(
            lambda tx: answers.find_undecided(
                tx,
                answer_id,
                server_id=server_id,
                member_id=interaction.user.id,
                thread_id=thread_id,
            )
        )
        if undecided is None:
            raise UserError(_(_CHOSEN_BEFORE))
        parent_id = undecided.parent_id
        where = await find_where(
            interaction,
            parent_id=parent_id,
            channel_id=thread_id or parent_id,
            or_channel=True,
        )
        in_channel = not isinstance(where.channel, discord.Thread)
        check_may_write(interaction, where, now, in_channel=in_channel)
        placed = replace(undecided, channel_id=parent_id if in_channel else thread_id)

        async def choose(tx: Transaction) -> bool:
            await check_slow_mode(tx, placed, where, now)
            return await answers.choose_thread(tx, placed, now_ms=to_milliseconds(now))

        if not await self._services.database.write(choose):
            raise UserError(_(_CHOSEN_BEFORE))
        self._services.scheduler.wake()
        told = describe_posting(interaction, placed.channel_id, asks_author=placed.asks_author)
        await update(interaction, make_text_view(told))
        await report_unposted(self._services, interaction, placed.id)

    # -- lookups ------------------------------------------------------------------------------

    async def _find_place(
        self, interaction: discord.Interaction[Any], message_id: int, *, asks: bool = False
    ) -> AnswerPlace:
        """Where a message can be answered; UserError if it can't.

        ``asks``: with a question to the author.
        """
        server_id = get_server_id(interaction)
        place = await self._services.database.read(
            lambda tx: answers.find_answer_place(tx, server_id, message_id)
        )
        if place is None:
            raise UserError(_(_NO_ESSAY))
        if place.state != "open":
            sentence = {"closed": _CLOSED, "withdrawn": _WITHDRAWN}.get(place.state, _NO_ESSAY)
            raise UserError(_(sentence))
        if not place.has_form:
            raise UserError(_(_OFF))
        if asks and not place.authors:
            raise UserError(_(_NO_AUTHOR))
        if asks and interaction.user.id in place.authors:
            raise UserError(_(_IS_AUTHOR))
        return place

    async def _get_passages(self, place: AnswerPlace, some: Sequence[int]) -> list[tuple[int, str]]:
        """The passages of an essay, or ``some`` of them."""
        found = await self._services.database.read(
            lambda tx: answers.get_passages(tx, place.discussion_id, place.revision)
        )
        return [one for one in found if not some or one[0] in some]


def _make_title(*, asks: bool) -> str:
    return _("Ask the author") if asks else _("Answer")


def _make_text_field(about: str | None = None, *, asks: bool = False) -> ui.Label[Any]:
    return make_text_field(
        "text",
        _("Your question") if asks else _("Your answer"),
        most=MAX_ANSWER,
        required=True,
        long=True,
        description=None if about is None else truncate(about, limits.FIELD_DESCRIPTION),
    )


def _read_number(text: str) -> int:
    """A number in a custom id; UserError for one that isn't ours."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 1 << 63):
        raise UserError(_(_NO_ESSAY))
    return int(text)


def _read_passage(text: str) -> int:
    return _read_number(text or str(WHOLE_ESSAY))


def _check_passage(number: int, passages: Sequence[tuple[int, str]]) -> None:
    if number != WHOLE_ESSAY and number not in dict(passages):
        raise UserError(_("This essay doesn't have the passage that you chose."))


async def setup(bot: SalonBot) -> None:
    """Add the cog, its message command, its items and its form."""
    cog = AnswerForms(bot.services)
    await bot.add_cog(cog)
    bot.tree.add_command(cog.menu)
    bot.add_dynamic_items(cog.button_class, cog.passage_class, cog.thread_class)
    bot.forms.register(_ANSWER_FORM, _COMMAND, cog.handle_form)
    bot.forms.register(_QUESTION_FORM, _COMMAND, cog.handle_question_form)
