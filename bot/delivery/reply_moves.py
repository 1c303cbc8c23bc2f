"""Moves replies from the channel into their threads, for the outbox.

The copy is asked for in a single attempt, after what is asked for was written down; where the
outcome is not known, the thread is looked through before it is asked for again (design,
decision 2). Only what is recorded as standing in the thread is taken away from the channel.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

import discord
from discord.http import HTTPClient

from bot.app.background import UnderWay
from bot.clock import Clock
from bot.core.conversation.events import Deletion, HistoryPage
from bot.core.conversation.reply_copy import (
    OriginalReply,
    check_copyable,
    hash_copy,
    make_copy_payload,
    make_webhook_name,
)
from bot.core.payload import Payload
from bot.delivery.copy_search import copy_of, reactions_to
from bot.discord_api import parse
from bot.discord_api.errors import (
    ARCHIVED,
    TRANSIENT,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    get_error_name,
)
from bot.discord_api.permissions import Permissions
from bot.discord_api.retry import get_delay
from bot.discord_api.single_attempt import SingleCalls, Upload
from bot.discord_api.webhooks import Webhook, Webhooks
from bot.ingest.recorder import LiveEvent, Recorder
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import alerts
from storage.replies import reply_moves
from storage.replies.reply_moves import CopyTakenError, ReplyMove

__all__ = ["Mover"]

_log = logging.getLogger(__name__)


#: Replies moved at once, of one thread only one, so that they stand in their order.
_AT_ONCE = 4
#: Attempts to get a file before the reply is pointed at instead.
_MOST_FETCHES = 6
#: docs: Topics › Opcodes and Status Codes › JSON Error Codes.
_UNKNOWN_MEMBER, _UNKNOWN_USER, _TOO_MANY_WEBHOOKS = 10007, 10013, 30007
#: Unknown webhook, and invalid webhook token.
_WEBHOOK_GONE: Final = (10015, 50027)


class _Instead(Exception):
    """The reply is to be pointed at; ``told``: what the admins are told, if anything."""

    def __init__(self, reason: str, told: str | None = None) -> None:
        super().__init__(reason)
        self.told = told


class _Unsure(Exception):
    """It cannot be said now whether the copy stands."""


class Mover:
    """Brings about what the archive wants moved or rewritten."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        http: HTTPClient,
        permissions: Permissions,
        recorder: Recorder,
        on_change: Callable[[], None],
        single: SingleCalls,
    ) -> None:
        self._database = database
        self._clock = clock
        self._http = http
        self._permissions = permissions
        self._recorder = recorder
        self._webhooks = Webhooks(http=http, permissions=permissions, single=single)
        self._under_way = UnderWay(on_change)
        self._threads: dict[int, int] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return self._under_way.idle

    async def go_on(self) -> None:
        """Begin what is due: of each thread the oldest, so that replies stay in their order.

        One that was put off for problem of its own is not due, and holds no younger one up.
        """
        now_ms, busy = self._clock.now_ms(), self._under_way.keys
        taken = {self._threads[reply_id] for reply_id in busy}
        self._threads = {one: self._threads[one] for one in busy}
        for one in await self._database.read(lambda tx: reply_moves.get_due(tx, now_ms)):
            if len(self._threads) >= _AT_ONCE:
                return
            if one.thread_id not in taken:
                taken.add(one.thread_id)
                self._threads[one.reply_id] = one.thread_id
                self._under_way.begin(one.reply_id, self._bring(one))

    async def stop(self) -> None:
        """Cancel what is under way; it goes on at the next start."""
        await self._under_way.stop()

    async def _bring(self, one: ReplyMove) -> None:
        try:
            if one.state in ("planned", "copying"):
                await self._copy(one)
            elif one.stale:
                await self._rewrite(one)
            else:
                await self._remove(one)
        except _Instead as reason:
            await self._point_instead(one, reason)
        except _Unsure as reason:
            await self._put_off(one, str(reason), slowly=True)
        except discord.HTTPException as error:
            await self._failed(one, error)
        except TRANSIENT as error:
            await self._put_off(one, f"Discord could not be reached ({get_error_name(error)}).")

    # -- the copy -----------------------------------------------------------------------------

    async def _copy(self, one: ReplyMove) -> None:
        if one.state == "copying":
            with self._recorder.collect_live(one.thread_id) as live:
                found = await self._found(one)
                if found is not None:
                    await self._copied(one, int(found["id"]))
            if found is not None:
                await self._read_copy(one, found, live)
                return
            await self._database.write(lambda tx: reply_moves.mark_not_copied(tx, one.reply_id))
        if one.deleted:
            await self._fail(one, "The reply was deleted.")
            return
        if self._permissions.get_target_channel(one.channel_id) is None:
            # Its server is told of only after the start; until then no right is known to lack.
            await self._put_off(one, "Its channel is not seen.")
            return
        missing = self._permissions.explain_cannot_move(one.channel_id)
        if missing:
            raise _Instead("a permission is missing", missing)
        data = await self._original(one)
        if data is None:
            gone = Deletion((one.reply_id,), one.channel_id, self._clock.now())
            await self._recorder.wait_until_committed(self._recorder.put((gone,)))
            await self._fail(one, "The reply was deleted.")
            return
        await self._take_over_edit(one, data)
        original = parse.parse_original_reply(data, author_name=one.author_name)
        reason = check_copyable(original)
        if reason is not None:
            raise _Instead(reason)
        thread: dict[str, Any] = dict(await self._http.get_channel(one.thread_id))
        if thread.get("thread_metadata", {}).get("locked"):
            raise _Instead("its thread is locked")
        files = await self._fetch(one, original)
        await self._write(one, original, files)

    async def _write(self, one: ReplyMove, original: OriginalReply, files: list[Upload]) -> None:
        webhook = await self._webhook(one)
        payload = make_copy_payload(original)
        shown = make_webhook_name(original.author_name) or ""
        signature = hash_copy(shown, original.text, [len(file.content) for file in files])
        if not await self._database.write(
            lambda tx: reply_moves.mark_copying(
                tx, one.reply_id, webhook_id=webhook.id, signature=signature
            )
        ):
            await self._fail(one, "The reply was deleted.")
            return
        try:
            with self._recorder.collect_live(one.thread_id) as live:
                copy_id = await self._webhooks.write(webhook, one.thread_id, payload, files)
                await self._copied(one, copy_id)
        except discord.HTTPException as error:
            if error.status >= 500:
                raise  # it may have been written
            await self._database.write(lambda tx: reply_moves.mark_not_copied(tx, one.reply_id))
            if error.code in _WEBHOOK_GONE:
                self._webhooks.forget(one.channel_id)
                raise
            if error.code == UNKNOWN_CHANNEL or error.status == 429:
                raise
            _log.warning("Discord refused the copy of reply %d: %s", one.reply_id, error)
            raise _Instead(f"Discord refused the copy ({error.code or error.status})") from error
        self._recorder.request_reactions(reactions_to(copy_id, live))

    async def _webhook(self, one: ReplyMove) -> Webhook:
        try:
            return await self._webhooks.of(one.channel_id)
        except discord.HTTPException as error:
            if error.code == _TOO_MANY_WEBHOOKS:
                told = (
                    f"I cannot move replies in <#{one.channel_id}>: the channel has as many "
                    "webhooks as Discord allows. Delete one that is not needed (*Edit Channel › "
                    "Integrations*)."
                )
                raise _Instead("the channel has too many webhooks", told) from error
            if error.status == 403:
                missing = self._permissions.explain_cannot_move(one.channel_id)
                told = missing or f"I may not use webhooks in <#{one.channel_id}>."
                raise _Instead("a permission is missing", told) from error
            raise

    async def _fetch(self, one: ReplyMove, original: OriginalReply) -> list[Upload]:
        """The original's files, whole."""
        files = []
        for file in original.files:
            try:
                content = await self._http.get_from_cdn(file.url)
            except discord.HTTPException as error:
                if one.attempts >= _MOST_FETCHES:
                    raise _Instead("one of its files cannot be had") from error
                raise
            files.append(Upload(file.name, file.type, content))
        return files

    async def _found(self, one: ReplyMove) -> dict[str, Any] | None:
        """The copy that an earlier attempt made.

        Raises _Unsure where not finding it would prove nothing.
        """
        recorded = await self._database.read(
            lambda tx: reply_moves.get_recorded_copies(tx, one.thread_id)
        )
        found = await copy_of(one, self._http, besides=recorded)
        if found is None and not self._permissions.can_read_history(one.channel_id):
            raise _Unsure("I may not read whether the copy stands.")
        return found

    async def _copied(self, one: ReplyMove, copy_id: int) -> None:
        now_ms = self._clock.now_ms()

        async def stands(tx: Transaction) -> None:
            move = await reply_moves.get_move(tx, one.reply_id)
            current = hash_copy(move.author_name, move.text, move.sizes)
            stale = not move.deleted and current != move.signature
            await reply_moves.mark_copied(tx, move, copy_id, stale=stale, now_ms=now_ms)
            await alerts.clear(tx, one.server_id, _about(one))

        try:
            await self._database.write(stands)
        except CopyTakenError:
            await self._put_off(one, "Another reply has that copy.")

    async def _read_copy(self, one: ReplyMove, data: dict[str, Any], live: list[LiveEvent]) -> None:
        """What was put on a copy while nobody knew that it was one."""
        read = parse.parse_message(data, server_id=one.server_id, own_id=self._permissions.own_id)
        await self._recorder.wait_until_committed(
            self._recorder.put((HistoryPage(one.thread_id, (read,)),))
        )
        self._recorder.request_reactions(reactions_to(read.id, live))

    # -- the original -------------------------------------------------------------------------

    async def _remove(self, one: ReplyMove) -> None:
        """Take the original away, once its copy is recorded.

        That it is gone before anything was asked is its author's or a moderator's doing, and the
        copy follows it; that it is gone after an attempt is taken for the bot's own.
        """
        now_ms = self._clock.now_ms()
        await self._add_author(one)
        data = await self._original(one)
        gone = data is None
        if data is not None:
            await self._take_over_edit(one, data)
            if not await self._database.write(
                lambda tx: reply_moves.mark_deleting(tx, one.reply_id)
            ):
                return  # the copy went with its thread
            try:
                await self._webhooks.delete(one.channel_id, one.reply_id)
            except discord.HTTPException as error:
                if error.code != UNKNOWN_MESSAGE:
                    if error.status < 500 and one.state == "copied":
                        await self._database.write(
                            lambda tx: reply_moves.mark_not_deleted(tx, one.reply_id)
                        )
                    raise
                gone = True

        async def settle(tx: Transaction) -> None:
            if gone and one.state == "copied":
                await reply_moves.delete_moved_reply(tx, one.reply_id, now_ms)
            await reply_moves.mark_done(tx, one.reply_id)

        await self._database.write(settle)

    async def _original(self, one: ReplyMove) -> dict[str, Any] | None:
        """The reply as it stands in the channel; None where it is gone."""
        try:
            return dict(await self._http.get_message(one.channel_id, one.reply_id))
        except discord.HTTPException as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return None

    async def _take_over_edit(self, one: ReplyMove, data: dict[str, Any]) -> None:
        """An edit that nobody told of yet reaches the archive, and from there the copy."""
        edit = parse.parse_edit(data)
        sizes = tuple(file.size for file in edit.attachments)
        if not parse.has_hidden_content(data) and (edit.text, sizes) != (one.text, one.sizes):
            await self._recorder.wait_until_committed(self._recorder.put((edit,)))

    async def _add_author(self, one: ReplyMove) -> None:
        """Bring the author to their words; who left, or may not see them, stays outside."""
        if one.state != "copied" or one.deleted:
            return
        try:
            await self._http.add_user_to_thread(one.thread_id, one.author_id)
        except discord.HTTPException as error:
            harmless = error.code in (_UNKNOWN_MEMBER, _UNKNOWN_USER, ARCHIVED)
            if not harmless and error.status not in (403, 404):
                raise

    # -- the copy follows ---------------------------------------------------------------------

    async def _rewrite(self, one: ReplyMove) -> None:
        assert one.copy_id is not None
        if not one.deleted:
            try:
                await self._rewrite_copy(one, one.copy_id)
            except discord.HTTPException as error:
                if error.code in _WEBHOOK_GONE:
                    self._webhooks.forget(one.channel_id)
                if error.code == UNKNOWN_MESSAGE:
                    gone = Deletion((one.copy_id,), one.thread_id, self._clock.now())
                    await self._recorder.wait_until_committed(self._recorder.put((gone,)))
                else:
                    raise
        await self._database.write(
            lambda tx: reply_moves.mark_copy_edited(tx, one.reply_id, one.text)
        )

    async def _rewrite_copy(self, one: ReplyMove, copy_id: int) -> None:
        payload: Payload = {"content": one.text, "allowed_mentions": {"parse": []}}
        stands = parse.parse_edit(dict(await self._http.get_message(one.thread_id, copy_id)))
        kept = list(one.sizes)
        files = []
        for file in stands.attachments:
            if file.size in kept:
                kept.remove(file.size)
                files.append({"id": str(file.id)})
        if len(files) != len(stands.attachments):
            payload["attachments"] = files
        webhook = await self._webhook_of_copy(one)
        try:
            await self._webhooks.rewrite(webhook, one.thread_id, copy_id, payload)
        except discord.HTTPException as error:
            if error.code != ARCHIVED:
                raise
            await self._http.edit_channel(one.thread_id, archived=False)
            await self._webhooks.rewrite(webhook, one.thread_id, copy_id, payload)

    async def _webhook_of_copy(self, one: ReplyMove) -> Webhook:
        try:
            return await self._webhook(one)
        except _Instead as reason:
            # There is nothing to point at any more: it waits until somebody mends it.
            await self._tell(one, reason.told)
            raise _Unsure(f"Its copy cannot be rewritten: {reason}.") from reason

    # -- outcomes -----------------------------------------------------------------------------

    async def _failed(self, one: ReplyMove, error: discord.HTTPException) -> None:
        if error.code == UNKNOWN_CHANNEL and one.state in ("planned", "copying"):
            await self._fail(one, "The channel or thread is gone.")
        elif (
            error.code not in _WEBHOOK_GONE
            and error.status == 403
            and one.state in ("planned", "copying")
        ):
            await self._point_instead(one, _Instead("Discord forbids it"))
        elif error.code in _WEBHOOK_GONE:
            await self._put_off(one, "The webhook was deleted; another is made.")
        elif error.status in (403, 404):
            await self._tell(one, self._permissions.explain_cannot_move(one.channel_id) or None)
            await self._put_off(one, f"Discord forbids it ({error.code}).", slowly=True)
        else:
            await self._put_off(one, f"Discord answered {error.status}.")

    async def _point_instead(self, one: ReplyMove, reason: _Instead) -> None:
        _log.info("Reply %d is pointed at: %s.", one.reply_id, reason)
        await self._tell(one, reason.told)
        await self._database.write(
            lambda tx: reply_moves.link_instead(tx, one.reply_id, str(reason))
        )

    async def _tell(self, one: ReplyMove, told: str | None) -> None:
        """Tell the admins once, until a reply can be moved in that channel again."""
        if told is None:
            return
        now_ms, text = self._clock.now_ms(), f"{told} Until then I point at the threads."
        await self._database.write(
            lambda tx: alerts.notify_admins(
                tx, one.server_id, about=_about(one), text=text, now_ms=now_ms
            )
        )

    async def _fail(self, one: ReplyMove, last_error: str) -> None:
        await self._database.write(lambda tx: reply_moves.mark_failed(tx, one.reply_id, last_error))

    async def _put_off(self, one: ReplyMove, last_error: str, *, slowly: bool = False) -> None:
        due_at = self._clock.now_ms() + get_delay(one.attempts + 1, slow=slowly)
        _log.warning("Reply %d waits to be moved: %s", one.reply_id, last_error)
        await self._database.write(
            lambda tx: reply_moves.postpone(
                tx, reply_id=one.reply_id, due_at=due_at, last_error=last_error
            )
        )


def _about(one: ReplyMove) -> str:
    return f"moving in {one.channel_id}"
