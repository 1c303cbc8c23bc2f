"""Submitting an answer that a member entered in a form: the checks, and saving it.

What is saved is posted by :mod:`bot.delivery.answers`. The form may have been opened in another
channel than the one in which the answer is posted.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import discord

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.conversation.answers import MAX_ANSWER
from bot.core.conversation.unposted_answers import describe_unposted
from bot.core.message_link import make_message_link
from bot.core.snowflake import make_first_snowflake
from bot.core.text.length import count_utf16_units
from bot.core.text.translate import gettext as _
from bot.discord_api.errors import TRANSIENT
from bot.errors import UserError
from bot.services import Services
from cogs.ui.base_cog import get_server
from cogs.ui.responses import follow_up
from cogs.ui.views import make_text_view
from storage.db.writer import Transaction
from storage.replies import answers
from storage.replies.answers import Answer, PassageThread, UnpostedAnswer

__all__ = [
    "Where",
    "check_may_write",
    "check_slow_mode",
    "check_text",
    "describe_posting",
    "find_where",
    "keep_text",
    "make_answer",
    "report_unposted",
    "save_answer",
    "save_in_transaction",
]

#: Milliseconds in which the same answer is taken for the same form, sent twice.
_SAME_FORM_MS = 10 * 60_000
#: The most threads of a passage that are offered.
_MAX_THREADS = 4
#: Seconds for which the outcome of posting an answer is watched, and between two looks at it.
_WATCHED_FOR, _LOOK_EVERY = 60.0, 2.0
#: If the next attempt is at least so many milliseconds away, the member gets a message.
_LONG_WAIT_MS = 50_000


@dataclass(frozen=True, slots=True)
class Where:
    """The channel or thread in which an answer is posted, and what the member may do there."""

    channel: object
    permissions: discord.Permissions

    @property
    def slow_mode_ms(self) -> int:
        """How long the member has to wait between two messages; 0 if they needn't."""
        if self.permissions.bypass_slowmode:
            return 0
        return int(getattr(self.channel, "slowmode_delay", 0)) * 1000


async def find_where(
    interaction: discord.Interaction[Any],
    *,
    parent_id: int,
    channel_id: int,
    or_channel: bool = False,
) -> Where:
    """The channel or thread in which an answer is posted, and what the member may do there.

    The form may have been opened in another one. Raises UserError if that was deleted, or the
    member can't see it.

    parent_id:   the channel of a thread, or the channel itself
    or_channel:  if the thread was deleted, the answer is posted in its channel
    """
    server, member = get_server(interaction), interaction.user
    parent = server.get_channel(parent_id)
    if parent is None or not isinstance(member, discord.Member):
        raise UserError(_("I can't see the channel of this essay any more."))
    may = parent.permissions_for(member)
    if not may.view_channel:
        raise UserError(_("You can't see the channel of this essay."))
    if channel_id == parent_id:
        return Where(parent, may)
    thread: object = server.get_thread(channel_id)
    if thread is None:
        try:
            thread = await interaction.client.fetch_channel(channel_id)
        except (discord.Forbidden, discord.NotFound) as error:
            if or_channel:
                return Where(parent, may)
            raise UserError(_("The thread of this essay isn't there any more.")) from error
        except (discord.HTTPException, *TRANSIENT) as error:
            raise UserError(_("Discord can't be reached. Please try again.")) from error
    return Where(thread, may)


def describe_posting(
    interaction: discord.Interaction[Any], channel_id: int, *, asks_author: bool = False
) -> str:
    """The confirmation that an answer, or a question to the author, is saved."""
    if interaction.channel_id != channel_id:
        channel = f"<#{channel_id}>"
        if asks_author:
            return _(
                "I'm posting your question in {channel}, under your name. The author will see it.",
                channel=channel,
            )
        return _("I'm posting your answer in {channel}, under your name.", channel=channel)
    if asks_author:
        return _("I'm posting your question here, under your name. The author will see it.")
    return _("I'm posting your answer here, under your name.")


@contextlib.contextmanager
def keep_text(text: str) -> Iterator[None]:
    """Add what was entered to a UserError, or it would be lost with the form."""
    try:
        yield
    except UserError as error:
        if text:
            raise UserError(f"{error}\n{_('You wrote:')}\n{text}") from error
        raise


def check_text(text: str) -> None:
    """Raise UserError for an answer that is empty or too long."""
    if not text:
        raise UserError(_("An answer can't be empty."))
    if count_utf16_units(text) > MAX_ANSWER:
        raise UserError(
            _(
                "An answer can have at most {count} characters. Emoji count as two or more.",
                count=MAX_ANSWER,
            )
        )


