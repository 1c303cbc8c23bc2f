"""Moves replies from the channel into their threads: copy by webhook, then delete the original.

The copy is requested in a single attempt, after what is requested was written down; where the
outcome isn't known, the thread is searched for it before it is requested again (design,
decision 2). An original is only deleted once its copy is recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

import discord
from discord.http import Route

from bot.core.conversation.answers import make_answer_content
from bot.core.conversation.events import Deletion, HistoryPage, Message
from bot.core.conversation.reply_copy import (
    OriginalReply,
    check_copyable,
    hash_copy,
    make_copy_payload,
    make_webhook_name,
)
from bot.core.payload import Payload
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.translate import use_language
from bot.delivery import alerts
from bot.delivery.find_message import find_message
from bot.delivery.move_notices import plan_move_notice
from bot.delivery.worker import Failure, JobFailed, explain_error, take_first_of_each_place
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api import parse, retry
from bot.discord_api.errors import (
    ARCHIVED,
    TOO_MANY_WEBHOOKS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MEMBER,
    UNKNOWN_MESSAGE,
    UNKNOWN_USER,
    WEBHOOK_DELETED,
    Outcome,
    describe_error,
)
from bot.discord_api.single_attempt import Upload
from bot.discord_api.webhooks import Webhook
from bot.ingest.moved_replies import delete_moved_reply
from bot.ingest.recorder import LiveEvent
from bot.languages import get_discussion_language
from storage.db.writer import Transaction
from storage.delivery import message_edits
from storage.delivery.message_edits import NewMessageEdit
from storage.replies import reply_moves
from storage.replies.reply_moves import CopyTakenError, ReplyMove

__all__ = ["ReplyMover"]

_log = logging.getLogger(__name__)

#: Replies moved at once, one of each thread at most, so that they stay in their order.
_CONCURRENCY = 4
#: Attempts to download a file before the reply gets a link instead.
_MOST_DOWNLOADS = 6


class _CannotMove(Exception):
    """The reply gets a link to its thread instead; ``alert``: what the admins are told, if any."""

    def __init__(self, reason: CodedText, alert: CodedText | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.alert = alert


class ReplyMover:
    """Moves replies and keeps their copies up to date; a JobSource of the delivery worker."""

    name = "reply move"
    next_due = reply_moves.NEXT_DUE
    concurrency = _CONCURRENCY

    def __init__(self, context: DeliveryContext) -> None:
        self._database = context.database
        self._get_shards = context.get_shards
        self._clock = context.clock
        self._http = context.http
        self._permissions = context.permissions
        self._recorder = context.recorder
        self._webhooks = context.webhooks

    def get_key(self, job: ReplyMove) -> int:
        """The id of the reply."""
        return job.reply_id

    async def claim(self, busy: Sequence[ReplyMove], most: int | None) -> list[ReplyMove]:
        """The oldest reply of each thread, so that replies stay in their order.

        One that was postponed after an error isn't due, and doesn't block younger ones.
        """
        now_ms = self._clock.now_ms()
        due = await self._database.read(
            lambda tx: reply_moves.get_due(tx, now_ms, self._get_shards())
        )
        return take_first_of_each_place(due, busy, lambda job: job.thread_id, most or _CONCURRENCY)

    async def do(self, job: ReplyMove) -> None:
        """Take the next step of a move; a reply that can't be moved gets a link instead."""
        try:
            if job.state in ("planned", "copying"):
                await self._copy(job)
            elif job.stale:
                await self._rewrite(job)
            else:
                await self._remove(job)
        except _CannotMove as reason:
            await self._link_instead(job, reason)
        except discord.HTTPException as error:
            if (
                error.status == 403
                and error.code not in WEBHOOK_DELETED
                and job.state in ("planned", "copying")
            ):
                await self._link_instead(job, _CannotMove(make_coded("discord-forbids")))
            else:
                raise

    # -- the copy -----------------------------------------------------------------------------

    async def _copy(self, job: ReplyMove) -> None:
        if job.state == "copying":
            with self._recorder.collect_live(job.thread_id) as live:
                found = await self._find_copy(job)
                if found is not None:
                    await self._record_copy(job, int(found["id"]))
            if found is not None:
                await self._read_copy(job, found, live)
                return
            await self._database.write(lambda tx: reply_moves.mark_not_copied(tx, job.reply_id))
        if job.deleted:
            raise JobFailed(Outcome.DELETED, make_coded("reply-deleted"))
        if self._permissions.get_target_channel(job.server_id, job.channel_id) is None:
            # The gateway sends its server only after the start; until then no permission is known
            # to be missing.
            raise JobFailed(Outcome.RETRY_SOON, make_coded("channel-not-loaded"))
        missing = self._permissions.explain_cannot_move(job.server_id, job.channel_id)
        if missing:
            raise _CannotMove(make_coded("permission-missing"), missing)
        data = await self._get_original(job)
        if data is None:
            deletion = Deletion((job.reply_id,), job.channel_id, self._clock.now())
            await self._recorder.wait_until_committed(self._recorder.put((deletion,)))
            raise JobFailed(Outcome.DELETED, make_coded("reply-deleted"))
        await self._record_edit(job, data)
        original = parse.parse_original_reply(data, author_name=job.author_name)
        reason = check_copyable(original)
        if reason is not None:
            raise _CannotMove(reason)
        thread: dict[str, Any] = dict(await self._http.get_channel(job.thread_id))
        if thread.get("thread_metadata", {}).get("locked"):
            raise _CannotMove(make_coded("its-thread-locked"))
        files = await self._download(job, original)
        await self._write_copy(job, original, files)

    async def _write_copy(
        self, job: ReplyMove, original: OriginalReply, files: list[Upload]
    ) -> None:
        webhook = await self._get_webhook(job)
        payload = make_copy_payload(original)
        shown = make_webhook_name(original.author_name) or ""
        signature = hash_copy(shown, original.text, [len(file.content) for file in files])
        if not await self._database.write(
            lambda tx: reply_moves.mark_copying(
                tx, job.reply_id, webhook_id=webhook.id, signature=signature
            )
        ):
            raise JobFailed(Outcome.DELETED, make_coded("reply-deleted"))
        try:
            with self._recorder.collect_live(job.thread_id) as live:
                copy_id = await self._webhooks.post(webhook, job.thread_id, payload, files)
                await self._record_copy(job, copy_id)
        except discord.HTTPException as error:
            if error.status >= 500:
                raise  # it may have been written
            await self._database.write(lambda tx: reply_moves.mark_not_copied(tx, job.reply_id))
            if error.code in WEBHOOK_DELETED:
                self._webhooks.forget(job.channel_id)
                raise
            if error.code == UNKNOWN_CHANNEL or error.status == 429:
                raise
            _log.warning("Discord refused the copy of reply %d: %s", job.reply_id, error)
            raise _CannotMove(make_coded("copy-refused", error=describe_error(error))) from error
        self._recorder.request_reactions(_get_reactions(copy_id, live))

    async def _get_webhook(self, job: ReplyMove) -> Webhook:
        try:
            return await self._webhooks.get(job.channel_id)
        except discord.HTTPException as error:
            if error.code == TOO_MANY_WEBHOOKS:
                alert = make_coded("alert-too-many-webhooks", channel=job.channel_id)
                raise _CannotMove(make_coded("too-many-webhooks"), alert) from error
            if error.status == 403:
                missing = self._permissions.explain_cannot_move(job.server_id, job.channel_id)
                alert = missing or make_coded("cannot-use-webhooks", channel=job.channel_id)
                raise _CannotMove(make_coded("permission-missing"), alert) from error
            raise

    async def _download(self, job: ReplyMove, original: OriginalReply) -> list[Upload]:
        """The original's files."""
        files = []
        for file in original.files:
            try:
                content = await self._http.get_from_cdn(file.url)
            except discord.HTTPException as error:
                if job.attempts >= _MOST_DOWNLOADS:
                    raise _CannotMove(make_coded("file-unavailable")) from error
                raise
            files.append(Upload(file.name, file.type, content))
        return files

    async def _find_copy(self, job: ReplyMove) -> dict[str, Any] | None:
        """The copy that an earlier attempt created.

        Raises JobFailed where not finding it would prove nothing.
        """
        recorded = await self._database.read(
            lambda tx: reply_moves.get_recorded_copies(tx, job.thread_id)
        )
        found = await find_message(
            self._http,
            job.thread_id,
            after=job.reply_id,
            besides=recorded,
            matches=lambda data: _is_copy(data, job),
        )
        if found is None and not self._permissions.can_read_history(job.server_id, job.channel_id):
            raise JobFailed(Outcome.NEEDS_ADMIN, make_coded("copy-unreadable"), alert=False)
        return found

    async def _record_copy(self, job: ReplyMove, copy_id: int) -> None:
        now_ms = self._clock.now_ms()

        async def record(tx: Transaction) -> None:
            move = await reply_moves.get_move(tx, job.reply_id)
            current = hash_copy(move.author_name, move.text, move.sizes)
            stale = not move.deleted and current != move.signature
            await reply_moves.mark_copied(tx, move, copy_id, stale=stale, now_ms=now_ms)
            if move.deleted:
                await message_edits.plan(
                    tx,
                    server_id=move.server_id,
                    discussion_id=move.discussion_id,
                    edits=[NewMessageEdit("delete", move.thread_id, copy_id)],
                    now_ms=now_ms,
                )
            else:
                await plan_move_notice(tx, move, copy_id, now_ms)
            await alerts.clear_moving(tx, job.server_id, job.channel_id)

        try:
            await self._database.write(record)
        except CopyTakenError as error:
            raise JobFailed(Outcome.RETRY_SOON, make_coded("copy-taken")) from error

    async def _read_copy(self, job: ReplyMove, data: dict[str, Any], live: list[LiveEvent]) -> None:
        """Record the reactions to a copy from before it was known to be one."""
        read = parse.parse_message(data, server_id=job.server_id, own_id=self._permissions.own_id)
        await self._recorder.wait_until_committed(
            self._recorder.put((HistoryPage(job.thread_id, (read,)),))
        )
        self._recorder.request_reactions(_get_reactions(read.id, live))

    # -- the original -------------------------------------------------------------------------

    async def _remove(self, job: ReplyMove) -> None:
        """Delete the original, once its copy is recorded.

        If it is deleted before the first attempt, its author or a moderator did that, and the copy
        is deleted, too; if it is after an attempt, that attempt is taken to have deleted it.
        """
        now_ms = self._clock.now_ms()
        await self._add_author(job)
        data = await self._get_original(job)
        deleted = data is None
        if data is not None:
            await self._record_edit(job, data)
            if not await self._database.write(
                lambda tx: reply_moves.mark_deleting(tx, job.reply_id, self._get_shards())
            ):
                return  # the copy was deleted with its thread
            try:
                await self._webhooks.delete(job.channel_id, job.reply_id)
            except discord.HTTPException as error:
                if error.code != UNKNOWN_MESSAGE:
                    if error.status < 500 and job.state == "copied":
                        await self._database.write(
                            lambda tx: reply_moves.mark_not_deleted(tx, job.reply_id)
                        )
                    raise
                deleted = True

        async def record(tx: Transaction) -> None:
            if deleted and job.state == "copied":
                await delete_moved_reply(tx, job.reply_id, now_ms)
            await reply_moves.mark_done(tx, job.reply_id)

        await self._database.write(record)

    async def _get_original(self, job: ReplyMove) -> dict[str, Any] | None:
        """The reply as it is in the channel now; None where it was deleted."""
        try:
            return dict(await self._http.get_message(job.channel_id, job.reply_id))
        except discord.HTTPException as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return None

    async def _record_edit(self, job: ReplyMove, data: dict[str, Any]) -> None:
        """Record an edit that the gateway hasn't reported, so that the copy gets it, too."""
        edit = parse.parse_edit(data)
        sizes = tuple(file.size for file in edit.attachments)
        if not parse.has_hidden_content(data) and (edit.text, sizes) != (job.text, job.sizes):
            await self._recorder.wait_until_committed(self._recorder.put((edit,)))

    async def _add_author(self, job: ReplyMove) -> None:
        """Add the author to the thread, unless they left or can't see it."""
        if job.state != "copied" or job.deleted:
            return
        try:
            await self._http.add_user_to_thread(job.thread_id, job.author_id)
        except discord.HTTPException as error:
            harmless = error.code in (UNKNOWN_MEMBER, UNKNOWN_USER, ARCHIVED)
            if not harmless and error.status not in (403, 404):
                raise

    # -- edits of the reply ------------------------------------------------------------------

    async def _rewrite(self, job: ReplyMove) -> None:
        assert job.copy_id is not None
        if not job.deleted:
            try:
                await self._rewrite_copy(job, job.copy_id)
            except discord.HTTPException as error:
                if error.code in WEBHOOK_DELETED:
                    self._webhooks.forget(job.channel_id)
                if error.code == UNKNOWN_MESSAGE:
                    deletion = Deletion((job.copy_id,), job.thread_id, self._clock.now())
                    await self._recorder.wait_until_committed(self._recorder.put((deletion,)))
                else:
                    raise
        await self._database.write(
            lambda tx: reply_moves.mark_copy_edited(tx, job.reply_id, job.text)
        )

    async def _rewrite_copy(self, job: ReplyMove, copy_id: int) -> None:
        if job.is_answer:
            await self._rewrite_answer(job, copy_id)
            return
        payload: Payload = {"content": job.text, "allowed_mentions": {"parse": []}}
        current = parse.parse_edit(dict(await self._http.get_message(job.thread_id, copy_id)))
        kept = list(job.sizes)
        files = []
        for file in current.attachments:
            if file.size in kept:
                kept.remove(file.size)
                files.append({"id": str(file.id)})
        if len(files) != len(current.attachments):
            payload["attachments"] = files
        webhook = await self._get_webhook_of_copy(job)
        try:
            await self._webhooks.edit(webhook, job.thread_id, copy_id, payload)
        except discord.HTTPException as error:
            if error.code != ARCHIVED:
                raise
            await self._http.edit_channel(job.thread_id, archived=False)
            await self._webhooks.edit(webhook, job.thread_id, copy_id, payload)

    async def _rewrite_answer(self, job: ReplyMove, message_id: int) -> None:
        """Edit the message for an answer, which the bot or its webhook has posted."""
        language = await self._database.read(
            lambda tx: get_discussion_language(tx, job.server_id, job.discussion_id)
        )
        with use_language(language):
            content = make_answer_content(
                job.text,
                author=job.author_name if job.webhook_id is None else None,
                passage=job.passage,
                link=job.link,
                asks_author=job.asks_author,
            )
        payload: Payload = {"content": content, "allowed_mentions": {"parse": []}}
        if job.webhook_id is None:
            route = Route(
                "PATCH",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=job.thread_id,
                message_id=message_id,
            )
            await self._http.request(route, json=payload)
            return
        webhook = await self._get_webhook_of_copy(job)
        thread_id = None if job.thread_id == job.channel_id else job.thread_id
        await self._webhooks.edit(webhook, thread_id, message_id, payload)

    async def _get_webhook_of_copy(self, job: ReplyMove) -> Webhook:
        try:
            return await self._get_webhook(job)
        except _CannotMove as reason:
            # A link would be too late: it is retried until somebody fixes it.
            await self._alert(job, reason.alert)
            raise JobFailed(
                Outcome.NEEDS_ADMIN,
                make_coded("copy-not-edited", reason=reason.reason),
                alert=False,
            ) from reason

    # -- outcomes -----------------------------------------------------------------------------

    async def explain(self, job: ReplyMove, error: Exception) -> Failure:
        """What an error means for a move."""
        if not isinstance(error, discord.HTTPException):
            return explain_error(error)
        if error.code == UNKNOWN_CHANNEL and job.state in ("planned", "copying"):
            return Failure(Outcome.DELETED, make_coded("channel-or-thread-deleted"))
        if error.code in WEBHOOK_DELETED:
            return Failure(Outcome.RETRY_SOON, make_coded("webhook-deleted"))
        if error.status in (403, 404):
            return Failure(
                Outcome.NEEDS_ADMIN, make_coded("discord-forbids-with", error=describe_error(error))
            )
        return Failure(Outcome.RETRY_SOON, make_coded("discord-answered", status=error.status))

    def get_delay(self, job: ReplyMove, failure: Failure) -> int:
        """By the common retry policy."""
        slow = failure.outcome is Outcome.NEEDS_ADMIN
        return retry.get_delay(job.attempts + 1, slow=slow)

    async def postpone(self, job: ReplyMove, failure: Failure, due_at: int) -> None:
        """Try again later; the admins are alerted where a permission is missing."""
        if failure.outcome is Outcome.NEEDS_ADMIN and failure.alert:
            await self._alert(
                job, self._permissions.explain_cannot_move(job.server_id, job.channel_id)
            )
        await self._database.write(
            lambda tx: reply_moves.postpone(
                tx, reply_id=job.reply_id, due_at=due_at, last_error=failure.reason
            )
        )

    async def give_up(self, job: ReplyMove, failure: Failure) -> None:
        """The reply stays where it is."""
        await self._database.write(
            lambda tx: reply_moves.mark_failed(tx, job.reply_id, failure.reason)
        )

    async def _link_instead(self, job: ReplyMove, reason: _CannotMove) -> None:
        _log.info("Reply %d gets a link to its thread: %s", job.reply_id, reason)
        await self._alert(job, reason.alert)
        await self._database.write(
            lambda tx: reply_moves.link_instead(tx, job.reply_id, reason.reason)
        )

    async def _alert(self, job: ReplyMove, alert: CodedText | None) -> None:
        """Alert the admins, once until a reply can be moved in that channel again."""
        if alert is None:
            return
        now_ms = self._clock.now_ms()
        await self._database.write(
            lambda tx: alerts.alert_about_moving(tx, job.server_id, job.channel_id, alert, now_ms)
        )


def _is_copy(data: dict[str, Any], job: ReplyMove) -> bool:
    """Whether a message is the copy that was requested, by its author and content."""
    if data.get("webhook_id") is None or int(data["webhook_id"]) != job.webhook_id:
        return False
    sizes = [file["size"] for file in data.get("attachments") or ()]
    return hash_copy(data["author"]["username"], data["content"], sizes) == job.signature


def _get_reactions(copy_id: int, live: Iterable[LiveEvent]) -> list[LiveEvent]:
    """The reactions to a copy that came before it was known to be one."""
    return [one for one in live if not isinstance(one, Message) and one.message_id == copy_id]
