"""Posts answers that members entered in a form, under their names, and records them as replies.

The message is requested in a single attempt, after what is requested was written down; where the
outcome isn't known, the channel is searched for it before it is requested again (design,
decision 2). With the permissions to move replies it is posted by webhook, else by the bot itself.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import discord
from discord.http import Route

from bot.core.conversation.answers import make_answer_content
from bot.core.conversation.events import REPLY, Deletion, Event, HistoryPage, Message
from bot.core.conversation.reply_copy import get_avatar_url, hash_copy, make_webhook_name
from bot.core.payload import SUPPRESS_EMBEDS, Payload
from bot.core.snowflake import get_snowflake_time
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.translate import use_language
from bot.delivery import alerts
from bot.delivery.find_message import find_message
from bot.delivery.worker import (
    Failure,
    HistoryUnreadable,
    JobFailed,
    explain_error,
    take_first_of_each_place,
)
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api import parse, retry
from bot.discord_api.errors import (
    ARCHIVED,
    THREAD_LOCKED,
    TOO_MANY_WEBHOOKS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    WEBHOOK_DELETED,
    Outcome,
    describe_error,
)
from bot.discord_api.webhooks import Webhook
from bot.ingest.answered_passages import ReplyText, save_answered_passages
from bot.languages import get_discussion_language
from storage.db.writer import Transaction
from storage.delivery import message_edits
from storage.delivery.message_edits import NewMessageEdit
from storage.replies import answers
from storage.replies.answers import Answer

__all__ = ["AnswerPoster"]

_log = logging.getLogger(__name__)

#: Answers posted at once, one in each channel or thread, so that they stay in their order.
_CONCURRENCY = 4


class AnswerPoster:
    """Posts answers; a :class:`bot.delivery.worker.JobSource`."""

    name = "answer"
    next_due = answers.NEXT_DUE
    concurrency = _CONCURRENCY

    def __init__(self, context: DeliveryContext) -> None:
        self._database = context.database
        self._get_shards = context.get_shards
        self._clock = context.clock
        self._http = context.http
        self._permissions = context.permissions
        self._recorder = context.recorder
        self._single = context.single
        self._webhooks = context.webhooks

    def get_key(self, job: Answer) -> int:
        """The id of the answer."""
        return job.id

    async def claim(self, busy: Sequence[Answer], most: int | None) -> list[Answer]:
        """The oldest answer of each channel or thread."""
        now_ms = self._clock.now_ms()
        due = await self._database.read(lambda tx: answers.get_due(tx, now_ms, self._get_shards()))
        return take_first_of_each_place(due, busy, lambda job: job.channel_id, most or _CONCURRENCY)

    async def do(self, job: Answer) -> None:
        """Post the answer, if it isn't yet, and record it.

        If the thread for it was deleted or locked, it is posted in the channel with the next
        attempt.
        """
        events: list[Event] = []
        try:
            if job.message_id is not None:
                events = await self._find_changes(job, job.message_id)
            message_id = await self._find_or_post(job)
        except discord.HTTPException as error:
            if error.code in (UNKNOWN_CHANNEL, THREAD_LOCKED):
                await self._leave_thread(job, (await self.explain(job, error)).reason)
            raise
        await self._record_reply(job, message_id, events)

    # -- the message --------------------------------------------------------------------------

    async def _find_changes(self, job: Answer, message_id: int) -> list[Event]:
        """What has happened to the message that an earlier attempt created.

        The bot may have been away since then. Nothing else finds that: the comparison looks for
        recorded replies only, and may be over.
        """
        try:
            data = await self._http.get_message(job.channel_id, message_id)
        except discord.HTTPException as error:
            if error.code in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
                return [Deletion((message_id,), job.channel_id, self._clock.now())]
            if error.status < 500:
                return []  # it is compared when the channel is readable again
            raise
        own_id = self._permissions.own_id
        message = parse.parse_message(data, server_id=job.server_id, own_id=own_id)
        return [HistoryPage(job.channel_id, (message,))]

    async def _find_or_post(self, job: Answer) -> int:
        message_id = job.message_id
        if job.state == "posting":
            message_id = await self._find(job)
            if message_id is None:
                await self._database.write(lambda tx: answers.mark_not_posted(tx, job.id))
            else:
                await self._record_posted(job, message_id)
        if message_id is None:
            message_id = await self._post(job)
        return message_id

    async def _post(self, job: Answer) -> int:
        if job.withdrawn:
            raise JobFailed(Outcome.DELETED, make_coded("essay-withdrawn"))
        if self._permissions.get_target_channel(job.server_id, job.parent_id) is None:
            # The gateway sends its server only after the start.
            raise JobFailed(Outcome.RETRY_SOON, make_coded("channel-not-loaded"))
        webhook = await self._get_webhook(job)
        language = await self._database.read(
            lambda tx: get_discussion_language(tx, job.server_id, job.discussion_id)
        )
        with use_language(language):
            payload, signature = _make_payload(job, by_webhook=webhook is not None)
        if not await self._database.write(
            lambda tx: answers.mark_posting(
                tx,
                job,
                webhook_id=None if webhook is None else webhook.id,
                signature=signature,
            )
        ):
            raise JobFailed(Outcome.DELETED, make_coded("answer-erased"))
        try:
            message_id = await self._request(job, webhook, payload)
        except discord.HTTPException as error:
            if error.status < 500:
                await self._database.write(lambda tx: answers.mark_not_posted(tx, job.id))
            if error.code in WEBHOOK_DELETED:
                self._webhooks.forget(job.parent_id)
            if error.code == ARCHIVED:
                await self._open_thread(job)
            raise
        await self._record_posted(job, message_id)
        return message_id

    async def _open_thread(self, job: Answer) -> None:
        """Open an archived thread again, so that the next attempt gets through.

        Raises JobFailed if it is locked: only moderators may open it.
        """
        thread: dict[str, Any] = dict(await self._http.get_channel(job.channel_id))
        if thread.get("thread_metadata", {}).get("locked"):
            locked = make_coded("thread-locked", channel=job.channel_id)
            await self._leave_thread(job, locked)
            raise JobFailed(Outcome.NEEDS_ADMIN, locked)
        await self._http.edit_channel(job.channel_id, archived=False)

    async def _leave_thread(self, job: Answer, reason: CodedText) -> None:
        """Raise JobFailed if the answer can be posted in the channel instead of a thread."""
        if await self._database.write(lambda tx: answers.post_in_channel(tx, job.id)):
            raise JobFailed(Outcome.RETRY_SOON, reason)

    async def _request(self, job: Answer, webhook: Webhook | None, payload: Payload) -> int:
        if webhook is not None:
            thread_id = None if job.channel_id == job.parent_id else job.channel_id
            return await self._webhooks.post(webhook, thread_id, payload, [])
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=job.channel_id)
        message: dict[str, Any] = await self._single.call(route, as_bot=True, body=payload)
        return int(message["id"])

    async def _get_webhook(self, job: Answer) -> Webhook | None:
        """The webhook to post with; None where the bot has to post itself."""
        if make_webhook_name(job.member_name) is None:
            return None
        if self._permissions.explain_cannot_move(job.server_id, job.parent_id):
            return None
        try:
            return await self._webhooks.get(job.parent_id)
        except discord.HTTPException as error:
            if error.code == TOO_MANY_WEBHOOKS or error.status == 403:
                return None
            raise

    async def _find(self, job: Answer) -> int | None:
        """The message that an earlier attempt created.

        Raises JobFailed where not finding it would prove nothing.
        """
        known = await self._database.read(lambda tx: answers.get_posted_ids(tx, job))
        found = await find_message(
            self._http,
            job.channel_id,
            after=job.id,
            besides=known,
            matches=lambda data: self._is_message_of(data, job),
        )
        if found is not None:
            return int(found["id"])
        if not self._permissions.can_read_history(job.server_id, job.parent_id):
            raise HistoryUnreadable(job.channel_id)
        return None

    def _is_message_of(self, data: dict[str, Any], job: Answer) -> bool:
        """Whether a message is the one that was requested, by its author and content."""
        if job.webhook_id is None:
            if int(data["author"]["id"]) != self._permissions.own_id:
                return False
            return hash_copy("", data["content"], []) == job.signature
        if data.get("webhook_id") is None or int(data["webhook_id"]) != job.webhook_id:
            return False
        return hash_copy(data["author"]["username"], data["content"], []) == job.signature

    async def _record_posted(self, job: Answer, message_id: int) -> None:
        now_ms = self._clock.now_ms()

        async def record(tx: Transaction) -> bool:
            if await answers.mark_posted(tx, job.id, message_id):
                await alerts.clear_answers(tx, job.server_id, job.parent_id)
                return True
            # It was erased while it was posted.
            await message_edits.plan(
                tx,
                server_id=job.server_id,
                discussion_id=job.discussion_id,
                edits=[NewMessageEdit("delete", job.channel_id, message_id)],
                now_ms=now_ms,
            )
            return False

        if not await self._database.write(record):
            raise JobFailed(Outcome.DELETED, make_coded("answer-erased"))

    # -- the reply ----------------------------------------------------------------------------

    async def _record_reply(self, job: Answer, message_id: int, events: Sequence[Event]) -> None:
        """Record the message as a reply of the member's, as if they had posted it themselves.

        ``events``: what has happened to it since.
        """
        message = Message(
            id=message_id,
            server_id=job.server_id,
            channel_id=job.channel_id,
            author_id=job.member_id,
            author_name=job.member_name,
            from_bot=False,
            type=REPLY,
            text=job.text,
            reference_id=job.answered_id,
            written_at=get_snowflake_time(message_id),
            copyable=False,
        )
        for event in (message, *events):
            # A page of history changes only replies that were recorded before its batch.
            await self._recorder.wait_until_committed(self._recorder.put((event,)))
        now_ms = self._clock.now_ms()

        async def finish(tx: Transaction) -> None:
            await answers.mark_done(tx, job, now_ms)
            text = ReplyText(job.discussion_id, None)
            await save_answered_passages(tx, {message_id: text})

        await self._database.write(finish)

    # -- outcomes -----------------------------------------------------------------------------

    async def explain(self, job: Answer, error: Exception) -> Failure:
        """What an error means for an answer."""
        if not isinstance(error, discord.HTTPException):
            return explain_error(error)
        if error.code == UNKNOWN_CHANNEL:
            return Failure(Outcome.DELETED, make_coded("channel-or-thread-deleted"))
        if error.code == THREAD_LOCKED:
            locked = make_coded("thread-locked", channel=job.channel_id)
            return Failure(Outcome.NEEDS_ADMIN, locked)
        if error.code in WEBHOOK_DELETED:
            return Failure(Outcome.RETRY_SOON, make_coded("webhook-deleted"))
        if error.code == ARCHIVED:
            return Failure(Outcome.RETRY_SOON, make_coded("discord-answered", status=error.status))
        if error.status in (403, 404):
            return Failure(
                Outcome.NEEDS_ADMIN, make_coded("discord-forbids-with", error=describe_error(error))
            )
        if error.status == 400:
            return Failure(
                Outcome.REFUSED, make_coded("answer-refused", error=describe_error(error))
            )
        return Failure(Outcome.RETRY_SOON, make_coded("discord-answered", status=error.status))

    def get_delay(self, job: Answer, failure: Failure) -> int:
        """By the common retry policy."""
        slow = failure.outcome is Outcome.NEEDS_ADMIN
        return retry.get_delay(job.attempts + 1, slow=slow)

    async def postpone(self, job: Answer, failure: Failure, due_at: int) -> None:
        """Try again later."""
        now_ms = self._clock.now_ms()

        async def postpone(tx: Transaction) -> None:
            await answers.postpone(tx, job.id, due_at=due_at, last_error=failure.reason)
            if failure.outcome is Outcome.NEEDS_ADMIN:
                await alerts.alert_about_answers(
                    tx, job.server_id, job.parent_id, failure.reason, now_ms
                )

        await self._database.write(postpone)

    async def give_up(self, job: Answer, failure: Failure) -> None:
        """It is never posted; *What's new* shows its author why."""
        _log.warning("Answer %d isn't posted: %s", job.id, failure.reason)
        await self._database.write(lambda tx: answers.mark_failed(tx, job.id, failure.reason))


def _make_payload(job: Answer, *, by_webhook: bool) -> tuple[Payload, str]:
    """The body of the request, in the current language, and the hash by which it is found."""
    content = make_answer_content(
        job.text,
        author=None if by_webhook else job.member_name,
        passage=job.passage,
        link=job.link,
        asks_author=job.asks_author,
    )
    payload: Payload = {"content": content, "allowed_mentions": {"parse": []}}
    if not by_webhook:
        payload["flags"] = SUPPRESS_EMBEDS
        return payload, hash_copy("", content, [])
    name = make_webhook_name(job.member_name) or ""
    payload["username"] = name
    payload["avatar_url"] = get_avatar_url(job.member_id, job.avatar)
    return payload, hash_copy(name, content, [])
