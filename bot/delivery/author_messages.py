"""Direct messages to authors about new questions: at most one a day, for those who want them.

They say how many questions there are, and quote nobody: what is deleted needn't be searched for in
people's direct messages. Like answers, a message is requested in a single attempt, after what is
requested was written down; where the outcome isn't known, it is searched for first.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

import discord
from discord.http import Route

from bot.core.conversation.author_questions import (
    AuthorQuestion,
    OpenQuestion,
    list_open_questions,
)
from bot.core.message_link import make_message_link
from bot.core.payload import SUPPRESS_EMBEDS, Payload
from bot.core.text.coded_text import make_coded
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext, use_language
from bot.core.text.truncate import truncate_lines
from bot.delivery.find_message import find_message
from bot.delivery.worker import Failure, explain_error
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api import retry
from bot.discord_api.errors import UNKNOWN_USER, Outcome
from bot.languages import get_server_language
from storage.db.writer import Transaction
from storage.replies import author_messages, author_questions
from storage.replies.author_messages import AuthorMessage

__all__ = ["DAY_MS", "AuthorMessenger"]

_log = logging.getLogger(__name__)

#: Milliseconds between two messages to an author.
DAY_MS = 24 * 3_600_000


class AuthorMessenger:
    """Sends the messages; a :class:`bot.delivery.worker.JobSource`."""

    name = "author message"
    next_due = author_messages.NEXT_DUE
    concurrency = 1

    def __init__(self, context: DeliveryContext) -> None:
        self._database = context.database
        self._get_shards = context.get_shards
        self._clock = context.clock
        self._http = context.http
        self._permissions = context.permissions
        self._single = context.single

    def get_key(self, job: AuthorMessage) -> int:
        """The id of the author's row."""
        return job.id

    async def claim(self, busy: Sequence[AuthorMessage], most: int | None) -> list[AuthorMessage]:
        """The authors who are due."""
        now_ms, under_way = self._clock.now_ms(), {job.id for job in busy}
        due = await self._database.read(
            lambda tx: author_messages.get_due(tx, now_ms, self._get_shards())
        )
        return [job for job in due if job.id not in under_way][:most]

    async def do(self, job: AuthorMessage) -> None:
        """Send the message, unless it was sent or nothing is new."""
        if job.is_sending:
            assert job.channel_id is not None
            if await self._find(job) is not None:
                await self._record_sent(job)
                return
            # Made again: the questions may be others by now.
            await self._database.write(lambda tx: author_messages.mark_not_sent(tx, job.id))
        content, newest = await self._make_content(job)
        if content is None:
            due_at = self._clock.now_ms() + DAY_MS
            await self._database.write(lambda tx: author_messages.skip(tx, job.id, due_at))
            return
        # discord.py would send the id as a number (docs: Users Resource › Create DM).
        route = Route("POST", "/users/@me/channels")
        recipient = {"recipient_id": str(job.member_id)}
        channel: Any = await self._http.request(route, json=recipient)
        channel_id = int(channel["id"])
        after_id = int(channel.get("last_message_id") or channel_id)
        if not await self._database.write(
            lambda tx: author_messages.mark_sending(
                tx,
                job.id,
                channel_id=channel_id,
                after_id=after_id,
                content=content,
                telling_until=newest,
            )
        ):
            return
        await self._send(job, channel_id, content)
        await self._record_sent(job)

    async def _send(self, job: AuthorMessage, channel_id: int, content: str) -> None:
        payload: Payload = {
            "content": content,
            "allowed_mentions": {"parse": []},
            "flags": SUPPRESS_EMBEDS,
        }
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel_id)
        try:
            await self._single.call(route, as_bot=True, body=payload)
        except discord.HTTPException as error:
            if error.status < 500:
                await self._database.write(lambda tx: author_messages.mark_not_sent(tx, job.id))
            raise

    async def _find(self, job: AuthorMessage) -> dict[str, Any] | None:
        """The message that an earlier attempt created."""
        assert job.channel_id is not None
        return await find_message(
            self._http,
            job.channel_id,
            after=job.after_id or job.channel_id,
            besides=(),
            matches=lambda data: (
                int(data["author"]["id"]) == self._permissions.own_id
                and data["content"] == job.content
            ),
        )

    async def _record_sent(self, job: AuthorMessage) -> None:
        due_at = self._clock.now_ms() + DAY_MS
        await self._database.write(lambda tx: author_messages.mark_sent(tx, job.id, due_at))

    async def _make_content(self, job: AuthorMessage) -> tuple[str | None, int]:
        """The message and the newest question that it is about; None if nothing is new."""

        async def look(tx: Transaction) -> tuple[list[AuthorQuestion], str]:
            asked = await author_questions.get_questions(tx, job.server_id, job.member_id)
            return asked, await get_server_language(tx, job.server_id)

        asked, language = await self._database.read(look)
        found = list_open_questions(asked)
        new = [one for one in found if one.question.id > job.told_until]
        if not new:
            return None, job.told_until
        with use_language(language):
            content = make_author_message(job.server_id, job.server_name, found, new)
        return content, max(one.question.id for one in new)

    # -- outcomes -----------------------------------------------------------------------------

    async def explain(self, job: AuthorMessage, error: Exception) -> Failure:
        """What an error means: the person doesn't take messages, or it may pass."""
        del job
        if isinstance(error, discord.HTTPException) and (
            error.status == 403 or error.code == UNKNOWN_USER
        ):
            # docs: JSON Error Codes (50007, 50278): cannot send messages to this user.
            return Failure(
                Outcome.REFUSED, make_coded("discord-forbids-with", error=error.code), alert=False
            )
        if isinstance(error, discord.HTTPException) and error.status == 400:
            return Failure(
                Outcome.REFUSED, make_coded("answer-refused", error=error.code), alert=False
            )
        return explain_error(error)

    def get_delay(self, job: AuthorMessage, failure: Failure) -> int:
        """By the common retry policy."""
        slow = failure.outcome is Outcome.NEEDS_ADMIN
        return retry.get_delay(job.attempts + 1, slow=slow)

    async def postpone(self, job: AuthorMessage, failure: Failure, due_at: int) -> None:
        """Try again later."""
        await self._database.write(
            lambda tx: author_messages.postpone(
                tx, job.id, due_at=due_at, last_error=failure.reason
            )
        )

    async def give_up(self, job: AuthorMessage, failure: Failure) -> None:
        """Switch the author's messages off; ``/questions`` says so."""
        _log.info("An author gets no more direct messages: %s", failure.reason)
        await self._database.write(
            lambda tx: author_messages.mark_refused(tx, job.id, failure.reason)
        )


def make_author_message(
    server_id: int, server_name: str, found: Sequence[OpenQuestion], new: Sequence[OpenQuestion]
) -> str:
    """The message to an author.

    found: the open questions about their essays; new: of these, those the last message wasn't about
    """
    counts = Counter(one.question.discussion_id for one in found)
    lines = [
        ngettext(
            "**{server}:** {count} new question about your essays",
            "**{server}:** {count} new questions about your essays",
            len(new),
            server=escape_title(server_name),
        )
    ]
    essays: dict[int, list[OpenQuestion]] = {}
    for one in new:
        essays.setdefault(one.question.discussion_id, []).append(one)
    shown = []
    for discussion_id, asked in essays.items():
        newest = max((one.question for one in asked), key=lambda one: one.id)
        link = make_message_link(server_id, newest.channel_id, newest.message_id)
        shown.append(
            ngettext(
                "- “{title}”: {count} open question — {link}",
                "- “{title}”: {count} open questions — {link}",
                counts[discussion_id],
                title=escape_title(newest.title),
                link=link,
            )
        )
    lines.append(truncate_lines(shown, 1_500))
    lines.append(
        _("-# `/questions` in that server lists them, and switches these daily messages off.")
    )
    return "\n".join(lines)
