"""Sends planned messages, each exactly once: claim, send with a nonce, record the message's id.

Exactly once rests on three things. The row is there before the message. Its nonce makes a repeat
within a minute harmless (docs: Message Resource › Create Message, ``enforce_nonce``). And when the
minute is over, the channel's history is searched before anything is sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord.http import Route

from bot.core.payload import Payload, get_signature, is_payload_of
from bot.core.shards import Shards
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.translate import use_language
from bot.delivery import after_send, alerts
from bot.delivery.find_message import find_message
from bot.delivery.forum_posts import ForumPostStarter
from bot.delivery.pictures import load_pictures, request_with_files
from bot.delivery.threads import SERVER_IS_FULL
from bot.delivery.worker import Failure, HistoryUnreadable, JobFailed, explain_error
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api import retry
from bot.discord_api.errors import (
    ARCHIVED,
    AUTOMOD,
    BLOCKED_BY_AUTOMOD,
    TAG_REQUIRED,
    THREAD_LOCKED,
    TOO_MANY_THREADS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    Outcome,
    describe_error,
    has_no_effect,
)
from bot.discord_api.permissions import explain_forbidden
from bot.languages import get_discussion_language
from bot.prompting import reconsider
from storage.db.writer import Transaction
from storage.delivery import essay_threads, messages
from storage.delivery.messages import PlannedMessage
from storage.prompts import prompts

__all__ = ["MessageJob", "MessageSender"]

_log = logging.getLogger(__name__)

#: Milliseconds after the first attempt in which Discord is trusted to remember a nonce.
_NONCE_TRUSTED = 60_000


@dataclass(slots=True)
class MessageJob:
    """An attempt to send a message. ``may_have_sent``: whether it may have created one."""

    message: PlannedMessage
    may_have_sent: bool = False


class MessageSender:
    """Sends planned messages; a :class:`bot.delivery.worker.JobSource`.

    ``make_room``: archives threads of a server that has too many; whether any was.
    """

    name = "message"
    next_due = messages.NEXT_DUE
    concurrency = None

    def __init__(
        self, context: DeliveryContext, *, make_room: Callable[[int], Awaitable[bool]]
    ) -> None:
        self._database = context.database
        self._clock = context.clock
        self._http = context.http
        self._permissions = context.permissions
        self._recorder = context.recorder
        self._forum_posts = ForumPostStarter(context)
        self._make_room = make_room
        self._get_shards = context.get_shards
        #: In whose servers prompts and nudges are sent, too; None: in all.
        self.prompt_shards: Shards | None = None

    def get_key(self, job: MessageJob) -> int:
        """The id of the planned message."""
        return job.message.id

    async def claim(self, busy: Sequence[MessageJob], most: int | None) -> list[MessageJob]:
        """All messages that may be sent now."""
        del most
        now_ms, ids = self._clock.now_ms(), {job.message.id for job in busy}
        prompted = {job.message.channel_id for job in busy if job.message.purpose == "prompt"}
        claimed = await self._database.write(
            lambda tx: messages.claim(
                tx,
                busy=ids,
                now_ms=now_ms,
                channels_with_prompts=prompted,
                shards=self._get_shards(),
                prompt_shards=self.prompt_shards,
            )
        )
        return [MessageJob(message) for message in claimed]

    async def do(self, job: MessageJob) -> None:
        """Send the message, unless an earlier attempt did or its time is over."""
        message = job.message
        late = message.expires_at is not None and message.expires_at < self._clock.now_ms()
        try:
            must_look = self._must_look(message, late=late)
            message_id = await self._find(message) if must_look else None
            if message_id is None:
                if late or (must_look and message.is_prompt):
                    await self._release(message)
                    return
                if message.in_thread and await self._is_locked(
                    message.server_id, message.channel_id
                ):
                    raise JobFailed(Outcome.NEEDS_ADMIN, _explain_lock(message))
                job.may_have_sent = True
                if not message.in_thread:  # threads are known by their channel
                    self._recorder.posted_channels.add(message.channel_id)
                message_id = await self._create(message)
        except discord.HTTPException as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            # Discord knew the nonce, but not its message: that was sent, and deleted.
            message_id = None
        now_ms = self._clock.now_ms()
        await self._database.write(
            lambda tx: after_send.record_sent(
                tx, planned_message_id=message.id, message_id=message_id, now_ms=now_ms
            )
        )

    def _must_look(self, message: PlannedMessage, *, late: bool) -> bool:
        """Whether an earlier attempt may have created a message that no nonce guards any more."""
        if message.new_forum_post is not None:  # a call without a nonce
            return message.attempts > 1
        age = self._clock.now_ms() - message.first_attempt_at
        return _has_unclear_attempts(message) and (late or age > _NONCE_TRUSTED)

    async def _is_locked(self, server_id: int, thread_id: int) -> bool:
        """Whether a thread is locked: somebody wants it closed, even if the bot may write there."""
        locked = self._permissions.is_locked(server_id, thread_id)
        if locked is None:  # the gateway doesn't report archived threads
            data: Mapping[str, Any] = dict(await self._http.get_channel(thread_id))
            locked = bool(data["thread_metadata"].get("locked"))
        return locked

    async def _create(self, message: PlannedMessage) -> int:
        if message.new_forum_post is not None:
            uploads = await load_pictures(self._database, message.payload)
            with use_language(await self._get_language(message)):
                return await self._forum_posts.start(message, message.new_forum_post, uploads)
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=message.channel_id)
        # Nobody is pinged unless the payload itself says whom.
        body: Payload = {
            "allowed_mentions": {"parse": []},
            **message.payload,
            "nonce": message.nonce,
            "enforce_nonce": True,
        }
        uploads = await load_pictures(self._database, body)
        try:
            created = await request_with_files(self._http, route, body, uploads)
        except discord.HTTPException as error:
            if error.code != ARCHIVED:
                raise
            await self._http.edit_channel(message.channel_id, archived=False)
            created = await request_with_files(self._http, route, body, uploads)
        return int(created["id"])

    async def _get_language(self, message: PlannedMessage) -> str:
        """The language of an essay's first message."""
        discussion_id = message.discussion_id
        assert discussion_id is not None
        return await self._database.read(
            lambda tx: get_discussion_language(tx, message.server_id, discussion_id)
        )

    async def _find(self, message: PlannedMessage) -> int | None:
        """The message that an earlier attempt created, searched for in the channel.

        Raises JobFailed where not finding it would prove nothing.
        """
        if message.new_forum_post is not None:
            known = await self._database.read(
                lambda tx: essay_threads.get_thread_ids(tx, message.server_id)
            )
            with use_language(await self._get_language(message)):
                return await self._forum_posts.find(message, message.new_forum_post, known)
        recorded = await self._database.read(
            lambda tx: messages.get_recorded_ids(tx, message.channel_id, message.after_id)
        )
        found = await find_message(
            self._http,
            message.channel_id,
            after=message.after_id,
            besides=recorded,
            matches=lambda one: (
                int(one["author"]["id"]) == self._permissions.own_id
                and is_payload_of(message.payload, get_signature(one))
            ),
        )
        if found is not None:
            return int(found["id"])
        if not self._permissions.can_read_history(message.server_id, message.channel_id):
            raise HistoryUnreadable(message.channel_id)
        return None

    async def _release(self, message: PlannedMessage) -> None:
        """It was never sent: whether and how its prompt is sent is decided again."""
        now_ms = self._clock.now_ms()
        _log.info("Reconsidering message %d of essay %s.", message.id, message.discussion_id)
        await self._database.write(lambda tx: reconsider.release(tx, message.id, at_ms=now_ms))

    async def explain(self, job: MessageJob, error: Exception) -> Failure:
        """What an error means for a message.

        Makes room where the server has too many threads. A prompt has a limited number of
        attempts.
        """
        message = job.message
        if has_no_effect(error):
            job.may_have_sent = False
        failure = explain_error(error)
        if isinstance(error, discord.HTTPException):
            failure = await self._explain_answer(message, error)
        if (
            message.is_prompt
            and failure.outcome is Outcome.RETRY_SOON
            and message.failures >= len(retry.PROMPT_DELAYS)
        ):
            tried = make_coded("tried", reason=failure.reason, count=message.failures + 1)
            return Failure(Outcome.REFUSED, tried)
        return failure

    async def _explain_answer(
        self, message: PlannedMessage, error: discord.HTTPException
    ) -> Failure:
        failure = explain_error(error)
        if error.code == UNKNOWN_CHANNEL:
            outcome = failure.outcome
            if message.purpose == "prompt" and not _has_unclear_attempts(message):
                # Until the deletion is recorded, or another channel chosen for the digest.
                outcome = Outcome.NEEDS_ADMIN
            return Failure(outcome, make_coded("channel-deleted"))
        if error.code in BLOCKED_BY_AUTOMOD:
            return Failure(failure.outcome, AUTOMOD)
        if error.code == THREAD_LOCKED:
            return Failure(failure.outcome, _explain_lock(message))
        if error.code in TAG_REQUIRED:
            return Failure(
                Outcome.REFUSED,
                make_coded("tag-required", channel=message.channel_id),
            )
        if error.code in TOO_MANY_THREADS:
            made_room = await self._make_room(message.server_id)
            outcome = Outcome.RETRY_SOON if made_room else Outcome.NEEDS_ADMIN
            return Failure(outcome, SERVER_IS_FULL)
        if failure.outcome is Outcome.NEEDS_ADMIN:
            reason = explain_forbidden(
                self._permissions,
                message.server_id,
                message.channel_id,
                error,
                with_files=bool(message.payload.get("attachments")),
            )
            return Failure(failure.outcome, reason)
        if failure.outcome is Outcome.REFUSED:
            _log.error("Discord refused message %d: %s", message.id, error)
            return Failure(
                failure.outcome, make_coded("message-refused", error=describe_error(error))
            )
        return failure

    def get_delay(self, job: MessageJob, failure: Failure) -> int:
        """By the common retry policy, except that prompts have their own delays."""
        slow = failure.outcome is Outcome.NEEDS_ADMIN
        if job.message.is_prompt and not slow:
            return retry.PROMPT_DELAYS[job.message.failures]
        return retry.get_delay(job.message.attempts, slow=slow)

    async def postpone(self, job: MessageJob, failure: Failure, due_at: int) -> None:
        """Try again later; the admins are alerted where they have to fix something.

        A prompt that certainly wasn't sent by any attempt is decided and worded again instead.
        """
        message, now_ms = job.message, self._clock.now_ms()
        blocked = failure.outcome is Outcome.NEEDS_ADMIN

        async def record(tx: Transaction) -> None:
            was_never_created = await messages.postpone(
                tx,
                planned_message_id=message.id,
                due_at=due_at,
                last_error=failure.reason,
                failed=not blocked,
                without_effect=not job.may_have_sent,
            )
            if blocked and message.is_prompt:
                await prompts.mark_blocked(tx, message.id, failure.reason, now_ms)
                await alerts.alert_about_prompt(tx, message, failure.reason, now_ms)
            if blocked and message.discussion_id is not None and message.is_essays_own:
                await alerts.alert_about_essay(
                    tx, message.discussion_id, failure.reason, now_ms, stopped=False
                )
            if was_never_created and message.is_prompt:
                await reconsider.release(
                    tx,
                    message.id,
                    at_ms=now_ms if blocked else due_at,
                    reason=failure.reason,
                    blocked=blocked,
                )

        await self._database.write(record)

    async def give_up(self, job: MessageJob, failure: Failure) -> None:
        """It will never be sent, nor will what follows it in the essay."""
        message, now_ms = job.message, self._clock.now_ms()
        _log.warning(
            "Message %d of essay %s failed: %s", message.id, message.discussion_id, failure.reason
        )

        async def record(tx: Transaction) -> None:
            await messages.mark_failed(tx, planned_message_id=message.id, last_error=failure.reason)
            await prompts.mark_failed(tx, message.id, failure.reason)
            if message.discussion_id is not None and message.is_essays_own:
                await alerts.alert_about_essay(
                    tx, message.discussion_id, failure.reason, now_ms, stopped=True
                )

        await self._database.write(record)


def _has_unclear_attempts(message: PlannedMessage) -> bool:
    """Whether an attempt before this one may have created a message."""
    return message.attempts - 1 > message.attempts_without_effect


def _explain_lock(message: PlannedMessage) -> CodedText:
    return make_coded("thread-locked", channel=message.channel_id)
