"""Threads: opens them, and adds the author of the reply they are opened on.

A thread has the id of the message it is opened on, so opening it again is answered with 160004,
and the existing one is used (docs: Channel Resource › Start Thread from Message).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import discord
from discord.http import Route

from bot.core import limits
from bot.core.conversation.events import ChannelDeletion
from bot.core.conversation.thread_names import (
    ERASED_THREAD_NAME,
    make_plain_thread_name,
    make_thread_name,
)
from bot.core.text.coded_text import make_coded
from bot.core.text.translate import gettext as _
from bot.core.text.translate import use_language
from bot.delivery import alerts
from bot.delivery.worker import Failure, explain_error
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api import retry
from bot.discord_api.errors import (
    ARCHIVED,
    AUTOMOD,
    BLOCKED_BY_AUTOMOD,
    THREAD_EXISTS,
    THREAD_LOCKED,
    TOO_MANY_THREADS,
    TRANSIENT,
    UNKNOWN_CHANNEL,
    UNKNOWN_MEMBER,
    UNKNOWN_MESSAGE,
    UNKNOWN_USER,
    Outcome,
    describe_error,
    get_error_name,
)
from bot.discord_api.permissions import explain_forbidden
from bot.languages import get_discussion_language
from storage.db.writer import Transaction
from storage.delivery import message_edits, threads
from storage.delivery.message_edits import NewMessageEdit
from storage.delivery.threads import ERASED_MEMBER, Thread
from storage.privacy import quotations

__all__ = ["SERVER_IS_FULL", "ThreadOpener"]

_log = logging.getLogger(__name__)

#: Threads worked on at once; the library keeps each call within its rate limit.
_CONCURRENCY = 4
#: Threads archived at once where a server has as many active ones as Discord allows.
_MOST_ARCHIVED = 10
#: Seconds for Discord's answer, since the channel's other threads wait for it. A thread that is
#: opened later than that is found at the next attempt.
_TIMEOUT = 15.0

SERVER_IS_FULL = make_coded("too-many-threads")


class ThreadOpener:
    """Opens threads and adds their authors; a :class:`bot.delivery.worker.JobSource`."""

    name = "thread"
    next_due = threads.NEXT_DUE
    concurrency = _CONCURRENCY

    def __init__(
        self, context: DeliveryContext, *, catch_up: Callable[[int], Awaitable[None]]
    ) -> None:
        self._database = context.database
        self._get_shards = context.get_shards
        self._clock = context.clock
        self._http = context.http
        self._permissions = context.permissions
        self._recorder = context.recorder
        self._catch_up = catch_up
        self._single = context.single
        # One name at a time, so that the calls are made in the order of the replies.
        self._naming = asyncio.Lock()

    def get_key(self, job: Thread) -> int:
        """Its id."""
        return job.id

    async def claim(self, busy: Sequence[Thread], most: int | None) -> list[Thread]:
        """The oldest threads that are to be opened or completed."""
        now_ms, ids = self._clock.now_ms(), {thread.id for thread in busy}
        return await self._database.read(
            lambda tx: threads.get_due(
                tx, busy=ids, now_ms=now_ms, most=most or _CONCURRENCY, shards=self._get_shards()
            )
        )

    async def do(self, job: Thread) -> None:
        """Do what is left to do for one thread."""
        generation = self._recorder.get_generation(job.server_id)
        if job.state == "planned":
            try:
                await self._open(job, generation)
            except discord.HTTPException as error:
                if error.code in BLOCKED_BY_AUTOMOD and await self._name_plainly(job):
                    return  # it is due again at once
                raise
        if not job.is_essays_own:
            await self._add_member(job)
        elif job.state == "open":
            # What was said in a forum post before it was recorded is only in its history.
            await self._catch_up(job.id)
        await self._database.write(lambda tx: threads.mark_ready(tx, job.id))

    async def _open(self, thread: Thread, generation: int) -> None:
        existed = False
        try:
            await self._start(thread)
        except discord.HTTPException as error:
            if error.code != THREAD_EXISTS:
                raise
            await self._check_exists(thread)
            existed = True
        now_ms = self._clock.now_ms()

        async def record(tx: Transaction) -> None:
            await _record_opened(tx, thread.id, now_ms)
            await alerts.clear_thread(tx, thread.server_id, thread.channel_id)

        await self._database.write(record)
        if existed:
            await self._catch_up(thread.id)
        else:
            self._recorder.mark_complete(thread.id, generation)

    async def _start(self, thread: Thread) -> None:
        """docs: Channel Resource › Start Thread from Message.

        In a single attempt, and those of a channel one after the other: threads are opened in the
        order of their messages, and none waits while the library retries another.
        """
        route = Route(
            "POST",
            "/channels/{channel_id}/messages/{message_id}/threads",
            channel_id=thread.channel_id,
            message_id=thread.id,
        )
        name = thread.name if thread.is_essays_own else await self._translate_name(thread)
        body = {"name": name, "auto_archive_duration": limits.AUTO_ARCHIVE_MINUTES}
        await self._single.call(route, as_bot=True, body=body, within=_TIMEOUT)

    async def _check_exists(self, thread: Thread) -> None:
        """Raise unless the thread that somebody opened is there; it may be deleted since."""
        try:
            await self._http.get_channel(thread.id)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_CHANNEL:
                deletion = ChannelDeletion(thread.id, thread.server_id, self._clock.now())
                await self._recorder.wait_until_committed(self._recorder.put((deletion,)))
            raise

    async def _add_member(self, thread: Thread) -> None:
        if thread.member_id < 0 or thread.is_proxied:
            return  # its author's data was erased, or isn't to be seen
        try:
            await self._http.add_user_to_thread(thread.id, thread.member_id)
        except discord.HTTPException as error:
            if error.code == ARCHIVED:
                await self._add_to_archived(thread)
            # People who left the server, or can't see the channel any more, aren't added.
            elif error.status != 403 and error.code not in (UNKNOWN_MEMBER, UNKNOWN_USER):
                raise

    async def _add_to_archived(self, thread: Thread) -> None:
        """Unarchive the thread first; if it is locked, somebody wants it closed."""
        data: Mapping[str, Any] = dict(await self._http.get_channel(thread.id))
        if data["thread_metadata"].get("locked"):
            return
        await self._http.edit_channel(thread.id, archived=False)
        await self._http.add_user_to_thread(thread.id, thread.member_id)

    async def explain(self, job: Thread, error: Exception) -> Failure:
        """What an error means for a thread.

        Makes room where the server has too many threads.
        """
        failure = explain_error(error)
        if not isinstance(error, discord.HTTPException):
            return failure
        if error.code == UNKNOWN_MESSAGE:
            reason = make_coded("card-deleted" if job.is_essays_own else "reply-deleted")
            return Failure(failure.outcome, reason, alert=False)
        if error.code == UNKNOWN_CHANNEL:
            return Failure(failure.outcome, make_coded("channel-or-thread-deleted"), alert=False)
        if error.code in TOO_MANY_THREADS:
            made_room = await self.make_room(job.server_id)
            outcome = Outcome.RETRY_SOON if made_room else Outcome.NEEDS_ADMIN
            return Failure(outcome, SERVER_IS_FULL, alert=False)
        if error.code in BLOCKED_BY_AUTOMOD:
            return Failure(failure.outcome, AUTOMOD)
        if failure.outcome is Outcome.REFUSED or error.code == THREAD_LOCKED:
            _log.error("Discord refused to open thread %d: %s", job.id, error)
            return Failure(
                Outcome.REFUSED, make_coded("thread-refused", error=describe_error(error))
            )
        if failure.outcome is Outcome.NEEDS_ADMIN:
            reason = explain_forbidden(self._permissions, job.server_id, job.channel_id, error)
            return Failure(failure.outcome, reason)
        return failure

    async def _translate_name(self, thread: Thread) -> str:
        """The thread's name; in the essay's language where it has no words of the reply."""

        async def look(tx: Transaction) -> str:
            (found,) = await quotations.find_threads(tx, {thread.id})
            language = await get_discussion_language(tx, found.server_id, found.discussion_id)
            english = make_thread_name(found.author or "", found.text or "")
            with use_language(language):
                if found.name == ERASED_THREAD_NAME:
                    return _(ERASED_THREAD_NAME)
                translated = make_thread_name(found.author or "", found.text or "")
            return translated if found.name == english else found.name

        async with self._naming:
            name = await self._database.read(look)
        if name != thread.name and thread.name != ERASED_THREAD_NAME:
            await self._database.write(lambda tx: threads.rename(tx, thread.id, name))
        return name

    async def make_room(self, server_id: int) -> bool:
        """Archive our threads that have been quiet longest, and alert the admins; whether any was.

        Those of members and of other bots aren't ours to archive.
        """
        now_ms = self._clock.now_ms()

        async def alert(tx: Transaction) -> set[int]:
            await alerts.alert_about_too_many_threads(tx, server_id, now_ms)
            return await threads.get_ready_reply_threads(tx, server_id)

        ours = await self._database.write(alert)
        try:
            active = (await self._http.get_active_threads(server_id))["threads"]
            found = [one for one in active if int(one["id"]) in ours]
            found.sort(key=lambda one: int(one.get("last_message_id") or one["id"]))
            for one in found[:_MOST_ARCHIVED]:
                await self._http.edit_channel(int(one["id"]), archived=True)
        except (discord.HTTPException, *TRANSIENT) as error:
            _log.warning(
                "Couldn't archive a thread to make room for a new one (%s).", get_error_name(error)
            )
            return False
        return bool(found)

    async def _name_plainly(self, thread: Thread) -> bool:
        """AutoMod blocked the name, which quotes a reply: name the thread after the essay alone.

        False where there is no other name: an essay's own thread has none, and the plain one may
        be blocked too.
        """
        if thread.is_essays_own:
            return False

        async def rename(tx: Transaction) -> bool:
            found = await threads.find_name(tx, thread.id)
            if found is None:
                return False
            language = await get_discussion_language(tx, thread.server_id, found.discussion_id)
            with use_language(language):
                name = make_plain_thread_name(found.title)
            if found.name == name:
                return False
            await threads.rename(tx, thread.id, name)
            return True

        renamed = await self._database.write(rename)
        if renamed:
            _log.info("AutoMod blocked the name of thread %d; using a generic name.", thread.id)
        return renamed

    def get_delay(self, job: Thread, failure: Failure) -> int:
        """By the common retry policy."""
        slow = failure.outcome is Outcome.NEEDS_ADMIN
        return retry.get_delay(job.attempts + 1, slow=slow)

    async def postpone(self, job: Thread, failure: Failure, due_at: int) -> None:
        """Try again later; the admins are alerted where they have to fix something."""
        now_ms = self._clock.now_ms()

        async def record(tx: Transaction) -> None:
            await threads.postpone(tx, thread_id=job.id, due_at=due_at, last_error=failure.reason)
            if failure.outcome is not Outcome.NEEDS_ADMIN or job.state != "planned":
                return
            if job.is_essays_own:
                await alerts.alert_about_essay_thread(
                    tx, job.id, failure.reason, now_ms, stopped=False
                )
            elif failure.alert:
                await alerts.alert_about_thread(
                    tx, job.server_id, job.channel_id, failure.reason, now_ms, stopped=False
                )

        await self._database.write(record)

    async def give_up(self, job: Thread, failure: Failure) -> None:
        """There will be no such thread."""
        _log.warning("Thread %d isn't opened: %s", job.id, failure.reason)
        now_ms = self._clock.now_ms()

        async def record(tx: Transaction) -> None:
            await threads.mark_failed(tx, thread_id=job.id, last_error=failure.reason)
            if job.is_essays_own:
                await alerts.alert_about_essay_thread(
                    tx, job.id, failure.reason, now_ms, stopped=True
                )
            elif failure.alert:
                await alerts.alert_about_thread(
                    tx, job.server_id, job.channel_id, failure.reason, now_ms, stopped=True
                )

        await self._database.write(record)


async def _record_opened(tx: Transaction, thread_id: int, now_ms: int) -> None:
    """Record that a thread is open, and plan what changed while it was being opened.

    It is renamed where the data of the author whom its name quotes was erased meanwhile, and locked
    where its essay was withdrawn.
    """
    opened = await threads.mark_opened(tx, thread_id)
    if opened is not None and opened.member_id == ERASED_MEMBER:
        await message_edits.plan(
            tx,
            server_id=opened.server_id,
            discussion_id=opened.discussion_id,
            edits=[NewMessageEdit("rename", thread_id, payload={"name": opened.name})],
            now_ms=now_ms,
        )
    withdrawn = None if opened is not None else await threads.find_withdrawn(tx, thread_id)
    if withdrawn is not None:
        await message_edits.plan(
            tx,
            server_id=withdrawn.server_id,
            discussion_id=withdrawn.discussion_id,
            edits=[NewMessageEdit("lock", thread_id)],
            now_ms=now_ms,
        )
