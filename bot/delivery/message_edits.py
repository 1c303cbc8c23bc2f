"""Does what is owed to Discord besides messages: edits, deletions, locks.

Each of these may be repeated without harm, so none needs a nonce or a look: it is done until
Discord says that it is done, or that it never will be.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import discord
from discord.http import HTTPClient, Route

from bot.app.background import UnderWay
from bot.clock import Clock
from bot.discord_api.errors import (
    ARCHIVED,
    AUTOMOD,
    BLOCKED_BY_AUTOMOD,
    TRANSIENT,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    get_error_name,
)
from bot.discord_api.permissions import Permissions
from bot.discord_api.retry import get_delay
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import alerts, message_edits
from storage.delivery.message_edits import MessageEdit

__all__ = ["Errands"]

_log = logging.getLogger(__name__)

_AT_ONCE = 2
_TOO_MANY_EDITS = 30046
_LOST = "A message of the essay was deleted; edit the essay once more to put its text elsewhere."


class Errands:
    """Runs the errands that are due, a few at once."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        http: HTTPClient,
        permissions: Permissions,
        on_change: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._http = http
        self._permissions = permissions
        self._under_way = UnderWay(on_change)
        self._busy: dict[int, MessageEdit] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return self._under_way.idle

    async def go_on(self) -> None:
        """Begin what is due and not under way."""
        free = _AT_ONCE - len(self._under_way.keys)
        if free <= 0:
            return
        now_ms = self._clock.now_ms()
        self._busy = {key: self._busy[key] for key in self._under_way.keys}
        busy = tuple(self._busy.values())
        for errand in await self._database.read(
            lambda tx: message_edits.get_due(tx, busy=busy, now_ms=now_ms, most=free)
        ):
            self._busy[errand.id] = errand
            self._under_way.begin(errand.id, self._run(errand))

    async def stop(self) -> None:
        """Cancel what is under way; it goes on at the next start."""
        await self._under_way.stop()

    async def _run(self, errand: MessageEdit) -> None:
        if errand.kind == "remove":
            now_ms = self._clock.now_ms()
            settled = await self._database.write(
                lambda tx: message_edits.decide_removal(tx, errand, now_ms)
            )
            if settled is None:
                return  # a newer revision has use for the message
            errand = settled
        try:
            await self._call(errand)
        except discord.HTTPException as error:
            await self._failed(errand, error)
        except TRANSIENT as error:
            await self._put_off(errand, f"Discord could not be reached ({get_error_name(error)}).")
        else:
            await self._database.write(lambda tx: _done(tx, errand))

    async def _call(self, errand: MessageEdit) -> None:
        match errand.kind:
            case "edit" | "delete":
                route = Route(
                    "PATCH" if errand.kind == "edit" else "DELETE",
                    "/channels/{channel_id}/messages/{message_id}",
                    channel_id=errand.channel_id,
                    message_id=errand.message_id,
                )
                try:
                    await self._request(route, errand)
                except discord.HTTPException as error:
                    if error.code != ARCHIVED:
                        raise
                    await self._http.edit_channel(errand.channel_id, archived=False)
                    await self._request(route, errand)
            case "lock":
                # Locked first and then archived, in one call: nobody is to write in between.
                await self._http.edit_channel(errand.channel_id, locked=True, archived=True)
            case "rename":
                await self._rename(errand)
            case "unlock":
                await self._http.edit_channel(errand.channel_id, locked=False, archived=False)

    async def _rename(self, errand: MessageEdit) -> None:
        assert errand.payload is not None
        thread_id, new = errand.channel_id, errand.payload["name"]
        if not errand.payload.get("archived"):
            try:
                await self._http.edit_channel(thread_id, name=new)
            except discord.HTTPException as error:
                if error.code != ARCHIVED:
                    raise
                # Another attempt may find it opened by this one.
                payload = errand.payload | {"archived": True}
                await self._database.write(
                    lambda tx: message_edits.set_payload(tx, errand.id, payload)
                )
            else:
                return
        # An archived one has to be opened for it, and is quiet again afterwards.
        await self._http.edit_channel(thread_id, name=new, archived=False)
        await self._http.edit_channel(thread_id, archived=True)

    async def _request(self, route: Route, errand: MessageEdit) -> None:
        if errand.kind == "delete":
            await self._http.request(route)
        else:
            await self._http.request(route, json=errand.payload)

    async def _failed(self, errand: MessageEdit, error: discord.HTTPException) -> None:
        if error.code == UNKNOWN_MESSAGE and errand.kind == "edit" and errand.revision is not None:
            await self._give_up(errand, _LOST, lost=True)
        elif error.code in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
            # What should be gone is gone; what should be changed is not there to be changed.
            await self._database.write(lambda tx: message_edits.mark_done(tx, errand.id))
        elif error.status == 403 and errand.kind in ("lock", "unlock"):
            await self._may_not_lock(errand)
        elif error.status == 403:
            last_error = self._permissions.explain_cannot_host(errand.channel_id)
            await self._put_off(errand, last_error or "Discord forbids it.", slowly=True, told=True)
        elif error.code == _TOO_MANY_EDITS:
            await self._put_off(errand, "Discord wants old edits to be spread out.", slowly=True)
        elif error.status == 400:
            _log.error("Discord refused errand %d: %s", errand.id, error)
            last_error = f"Discord refused the message: {error.text or error.status}"
            if error.code in BLOCKED_BY_AUTOMOD:
                last_error = AUTOMOD
            await self._give_up(errand, last_error)
        else:
            await self._put_off(errand, f"Discord answered {error.status}.")

    async def _may_not_lock(self, errand: MessageEdit) -> None:
        """Who opened a thread may not lock it (docs: Topics › Threads); the admins are told."""
        last_error = (
            f"I may not {errand.kind} <#{errand.channel_id}>: give me *Manage Threads* there."
        )
        now_ms = self._clock.now_ms()
        await self._put_off(errand, last_error, slowly=True)
        await self._database.write(
            lambda tx: alerts.notify_admins(
                tx,
                errand.server_id,
                about=f"locks {errand.channel_id}",
                text=last_error,
                now_ms=now_ms,
            )
        )

    async def _give_up(self, errand: MessageEdit, last_error: str, *, lost: bool = False) -> None:
        """Discord will not do it; ``lost``: the message that was to be edited is gone."""
        now_ms = self._clock.now_ms()

        async def give_up(tx: Transaction) -> None:
            if lost:
                await message_edits.mark_message_deleted(tx, errand, now_ms)
            await message_edits.mark_failed(tx, edit_id=errand.id, last_error=last_error)
            if errand.revised_discussion_id is not None:
                await alerts.essay_stuck(
                    tx, errand.revised_discussion_id, last_error, now_ms, stopped=True, lost=lost
                )

        await self._database.write(give_up)

    async def _put_off(
        self, errand: MessageEdit, last_error: str, *, slowly: bool = False, told: bool = False
    ) -> None:
        """Try it again later; ``told``: somebody has to mend something, so the admins are told."""
        now_ms = self._clock.now_ms()
        due_at = now_ms + get_delay(errand.attempts + 1, slow=slowly)
        _log.warning("MessageEdit %d waits: %s", errand.id, last_error)

        async def put_off(tx: Transaction) -> None:
            await message_edits.postpone(
                tx, edit_id=errand.id, due_at=due_at, last_error=last_error
            )
            if told and errand.revised_discussion_id is not None:
                await alerts.essay_stuck(
                    tx, errand.revised_discussion_id, last_error, now_ms, stopped=False
                )

        await self._database.write(put_off)


async def _done(tx: Transaction, errand: MessageEdit) -> None:
    await message_edits.mark_done(tx, errand.id)
    if errand.revised_discussion_id is not None:
        await alerts.essay_goes_on(tx, errand.server_id, errand.revised_discussion_id)