def check_may_write(
    interaction: discord.Interaction[Any], where: Where, now: datetime, *, in_channel: bool
) -> None:
    """Raise UserError if the member may not write where the answer is posted.

    in_channel: that is a channel, in which the answer heads a thread
    """
    may, member = where.permissions, interaction.user
    until = member.timed_out_until if isinstance(member, discord.Member) else None
    if until is not None and until > now:
        raise UserError(_("You are timed out, so you can't answer here."))
    if in_channel and not may.send_messages:
        raise UserError(_("You may not send messages in this channel."))
    if not may.send_messages_in_threads:
        raise UserError(_("You may not write in threads here."))
    channel = where.channel
    if isinstance(channel, discord.Thread) and channel.locked and not may.manage_threads:
        raise UserError(_("This thread is locked."))


def make_answer(
    interaction: discord.Interaction[Any],
    *,
    server_id: int,
    discussion_id: int,
    channel_id: int,
    parent_id: int,
    answered_id: int,
    revision: int,
    text: str,
    passage: int | None = None,
    link: str | None = None,
    asks_author: bool = False,
) -> Answer:
    """An answer of the member who submitted the form."""
    user = interaction.user
    return Answer(
        id=interaction.id,
        server_id=server_id,
        discussion_id=discussion_id,
        channel_id=channel_id,
        parent_id=parent_id,
        answered_id=answered_id,
        member_id=user.id,
        member_name=user.display_name,
        avatar=None if user.avatar is None else user.avatar.key,
        revision=revision,
        passage=passage,
        link=link,
        text=text,
        asks_author=asks_author,
    )


async def save_answer(
    services: Services, submitted: Answer, where: Where, now: datetime
) -> list[PassageThread]:
    """Save an answer; the threads of its passage, if its author has to choose first."""
    return await services.database.write(lambda tx: save_in_transaction(tx, submitted, where, now))


async def save_in_transaction(
    tx: Transaction, submitted: Answer, where: Where, now: datetime
) -> list[PassageThread]:
    """See :func:`save_answer`; UserError if the member may not have it posted now."""
    now_ms = to_milliseconds(now)
    if await answers.is_opted_out(tx, submitted.server_id, submitted.member_id):
        raise UserError(
            _(
                "You chose that your messages aren't saved, so I can't post one for you. "
                "Use *Reply* instead, or `/privacy opt-in`."
            )
        )
    if await answers.has_same_answer(tx, submitted, since_ms=now_ms - _SAME_FORM_MS):
        return []
    await check_slow_mode(tx, submitted, where, now)
    linked = await _link_passage(tx, submitted)
    return await answers.save(tx, linked, now_ms, most_threads=_MAX_THREADS)


async def check_slow_mode(tx: Transaction, submitted: Answer, where: Where, now: datetime) -> None:
    """Raise UserError if the member has to wait before they may write where it is posted."""
    now_ms, slow_ms = to_milliseconds(now), where.slow_mode_ms
    if not slow_ms:
        return
    last = await answers.find_last_post(
        tx,
        submitted,
        since_ms=now_ms - slow_ms + 1,
        since_id=make_first_snowflake(now_ms - slow_ms + 1),
    )
    if last is not None:
        when = from_milliseconds(last + slow_ms)
        raise UserError(
            _(
                "Slow mode is on here. You can answer again {when}.",
                when=f"<t:{int(when.timestamp())}:R>",
            )
        )


async def _link_passage(tx: Transaction, submitted: Answer) -> Answer:
    """The answer with a link to the message that has its passage, if it is still there."""
    if submitted.passage is None:
        return submitted
    part = await answers.find_part(
        tx, submitted.discussion_id, submitted.revision, submitted.passage
    )
    link = None if part is None else make_message_link(submitted.server_id, *part)
    return replace(submitted, link=link)


async def report_unposted(
    services: Services, interaction: discord.Interaction[Any], answer_id: int
) -> None:
    """Tell the member why their answer isn't posted, if that turns out within a minute.

    Later on, *What's new* says so. Called after the form was answered.
    """
    unposted = await _wait_for_problem(services, answer_id)
    if unposted is not None:
        text = describe_unposted(unposted.state, unposted.last_error, unposted.text)
        await follow_up(interaction, make_text_view(text))


async def _wait_for_problem(services: Services, answer_id: int) -> UnpostedAnswer | None:
    """The answer once it can't be posted, or not soon; else None."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _WATCHED_FOR
    while loop.time() < until:
        found = await services.database.read(lambda tx: answers.find_unposted(tx, answer_id))
        if found is None or found.state == "failed":
            return found
        if found.attempts and found.due_at - services.clock.now_ms() >= _LONG_WAIT_MS:
            return found
        with contextlib.suppress(TimeoutError), services.active_work.track_waiting():
            async with asyncio.timeout(_LOOK_EVERY):
                await services.delivery.wait_for_change()
    return None
