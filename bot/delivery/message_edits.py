"""Message edits: edits, deletes, pins and publishes messages, locks and renames threads.

Each of these calls may be repeated without harm, so none needs a nonce or a search: it is retried
until Discord says that it is done, or that it never will be.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord.http import Route

from bot.core import limits
from bot.core.conversation.thread_names import ERASED_THREAD_NAME, hash_thread_name
from bot.core.payload import Payload
from bot.core.text.coded_text import make_coded
from bot.core.text.translate import gettext as _
from bot.core.text.translate import use_language
from bot.delivery import alerts
from bot.delivery.card_indexes import RenderedCard, render_card_with_index
from bot.delivery.pictures import load_pictures, replace_pictures, request_with_files
from bot.delivery.worker import Failure, explain_error
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api import retry
from bot.discord_api.errors import (
    ALREADY_CROSSPOSTED,
    ARCHIVED,
    AUTOMOD,
    BLOCKED_BY_AUTOMOD,
    THREAD_LOCKED,
    TOO_MANY_OLD_EDITS,
    TOO_MANY_PINS,
    UNKNOWN_MESSAGE,
    Outcome,
    describe_error,
)
from bot.discord_api.single_attempt import Upload
from bot.languages import get_discussion_language
from storage.db.writer import Transaction
from storage.delivery import card_indexes, message_edits, notifications
from storage.delivery.message_edits import MessageEdit, NewMessageEdit
from storage.privacy import quotations

__all__ = ["EditJob", "MessageEditor"]

_log = logging.getLogger(__name__)

_CONCURRENCY = 2
#: docs: Message Resource › Get Channel Pins.
_PINS_PER_PAGE = 50
_LOST = make_coded("part-deleted")


@dataclass(slots=True)
class EditJob:
    """An edit under way. ``lost``: its message, which has a part of the essay, was deleted.

    ``card``: of the edit of a card, what it shows with its index.
    """

    edit: MessageEdit
    lost: bool = False
    card: RenderedCard | None = None


class MessageEditor:
    """Does message edits; a :class:`bot.delivery.worker.JobSource`."""

    name = "message edit"
    next_due = message_edits.NEXT_DUE
    concurrency = _CONCURRENCY

    def __init__(self, context: DeliveryContext) -> None:
        self._database = context.database
        self._get_shards = context.get_shards
        self._clock = context.clock
        self._http = context.http
        self._permissions = context.permissions

    def get_key(self, job: EditJob) -> int:
        """The id of the edit."""
        return job.edit.id

    async def claim(self, busy: Sequence[EditJob], most: int | None) -> list[EditJob]:
        """The edits that are due, the earliest first."""
        now_ms, edits = self._clock.now_ms(), [job.edit for job in busy]
        due = await self._database.read(
            lambda tx: message_edits.get_due(
                tx, busy=edits, now_ms=now_ms, most=most or _CONCURRENCY, shards=self._get_shards()
            )
        )
        return [EditJob(edit) for edit in due]

    async def do(self, job: EditJob) -> None:
        """Make the call; what a removal is to be is decided first."""
        if job.edit.kind == "remove":
            now_ms = self._clock.now_ms()
            decided = await self._database.write(
                lambda tx: message_edits.decide_removal(tx, job.edit, now_ms)
            )
            if decided is None:
                return  # a newer revision needs the message
            job.edit = decided
        await self._add_card_index(job)
        if job.edit.kind == "crosspost" and not await self._reserve_crosspost(job.edit):
            return
        if job.edit.kind != "pin" or await self._is_open(job.edit):
            await self._call(job.edit)

        async def record(tx: Transaction) -> None:
            await message_edits.mark_done(tx, job.edit.id)
            if job.edit.kind in ("pin", "unpin"):
                await alerts.clear_pins(tx, job.edit.server_id, job.edit.channel_id)
            if job.card is not None:
                await card_indexes.set_shown(tx, job.card.card.discussion_id, job.card.shown)
            if job.edit.revised_discussion_id is not None:
                await alerts.clear_essay(tx, job.edit.server_id, job.edit.revised_discussion_id)

        await self._database.write(record)

    async def _add_card_index(self, job: EditJob) -> None:
        """A new revision of a card keeps the discussion's index."""
        edit = job.edit
        if edit.kind != "edit" or edit.payload is None or edit.revised_discussion_id is None:
            return
        discussion_id = edit.revised_discussion_id
        card = await self._database.read(lambda tx: render_card_with_index(tx, discussion_id))
        if card is not None and card.card.message_id == edit.message_id:
            payload = edit.payload | {"components": card.body["components"]}
            job.card, job.edit = card, dataclasses.replace(edit, payload=payload)

    async def _is_open(self, edit: MessageEdit) -> bool:
        """Whether the discussion is still open: a closed one's card isn't pinned any more."""
        discussion_id = edit.discussion_id
        if discussion_id is None:
            return True
        state = await self._database.read(lambda tx: notifications.get_state(tx, discussion_id))
        return state == "open"

    async def _reserve_crosspost(self, edit: MessageEdit) -> bool:
        """Whether a message may be published to followers now; else it is postponed."""
        now_ms = self._clock.now_ms()
        return await self._database.write(
            lambda tx: message_edits.reserve_crosspost(
                tx,
                edit,
                now_ms,
                most=limits.CROSSPOSTS,
                within_ms=limits.CROSSPOSTS_WITHIN_MS,
                last_error=make_coded("crosspost-limit", count=limits.CROSSPOSTS),
            )
        )

    async def _call(self, edit: MessageEdit) -> None:
        match edit.kind:
            case "pin":
                await self._http.pin_message(edit.channel_id, edit.message_id or 0)
            case "unpin":
                await self._http.unpin_message(edit.channel_id, edit.message_id or 0)
            case "crosspost":
                await self._http.publish_message(edit.channel_id, edit.message_id or 0)
            case "edit" | "delete":
                route = Route(
                    "PATCH" if edit.kind == "edit" else "DELETE",
                    "/channels/{channel_id}/messages/{message_id}",
                    channel_id=edit.channel_id,
                    message_id=edit.message_id,
                )
                try:
                    await self._request(route, edit)
                except discord.HTTPException as error:
                    if error.code != ARCHIVED:
                        raise
                    await self._http.edit_channel(edit.channel_id, archived=False)
                    await self._request(route, edit)
            case "lock":
                # Locked and archived in one call, so that nobody can write in between.
                await self._http.edit_channel(edit.channel_id, locked=True, archived=True)
            case "rename":
                await self._rename_or_name_plainly(edit)
            case "unlock":
                await self._http.edit_channel(edit.channel_id, locked=False, archived=False)

    async def _rename_or_name_plainly(self, edit: MessageEdit) -> None:
        """Rename a thread; without the essay's title if AutoMod blocks it, so no old name stays."""
        assert edit.payload is not None
        try:
            await self._rename(edit)
        except discord.HTTPException as error:
            payload = edit.payload | {"name": await self._get_erased_name(edit)}
            if (
                error.code not in BLOCKED_BY_AUTOMOD
                or "was" not in payload
                or payload == edit.payload
            ):
                raise

            async def record(tx: Transaction) -> None:
                await message_edits.set_payload(tx, edit.id, payload)
                await quotations.set_thread_name(tx, edit.channel_id, ERASED_THREAD_NAME)

            await self._database.write(record)
            await self._rename(dataclasses.replace(edit, payload=payload))

    async def _get_erased_name(self, edit: MessageEdit) -> str:
        """The name of a thread whose words are erased, in its essay's language."""
        if edit.discussion_id is None:
            return ERASED_THREAD_NAME
        discussion_id = edit.discussion_id
        language = await self._database.read(
            lambda tx: get_discussion_language(tx, edit.server_id, discussion_id)
        )
        with use_language(language):
            return _(ERASED_THREAD_NAME)

    async def _rename(self, edit: MessageEdit) -> None:
        assert edit.payload is not None
        thread_id, new = edit.channel_id, edit.payload["name"]
        if "was" in edit.payload:
            thread: Mapping[str, Any] = dict(await self._http.get_channel(thread_id))
            is_renamed = thread["name"] == new
            if hash_thread_name(thread["name"]) != edit.payload["was"] and not is_renamed:
                return  # a moderator renamed it, or it was opened with another name
            if is_renamed and not edit.payload.get("archived"):
                return
        if not edit.payload.get("archived"):
            try:
                await self._http.edit_channel(thread_id, name=new)
            except discord.HTTPException as error:
                if error.code != ARCHIVED:
                    raise
                # Another attempt may find it unarchived by this one.
                payload = edit.payload | {"archived": True}
                await self._database.write(
                    lambda tx: message_edits.set_payload(tx, edit.id, payload)
                )
            else:
                return
        # An archived thread has to be unarchived for it, and is archived again afterwards.
        await self._http.edit_channel(thread_id, name=new, archived=False)
        await self._http.edit_channel(thread_id, archived=True)

    async def _request(self, route: Route, edit: MessageEdit) -> None:
        if edit.kind == "delete":
            await self._http.request(route)
            return
        body: Payload = dict(edit.payload or {})
        uploads: Sequence[Upload] = ()
        if body.get("attachments") and body.get("components"):
            # ``attachment://`` is documented for files of the same request.
            uploads = await load_pictures(self._database, body)
        elif body.get("attachments"):
            message = dict(await self._http.get_message(edit.channel_id, edit.message_id or 0))
            body, uploads = await replace_pictures(self._database, body, message)
        await request_with_files(self._http, route, body, uploads)

    async def explain(self, job: EditJob, error: Exception) -> Failure:
        """What an error means for an edit."""
        edit, failure = job.edit, explain_error(error)
        if not isinstance(error, discord.HTTPException):
            return failure
        if failure.outcome is Outcome.DELETED:
            job.lost = (
                error.code == UNKNOWN_MESSAGE and edit.kind == "edit" and edit.revision is not None
            )
            return Failure(failure.outcome, _LOST if job.lost else failure.reason)
        if error.code == ALREADY_CROSSPOSTED:
            return Failure(Outcome.DELETED, failure.reason)
        if error.code == TOO_MANY_PINS:
            return await self._make_room_for_pin(edit)
        if failure.outcome is Outcome.NEEDS_ADMIN and edit.kind in ("pin", "unpin"):
            missing = self._permissions.explain_cannot_pin(edit.server_id, edit.channel_id)
            return Failure(failure.outcome, missing or make_coded("discord-forbids"))
        if error.code == TOO_MANY_OLD_EDITS:
            return Failure(failure.outcome, make_coded("old-edits-limited"), alert=False)
        if error.code in BLOCKED_BY_AUTOMOD:
            return Failure(failure.outcome, AUTOMOD)
        if failure.outcome is Outcome.REFUSED or error.code == THREAD_LOCKED:
            _log.error("Discord refused message edit %d: %s", edit.id, error)
            return Failure(
                Outcome.REFUSED, make_coded("message-refused", error=describe_error(error))
            )
        if failure.outcome is Outcome.NEEDS_ADMIN and edit.kind in ("lock", "unlock"):
            # Having opened a thread isn't enough to lock it (docs: Topics › Threads).
            code = "cannot-lock" if edit.kind == "lock" else "cannot-unlock"
            reason = make_coded(code, channel=edit.channel_id)
            return Failure(failure.outcome, reason)
        if failure.outcome is Outcome.NEEDS_ADMIN:
            missing = self._permissions.explain_cannot_host(edit.server_id, edit.channel_id)
            if missing is None and edit.payload is not None and edit.payload.get("attachments"):
                missing = self._permissions.explain_cannot_attach(edit.server_id, edit.channel_id)
            return Failure(failure.outcome, missing or make_coded("discord-forbids"))
        return failure

    async def _make_room_for_pin(self, edit: MessageEdit) -> Failure:
        """Plan that the oldest pinned card of a closed discussion is unpinned, if there is one."""
        pinned = await self._list_pinned(edit.channel_id)
        now_ms = self._clock.now_ms()

        async def unpin(tx: Transaction) -> bool:
            card = await notifications.find_closed_card(tx, pinned)
            if card is None:
                return False
            await message_edits.plan(
                tx,
                server_id=card.server_id,
                discussion_id=card.discussion_id,
                edits=[NewMessageEdit("unpin", card.channel_id, card.message_id)],
                now_ms=now_ms,
            )
            return True

        if await self._database.write(unpin):
            return Failure(Outcome.RETRY_SOON, make_coded("pins-make-room"))
        full = make_coded("pins-full", channel=edit.channel_id)
        return Failure(Outcome.NEEDS_ADMIN, full)

    async def _list_pinned(self, channel_id: int) -> list[int]:
        """The ids of a channel's pinned messages, the first pinned first."""
        found: list[int] = []
        before: str | None = None
        while True:
            page = await self._http.pins_from(channel_id, limit=_PINS_PER_PAGE, before=before)
            found += [int(one["message"]["id"]) for one in page["items"]]
            if not page["has_more"] or not page["items"]:
                return found[::-1]
            before = page["items"][-1]["pinned_at"]

    def get_delay(self, job: EditJob, failure: Failure) -> int:
        """By the common retry policy."""
        slow = failure.outcome is Outcome.NEEDS_ADMIN
        return retry.get_delay(job.edit.attempts + 1, slow=slow)

    async def postpone(self, job: EditJob, failure: Failure, due_at: int) -> None:
        """Try again later; the admins are alerted where they have to fix something."""
        edit, now_ms = job.edit, self._clock.now_ms()
        alert = failure.outcome is Outcome.NEEDS_ADMIN and failure.alert

        async def record(tx: Transaction) -> None:
            await message_edits.postpone(
                tx, edit_id=edit.id, due_at=due_at, last_error=failure.reason
            )
            if alert and edit.kind in ("pin", "unpin"):
                await alerts.alert_about_pins(
                    tx, edit.server_id, edit.channel_id, failure.reason, now_ms
                )
            elif alert and edit.kind in ("lock", "unlock"):
                await alerts.alert_about_lock(
                    tx, edit.server_id, edit.channel_id, failure.reason, now_ms
                )
            elif alert and edit.revised_discussion_id is not None:
                await alerts.alert_about_essay(
                    tx, edit.revised_discussion_id, failure.reason, now_ms, stopped=False
                )

        await self._database.write(record)

    async def give_up(self, job: EditJob, failure: Failure) -> None:
        """Discord won't do it; where the message or channel is deleted, mostly nothing is left."""
        edit, now_ms = job.edit, self._clock.now_ms()

        async def record(tx: Transaction) -> None:
            if failure.outcome is Outcome.DELETED and not job.lost:
                await message_edits.mark_done(tx, edit.id)
                return
            if job.lost:
                await message_edits.mark_message_deleted(tx, edit, now_ms)
            await message_edits.mark_failed(tx, edit_id=edit.id, last_error=failure.reason)
            if edit.revised_discussion_id is not None:
                await alerts.alert_about_essay(
                    tx,
                    edit.revised_discussion_id,
                    failure.reason,
                    now_ms,
                    stopped=True,
                    message_deleted=job.lost,
                )

        await self._database.write(record)
