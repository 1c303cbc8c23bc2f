"""Threads, from wanted to standing with the head's author in them.

A thread bears its head's id, so opening it again is answered with 160004 and the one that stands
is taken (docs: Channel Resource › Start Thread from Message).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import discord
from discord.http import HTTPClient, Route

from bot.clock import Clock
from bot.core import limits
from bot.core.conversation.events import ChannelDeletion
from bot.discord_api.errors import (
    ARCHIVED,
    AUTOMOD,
    BLOCKED_BY_AUTOMOD,
    TOO_MANY_THREADS,
    TRANSIENT,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    get_error_name,
)
from bot.discord_api.permissions import Permissions, explain_forbidden
from bot.discord_api.retry import get_delay
from bot.discord_api.single_attempt import SingleCalls
from bot.ingest.recorder import Recorder
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import alerts, threads
from storage.delivery.threads import Thread

__all__ = ["ThreadOpener"]

_log = logging.getLogger(__name__)

#: Threads archived at once where a server has as many active ones as Discord allows.
_ROOM_FOR = 10
#: Seconds for Discord's answer, since the channel's other threads wait for it. A thread that comes
#: to stand later is found at the next attempt.
_ANSWERED_WITHIN = 15.0
_UNKNOWN_MEMBER, _UNKNOWN_USER = 10007, 10013
_THREAD_EXISTS = 160004
_FULL = (
    "The server has as many active threads as Discord allows. I archive my oldest quiet ones so "
    "that new replies get theirs; whoever writes in an archived thread opens it again."
)


class ThreadOpener:
    """Opens threads and brings their heads' authors into them, for the outbox."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        http: HTTPClient,
        permissions: Permissions,
        recorder: Recorder,
        catch_up: Callable[[int], Awaitable[None]],
        single: SingleCalls,
    ) -> None:
        self._database = database
        self._clock = clock
        self._http = http
        self._permissions = permissions
        self._recorder = recorder
        self._catch_up = catch_up
        self._single = single

    async def bring_about(self, thread: Thread) -> None:
        """Do what is left to do for one thread; what fails is put off or given up."""
        generation = self._recorder.generation
        try:
            if thread.state == "planned":
                await self._open(thread, generation)
            if not thread.is_essays_own:
                await self._add_member(thread)
            elif thread.state == "open":
                # What was said in a forum's post before it was known is only in its history.
                await self._catch_up(thread.id)
        except discord.HTTPException as error:
            await self._failed(thread, error)
        except TRANSIENT as error:
            await self._put_off(thread, f"Discord could not be reached ({get_error_name(error)}).")
        else:
            await self._database.write(lambda tx: threads.mark_ready(tx, thread.id))

    async def _open(self, thread: Thread, generation: int) -> None:
        adopted = False
        try:
            await self._start(thread)
        except discord.HTTPException as error:
            if error.code != _THREAD_EXISTS:
                raise
            await self._look_at(thread)
            adopted = True
        now_ms = self._clock.now_ms()

        async def opened(tx: Transaction) -> None:
            await threads.mark_opened(tx, thread.id, now_ms)
            await alerts.threads_open(tx, thread.server_id, thread.channel_id)

        await self._database.write(opened)
        if adopted:
            await self._catch_up(thread.id)
        else:
            self._recorder.mark_complete(thread.id, generation)

    async def _start(self, thread: Thread) -> None:
        """docs: Channel Resource › Start Thread from Message.

        In a single attempt, those of a channel one after the other: threads come in the order of
        their heads, and none waits while the library tries another's again and again.
        """
        route = Route(
            "POST",
            "/channels/{channel_id}/messages/{message_id}/threads",
            channel_id=thread.channel_id,
            message_id=thread.id,
        )
        body = {"name": thread.name, "auto_archive_duration": limits.AUTO_ARCHIVE_MINUTES}
        await self._single.call(route, as_bot=True, body=body, within=_ANSWERED_WITHIN)

    async def _look_at(self, thread: Thread) -> None:
        """Raise unless the thread that was opened by somebody stands; one deleted since is gone."""
        try:
            await self._http.get_channel(thread.id)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_CHANNEL:
                gone = ChannelDeletion(thread.id, thread.server_id, self._clock.now())
                await self._recorder.wait_until_committed(self._recorder.put((gone,)))
            raise

    async def _add_member(self, thread: Thread) -> None:
        if thread.member_id < 0:
            return  # its author asked to be forgotten
        try:
            await self._http.add_user_to_thread(thread.id, thread.member_id)
        except discord.HTTPException as error:
            if error.code == ARCHIVED:
                await self._add_to_archived(thread)
            # Who has left the server, or may not see the channel any more, stays outside.
            elif error.status != 403 and error.code not in (_UNKNOWN_MEMBER, _UNKNOWN_USER):
                raise

    async def _add_to_archived(self, thread: Thread) -> None:
        """An archived thread is opened first; one that was locked was meant to stay shut."""
        data: Mapping[str, Any] = dict(await self._http.get_channel(thread.id))
        if data["thread_metadata"].get("locked"):
            return
        await self._http.edit_channel(thread.id, archived=False)
        await self._http.add_user_to_thread(thread.id, thread.member_id)

    async def _failed(self, thread: Thread, error: discord.HTTPException) -> None:
        if error.code == UNKNOWN_MESSAGE:
            what = "opening card" if thread.is_essays_own else "reply"
            await self._give_up(thread, f"The {what} was deleted.")
        elif error.code == UNKNOWN_CHANNEL:
            await self._give_up(thread, "The channel or thread is gone.")
        elif error.status == 403:
            last_error = explain_forbidden(self._permissions, thread.channel_id, error)
            await self._put_off(thread, last_error, slowly=True, tell=True)
        elif error.code in TOO_MANY_THREADS:
            made_room = await self.make_room(thread.server_id)
            last_error = "The server has as many active threads as Discord allows."
            await self._put_off(thread, last_error, slowly=not made_room)
        elif error.code in BLOCKED_BY_AUTOMOD:
            await self._name_plainly(thread)
        elif error.status == 400:
            _log.error("Discord refused thread %d: %s", thread.id, error)
            last_error = f"Discord refused the thread ({error.text or error.code})."
            await self._give_up(thread, last_error, tell=True)
        else:
            await self._put_off(thread, f"Discord answered {error.status}.")

    async def make_room(self, server_id: int) -> bool:
        """Archive our threads that have been quiet longest, and tell the admins; whether any was.

        Those of members and of other bots are not ours to archive.
        """
        now_ms = self._clock.now_ms()

        async def tell(tx: Transaction) -> set[int]:
            await alerts.notify_admins(
                tx, server_id, about="too many threads", text=_FULL, now_ms=now_ms
            )
            return await threads.get_ready_reply_threads(tx, server_id)

        ours = await self._database.write(tell)
        try:
            active = (await self._http.get_active_threads(server_id))["threads"]
            found = [one for one in active if int(one["id"]) in ours]
            found.sort(key=lambda one: int(one.get("last_message_id") or one["id"]))
            for one in found[:_ROOM_FOR]:
                await self._http.edit_channel(int(one["id"]), archived=True)
        except (discord.HTTPException, *TRANSIENT) as error:
            _log.warning("No room could be made for a thread (%s).", get_error_name(error))
            return False
        return bool(found)

    async def _name_plainly(self, thread: Thread) -> None:
        """AutoMod refused its name, which quotes its head: it is named after the essay alone.

        An essay's own thread has no other name, and where the plain one is refused too there is
        none left.
        """
        if not thread.is_essays_own and await self._database.write(
            lambda tx: threads.name_plainly(tx, thread.id)
        ):
            _log.info("AutoMod refused the name of thread %d: it gets a plain one.", thread.id)
            return
        await self._give_up(thread, AUTOMOD, tell=True)

    async def _give_up(self, thread: Thread, last_error: str, *, tell: bool = False) -> None:
        _log.warning("There will be no thread %d: %s", thread.id, last_error)
        now_ms = self._clock.now_ms()

        async def give_up(tx: Transaction) -> None:
            await threads.mark_failed(tx, thread_id=thread.id, last_error=last_error)
            if thread.is_essays_own:
                await alerts.essay_without_thread(tx, thread.id, last_error, now_ms, stopped=True)
            elif tell:
                await alerts.threads_stuck(
                    tx, thread.server_id, thread.channel_id, last_error, now_ms, stopped=True
                )

        await self._database.write(give_up)

    async def _put_off(
        self, thread: Thread, last_error: str, *, slowly: bool = False, tell: bool = False
    ) -> None:
        now_ms = self._clock.now_ms()
        due_at = now_ms + get_delay(thread.attempts + 1, slow=slowly)
        _log.warning("Thread %d waits: %s", thread.id, last_error)

        async def put_off(tx: Transaction) -> None:
            await threads.postpone(tx, thread_id=thread.id, due_at=due_at, last_error=last_error)
            if not slowly or thread.state != "planned":
                return
            if thread.is_essays_own:
                await alerts.essay_without_thread(tx, thread.id, last_error, now_ms, stopped=False)
            elif tell:
                await alerts.threads_stuck(
                    tx, thread.server_id, thread.channel_id, last_error, now_ms, stopped=False
                )

        await self._database.write(put_off)
