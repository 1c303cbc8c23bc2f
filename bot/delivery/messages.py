"""The one way to send: claim a post, send it with its nonce, record the message it became.

Exactly once rests on three things. The row is there before the message. Its nonce makes a repeat
within a minute harmless (docs: Message Resource › Create Message, ``enforce_nonce``). And when the
minute is over, the channel is looked through before anything is sent again.

Threads are opened here too (:mod:`bot.delivery.threads`), replies moved into them
(:mod:`bot.delivery.reply_moves`), and remarks taken away whose time is over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import discord
from discord.http import HTTPClient, Route

from bot.app.background import UnderWay
from bot.clock import Clock
from bot.core import limits
from bot.core.payload import Payload, get_signature
from bot.delivery import after_send
from bot.delivery.forum_posts import Forums
from bot.delivery.reply_moves import Mover
from bot.delivery.threads import ThreadOpener
from bot.discord_api.errors import (
    ARCHIVED,
    AUTOMOD,
    BLOCKED_BY_AUTOMOD,
    CANNOT_REPLY_WITHOUT_HISTORY,
    THREAD_LOCKED,
    TOO_MANY_THREADS,
    TRANSIENT,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    get_error_name,
)
from bot.discord_api.permissions import Permissions, explain_forbidden
from bot.discord_api.rate_limit import RateLimiter
from bot.discord_api.retry import get_delay
from bot.discord_api.single_attempt import SingleCalls
from bot.ingest.recorder import Recorder
from bot.prompting import reconsider
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import (
    alerts,
    essay_threads,
    messages,
    temporary_messages,
    threads,
)
from storage.delivery.messages import PlannedMessage
from storage.prompts import prompts

__all__ = ["Outbox"]

_log = logging.getLogger(__name__)

#: Milliseconds after the first attempt in which Discord is trusted to remember a nonce.
_NONCE_TRUSTED = 60_000
#: Milliseconds between the attempts at a prompt, which has five more after the first.
_PROMPT_WAITS = (5_000, 60_000, 600_000, 3_600_000, 14_400_000)
#: Messages sent in a second at most: discord.py doesn't keep the global rate limit by itself, and
#: other calls need some room.
_MOST_CALLS = limits.CALLS_PER_SECOND - 4
#: Threads worked on at once; the library keeps each call within its rate limit.
_THREADS_AT_ONCE = 4

#: docs: Topics › Opcodes and Status Codes › JSON: a tag is needed, and perhaps one of moderators'.
_NEEDS_TAG = frozenset((40066, 40067))
_FULL = "The server has as many active threads as Discord allows."


def _follows_up(post: PlannedMessage) -> bool:
    """Whether it is a prompt of whatever kind."""
    return post.purpose in ("prompt", "nudge")


def _is_essays(post: PlannedMessage) -> bool:
    """Whether it carries the essay itself."""
    return post.purpose in ("card", "part", "closing")


class Outbox:
    """Sends what is planned; one post of a discussion at a time, in order."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        http: HTTPClient,
        permissions: Permissions,
        recorder: Recorder,
        on_change: Callable[[], None],
        catch_up: Callable[[int], Awaitable[None]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._http = http
        self._permissions = permissions
        self._on_change = on_change
        self._single = SingleCalls(http)
        self._opener = ThreadOpener(
            database=database,
            clock=clock,
            http=http,
            permissions=permissions,
            recorder=recorder,
            catch_up=catch_up,
            single=self._single,
        )
        self._forums = Forums(http=http, permissions=permissions)
        self._mover = Mover(
            database=database,
            clock=clock,
            http=http,
            permissions=permissions,
            recorder=recorder,
            on_change=self.announce,
            single=self._single,
        )
        self._rate_limiter = RateLimiter(_MOST_CALLS, 1.0)
        self._posts = UnderWay(self.announce)
        self._threads = UnderWay(self.announce)
        self._remarks = UnderWay(self.announce)
        self._changed = asyncio.Event()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        under_way = (self._posts, self._threads, self._remarks, self._mover)
        return all(work.idle for work in under_way)

    async def changed(self) -> None:
        """Return at the next outcome, good or bad."""
        await self._changed.wait()

    @property
    def under_way(self) -> frozenset[int]:
        """The posts that are being sent at this moment."""
        return self._posts.keys

    async def go_on(self, *, with_prompts: bool = True) -> None:
        """Begin everything that is due and not under way; prompts and nudges only if wanted."""
        now_ms = self._clock.now_ms()
        for post in await self._database.write(
            lambda tx: messages.claim(
                tx, busy=self._posts.keys, now_ms=now_ms, with_prompts=with_prompts
            )
        ):
            self._posts.begin(post.id, self._send(post))
        busy = self._threads.keys
        free = _THREADS_AT_ONCE - len(busy)
        if free > 0:
            for thread in await self._database.read(
                lambda tx: threads.get_due(tx, busy=busy, now_ms=now_ms, most=free)
            ):
                self._threads.begin(thread.id, self._opener.bring_about(thread))
        for planned_message_id, channel_id, message_id in await self._database.read(
            lambda tx: temporary_messages.get_due(tx, now_ms)
        ):
            if planned_message_id not in self._remarks.keys:
                self._remarks.begin(
                    planned_message_id, self._remove(planned_message_id, channel_id, message_id)
                )
        await self._mover.go_on()

    async def stop(self) -> None:
        """Cancel what is under way; it goes on at the next start."""
        await self._posts.stop()
        await self._threads.stop()
        await self._remarks.stop()
        await self._mover.stop()
        await self._forums.stop()
        await self._single.close()

    def announce(self) -> None:
        """Something was done or failed, here or nearby: wake those who wait for it."""
        self._changed.set()
        self._changed = asyncio.Event()
        self._on_change()

    # -- posts ------------------------------------------------------------------------------

    async def _send(self, post: PlannedMessage) -> None:
        late = post.expires_at is not None and post.expires_at < self._clock.now_ms()
        creating = False  # whether a message may come of this attempt
        try:
            looked = self._must_look(post, late=late)
            message_id = await self._found(post) if looked else None
            if message_id is None and (late or (looked and _follows_up(post))):
                await self._release(post)
                return
            if message_id is None and post.in_thread and await self._is_locked(post.channel_id):
                await self._put_off(post, _locked(post), slowly=True, refused=True)
                return
            if message_id is None:
                creating = True
                message_id = await self._create(post)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_MESSAGE:
                # The nonce was known and its message is gone: it had been sent, and deleted.
                await self._sent(post, None)
            else:
                await self._failed(post, error, refused=not creating or error.status < 500)
        except PermissionError:
            await self._put_off(
                post,
                f"I cannot tell whether a message reached <#{post.channel_id}>: give me "
                "*Read Message History* there.",
                slowly=True,
                refused=True,
            )
        except TRANSIENT as error:
            refused = not creating or isinstance(error, discord.RateLimited)
            last_error = f"Discord could not be reached ({get_error_name(error)})."
            await self._put_off(post, last_error, refused=refused)
        else:
            await self._sent(post, message_id)

    def _must_look(self, post: PlannedMessage, *, late: bool) -> bool:
        """Whether an earlier attempt may have made a message that no nonce guards any more."""
        if post.new_forum_post is not None:  # a call that knows no nonce
            return post.attempts > 1
        age = self._clock.now_ms() - post.first_attempt_at
        return post.attempts - 1 > post.attempts_without_effect and (late or age > _NONCE_TRUSTED)

    async def _is_locked(self, thread_id: int) -> bool:
        """Whether a thread was locked, which somebody meant, whatever the bot's rights are."""
        locked = self._permissions.is_locked(thread_id)
        if locked is None:  # an archived thread is not among those that the gateway tells of
            data: Mapping[str, Any] = dict(await self._http.get_channel(thread_id))
            locked = bool(data["thread_metadata"].get("locked"))
        return locked

    async def _create(self, post: PlannedMessage) -> int:
        if post.new_forum_post is not None:
            await self._rate_limiter.acquire()
            return await self._forums.start(post, post.new_forum_post)
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=post.channel_id)
        # Nobody is pinged unless the payload itself says whom.
        body: Payload = {
            "allowed_mentions": {"parse": []},
            **post.payload,
            "nonce": post.nonce,
            "enforce_nonce": True,
        }
        await self._rate_limiter.acquire()
        try:
            message = await self._http.request(route, json=body)
        except discord.HTTPException as error:
            if error.code != ARCHIVED:
                raise
            await self._http.edit_channel(post.channel_id, archived=False)
            message = await self._http.request(route, json=body)
        return int(message["id"])

    async def _found(self, post: PlannedMessage) -> int | None:
        """The message that an earlier attempt made, looked for in the channel.

        Raises PermissionError where not finding it would prove nothing.
        """
        if post.new_forum_post is not None:
            theirs = await self._database.read(
                lambda tx: essay_threads.get_thread_ids(tx, post.server_id)
            )
            return await self._forums.find(post, post.new_forum_post, theirs)
        wanted = get_signature(post.payload)
        recorded = await self._database.read(
            lambda tx: messages.get_recorded_ids(tx, post.channel_id, post.after_id)
        )
        after = post.after_id
        while True:
            page = await self._history(post.channel_id, after)
            for message in page:
                if (
                    int(message["author"]["id"]) == self._permissions.own_id
                    and int(message["id"]) not in recorded
                    and get_signature(message) == wanted
                ):
                    return int(message["id"])
            if len(page) < limits.HISTORY_PAGE:
                break
            after = int(page[-1]["id"])
        if not self._permissions.can_read_history(post.channel_id):
            raise PermissionError
        return None

    async def _history(self, channel_id: int, after: int) -> list[dict[str, Any]]:
        page = await self._http.logs_from(channel_id, limits.HISTORY_PAGE, after=after)
        return sorted((dict(message) for message in page), key=lambda m: int(m["id"]))

    async def _sent(self, post: PlannedMessage, message_id: int | None) -> None:
        now_ms = self._clock.now_ms()

        async def sent(tx: Transaction) -> None:
            await after_send.record_sent(
                tx, planned_message_id=post.id, message_id=message_id, now_ms=now_ms
            )
            if post.discussion_id is not None and _is_essays(post):
                await alerts.essay_goes_on(tx, post.server_id, post.discussion_id)

        await self._database.write(sent)

    async def _failed(
        self, post: PlannedMessage, error: discord.HTTPException, *, refused: bool
    ) -> None:
        """``refused``: it is known that the attempt has made no message."""
        told_apart = (
            post.attempts - 1 <= post.attempts_without_effect
        )  # no earlier attempt may have made one
        if error.code == UNKNOWN_CHANNEL and post.purpose == "prompt" and told_apart:
            # Until the deletion is heard of, or another channel chosen for the digest.
            await self._put_off(post, "The channel is gone.", slowly=True, refused=refused)
        elif error.code == UNKNOWN_CHANNEL:
            await self._refuse(post, "The channel is gone.")
        elif error.code in BLOCKED_BY_AUTOMOD:
            await self._refuse(post, AUTOMOD)
        elif error.code == THREAD_LOCKED:
            await self._put_off(post, _locked(post), slowly=True, refused=refused)
        elif error.code in _NEEDS_TAG:
            await self._refuse(
                post,
                f"Each post in <#{post.channel_id}> needs a tag: choose one with `/essay show`, or "
                "let posts go without.",
            )
        elif error.code in TOO_MANY_THREADS:
            made_room = await self._opener.make_room(post.server_id)
            await self._put_off(post, _FULL, slowly=not made_room, refused=refused)
        elif error.status == 403 or error.code == CANNOT_REPLY_WITHOUT_HISTORY:
            last_error = explain_forbidden(self._permissions, post.channel_id, error)
            await self._put_off(post, last_error, slowly=True, refused=refused)
        elif error.status in (400, 413):
            _log.error("Discord refused post %d: %s", post.id, error)
            await self._refuse(post, f"Discord refused the message: {error.text or error.status}")
        else:
            await self._put_off(post, f"Discord answered {error.status}.", refused=refused)

    async def _refuse(self, post: PlannedMessage, last_error: str) -> None:
        _log.warning("Message %d of essay %s failed: %s", post.id, post.discussion_id, last_error)
        now_ms = self._clock.now_ms()

        async def refuse(tx: Transaction) -> None:
            await messages.mark_failed(tx, planned_message_id=post.id, last_error=last_error)
            await prompts.mark_failed(tx, post.id, last_error)
            if post.discussion_id is not None and _is_essays(post):
                await alerts.essay_stuck(tx, post.discussion_id, last_error, now_ms, stopped=True)

        await self._database.write(refuse)

    async def _put_off(
        self, post: PlannedMessage, last_error: str, *, refused: bool, slowly: bool = False
    ) -> None:
        """Try again later; ``refused``: it is known that this attempt has made no message.

        A prompt of which that holds for every attempt is decided and worded anew instead.
        """
        now_ms = self._clock.now_ms()
        follows_up = _follows_up(post)
        if follows_up and not slowly and post.failures >= len(_PROMPT_WAITS):
            await self._refuse(post, f"{last_error} It was tried {post.failures + 1} times.")
            return
        pause = get_delay(post.attempts, slow=slowly)
        if follows_up and not slowly:
            pause = _PROMPT_WAITS[post.failures]
        _log.warning("Message %d of essay %s waits: %s", post.id, post.discussion_id, last_error)

        async def put_off(tx: Transaction) -> None:
            was_never_created = await messages.postpone(
                tx,
                planned_message_id=post.id,
                due_at=now_ms + pause,
                last_error=last_error,
                failed=not slowly,
                without_effect=refused,
            )
            if slowly and follows_up:
                await prompts.mark_blocked(tx, post.id, last_error, now_ms)
                await alerts.prompt_stuck(tx, post, last_error, now_ms)
            if slowly and post.discussion_id is not None and _is_essays(post):
                await alerts.essay_stuck(tx, post.discussion_id, last_error, now_ms, stopped=False)
            if was_never_created and follows_up:
                at_ms = now_ms if slowly else now_ms + pause
                await reconsider.release(
                    tx, post.id, at_ms=at_ms, reason=last_error, blocked=slowly
                )

        await self._database.write(put_off)

    async def _release(self, post: PlannedMessage) -> None:
        """It stands nowhere: its prompt is decided and worded anew."""
        now_ms = self._clock.now_ms()
        _log.info("Message %d of essay %s is decided anew.", post.id, post.discussion_id)
        await self._database.write(lambda tx: reconsider.release(tx, post.id, at_ms=now_ms))

    async def _remove(
        self, planned_message_id: int, channel_id: int, message_id: int | None
    ) -> None:
        """Take away a remark whose time is over."""
        try:
            if message_id is not None:
                await self._http.delete_message(channel_id, message_id)
        except discord.HTTPException as error:
            if error.code not in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
                await self._remove_later(planned_message_id)
                return
        except TRANSIENT:
            await self._remove_later(planned_message_id)
            return
        await self._database.write(
            lambda tx: temporary_messages.mark_deleted(tx, planned_message_id)
        )

    async def _remove_later(self, planned_message_id: int) -> None:
        at = self._clock.now_ms() + get_delay(1, slow=True)
        await self._database.write(
            lambda tx: temporary_messages.postpone(tx, planned_message_id, at)
        )


def _locked(post: PlannedMessage) -> str:
    return f"The thread <#{post.channel_id}> is locked: unlock it, and I go on."
